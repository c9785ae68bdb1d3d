"""Signs tokens as the Bot Connector and Microsoft's login do, and wrongly where a test wants it."""

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://api.botframework.com"
SERVICE_URL = "https://smba.trafficmanager.net/emea/"


class Signer:
    """Keys by name, with what each is endorsed for, and the tokens that they sign."""

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self._keys: dict[str, rsa.RSAPrivateKey] = {}
        self._endorsements: dict[str, list[str] | None] = {}
        self.add("key-1", ["msteams", "webchat"])
        self.add("key-web", ["webchat"])
        self.add("key-none", [])
        self.unpublished = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def add(self, name: str, endorsements: list[str] | None) -> None:
        """Publish one more key."""
        self._keys[name] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._endorsements[name] = endorsements

    def published(self) -> dict[str, Any]:
        """Return the set of keys, as Microsoft publishes it."""
        keys = []
        for name, key in self._keys.items():
            found = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            endorsed = self._endorsements[name]
            extra = {} if endorsed is None else {"endorsements": endorsed}
            keys.append({**found, "kid": name, "x5t": name, "use": "sig", **extra})
        return {"keys": keys}

    def token(
        self,
        *,
        kid: str | None = "key-1",
        key: Any = None,
        algorithm: str = "RS256",
        **claims: Any,
    ) -> str:
        """Return a token that is right but for what is given; a claim of None is left out."""
        now = int(time.time())
        whole = {
            "iss": ISSUER,
            "aud": self.app_id,
            "serviceurl": SERVICE_URL,
            "nbf": now - 60,
            "exp": now + 3600,
            **claims,
        }
        payload = {name: value for name, value in whole.items() if value is not None}
        headers = {"kid": kid} if kid else {}
        signing = key if key is not None else self._keys[kid or "key-1"]
        return jwt.encode(
            payload, "" if algorithm == "none" else signing, algorithm=algorithm, headers=headers
        )
