"""A vendor's JSON API over HTTP: patient with its limits, clear about its refusals."""

import asyncio
import base64
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from knowledge.errors import SourceError
from knowledge.ingestion.parsing.sandbox import MAX_FILE_BYTES
from knowledge.ingestion.sources.guarded import BlockedAddressError, blocked, outbound

_TIMEOUT_S = 30.0
_TOTAL_TIMEOUT_S = 120.0
_ATTEMPTS = 5
_MAX_WAIT_S = 60.0
_MAX_BYTES = 32 * 1024 * 1024
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_REFUSED = frozenset({_UNAUTHORIZED, _FORBIDDEN})
_LIMITED = b"ateLimitExceeded"  # Google's
_MISSING = frozenset({404, 410})

Model = TypeVar("Model", bound=BaseModel)


class RejectedError(SourceError):
    """A request makes no sense to the API: settings are wrong, or a cursor is too old."""


class MissingError(Exception):
    """What was asked for is not there, or not for us."""


class ForbiddenError(SourceError):
    """The API knows who asks, and does not allow it."""


class TooLargeError(Exception):
    """A file is larger than one may be."""


class Authorizer(Protocol):
    """Makes requests ones that the API lets in, where more than a header for ever is needed."""

    async def authorize(self, request: httpx.Request, *, is_refused: bool) -> None:
        """Add to `request` what it needs, anew where what was added last was refused.

        Raises:
            SourceError: It can't be had.
        """


class JsonApi:
    """Asks an API below `base_url`, and nothing elsewhere: the token goes to no other host.

    `vendor` names it in messages; `authorizer` is for an API whose tokens expire. Files may be
    had from hosts that end with one of `file_hosts`, where the API itself sends for them: without
    the token.
    """

    def __init__(
        self,
        vendor: str,
        base_url: str,
        headers: Mapping[str, str],
        *,
        authorizer: Authorizer | None = None,
        file_hosts: tuple[str, ...] = (),
    ) -> None:
        self._vendor = vendor
        self._authorizer = authorizer
        self._base_url = base_url.rstrip("/")
        self._file_hosts = file_hosts
        self._headers = {"Accept": "application/json", **headers}
        self._client = httpx.AsyncClient(
            headers={"User-Agent": "Citewell/0.1"},
            timeout=_TIMEOUT_S,
            follow_redirects=False,
            transport=outbound(),
        )

    def path_of(self, address: str) -> str:
        """Return the path below the API's own address of what it calls by a whole address.

        Raises:
            SourceError: It is elsewhere.
        """
        own, whole = httpx.URL(self._base_url), httpx.URL(address)
        is_own = (whole.scheme, whole.netloc) == (own.scheme, own.netloc)
        start = own.raw_path.decode().rstrip("/")
        path = whole.raw_path.decode()
        if not is_own or not path.startswith(f"{start}/") or whole.userinfo:
            raise SourceError(f"{self._vendor} names an address that is not its own")
        return path.removeprefix(start)

    async def get(self, path: str, model: type[Model], **params: str | int) -> Model:
        """Return what is at `path`, which begins with a slash.

        Asks again while the API is busy: after as long as it says, at most a minute.

        Raises:
            MissingError: There is no such thing.
            SourceError: The API refuses, stays busy, or answers what it never should.
        """
        return await self._ask("GET", path, model, params=params)

    async def post(self, path: str, model: type[Model], body: Mapping[str, object]) -> Model:
        """Return what a query that is posted finds; raises as `get` does."""
        return await self._ask("POST", path, model, body=body)

    async def content(self, path: str) -> bytes:
        """Return what is at `path`, whatever its form; raises as `get` does."""
        try:
            return await self._patiently("GET", path, None, None, most=_MAX_BYTES)
        except TooLargeError as error:
            raise self._flood() from error

    async def download(self, path: str, target: Path, **params: str) -> None:
        """Write what is at `path` to the file `target`.

        Raises:
            TooLargeError: It is larger than a file may be.
            MissingError: It is not there.
            SourceError: As for `get`.
        """
        content = await self._patiently(
            "GET", path, params, None, most=MAX_FILE_BYTES, follows=bool(self._file_hosts)
        )
        await asyncio.to_thread(target.write_bytes, content)

    async def _ask(
        self,
        method: str,
        path: str,
        model: type[Model],
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Model:
        try:
            content = await self._patiently(method, path, params, body, most=_MAX_BYTES)
            return model.model_validate_json(content)
        except TooLargeError as error:
            raise self._flood() from error
        except ValidationError as error:
            fields = ", ".join(".".join(map(_field, e["loc"])) for e in error.errors()[:3])
            raise SourceError(f"{self._vendor} answers in an unknown form ({fields})") from error

    async def _patiently(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: Mapping[str, object] | None,
        *,
        most: int,
        follows: bool = False,
    ) -> bytes:
        if not path.startswith("/") or path.startswith("//"):
            raise SourceError(f"{self._vendor} names an address that is not its own")
        is_refused = is_renewed = False
        for attempt in range(1, _ATTEMPTS + 1):
            request = self._client.build_request(
                method,
                f"{self._base_url}{path}",
                params=params or None,
                json=body,
                headers=self._headers,
            )
            if self._authorizer is not None:
                await self._authorizer.authorize(request, is_refused=is_refused)
            response, content = await self._once(request, most)
            if response.status_code == _UNAUTHORIZED and self._authorizer and not is_renewed:
                is_refused = is_renewed = True
                continue
            is_refused = False
            if response.is_redirect and follows:
                elsewhere = self._client.build_request("GET", self._file_address(response))
                response, content = await self._once(elsewhere, most)
            wait_s = _wait_s(response, content, attempt)
            if wait_s is None:
                self._check(response)
                return content
            if attempt == _ATTEMPTS or wait_s > _MAX_WAIT_S:
                break
            await asyncio.sleep(wait_s)
        raise SourceError(f"{self._vendor} asks to come back later", is_temporary=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _once(self, request: httpx.Request, most: int) -> tuple[httpx.Response, bytes]:
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(_TOTAL_TIMEOUT_S):
                response = await self._client.send(request, stream=True)
                try:
                    async for piece in response.aiter_bytes():
                        size += len(piece)
                        if size > most:
                            raise TooLargeError(request.url.path)
                        pieces.append(piece)
                finally:
                    await response.aclose()
        except BlockedAddressError as error:
            raise SourceError(blocked(error.host)) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            reason = f"{self._vendor} does not answer ({type(error).__name__})"
            raise SourceError(reason, is_temporary=True) from error
        return response, b"".join(pieces)

    def _flood(self) -> SourceError:
        return SourceError(f"{self._vendor} answers with more than {_MAX_BYTES // 1024**2} MB")

    def _file_address(self, response: httpx.Response) -> httpx.URL:
        """Return where a file is, if that may be asked."""
        address = response.url.join(response.headers.get("Location", ""))
        is_known = any(f".{address.host}".endswith(f".{host}") for host in self._file_hosts)
        if address.scheme != response.url.scheme or address.userinfo or not is_known:
            raise SourceError(
                f"{self._vendor} sends for a file to {address.host}: if that is its host, name it "
                "in `file_hosts`"
            )
        return address

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in _MISSING or response.is_redirect:  # what moved is no more where it was
            raise MissingError(response.url.path)
        if status in _REFUSED:
            kind = ForbiddenError if status == _FORBIDDEN else SourceError
            raise kind(
                f"{self._vendor} refuses ({status}): check that the token is valid and what it "
                "may read"
            )
        if not response.is_success:
            raise RejectedError(f"{self._vendor} answers {status}: check the source's settings")


def _field(part: int | str) -> str:
    """Return a step of the way to a field; a key of the vendor's own may be a text."""
    return str(part) if isinstance(part, int) or part.isidentifier() else "…"


def authorization(token: str, name: str = "") -> str:
    """Return what to send as `Authorization`: of whoever has that name, or of the token alone."""
    pair = base64.b64encode(f"{name}:{token}".encode()).decode()
    return f"Basic {pair}" if name else f"Bearer {token}"


def _wait_s(response: httpx.Response, content: bytes, attempt: int) -> float | None:
    """Return how long to wait before asking again; None where asking again is no use."""
    asked = response.headers.get("Retry-After", "")
    is_limited = response.status_code == _FORBIDDEN and _LIMITED in content
    if response.status_code in _BUSY or is_limited:
        return float(asked) if asked.isdigit() else min(2.0**attempt, _MAX_WAIT_S)
    if response.status_code in _REFUSED and asked.isdigit():
        return float(asked)  # GitHub's second limit
    if response.status_code in _REFUSED and response.headers.get("X-RateLimit-Remaining") == "0":
        reset = response.headers.get("X-RateLimit-Reset", "")
        return max(float(reset) - time.time(), 1.0) if reset.isdigit() else _MAX_WAIT_S
    return None
