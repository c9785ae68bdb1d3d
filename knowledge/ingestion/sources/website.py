"""A website: by its sitemap, else by its links, as far as its robots.txt allows."""

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import ParseError

import httpx
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from protego import Protego

from knowledge.errors import DocumentGoneError, SourceError, UnreadableDocumentError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.guarded import GuardedTransport, Resolve, resolve
from knowledge.ingestion.sources.locations import location_of
from knowledge.ingestion.sources.webpages import (
    PageGoneError,
    PageTooLargeError,
    WebPage,
    WebPages,
    normalised,
)
from knowledge.types import Principal, SourceDocument

AGENT = "Citewell"
_BATCH = 50
_MAX_SITEMAPS = 50
_MAX_SITEMAP_BYTES = 50 * 1024 * 1024
_MAX_FRONTIER = 100_000
_MAX_DELAY_S = 30.0
_OK = 200
_SERVER_ERROR = 500
_GZIP = 31  # zlib's name for that container


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a crawl goes: hosts of `start`, paths that begin with one of `include`."""

    start: tuple[str, ...]
    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    max_pages: int = 1_000
    max_depth: int = 5
    delay_s: float = 0.0

    def hold(self, url: str) -> bool:
        """Return whether `url` is within."""
        parts = urlsplit(url)
        origins = {urlsplit(start)[:2] for start in self.start}
        return (
            parts[:2] in origins
            and parts.path.startswith(self.include)
            and not (self.exclude and parts.path.startswith(self.exclude))
        )


class WebsiteSource:
    """The pages of a website; unchanged ones cost one conditional request each."""

    def __init__(
        self,
        name: str,
        bounds: Bounds,
        *,
        readers: frozenset[Principal],
        work_dir: Path,
        private_hosts: tuple[str, ...] = (),
        resolver: Resolve = resolve,
    ) -> None:
        self._name = name
        self._bounds = bounds
        self._readers = readers
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(private_hosts, resolver=resolver),
            headers={"User-Agent": f"{AGENT}/0.1"},
            timeout=httpx.Timeout(20.0),
            follow_redirects=False,
            trust_env=False,
        )
        self._pages = WebPages(self._client, work_dir)

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        del cursor
        rules = {origin: await self._rules(origin) for origin in self._origins()}
        listed = await self._listed(rules)
        follows_links = not listed
        frontier = deque((url, 0) for url in listed or map(normalised, self._bounds.start))
        asked = {url for url, _ in frontier}
        kept: set[str] = set()
        documents: dict[str, SourceDocument] = {}
        unsupported: list[str] = []
        while frontier and len(kept) < self._bounds.max_pages:
            url, depth = frontier.popleft()
            if not self._is_wanted(url, rules):
                continue
            await asyncio.sleep(self._delay_s(rules[_origin(url)]))
            found = await self._looked_at(url, rules)
            if isinstance(found, SourceDocument):  # it did not answer: its turn decides
                documents[found.location] = found
                kept.add(url)
                continue
            if found is None:
                continue
            kept.add(url)
            if found.suffix and not found.is_hidden:
                document = self._document(url, found)
                documents[document.location] = document
            elif not found.suffix:
                unsupported.append(_id_of(url))
            if follows_links and depth < self._bounds.max_depth:
                new = [link for link in found.links if link not in asked]
                del new[max(_MAX_FRONTIER - len(asked), 0) :]
                asked.update(new)
                frontier.extend((link, depth + 1) for link in new)
            if len(documents) >= _BATCH:
                yield Batch(documents=tuple(documents.values()), unsupported=tuple(unsupported))
                documents, unsupported = {}, []
        yield Batch(documents=tuple(documents.values()), unsupported=tuple(unsupported))
        await asyncio.to_thread(self._pages.forget_all_but, kept)

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        kept = await asyncio.to_thread(self._pages.content_of, document.ref, document.version)
        if kept is None:
            try:
                page = await self._pages.refreshed(document.ref, self._bounds.hold)
            except PageGoneError as error:
                raise DocumentGoneError(document.id) from error
            kept = await asyncio.to_thread(self._pages.content_of, document.ref, page.digest)
        if kept is None or not kept[1]:
            raise UnreadableDocumentError(document.id, "is of no kind that can be read")
        content, suffix = kept
        path = folder / f"page{suffix}"
        await asyncio.to_thread(path.write_bytes, content)
        return path

    async def close(self) -> None:
        await self._client.aclose()

    async def _looked_at(
        self, url: str, rules: dict[str, Protego]
    ) -> WebPage | SourceDocument | None:
        """Return the page; None where there is none; only its name where it does not answer."""
        try:
            return await self._pages.refreshed(url, lambda at: self._is_wanted(at, rules))
        except PageTooLargeError:
            return WebPage(url=url, digest="", suffix="")
        except PageGoneError:
            return None
        except SourceError as error:
            if not error.is_temporary or url in map(normalised, self._bounds.start):
                raise
            return self._document(url, None)

    def _document(self, url: str, page: WebPage | None) -> SourceDocument:
        """Return the page as a document; what was redirected is the one that it leads to."""
        shown = page.url if page is not None else url
        return SourceDocument(
            id=_id_of(shown),
            location=location_of(self._name, shown),
            url=shown,
            ref=url,
            version=page.digest if page is not None else "",
            readers=self._readers,
        )

    def _is_wanted(self, url: str, rules: dict[str, Protego]) -> bool:
        return self._bounds.hold(url) and rules[_origin(url)].can_fetch(url, AGENT)

    def _origins(self) -> list[str]:
        return list(dict.fromkeys(_origin(normalised(start)) for start in self._bounds.start))

    async def _rules(self, origin: str) -> Protego:
        """Return the site's robots.txt; without one everything is allowed (RFC 9309).

        Raises:
            SourceError: Its server has trouble: then nothing may be asked.
        """
        response, content = await self._pages.get(f"{origin}/robots.txt", {})
        if response.status_code >= _SERVER_ERROR:
            raise SourceError(f"{origin}/robots.txt can't be read now", is_temporary=True)
        text = content.decode("utf-8", errors="replace") if response.status_code == _OK else ""
        return Protego.parse(text)

    def _delay_s(self, rules: Protego) -> float:
        return min(max(self._bounds.delay_s, rules.crawl_delay(AGENT) or 0.0), _MAX_DELAY_S)

    async def _listed(self, rules: dict[str, Protego]) -> list[str]:
        """Return the addresses that the sitemaps name, within the bounds."""
        waiting = deque(
            sitemap
            for origin, rule in rules.items()
            for sitemap in (*rule.sitemaps, f"{origin}/sitemap.xml")
        )
        asked: set[str] = set()
        found: dict[str, None] = {}
        while waiting and len(asked) < _MAX_SITEMAPS and len(found) < self._bounds.max_pages:
            sitemap = normalised(urljoin(self._bounds.start[0], waiting.popleft()))
            if sitemap in asked or _origin(sitemap) not in rules:
                continue
            asked.add(sitemap)
            response, content = await self._pages.get(sitemap, {})
            if response.status_code >= _SERVER_ERROR:
                raise SourceError(f"{sitemap} can't be read now", is_temporary=True)
            if response.status_code == _OK:
                pages, further = _read_sitemap(content)
                waiting.extend(further)
                found |= dict.fromkeys(url for url in pages if self._is_wanted(url, rules))
        return list(found)


def _read_sitemap(content: bytes) -> tuple[list[str], list[str]]:
    """Return the pages, and the further sitemaps, that a sitemap names; none where it is broken."""
    try:
        if content.startswith(b"\x1f\x8b"):
            content = zlib.decompressobj(_GZIP).decompress(content, _MAX_SITEMAP_BYTES)
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, zlib.error):
        return [], []
    found = [
        normalised(node.text)
        for node in root.iterfind("./{*}*/{*}loc")
        if node.text and node.text.strip().startswith(("http://", "https://"))
    ]
    is_index = root.tag.endswith("sitemapindex")
    return ([], found) if is_index else (found, [])


def _origin(url: str) -> str:
    return "://".join(urlsplit(url)[:2])


def _id_of(url: str) -> str:
    return url.partition("://")[2].rstrip("/")
