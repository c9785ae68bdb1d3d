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

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME_S = 3_600
_SPARE_S = 120
_TIMEOUT_S = 30.0
_SERVER_ERROR = 500


class _Key(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    client_email: str
    private_key: str
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


class _Granted(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    access_token: str
    expires_in: float


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
        self._token = ""
        self._until_s = 0.0

    async def authorize(self, request: httpx.Request, *, is_refused: bool) -> None:
        if is_refused or time.time() > self._until_s - _SPARE_S:
            granted = await self._granted()
            self._token = granted.access_token
            self._until_s = time.time() + granted.expires_in
        request.headers["Authorization"] = f"Bearer {self._token}"

    async def _granted(self) -> _Granted:
        form = {"grant_type": _GRANT, "assertion": self._assertion()}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
                response = await client.post(self._key.token_uri, data=form)
        except httpx.HTTPError as error:
            reason = f"Google gives no token ({type(error).__name__})"
            raise SourceError(reason, is_temporary=True) from error
        if not response.is_success:
            raise SourceError(
                "Google gives the service account no token: check that its key is valid and, for "
                "`subject`, its delegation",
                is_temporary=response.status_code >= _SERVER_ERROR,
            )
        try:
            return _Granted.model_validate_json(response.content)
        except ValidationError as error:
            raise SourceError("Google answers in an unknown form (token)") from error

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
