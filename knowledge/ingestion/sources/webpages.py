"""One address of a website after another: asked politely, and kept until it changes."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

import httpx
from selectolax.lexbor import LexborHTMLParser

from knowledge.errors import SourceError
from knowledge.ingestion.parsing.formats import is_supported
from knowledge.ingestion.parsing.sandbox import MAX_FILE_BYTES
from knowledge.ingestion.parsing.text import decode
from knowledge.ingestion.sources.guarded import BlockedAddressError

_TOTAL_TIMEOUT_S = 120
_MAX_REDIRECTS = 5
_MAX_WAIT_S = 60.0
_ATTEMPTS = 3
_MAX_LINKS = 5_000
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_GONE = frozenset({401, 403, 404, 410, 451})
_NOT_MODIFIED = 304
_OK = 200
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_NOT_PAGES = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|ico|css|js|mp[34]|zip|gz|woff2?|json|xml)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """What is kept of an address; `digest` is its content's, `links` are within pages only."""

    url: str
    digest: str
    suffix: str
    etag: str = ""
    modified: str = ""
    links: tuple[str, ...] = ()
    is_hidden: bool = False  # it asks not to be indexed


class PageGoneError(Exception):
    """There is no page at an address, or none for us."""


class RedirectedAwayError(PageGoneError):
    """An address leads to one that is not wanted."""


class PageTooLargeError(PageGoneError):
    """A page is larger than a file may be."""


class WebPages:
    """Gets pages with a client, and keeps each in `folder` with what tells whether it changed."""

    def __init__(self, client: httpx.AsyncClient, folder: Path) -> None:
        self._client = client
        self._folder = folder

    async def refreshed(self, url: str, is_wanted: Callable[[str], bool]) -> WebPage:
        """Return the page at `url` as it is now; each hop of a redirect must be wanted.

        Raises:
            PageGoneError: There is none.
            SourceError: The server does not answer, or the address may not be reached.
        """
        kept = await asyncio.to_thread(self._read, url)
        headers = {}
        if kept is not None:
            headers = {"If-None-Match": kept.etag, "If-Modified-Since": kept.modified}
        at = url
        for _ in range(_MAX_REDIRECTS + 1):
            response, content = await self.get(at, {k: v for k, v in headers.items() if v})
            if response.status_code == _NOT_MODIFIED and kept is not None:
                return kept
            if not response.has_redirect_location:
                break
            at = normalised(urljoin(at, response.headers["Location"]))
            if not is_wanted(at):
                raise RedirectedAwayError(at)
        else:
            raise PageGoneError(url)
        if response.status_code in _GONE:
            raise PageGoneError(url)
        if response.status_code != _OK:
            raise SourceError(f"{url} answers {response.status_code}", is_temporary=True)
        page = _page(at, response, content)
        await asyncio.to_thread(self._write, url, page, content)
        return page

    def content_of(self, url: str, digest: str) -> tuple[bytes, str] | None:
        """Return what is kept of `url` and its suffix, if it is what `digest` says."""
        page = self._read(url)
        if page is None or page.digest != digest:
            return None
        content = self._path(url).with_suffix(".body").read_bytes()
        return (content, page.suffix) if _digest(content) == digest else None

    def forget_all_but(self, urls: set[str]) -> None:
        """Remove what is kept of other addresses."""
        kept = {self._path(url).stem for url in urls}
        for path in self._folder.glob("*.*"):
            if path.stem not in kept:
                path.unlink(missing_ok=True)

    async def get(self, url: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
        """Ask once, and again when the server is busy: after as long as it says.

        Raises:
            SourceError: It does not answer, stays busy, or may not be reached.
        """
        try:
            for attempt in range(1, _ATTEMPTS):
                response, content = await self._once(url, headers)
                if response.status_code not in _BUSY:
                    return response, content
                await asyncio.sleep(_wait_s(response, attempt))
            return await self._once(url, headers)
        except BlockedAddressError as error:
            raise SourceError(str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            host = urlsplit(url).hostname
            reason = f"{host} does not answer ({type(error).__name__})"
            raise SourceError(reason, is_temporary=True) from error

    async def _once(self, url: str, headers: dict[str, str]) -> tuple[httpx.Response, bytes]:
        pieces: list[bytes] = []
        size = 0
        async with (
            asyncio.timeout(_TOTAL_TIMEOUT_S),
            self._client.stream("GET", url, headers=headers) as response,
        ):
            async for piece in response.aiter_bytes():
                size += len(piece)
                if size > MAX_FILE_BYTES:
                    raise PageTooLargeError(url)
                pieces.append(piece)
        return response, b"".join(pieces)

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()}.json"

    def _read(self, url: str) -> WebPage | None:
        path = self._path(url)
        if not path.exists() or not path.with_suffix(".body").exists():
            return None
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return WebPage(**{**values, "links": tuple(values["links"])})
        except (ValueError, TypeError, KeyError):
            return None  # of another version of this program: asked for anew

    def _write(self, url: str, page: WebPage, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(url)
        path.unlink(missing_ok=True)  # so that no crash leaves one's body with another's marks
        for target, written in (
            (path.with_suffix(".body"), content),
            (path, json.dumps(asdict(page)).encode()),
        ):
            draft = target.with_suffix(".new")
            draft.write_bytes(written)
            draft.replace(target)


def normalised(url: str) -> str:
    """Return `url` without fragment, with its host in small letters and no default port."""
    parts = urlsplit(urldefrag(url.strip()).url)
    host = (parts.hostname or "").lower()
    bracketed = f"[{host}]" if ":" in host else host
    is_default = parts.port in {None, {"http": 80, "https": 443}.get(parts.scheme)}
    netloc = bracketed if is_default else f"{bracketed}:{parts.port}"
    return urlunsplit((parts.scheme.lower(), netloc, parts.path or "/", parts.query, ""))


def _page(url: str, response: httpx.Response, content: bytes) -> WebPage:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    named = PurePosixPath(urlsplit(url).path).suffix.lower()
    suffix = _SUFFIXES.get(kind) or (named if is_supported(f"x{named}") else "")
    links: tuple[str, ...] = ()
    is_hidden = "noindex" in response.headers.get("X-Robots-Tag", "").lower()
    if suffix == ".html":
        tree = LexborHTMLParser(decode(content))
        links = _links(tree, url)
        robots = tree.css_first("meta[name=robots i]")
        is_hidden |= robots is not None and "noindex" in (robots.attributes.get("content") or "")
    return WebPage(
        url=url,
        digest=_digest(content),
        suffix=suffix,
        etag=response.headers.get("ETag", ""),
        modified=response.headers.get("Last-Modified", ""),
        links=links,
        is_hidden=is_hidden,
    )


def _links(tree: LexborHTMLParser, url: str) -> tuple[str, ...]:
    base = tree.css_first("base[href]")
    root = urljoin(url, (base.attributes.get("href") or "") if base is not None else "")
    found: dict[str, None] = {}
    for node in tree.css("a[href]"):
        try:
            link = normalised(urljoin(root, node.attributes.get("href") or ""))
        except ValueError:
            continue  # no address
        if link.startswith(("http://", "https://")) and not _NOT_PAGES.search(link.lower()):
            found[link] = None
        if len(found) >= _MAX_LINKS:
            break
    return tuple(found)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _wait_s(response: httpx.Response, attempt: int) -> float:
    asked = response.headers.get("Retry-After", "")
    return min(float(asked) if asked.isdigit() else 2.0**attempt, _MAX_WAIT_S)
