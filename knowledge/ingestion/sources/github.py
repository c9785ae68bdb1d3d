"""GitHub: issues and discussions with their comments, by when they were changed last."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.api import JsonApi, MissingError
from knowledge.ingestion.sources.locations import location_of
from knowledge.types import Principal, SourceDocument

_PAGE_SIZE = 100
_DISCUSSIONS = 50
_MAX_COMMENT_PAGES = 10
_ISSUES, _TALKS = "issues", "discussions"

_LIST_QUERY = """
query($owner: String!, $name: String!, $count: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    discussions(first: $count, after: $after,
                orderBy: {field: UPDATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes { number title url updatedAt }
    }
  }
}
"""
_READ_QUERY = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    discussion(number: $number) {
      title body updatedAt
      answer { databaseId body createdAt }
      comments(first: 100) { nodes { databaseId body createdAt
        replies(first: 50) { nodes { databaseId body createdAt } } } }
    }
  }
}
"""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Issue(_Model):
    number: int
    title: str
    html_url: str
    updated_at: str
    body: str | None = None
    state: str = "open"
    pull_request: dict[str, object] | None = None


class _Issues(RootModel[tuple[_Issue, ...]]):
    """A page of issues."""


class _Comment(_Model):
    id: int
    body: str | None
    created_at: str


class _Comments(RootModel[tuple[_Comment, ...]]):
    """A page of comments."""


class _Talk(_Model):
    number: int
    title: str
    url: str
    updated: str = Field(alias="updatedAt")


class _PageInfo(_Model):
    has_next: bool = Field(alias="hasNextPage")
    end: str | None = Field(alias="endCursor")


class _Talks(_Model):
    page: _PageInfo = Field(alias="pageInfo")
    nodes: tuple[_Talk, ...]


class _Reply(_Model):
    number: int = Field(alias="databaseId")
    body: str
    created: str = Field(alias="createdAt")


class _Replies(_Model):
    nodes: tuple[_Reply, ...]


class _TalkComment(_Reply):
    replies: _Replies


class _TalkComments(_Model):
    nodes: tuple[_TalkComment, ...]


class _WholeTalk(_Model):
    title: str
    body: str
    updated: str = Field(alias="updatedAt")
    answer: _Reply | None
    comments: _TalkComments


class _Repository(_Model):
    discussions: _Talks | None = None
    discussion: _WholeTalk | None = None


class _Data(_Model):
    repository: _Repository | None


class _Graph(_Model):
    data: _Data | None = None
    errors: tuple[dict[str, object], ...] = ()


class GitHubSource:
    """Issues and discussions of some repositories; pull requests are left out.

    The cursor has, for each repository and kind, the time of the last change that was listed.
    """

    def __init__(
        self,
        name: str,
        api_url: str,
        *,
        repositories: tuple[str, ...],
        kinds: tuple[str, ...],
        token: str,
        readers: frozenset[Principal],
    ) -> None:
        self._name = name
        self._listings = tuple((r, k) for r in repositories for k in kinds)
        self._readers = readers
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._api = JsonApi("GitHub", api_url, headers)

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        since = _since(cursor)
        for repository, kind in self._listings:
            key = f"{repository}/{kind}"
            listing = self._issues if kind == _ISSUES else self._talks
            try:
                async for documents, latest in listing(repository, since.get(key, "")):
                    since[key] = latest
                    yield Batch(documents=tuple(documents), cursor=json.dumps(since))
            except MissingError as error:
                raise SourceError(
                    f"GitHub has no repository {repository}, or not for this token"
                ) from error

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        repository, kind, number = document.ref.rsplit("/", 2)
        try:
            if kind == _ISSUES:
                text = await self._issue(repository, int(number))
            else:
                text = await self._talk(repository, int(number))
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        path = folder / "page.md"
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        return path

    async def close(self) -> None:
        await self._api.close()

    async def _issues(
        self, repository: str, since: str
    ) -> AsyncIterator[tuple[list[SourceDocument], str]]:
        """Yield issues from the longest unchanged on: what changes meanwhile comes at the end."""
        page = 1
        while True:
            asked = {
                "state": "all",
                "sort": "updated",
                "direction": "asc",
                "per_page": str(_PAGE_SIZE),
                "page": str(page),
                **({"since": since} if since else {}),
            }
            found = await self._api.get(f"/repos/{repository}/issues?{urlencode(asked)}", _Issues)
            documents = [
                self._document(
                    f"{repository}/{_ISSUES}/{i.number}",
                    title=i.title,
                    url=i.html_url,
                    updated=i.updated_at,
                )
                for i in found.root
                if i.pull_request is None
            ]
            latest = found.root[-1].updated_at if found.root else since
            yield documents, latest
            if len(found.root) < _PAGE_SIZE:
                return
            page, since = (page + 1, since) if latest == since else (1, latest)

    async def _talks(
        self, repository: str, since: str
    ) -> AsyncIterator[tuple[list[SourceDocument], str]]:
        """Yield discussions, the last changed first, down to those known already."""
        after: str | None = None
        latest = since
        while True:
            found = await self._graph(
                _LIST_QUERY, repository, {"count": _DISCUSSIONS, "after": after}
            )
            talks = found.discussions
            if talks is None:
                raise MissingError(repository)
            latest = max(latest, *(t.updated for t in talks.nodes), "")
            documents = [
                self._document(
                    f"{repository}/{_TALKS}/{t.number}", title=t.title, url=t.url, updated=t.updated
                )
                for t in talks.nodes
                if t.updated >= since
            ]
            is_last = len(documents) < len(talks.nodes) or not talks.page.has_next
            yield documents, latest if is_last else since  # halfway, the older ones are to come
            if is_last:
                return
            after = talks.page.end

    def _document(self, ref: str, *, title: str, url: str, updated: str) -> SourceDocument:
        repository, _, number = ref.rsplit("/", 2)
        return SourceDocument(
            id=f"{repository}#{number} {title}",
            location=location_of(self._name, ref),
            url=url,
            ref=ref,
            version=updated,
            modified=updated,
            readers=self._readers,
        )

    async def _issue(self, repository: str, number: int) -> str:
        path = f"/repos/{repository}/issues/{number}"
        issue = await self._api.get(path, _Issue)
        comments: list[_Comment] = []
        for page in range(1, _MAX_COMMENT_PAGES + 1):
            query = urlencode({"per_page": _PAGE_SIZE, "page": page})
            found = await self._api.get(f"{path}/comments?{query}", _Comments)
            comments += found.root
            if len(found.root) < _PAGE_SIZE:
                break
        parts = [f"State: {issue.state}", issue.body or ""]
        parts += [
            _part("Comment", f"issuecomment-{c.id}", c.created_at, c.body or "") for c in comments
        ]
        return _markdown(issue.title, issue.updated_at, parts)

    async def _talk(self, repository: str, number: int) -> str:
        talk = (await self._graph(_READ_QUERY, repository, {"number": number})).discussion
        if talk is None:
            raise MissingError(str(number))
        answer = talk.answer
        parts = [talk.body]
        if answer is not None:
            anchor = f"discussioncomment-{answer.number}"
            parts.append(_part("Accepted answer", anchor, answer.created, answer.body))
        for comment in talk.comments.nodes:
            for reply in (comment, *comment.replies.nodes):
                if answer is None or reply.number != answer.number:
                    anchor = f"discussioncomment-{reply.number}"
                    parts.append(_part("Comment", anchor, reply.created, reply.body))
        return _markdown(talk.title, talk.updated, parts)

    async def _graph(
        self, query: str, repository: str, variables: dict[str, object]
    ) -> _Repository:
        owner, _, name = repository.partition("/")
        asked = {"query": query, "variables": {"owner": owner, "name": name, **variables}}
        found = await self._api.post("/graphql", _Graph, asked)
        kinds = {str(error.get("type")) for error in found.errors}
        if "RATE_LIMITED" in kinds:
            raise SourceError("GitHub asks to come back later", is_temporary=True)
        if found.data is None or found.data.repository is None:
            raise MissingError(repository)
        return found.data.repository


def _since(cursor: str) -> dict[str, str]:
    try:
        values = json.loads(cursor or "{}")
    except ValueError as error:
        raise CursorExpiredError("the cursor can't be read") from error
    return {str(key): str(value) for key, value in values.items()}


def _part(kind: str, anchor: str, created: str, body: str) -> str:
    return f"## {kind}, {created[:10]} {{#{anchor}}}\n\n{body}"


def _markdown(title: str, updated: str, parts: Sequence[str]) -> str:
    about = yaml.safe_dump({"title": title, "updated": updated[:10]}, allow_unicode=True)
    return f"---\n{about}---\n\n" + "\n\n".join(part for part in parts if part)
