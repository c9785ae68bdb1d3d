"""A strict stand-in for a website: conditional requests, robots, sitemaps, redirects, limits."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate

from aiohttp import web

from tests.servers.loopback import Loopback


@dataclass(kw_only=True)
class Page:
    """What an address answers; `etag` changes with `body` unless it has none."""

    body: str | bytes = ""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    has_etag: bool = True
    busy_times: int = 0  # how often it first answers 429

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


class Website(Loopback):
    """Serves `pages` by path, counts what is asked, and notes what a polite client never does."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.sent: Counter[str] = Counter()  # whole bodies, by path
        self.violations: list[str] = []
        self.forbidden: tuple[str, ...] = ()
        self.holds_back = ""  # a path that is never answered
        self.held = asyncio.Event()
        self.application.router.add_get("/{path:.*}", self._answer)

    def add(self, path: str, body: str | bytes, **about: object) -> Page:
        """Serve `body` at `path`."""
        page = Page(body=body, **about)  # type: ignore[arg-type]
        self.pages[path] = page
        return page

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.path_qs
        self.asked.append(path)
        if "Citewell" not in request.headers.get("User-Agent", ""):
            self.violations.append(f"{path}: no name in User-Agent")
        if path.startswith(self.forbidden or ("\0",)):
            self.violations.append(f"{path}: robots.txt forbids it")
        if path == self.holds_back:
            self.held.set()
            await asyncio.Event().wait()
        page = self.pages.get(path)
        if page is None:
            return web.Response(status=404)
        if page.busy_times > 0:
            page.busy_times -= 1
            return web.Response(status=429, headers={"Retry-After": "0"})
        etag = f'"{hash(page.content):x}"' if page.has_etag else ""
        modified = formatdate(1_750_000_000, usegmt=True)
        headers = {"Last-Modified": modified, **page.headers, **({"ETag": etag} if etag else {})}
        is_known = request.headers.get("If-None-Match") == etag if etag else False
        if is_known and page.status == 200:
            return web.Response(status=304, headers=headers)
        self.sent[path] += 1
        headers["Content-Type"] = page.kind
        return web.Response(status=page.status, body=page.content, headers=headers)
