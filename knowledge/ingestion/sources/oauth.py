"""OAuth: asks for a token that is good for a while, and asks anew before it is not."""

import asyncio
import time
from collections.abc import Callable, Mapping

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.errors import SourceError
from knowledge.ingestion.sources.guarded import BlockedAddressError, blocked, outbound

_SPARE_S = 120
_TIMEOUT_S = 30.0
_TOO_MANY = 429
_SERVER_ERROR = 500


class _Granted(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    access_token: str
    expires_in: float


class TokenGrant:
    """Authorizes requests with a token that `url` gives for the form that `ask` returns.

    `refusal` is what a person reads when there is none.
    """

    def __init__(
        self, vendor: str, url: str, ask: Callable[[], Mapping[str, str]], *, refusal: str
    ) -> None:
        self._vendor = vendor
        self._url = url
        self._ask = ask
        self._refusal = refusal
        self._token = ""
        self._until_s = 0.0
        self._lock = asyncio.Lock()
        self._transport = outbound()

    async def authorize(self, request: httpx.Request, *, is_refused: bool) -> None:
        async with self._lock:
            if is_refused or time.time() > self._until_s - _SPARE_S:
                granted = await self._granted()
                self._token = granted.access_token
                self._until_s = time.time() + granted.expires_in
        request.headers["Authorization"] = f"Bearer {self._token}"

    async def _granted(self) -> _Granted:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S, transport=self._transport) as client:
                response = await client.post(self._url, data=self._ask())
        except BlockedAddressError as error:
            raise SourceError(blocked(error.host)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"{self._vendor} gives no token ({type(error).__name__})"
            raise SourceError(reason, is_temporary=True) from error
        if not response.is_success:
            status = response.status_code
            is_temporary = status >= _SERVER_ERROR or status == _TOO_MANY
            raise SourceError(self._refusal, is_temporary=is_temporary)
        try:
            return _Granted.model_validate_json(response.content)
        except ValidationError as error:
            raise SourceError(f"{self._vendor} answers in an unknown form (token)") from error
