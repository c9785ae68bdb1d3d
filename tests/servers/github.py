"""A strict stand-in for GitHub's API: issues by REST, discussions by GraphQL."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.vendor import Vendor

TOKEN = "gh-valid"
_LISTED = {"state": "all", "sort": "updated", "direction": "asc", "per_page": "100"}


@dataclass(kw_only=True)
class Entry:
    """An issue or a discussion."""

    number: int
    title: str
    updated: str
    body: str = "words"
    comments: list[str] = field(default_factory=list)
    answer: str = ""
    is_pull: bool = False


class GitHub(Vendor):
    """Serves one repository, `acme/larder`."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.issues: dict[int, Entry] = {}
        self.discussions: dict[int, Entry] = {}
        self.spent_until = ""  # seconds since 1970: the limit is used up until then
        self.route("GET", "/repos/acme/larder/issues", self._list)
        self.route("GET", "/repos/acme/larder/issues/{number}", self._issue)
        self.route("GET", "/repos/acme/larder/issues/{number}/comments", self._comments)
        self.route("POST", "/graphql", self._graph)

    def is_authorized(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    async def _list(self, request: web.Request) -> web.Response:
        if self.spent_until:
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": self.spent_until}
            return web.json_response({"message": "limit"}, status=403, headers=headers)
        query = dict(request.query)
        page, since = int(query.pop("page")), query.pop("since", "")
        if query != _LISTED:
            return self.refuse(f"issues: {query}")
        found = sorted(
            (e for e in self.issues.values() if e.updated >= since),
            key=lambda e: (e.updated, e.number),
        )
        return web.json_response([_issue(e) for e in found[(page - 1) * 100 : page * 100]])

    async def _issue(self, request: web.Request) -> web.Response:
        entry = self.issues.get(int(request.match_info["number"]))
        if entry is None:
            return web.json_response({"message": "This issue was deleted"}, status=410)
        return web.json_response(_issue(entry))

    async def _comments(self, request: web.Request) -> web.Response:
        entry = self.issues[int(request.match_info["number"])]
        start = (int(request.query["page"]) - 1) * 100
        comments = list(enumerate(entry.comments))[start : start + int(request.query["per_page"])]
        return web.json_response(
            [{"id": at, "body": body, "created_at": entry.updated} for at, body in comments]
        )

    async def _graph(self, request: web.Request) -> web.Response:
        asked = await request.json()
        values = asked["variables"]
        if (values["owner"], values["name"]) != ("acme", "larder"):
            errors = [{"type": "NOT_FOUND", "message": "no repository"}]
            return web.json_response({"data": {"repository": None}, "errors": errors})
        repository = self._talk(values) if "number" in values else self._talks(values)
        return web.json_response({"data": {"repository": repository}})

    def _talks(self, values: dict[str, Any]) -> dict[str, Any]:
        found = sorted(self.discussions.values(), key=lambda e: e.updated, reverse=True)
        start = int(values["after"] or 0)
        shown = found[start : start + values["count"]]
        end = start + len(shown)
        nodes = [
            {"number": e.number, "title": e.title, "url": _url(e), "updatedAt": e.updated}
            for e in shown
        ]
        info = {"hasNextPage": end < len(found), "endCursor": str(end)}
        return {"discussions": {"pageInfo": info, "nodes": nodes}}

    def _talk(self, values: dict[str, Any]) -> dict[str, Any]:
        entry = self.discussions.get(values["number"])
        if entry is None:
            return {"discussion": None}

        def said(at: int, body: str) -> dict[str, Any]:
            return {"databaseId": at, "body": body, "createdAt": entry.updated}

        comments = [{**said(n, c), "replies": {"nodes": []}} for n, c in enumerate(entry.comments)]
        return {
            "discussion": {
                "title": entry.title,
                "body": entry.body,
                "updatedAt": entry.updated,
                "answer": said(99, entry.answer) if entry.answer else None,
                "comments": {"nodes": comments},
            }
        }


def _url(entry: Entry) -> str:
    return f"https://github.example/acme/larder/issues/{entry.number}"


def _issue(entry: Entry) -> dict[str, Any]:
    about = {
        "number": entry.number,
        "title": entry.title,
        "html_url": _url(entry),
        "updated_at": entry.updated,
        "body": entry.body or None,
        "state": "closed",
    }
    return {**about, "pull_request": {"url": "x"}} if entry.is_pull else about
