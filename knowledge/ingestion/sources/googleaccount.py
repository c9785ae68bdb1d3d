"""A Google service account: its key signs a claim, and Google gives a token for it for an hour."""

import base64
import json
import time

import httpx
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.errors import SourceError
from knowledge.ingestion.sources.oauth import TokenGrant

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME_S = 3_600
_REFUSAL = (
    "Google gives the service account no token: check that its key is valid and, for `subject`, "
    "its delegation"
)


class _Key(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    client_email: str
    private_key: str
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


class ServiceAccount:
    """Gives tokens for one scope, as the account itself or, by delegation, as `subject`."""

    def __init__(self, key_file: str, *, scope: str, subject: str = "") -> None:
        try:
            self._key = _Key.model_validate_json(key_file)
            signer = load_pem_private_key(self._key.private_key.encode(), password=None)
        except (ValidationError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SourceError("`credentials` is no key file of a Google service account") from error
        if not isinstance(signer, RSAPrivateKey):
            raise SourceError("`credentials` is no key file of a Google service account")
        self._signer = signer
        self._scope = scope
        self._subject = subject
        self._grant = TokenGrant("Google", self._key.token_uri, self._form, refusal=_REFUSAL)

    async def authorize(self, request: httpx.Request, *, is_refused: bool) -> None:
        await self._grant.authorize(request, is_refused=is_refused)

    def _form(self) -> dict[str, str]:
        return {"grant_type": _GRANT, "assertion": self._assertion()}

    def _assertion(self) -> str:
        """Return a signed claim (RFC 7523)."""
        now_s = int(time.time())
        claim = {
            "iss": self._key.client_email,
            "scope": self._scope,
            "aud": self._key.token_uri,
            "iat": now_s,
            "exp": now_s + _LIFETIME_S,
            **({"sub": self._subject} if self._subject else {}),
        }
        parts = ".".join(
            _encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claim)
        )
        return f"{parts}.{_encoded(self._signer.sign(parts.encode(), PKCS1v15(), SHA256()))}"


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
