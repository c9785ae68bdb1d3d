"""A strict stand-in for Jira Cloud: searches by change, issues, comments, and who may see them."""

import base64
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.servers.vendor import Vendor

EMAIL, TOKEN = "bot@example.org", "jr-valid"
_JQL = re.compile(r'project = "(\w+)"(?: AND updated >= -(\d+)m)? ORDER BY updated ASC')
_LISTED = ["summary", "updated", "security", "reporter", "assignee"]


def paragraph(text: str) -> dict[str, Any]:
    """Return a text as Jira keeps it."""
    inner = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]
    return {"type": "doc", "version": 1, "content": inner}


@dataclass(kw_only=True)
class Issue:
    """An issue that was changed `age_s` seconds ago; comments are `(text, more about it)`."""

    summary: str
    project: str = "ENG"
    text: str = "words"
    age_s: float = 0.0
    level: str | None = None
    reporter: str | None = None
    comments: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    changed_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.changed_s = time.time() - self.age_s


class Jira(Vendor):
    """Serves `issues` by id; people by account, whose address may be hidden."""

    def __init__(self, most: int = 2) -> None:
        super().__init__()
        self.token = TOKEN
        self.is_administrator = True
        self.issues: dict[str, Issue] = {}
        self.people = {"ann": "Ann@example.org", "ben": "ben@example.org", "cy": ""}
        self.groups: dict[str, list[str]] = {}
        self.browse: list[dict[str, str]] = [{"type": "applicationRole"}]
        self.roles: dict[str, list[dict[str, Any]]] = {}
        self.levels: dict[str, list[dict[str, str]]] = {}
        self._most = most
        for method, path, answer in (
            ("GET", "myself", self._myself),
            ("POST", "search/jql", self._search),
            ("GET", "issue/{id}", self._issue),
            ("GET", "issue/{id}/comment", self._comments),
            ("GET", "project/ENG/permissionscheme", self._scheme),
            ("GET", "project/ENG/securitylevel", self._levels),
            ("GET", "project/ENG/role/{id}", self._role),
            ("GET", "project/ENG", self._project),
            ("GET", "issuesecurityschemes/level/member", self._members),
            ("GET", "user", self._user),
            ("GET", "group/member", self._group),
            ("GET", "applicationrole/{key}", self._application),
        ):
            self.route(method, f"/rest/api/3/{path}", answer)

    def is_authorized(self, request: web.Request) -> bool:
        """Let strangers search: Jira answers them, with nothing."""
        return self._is_known(request) or request.path.endswith("/search/jql")

    def _is_known(self, request: web.Request) -> bool:
        pair = base64.b64encode(f"{EMAIL}:{self.token}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {pair}"

    async def _myself(self, _request: web.Request) -> web.Response:
        return web.json_response(self._person("ann"))

    async def _search(self, request: web.Request) -> web.Response:
        if not self._is_known(request):
            return web.json_response({"issues": [], "isLast": True})
        asked = await request.json()
        found = _JQL.fullmatch(asked.get("jql", ""))
        if found is None or asked.get("fields") != _LISTED:
            return self.refuse(f"search: {asked}")
        if found[1] != "ENG":
            return web.json_response({"errorMessages": ["no such project"]}, status=400)
        oldest_s = time.time() - int(found[2]) * 60 if found[2] else 0.0
        ids = sorted(
            (i for i, issue in self.issues.items() if issue.changed_s >= oldest_s),
            key=lambda i: self.issues[i].changed_s,
        )
        start = int(asked.get("nextPageToken", "0"))
        end = start + self._most
        more = {"nextPageToken": str(end)} if end < len(ids) else {}
        shown = [self._shown(i) for i in ids[start:end]]
        return web.json_response({"issues": shown, "isLast": not more, **more})

    def _shown(self, issue_id: str) -> dict[str, Any]:
        issue = self.issues[issue_id]
        about = {
            "summary": issue.summary,
            "updated": _moment(issue.changed_s),
            "security": {"id": issue.level, "name": "L"} if issue.level else None,
            "reporter": self._person(issue.reporter) if issue.reporter else None,
            "assignee": None,
        }
        return {"id": issue_id, "key": f"{issue.project}-{issue_id}", "fields": about}

    async def _issue(self, request: web.Request) -> web.Response:
        issue = self.issues.get(request.match_info["id"])
        if issue is None:
            return web.json_response({"errorMessages": ["not found"]}, status=404)
        about = {
            "summary": issue.summary,
            "updated": _moment(issue.changed_s),
            "description": paragraph(issue.text),
            "status": {"name": "Done"},
            "resolution": None,
        }
        return web.json_response({"fields": about})

    async def _comments(self, request: web.Request) -> web.Response:
        issue = self.issues[request.match_info["id"]]
        if request.query.get("orderBy") != "created":
            return self.refuse(f"comments: {dict(request.query)}")
        start, most = int(request.query["startAt"]), int(request.query["maxResults"])
        comments = [
            {"id": str(at), "body": paragraph(text), "created": _moment(issue.changed_s), **about}
            for at, (text, about) in enumerate(issue.comments)
        ]
        shown = comments[start : start + most]
        return web.json_response({"comments": shown, "total": len(comments)})

    async def _scheme(self, _request: web.Request) -> web.Response:
        if not self.is_administrator:
            return web.json_response({}, status=403)
        granted = [{"permission": "BROWSE_PROJECTS", "holder": each} for each in self.browse]
        other = {"permission": "ADMINISTER_PROJECTS", "holder": {"type": "anyone"}}
        return web.json_response({"id": 1, "permissions": [*granted, other]})

    async def _levels(self, _request: web.Request) -> web.Response:
        return web.json_response({"levels": [{"id": level} for level in self.levels]})

    async def _role(self, request: web.Request) -> web.Response:
        return web.json_response({"actors": self.roles[request.match_info["id"]]})

    async def _project(self, _request: web.Request) -> web.Response:
        return web.json_response({"key": "ENG", "lead": self._person("ben")})

    async def _members(self, request: web.Request) -> web.Response:
        if not self.is_administrator:
            return web.json_response({}, status=403)
        holders = [{"holder": each} for each in self.levels[request.query["levelId"]]]
        return web.json_response(self._paged(request, holders))

    async def _user(self, request: web.Request) -> web.Response:
        account = request.query["accountId"]
        if account not in self.people:
            return web.json_response({}, status=404)
        return web.json_response(self._person(account))

    async def _group(self, request: web.Request) -> web.Response:
        named = self.groups.get(request.query["groupname"])
        if named is None:
            return web.json_response({}, status=404)
        members = [self._person(each) for each in named]
        return web.json_response(self._paged(request, members))

    async def _application(self, _request: web.Request) -> web.Response:
        return web.json_response({"groups": ["jira-users"]})

    def _paged(self, request: web.Request, found: list[dict[str, Any]]) -> dict[str, Any]:
        start = int(request.query["startAt"])
        end = start + int(request.query["maxResults"])
        return {"values": found[start:end], "isLast": end >= len(found)}

    def _person(self, account: str) -> dict[str, Any]:
        email = self.people[account]
        return {"accountId": account, "active": True, **({"emailAddress": email} if email else {})}


def _moment(at_s: float) -> str:
    moment = datetime.fromtimestamp(at_s, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"
