"""Fetches a file from a platform's own host: no redirect, no more bytes or seconds than allowed."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from adapters.errors import AdapterError, FileTooLargeError, UncertainError

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10, sock_read=10)
_PIECE_BYTES = 256 * 1024
_REFUSED = {301: "redirected", 302: "redirected", 303: "redirected", 307: "redirected",
            308: "redirected", 401: "not_permitted", 403: "not_permitted", 404: "gone",
            410: "gone"}  # fmt: skip
_OK = 200


async def download(
    session: aiohttp.ClientSession,
    url: str,
    path: Path,
    *,
    platform: str,
    max_bytes: int,
    headers: Mapping[str, str],
    proxy: str | None = None,
) -> str:
    """Write what stands at `url` to `path`, and return the type that the host declares.

    Raises:
        FileTooLargeError: It has more than `max_bytes`; perhaps some are written.
        UncertainError: The host can't be reached, or broke off.
        AdapterError: It refuses, or sends us elsewhere.
    """
    try:
        async with session.get(
            url, headers=headers, allow_redirects=False, timeout=_TIMEOUT, proxy=proxy
        ) as response:
            if response.status != _OK:
                code = _REFUSED.get(response.status, f"http_{response.status}")
                raise AdapterError(platform, code)
            if (response.content_length or 0) > max_bytes:
                raise FileTooLargeError(platform)
            await _written(response, path, platform=platform, max_bytes=max_bytes)
            return response.content_type
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise UncertainError(platform, "unreachable") from error


async def _written(
    response: aiohttp.ClientResponse, path: Path, *, platform: str, max_bytes: int
) -> None:
    left = max_bytes
    with await asyncio.to_thread(path.open, "wb") as file:
        async for piece in response.content.iter_chunked(_PIECE_BYTES):
            left -= len(piece)
            if left < 0:  # what a host declares need not be what it sends
                raise FileTooLargeError(platform)
            await asyncio.to_thread(file.write, piece)
