"""Signs requests as S3 wants it: AWS Signature Version 4, with the body's hash left out."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

import httpx

_ALGORITHM = "AWS4-HMAC-SHA256"
_EMPTY = hashlib.sha256(b"").hexdigest()
_UNRESERVED = "-_.~"


class AwsSignature:
    """Signs GET requests without a body, with keys that don't expire by themselves."""

    def __init__(
        self, access_key: str, secret_key: str, *, region: str, session_token: str = ""
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region
        self._session_token = session_token

    async def authorize(self, request: httpx.Request, *, is_refused: bool) -> None:
        del is_refused
        if self._session_token:
            request.headers["x-amz-security-token"] = self._session_token
        self.sign(request, datetime.now(UTC))

    def sign(self, request: httpx.Request, now: datetime) -> None:
        """Add the headers that say who asks, and when."""
        moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        request.headers["x-amz-date"] = moment
        request.headers["x-amz-content-sha256"] = _EMPTY
        signed = {
            name.lower(): " ".join(value.split())
            for name, value in request.headers.items()
            if name.lower() in {"host", "range"} or name.lower().startswith("x-amz-")
        }
        names = ";".join(sorted(signed))
        path, _, query = request.url.raw_path.decode().partition("?")
        lines = (
            request.method,
            path,
            canonical(parse_qsl(query, keep_blank_values=True)),
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            names,
            _EMPTY,
        )
        scope = f"{day}/{self._region}/s3/aws4_request"
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        key = f"AWS4{self._secret_key}".encode()
        for part in (day, self._region, "s3", "aws4_request"):
            key = _hmac(key, part)
        signature = _hmac(key, f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}").hex()
        request.headers["Authorization"] = (
            f"{_ALGORITHM} Credential={self._access_key}/{scope},"
            f"SignedHeaders={names},Signature={signature}"
        )


def canonical(query: list[tuple[str, str]]) -> str:
    """Return a query in the one form that is signed: sorted, with what is reserved quoted."""
    quoted = sorted((quote(n, safe=_UNRESERVED), quote(v, safe=_UNRESERVED)) for n, v in query)
    return "&".join(f"{name}={value}" for name, value in quoted)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
