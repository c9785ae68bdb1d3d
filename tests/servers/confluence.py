"""A strict stand-in for Confluence's REST API: search by space, restrictions, rendered pages."""

import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.filehost import FileHost
from tests.servers.vendor import Vendor

EMAIL, TOKEN = "bot@example.org", "cf-valid"
_EXPAND = {
    "version",
    "ancestors",
    "container",
    "restrictions.read.restrictions.user",
    "restrictions.read.restrictions.group",
}


@dataclass(kw_only=True)
class Page:
    """A page, and whom it is itself restricted to."""

    title: str
    body: str = "<p>words</p>"
    space: str = "ENG"
    parent: str | None = None
    version: int = 1
    people: list[dict[str, str]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def named(self) -> dict[str, Any]:
        groups = [{"type": "group", "name": name} for name in self.groups]
        return {
            "user": {"results": self.people, "size": len(self.people)},
            "group": {"results": groups, "size": len(groups)},
        }


@dataclass(kw_only=True)
class Attached:
    """A file on a page."""

    name: str
    page: str
    content: bytes = b"words"
    media: str = "text/plain"
    version: int = 1


class Confluence(Vendor):
    """Serves `pages` by id; a search gives at most `most` at once, and cursors that can expire."""

    def __init__(self, most: int = 2) -> None:
        super().__init__()
        self.pages: dict[str, Page] = {}
        self.attached: dict[str, Attached] = {}
        self.files = FileHost(lambda file: self.attached[file].content, self.violations)
        self.token = TOKEN
        self.has_expired_cursors = False
        self.on_search: Callable[[], Awaitable[None]] | None = None
        self._most = most
        self.groups: dict[str, list[dict[str, str]]] = {}
        self.route("GET", "/wiki/rest/api/group", self._groups)
        self.route("GET", "/wiki/rest/api/group/{id}/membersByGroupId", self._members)
        self.route("GET", "/wiki/rest/api/content/search", self._search)
        self.route("GET", "/wiki/download/attachments/{id}/{name}", self._download)
        self.route("GET", "/wiki/rest/api/content/{id}", self._page)
        self.route("GET", "/wiki/rest/api/content/{id}/restriction/byOperation/read", self._read)

    async def enter(self) -> None:
        await self.files.start()

    async def leave(self) -> None:
        await self.files.stop()

    def is_authorized(self, request: web.Request) -> bool:
        pair = base64.b64encode(f"{EMAIL}:{self.token}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {pair}"

    async def _groups(self, request: web.Request) -> web.Response:
        groups = [
            {"type": "group", "name": name, "id": f"id of {name}"} for name in sorted(self.groups)
        ]
        return web.json_response({"results": self._paged(request, groups)})

    async def _members(self, request: web.Request) -> web.Response:
        members = self.groups.get(request.match_info["id"].removeprefix("id of "))
        if members is None:
            return web.json_response({"message": "No such group"}, status=404)
        return web.json_response({"results": self._paged(request, members)})

    def _paged(self, request: web.Request, whole: list[dict[str, str]]) -> list[dict[str, str]]:
        start, limit = int(request.query["start"]), int(request.query["limit"])
        return whole[start : start + min(limit, self._most)]

    async def _search(self, request: web.Request) -> web.Response:
        if self.on_search is not None:
            await self.on_search()
        query = request.query
        cql = r'(type = page|type in \(page, attachment\)) and space in \(("\w+"(?:, "\w+")*)\)'
        found = re.fullmatch(f"{cql} order by created", query.get("cql", ""))
        if found is None or set(query.get("expand", "").split(",")) != _EXPAND:
            return self.refuse(f"search: {dict(query)}")
        if "cursor" in query and self.has_expired_cursors:
            return web.json_response({"message": "cursor"}, status=400)
        spaces = re.findall(r"\w+", found[2])
        ids = [page_id for page_id, page in self.pages.items() if page.space in spaces]
        files = list(self.attached) if "attachment" in found[1] else []
        ids += [file for file in files if self.pages[self.attached[file].page].space in spaces]
        start = int(query.get("cursor", "0"))
        shown = ids[start : start + self._most]
        links = {"base": self.url("/wiki"), "context": "/wiki"}
        if start + self._most < len(ids):
            following = request.url.update_query(cursor=str(start + self._most))
            links["next"] = str(following.relative()).removeprefix("/wiki")
        return web.json_response({"results": [self._shown(i) for i in shown], "_links": links})

    def _shown(self, page_id: str) -> dict[str, Any]:
        if page_id in self.attached:
            return self._shown_file(page_id)
        page = self.pages[page_id]
        return {
            "id": page_id,
            "type": "page",
            "title": page.title,
            "version": {"number": page.version},
            "ancestors": [{"id": above} for above in self._above(page)],
            "restrictions": {"read": {"operation": "read", "restrictions": page.named()}},
            "_links": {"webui": f"/spaces/{page.space}/pages/{page_id}"},
        }

    def _shown_file(self, file_id: str) -> dict[str, Any]:
        file = self.attached[file_id]
        page = self.pages[file.page]
        webui = {"webui": f"/spaces/{page.space}/pages/{file.page}"}
        nobody: dict[str, Any] = {"user": {"results": []}, "group": {"results": []}}
        return {
            "id": file_id,
            "type": "attachment",
            "title": file.name,
            "version": {"number": file.version},
            "ancestors": [],
            "restrictions": {"read": {"operation": "read", "restrictions": nobody}},
            "container": {"id": file.page, "type": "page", "title": page.title, "_links": webui},
            "metadata": {"mediaType": file.media},
            "_links": {"download": f"/download/attachments/{file_id}/{file.name}?version=1"},
        }

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["id"] not in self.attached:
            return web.json_response({"message": "No content found"}, status=404)
        raise web.HTTPFound(self.files.url(f"/{request.match_info['id']}"))

    def _above(self, page: Page) -> list[str]:
        if page.parent is None:
            return []
        return [*self._above(self.pages[page.parent]), page.parent]

    async def _page(self, request: web.Request) -> web.Response:
        page = self.pages.get(request.match_info["id"])
        if page is None:
            return web.json_response({"message": "No content found"}, status=404)
        if request.query.get("expand") == "ancestors":
            return web.json_response({"ancestors": [{"id": above} for above in self._above(page)]})
        if request.query.get("expand") != "body.view":
            return self.refuse(f"page: {dict(request.query)}")
        view = {"value": page.body, "representation": "view"}
        return web.json_response({"title": page.title, "body": {"view": view}})

    async def _read(self, request: web.Request) -> web.Response:
        page = self.pages.get(request.match_info["id"])
        if page is None:
            return web.json_response({}, status=404)
        return web.json_response({"operation": "read", "restrictions": page.named()})
