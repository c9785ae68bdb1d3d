"""A vendor's JSON API over HTTP: patient with its limits, clear about its refusals."""

import asyncio
import time
from collections.abc import Mapping
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from knowledge.errors import SourceError

_TIMEOUT_S = 30.0
_TOTAL_TIMEOUT_S = 120.0
_ATTEMPTS = 5
_MAX_WAIT_S = 60.0
_MAX_BYTES = 32 * 1024 * 1024
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_REFUSED = frozenset({401, 403})
_MISSING = frozenset({404, 410})
_TOO_MANY = 429

Model = TypeVar("Model", bound=BaseModel)


class RejectedError(SourceError):
    """A request makes no sense to the API: settings are wrong, or a cursor is too old."""


class MissingError(Exception):
    """What was asked for is not there, or not for us."""


class JsonApi:
    """Asks an API below `base_url`, and nothing elsewhere: the token goes to no other host.

    `vendor` names it in messages.
    """

    def __init__(self, vendor: str, base_url: str, headers: Mapping[str, str]) -> None:
        self._vendor = vendor
        self._base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            headers={"User-Agent": "Citewell/0.1", "Accept": "application/json", **headers},
            timeout=_TIMEOUT_S,
            follow_redirects=False,
        )

    async def get(self, path: str, model: type[Model], **params: str | int) -> Model:
        """Return what is at `path`, which begins with a slash; raises as `ask` does."""
        return (await self.ask("GET", path, model, params=params))[0]

    async def post(self, path: str, model: type[Model], body: Mapping[str, object]) -> Model:
        """Return what a query that is posted finds; raises as `ask` does."""
        return (await self.ask("POST", path, model, body=body))[0]

    async def ask(
        self,
        method: str,
        path: str,
        model: type[Model],
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[Model, httpx.Headers]:
        """Ask, and again while the API is busy: after as long as it says, at most a minute.

        Raises:
            MissingError: There is no such thing.
            SourceError: The API refuses, stays busy, or answers what it never should.
        """
        if not path.startswith("/") or path.startswith("//"):
            raise SourceError(f"{self._vendor} names an address that is not its own")
        for attempt in range(1, _ATTEMPTS + 1):
            response, content = await self._once(method, path, params, body)
            wait_s = _wait_s(response, attempt)
            if wait_s is None:
                return self._read(response, content, model), response.headers
            if attempt == _ATTEMPTS or wait_s > _MAX_WAIT_S:
                break
            await asyncio.sleep(wait_s)
        raise SourceError(f"{self._vendor} asks to come back later", is_temporary=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: Mapping[str, object] | None,
    ) -> tuple[httpx.Response, bytes]:
        pieces: list[bytes] = []
        size = 0
        url = f"{self._base_url}{path}"
        try:
            async with (
                asyncio.timeout(_TOTAL_TIMEOUT_S),
                self._client.stream(method, url, params=params or None, json=body) as response,
            ):
                async for piece in response.aiter_bytes():
                    size += len(piece)
                    if size > _MAX_BYTES:
                        raise SourceError(f"{self._vendor} answers with more than 32 MB")
                    pieces.append(piece)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            reason = f"{self._vendor} does not answer ({type(error).__name__})"
            raise SourceError(reason, is_temporary=True) from error
        return response, b"".join(pieces)

    def _read(self, response: httpx.Response, content: bytes, model: type[Model]) -> Model:
        status = response.status_code
        if status in _MISSING or response.is_redirect:  # what moved is no more where it was
            raise MissingError(response.url.path)
        if status in _REFUSED:
            raise SourceError(
                f"{self._vendor} refuses ({status}): check that the token is valid and what it "
                "may read"
            )
        if not response.is_success:
            raise RejectedError(f"{self._vendor} answers {status}: check the source's settings")
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, e["loc"])) for e in error.errors()[:3])
            raise SourceError(f"{self._vendor} answers in an unknown form ({fields})") from error


def _wait_s(response: httpx.Response, attempt: int) -> float | None:
    """Return how long to wait before asking again; None where asking again is no use."""
    asked = response.headers.get("Retry-After", "")
    if response.status_code in _BUSY:
        return float(asked) if asked.isdigit() else min(2.0**attempt, _MAX_WAIT_S)
    if response.status_code in _REFUSED and asked.isdigit():
        return float(asked)  # GitHub's second limit
    if response.status_code in _REFUSED and response.headers.get("X-RateLimit-Remaining") == "0":
        reset = response.headers.get("X-RateLimit-Reset", "")
        return max(float(reset) - time.time(), 1.0) if reset.isdigit() else _MAX_WAIT_S
    return None
