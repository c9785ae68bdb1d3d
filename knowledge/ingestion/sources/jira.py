"""Jira Cloud: issues with their comments, by when they were changed last, and who may read them."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import yaml
from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.adf import markdown_of
from knowledge.ingestion.sources.api import JsonApi, MissingError, RejectedError
from knowledge.ingestion.sources.jirapermissions import JiraPermissions, Person, ProjectRules
from knowledge.ingestion.sources.locations import location_of
from knowledge.types import EVERYONE, Principal, SourceDocument

_PAGE_SIZE = 100
_MAX_COMMENT_PAGES = 10
_SPARE_MINUTES = 10  # of a search index that lags, and of clocks that differ
_FIELDS = ["summary", "updated", "security", "reporter", "assignee"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Level(_Model):
    id: str


class _Fields(_Model):
    summary: str
    updated: str
    security: _Level | None = None
    reporter: Person | None = None
    assignee: Person | None = None


class _Issue(_Model):
    id: str
    key: str
    fields: _Fields


class _Found(_Model):
    issues: tuple[_Issue, ...]
    following: str | None = Field(None, alias="nextPageToken")


class _Status(_Model):
    name: str


class _Text(_Model):
    summary: str
    updated: str
    description: dict[str, object] | None = None
    status: _Status | None = None
    resolution: _Status | None = None


class _Whole(_Model):
    fields: _Text


class _Comment(_Model):
    id: str
    body: dict[str, object] | None = None
    created: str
    visibility: dict[str, object] | None = None
    is_public: bool = Field(default=True, alias="jsdPublic")


class _Comments(_Model):
    comments: tuple[_Comment, ...]
    total: int


class _Place(_Model):
    """How far a project is listed: up to which change, under which rules of who may read."""

    since: str = ""
    rules: str


class _Cursor(_Model):
    projects: dict[str, _Place]


class JiraSource:
    """Issues of some projects; `readers` overrule who may see these projects at all.

    Who may read changes without a change of an issue: a project whose rules are not those of the
    last sync is listed whole. Comments for a role, a group or a service's own people are left out.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        api_url: str,
        projects: tuple[str, ...],
        authorization: str,
        readers: frozenset[Principal],
    ) -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._projects = projects
        self._readers = readers
        self._api = JsonApi("Jira", api_url, {"Authorization": authorization})

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        places = _places(cursor)
        # A token that is none makes Jira answer as to a stranger, who sees nothing: no error.
        await self._api.get("/rest/api/3/myself", Person)
        permissions = JiraPermissions(self._api, self._name)
        for project in self._projects:
            rules = await permissions.rules(project, browse=self._readers)
            known = places.get(project)
            since = known.since if known is not None and known.rules == rules.digest else ""
            async for issues, latest in self._listed(project, since):
                places[project] = _Place(since=latest, rules=rules.digest)
                yield Batch(
                    documents=tuple(self._document(issue, rules) for issue in issues),
                    cursor=_Cursor(projects=places).model_dump_json(),
                )

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        issue = f"/rest/api/3/issue/{document.ref}"
        asked = urlencode({"fields": "summary,updated,description,status,resolution"})
        try:
            whole = (await self._api.get(f"{issue}?{asked}", _Whole)).fields
            comments = await self._comments(issue)
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        state = ", ".join(each.name for each in (whole.status, whole.resolution) if each)
        parts = [f"State: {state}" if state else "", markdown_of(whole.description)]
        parts += [
            f"## Comment, {comment.created[:10]} {{#comment-{comment.id}}}\n\n{text}"
            for comment in comments
            if (text := markdown_of(comment.body))
        ]
        about = {"title": document.id, "updated": whole.updated[:10]}
        front = yaml.safe_dump(about, allow_unicode=True)
        path = folder / "page.md"
        text = f"---\n{front}---\n\n" + "\n\n".join(part for part in parts if part)
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        return path

    async def members(self, groups: Collection[Principal]) -> Mapping[Principal, frozenset[str]]:
        permissions = JiraPermissions(self._api, self._name)
        people = {named: await permissions.in_group(named) for named in groups}
        mails = "user:email:"
        return {
            named: frozenset(one.removeprefix(mails) for one in inside if one.startswith(mails))
            for named, inside in people.items()
        }

    async def close(self) -> None:
        await self._api.close()

    async def _listed(
        self, project: str, since: str
    ) -> AsyncIterator[tuple[tuple[_Issue, ...], str]]:
        """Yield issues from the longest unchanged on: what changes meanwhile comes at the end."""
        changed = f" AND updated >= -{_minutes_since(since)}m" if since else ""
        asked: dict[str, object] = {
            "jql": f'project = "{project}"{changed} ORDER BY updated ASC',
            "fields": _FIELDS,
            "maxResults": _PAGE_SIZE,
        }
        latest = since
        while True:
            try:
                found = await self._api.post("/rest/api/3/search/jql", _Found, asked)
            except (MissingError, RejectedError) as error:
                raise SourceError(
                    f"Jira does not list {project}: check `projects`, and what the token may see"
                ) from error
            latest = max(latest, *(issue.fields.updated for issue in found.issues), "")
            yield found.issues, latest
            if not found.following:
                return
            asked["nextPageToken"] = found.following

    def _document(self, issue: _Issue, rules: ProjectRules) -> SourceDocument:
        about = issue.fields
        level = about.security.id if about.security else None
        readers = rules.readers(level, about.reporter, about.assignee)
        return SourceDocument(
            id=f"{issue.key} {about.summary}",
            location=location_of(self._name, issue.id),
            url=f"{self._url}/browse/{issue.key}",
            ref=issue.id,
            version=about.updated,
            readers=readers or frozenset({EVERYONE}),
            problem="" if readers else "may be read by nobody whom Jira names",
            is_mirrored=True,
        )

    async def _comments(self, issue: str) -> list[_Comment]:
        found: list[_Comment] = []
        for number in range(_MAX_COMMENT_PAGES):
            asked = {
                "startAt": number * _PAGE_SIZE,
                "maxResults": _PAGE_SIZE,
                "orderBy": "created",
            }
            page = await self._api.get(f"{issue}/comment?{urlencode(asked)}", _Comments)
            found += page.comments
            if len(page.comments) < _PAGE_SIZE:
                break
        return [each for each in found if each.visibility is None and each.is_public]


def _minutes_since(moment: str) -> int:
    """Return for how many minutes to ask: Jira reads clock times in its user's own zone."""
    try:
        since_s = datetime.fromisoformat(moment).timestamp()
    except ValueError as error:
        raise CursorExpiredError("the cursor can't be read") from error
    return max(math.ceil((time.time() - since_s) / 60), 0) + _SPARE_MINUTES


def _places(cursor: str) -> dict[str, _Place]:
    if not cursor:
        return {}
    try:
        return dict(_Cursor.model_validate(json.loads(cursor)).projects)
    except ValueError as error:
        raise CursorExpiredError("the cursor can't be read") from error
