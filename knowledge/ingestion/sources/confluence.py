"""Confluence, Cloud or Data Center: the pages of some spaces, with the restrictions on each."""

import asyncio
import html
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.api import (
    ForbiddenError,
    JsonApi,
    MissingError,
    RejectedError,
    authorization,
)
from knowledge.ingestion.sources.locations import location_of
from knowledge.permissions import group, person_by_account, person_by_email
from knowledge.types import Principal, SourceDocument

_SEARCH = "/rest/api/content/search"
_PAGE_SIZE = 100
_GROUP_PAGE = 200
_MAX_GROUPS = 20_000
_MAX_MEMBERS = 50_000
_RESTRICTIONS = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
_SHORT = "restrictions.user,restrictions.group"
_MAX_KNOWN = 200_000
_UNKNOWN = person_by_account("confluence", "nobody")
_NOBODY = frozenset({_UNKNOWN})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Person(_Model):
    account: str = Field("", alias="accountId")
    username: str = ""
    email: str = ""


class _Group(_Model):
    name: str
    id: str = ""


class _People(_Model):
    results: tuple[_Person, ...]


class _Groups(_Model):
    results: tuple[_Group, ...]


class _Members(_Model):
    results: tuple[_Person, ...]


class _Named(_Model):
    user: _People
    group: _Groups


class _Operation(_Model):
    restrictions: _Named


class _Restrictions(_Model):
    read: _Operation


class _Version(_Model):
    number: int


class _Ancestor(_Model):
    id: str


class _PageLinks(_Model):
    webui: str


class _Page(_Model):
    id: str
    title: str
    version: _Version
    ancestors: tuple[_Ancestor, ...]
    restrictions: _Restrictions
    links: _PageLinks = Field(alias="_links")


class _Links(_Model):
    next: str = ""
    context: str = ""


class _Found(_Model):
    results: tuple[_Page, ...]
    links: _Links = Field(alias="_links")


class _View(_Model):
    value: str


class _Body(_Model):
    view: _View


class _Whole(_Model):
    title: str
    body: _Body


class ConfluenceSource:
    """Each sync lists every page's version and restrictions, a hundred a request.

    So a restriction that changed, which is no new version of a page, is noticed as soon as a word
    that changed; what a page holds is asked for only when it has a new version.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        spaces: tuple[str, ...],
        token: str,
        email: str = "",
        readers: frozenset[Principal],
    ) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._spaces = spaces
        self._readers = readers
        self._api = JsonApi("Confluence", base_url, {"Authorization": authorization(token, email)})
        self._known: dict[str, frozenset[Principal]] = {}  # a page's own restrictions

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        self._known.clear()
        path = cursor or self._first()
        while path:
            found = await self._found(path, is_resumed=path == cursor)
            for page in found.results:
                self._remember(page.id, page.restrictions.read.restrictions)
            documents = [await self._document(page) for page in found.results]
            path = _next(found.links)
            yield Batch(documents=tuple(documents), cursor=path)

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        try:
            page = await self._api.get(f"/rest/api/content/{document.ref}?expand=body.view", _Whole)
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        title = html.escape(page.title)
        text = f"<title>{title}</title><main><h1>{title}</h1>{page.body.view.value}</main>"
        path = folder / "page.html"
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        return path

    async def members(self, groups: Collection[Principal]) -> Mapping[Principal, frozenset[str]]:
        wanted, found, start = set(groups), dict[Principal, frozenset[str]](), 0
        while wanted and start < _MAX_GROUPS:
            page = await self._api.get("/rest/api/group", _Groups, start=start, limit=_GROUP_PAGE)
            for each in page.results:
                named = group(each.name, source=self._name)
                if named in wanted:
                    wanted.discard(named)
                    found[named] = await self._addresses(each)
            if not page.results:
                break
            start += len(page.results)
        return found

    async def _addresses(self, each: _Group) -> frozenset[str]:
        in_cloud, in_data_center = (
            f"{quote(each.id)}/membersByGroupId",
            f"{quote(each.name)}/member",
        )
        path = f"/rest/api/group/{in_cloud if each.id else in_data_center}"
        found, start = set[str](), 0
        while start < _MAX_MEMBERS:
            try:
                page = await self._api.get(path, _Members, start=start, limit=_GROUP_PAGE)
            except (MissingError, ForbiddenError):
                return frozenset()
            if not page.results:
                break
            found.update(person.email for person in page.results if person.email)
            start += len(page.results)
        return frozenset(found)

    async def close(self) -> None:
        await self._api.close()

    async def _found(self, path: str, *, is_resumed: bool) -> _Found:
        try:
            return await self._api.get(path, _Found)
        except (MissingError, RejectedError) as error:
            if is_resumed:
                raise CursorExpiredError("the listing can't be gone on with") from error
            raise SourceError(
                "Confluence does not find these spaces: check `url` and `spaces`"
            ) from error

    def _first(self) -> str:
        spaces = ", ".join(f'"{space}"' for space in self._spaces)
        asked = {
            "cql": f"type = page and space in ({spaces}) order by created",
            "expand": f"version,ancestors,{_RESTRICTIONS}",
            "limit": _PAGE_SIZE,
        }
        return f"{_SEARCH}?{urlencode(asked)}"

    async def _document(self, page: _Page) -> SourceDocument:
        chain = [*(above.id for above in page.ancestors), page.id]
        named = [own for page_id in chain if (own := await self._own(page_id))]
        readers, problem = _in_common(named)
        return SourceDocument(
            id=page.title,
            location=location_of(self._name, page.id),
            url=f"{self._base_url}{page.links.webui}",
            ref=page.id,
            version=str(page.version.number),
            readers=readers or self._readers,
            problem=problem,
        )

    async def _own(self, page_id: str) -> frozenset[Principal]:
        """Return whom a page itself is restricted to; nobody where it is not."""
        if page_id not in self._known:
            path = f"/rest/api/content/{page_id}/restriction/byOperation/read?expand={_SHORT}"
            try:
                read = await self._api.get(path, _Operation)
                self._remember(page_id, read.restrictions)
            except MissingError:
                return _NOBODY  # we may not see it, so we can't tell who may
        return self._known[page_id]

    def _remember(self, page_id: str, named: _Named) -> None:
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        people = (_principal_of(person) for person in named.user.results)
        groups = (group(each.name, source=self._name) for each in named.group.results)
        self._known[page_id] = frozenset((*people, *groups))


def _in_common(named: Iterable[frozenset[Principal]]) -> tuple[frozenset[Principal], str]:
    """Return who is named at every level; a reader must pass all of them.

    A person at one level and their group at another have no name in common: nobody may read then.
    """
    levels = list(named)
    if not levels:
        return frozenset(), ""
    common = frozenset.intersection(*levels)
    if common and common != _NOBODY:
        return common, ""
    return frozenset(), "is restricted to different people and groups at several levels"


def _principal_of(person: _Person) -> Principal:
    try:
        return person_by_email(person.email)
    except ValueError:
        account = person.account or person.username
        return person_by_account("confluence", account) if account else _UNKNOWN


def _next(links: _Links) -> str:
    """Return the path of the next batch, below the address of the API; empty at the end."""
    path = links.next
    if links.context and path.startswith(f"{links.context}/"):
        path = path.removeprefix(links.context)
    parts = urlsplit(path)
    is_search = parts.path == _SEARCH and bool(parse_qs(parts.query))
    return f"{parts.path}?{parts.query}" if is_search else ""
