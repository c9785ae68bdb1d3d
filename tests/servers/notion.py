"""A strict stand-in for Notion's API: search, pages, and blocks within blocks."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.vendor import Vendor

TOKEN = "nt-valid"
_FILTER = {"property": "object", "value": "page"}
_SORT = {"timestamp": "last_edited_time", "direction": "descending"}


@dataclass(kw_only=True)
class Page:
    """A page; `blocks` are `(type, content, blocks below)`."""

    title: str
    edited: str
    blocks: list[tuple[str, dict[str, Any], list[Any]]] = field(default_factory=list)
    is_in_trash: bool = False


def rich(text: str) -> dict[str, Any]:
    """Return the content of a block with words."""
    return {"rich_text": [{"type": "text", "plain_text": word} for word in (text[:3], text[3:])]}


class Notion(Vendor):
    """Serves `pages` by id, at most `most` results at once."""

    def __init__(self, most: int = 3) -> None:
        super().__init__()
        self.token = TOKEN
        self.pages: dict[str, Page] = {}
        self._most = most
        self._below: dict[str, list[Any]] = {}
        self.route("POST", "/v1/search", self._search)
        self.route("GET", "/v1/pages/{id}", self._page)
        self.route("GET", "/v1/blocks/{id}/children", self._children)

    def is_authorized(self, request: web.Request) -> bool:
        if request.headers.get("Notion-Version") != "2022-06-28":
            self.violations.append("no Notion-Version")
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    async def _search(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked.get("filter") != _FILTER or asked.get("sort") != _SORT:
            return self.refuse(f"search: {asked}")
        ids = sorted(self.pages, key=lambda name: self.pages[name].edited, reverse=True)
        return self._paged([self._shown(name) for name in ids], asked.get("start_cursor"))

    async def _page(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if name not in self.pages:
            return web.json_response({"code": "object_not_found"}, status=404)
        return web.json_response(self._shown(name))

    async def _children(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        blocks = self.pages[name].blocks if name in self.pages else self._below[name]
        shown = []
        for at, (kind, content, below) in enumerate(blocks):
            block_id = f"{name}-{at}"
            self._below[block_id] = below
            shown.append({"id": block_id, "type": kind, kind: content, "has_children": bool(below)})
        return self._paged(shown, request.query.get("start_cursor"))

    def _paged(self, found: list[dict[str, Any]], cursor: str | None) -> web.Response:
        start = int(cursor or 0)
        end = start + self._most
        more = end < len(found)
        answer = {"results": found[start:end], "has_more": more}
        return web.json_response({**answer, "next_cursor": str(end) if more else None})

    def _shown(self, name: str) -> dict[str, Any]:
        page = self.pages[name]
        title = {"type": "title", "title": [{"plain_text": page.title}]}
        return {
            "object": "page",
            "id": name,
            "url": f"https://notion.example/{name}",
            "last_edited_time": page.edited,
            "archived": False,
            "in_trash": page.is_in_trash,
            "properties": {"Owner": {"type": "people", "people": []}, "Name": title},
        }
