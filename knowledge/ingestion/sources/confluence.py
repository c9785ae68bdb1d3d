"""Confluence, Cloud or Data Center: the pages of some spaces, with the restrictions on each."""

import asyncio
import html
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import (
    CursorExpiredError,
    DocumentGoneError,
    SourceError,
    UnreadableDocumentError,
)
from knowledge.ingestion.parsing.formats import is_supported
from knowledge.ingestion.parsing.sandbox import MAX_FILE_BYTES
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.api import (
    ForbiddenError,
    JsonApi,
    MissingError,
    RejectedError,
    TooLargeError,
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
    webui: str = ""
    download: str = ""


class _Container(_Model):
    id: str = ""
    type: str = ""
    title: str = ""
    links: _PageLinks = Field(_PageLinks(), alias="_links")


class _About(_Model):
    media: str = Field("", alias="mediaType")


class _Page(_Model):
    """A page, or a file that is attached to its `container`."""

    id: str
    type: str
    title: str
    version: _Version
    ancestors: tuple[_Ancestor, ...] = ()
    restrictions: _Restrictions | None = None
    container: _Container = _Container()
    about: _About = Field(_About(), alias="metadata")
    links: _PageLinks = Field(alias="_links")


class _Chain(_Model):
    ancestors: tuple[_Ancestor, ...]


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
        has_attachments: bool = True,
        file_hosts: tuple[str, ...] = (),
    ) -> None:
        self._name = name
        self._types = "type in (page, attachment)" if has_attachments else "type = page"
        self._base_url = base_url.rstrip("/")
        self._spaces = spaces
        self._readers = readers
        headers = {"Authorization": authorization(token, email)}
        self._api = JsonApi("Confluence", base_url, headers, file_hosts=file_hosts)
        self._above: dict[str, tuple[str, ...]] = {}  # a page's ancestors, from the top
        self._known: dict[str, frozenset[Principal]] = {}  # a page's own restrictions

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        self._known.clear()
        self._above.clear()
        path = cursor or self._first()
        while path:
            found = await self._found(path, is_resumed=path == cursor)
            for page in found.results:
                self._remember(page)
            pages = [page for page in found.results if page.type == "page"]
            files = [page for page in found.results if _is_file(page)]
            documents = [await self._document(page) for page in pages]
            documents += [await self._file(each) for each in files if is_supported(each.title)]
            path = _next(found.links)
            yield Batch(
                documents=tuple(documents),
                unsupported=tuple(each.title for each in files if not is_supported(each.title)),
                cursor=path,
            )

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        if document.ref.startswith("/"):
            return await self._downloaded(document, folder)
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
            "cql": f"{self._types} and space in ({spaces}) order by created",
            "expand": f"version,ancestors,container,{_RESTRICTIONS}",
            "limit": _PAGE_SIZE,
        }
        return f"{_SEARCH}?{urlencode(asked)}"

    async def _document(self, page: _Page) -> SourceDocument:
        chain = [*(above.id for above in page.ancestors), page.id]
        readers, problem = await self._may_read(chain)
        return SourceDocument(
            id=page.title,
            location=location_of(self._name, page.id),
            url=f"{self._base_url}{page.links.webui}",
            ref=page.id,
            version=str(page.version.number),
            readers=readers,
            problem=problem,
            is_mirrored=True,
        )

    async def _file(self, file: _Page) -> SourceDocument:
        """Return a file as a document of its own: whoever may read its page may read it."""
        page = file.container
        own = [file.id] if file.restrictions is not None else []
        chain = [*await self._ancestors(page.id), page.id, *own]
        readers, problem = await self._may_read(chain)
        return SourceDocument(
            id=f"{file.title} ({page.title})",
            location=location_of(self._name, file.id),
            url=f"{self._base_url}{page.links.webui or file.links.webui}",
            ref=file.links.download,
            version=str(file.version.number),
            readers=readers,
            problem=problem,
            is_mirrored=True,
        )

    async def _downloaded(self, document: SourceDocument, folder: Path) -> Path:
        suffix = PurePosixPath(urlsplit(document.ref).path).suffix.lower()
        path = folder / f"file{suffix}"
        try:
            await self._api.download(document.ref, path)
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        except TooLargeError as error:
            reason = f"is larger than {MAX_FILE_BYTES // 1024**2} MB"
            raise UnreadableDocumentError(document.id, reason) from error
        return path

    async def _may_read(self, chain: list[str]) -> tuple[frozenset[Principal], str]:
        named = [own for content in chain if (own := await self._own(content))]
        readers, problem = _in_common(named)
        return readers or self._readers, problem

    async def _ancestors(self, page_id: str) -> tuple[str, ...]:
        if page_id not in self._above:
            try:
                found = await self._api.get(f"/rest/api/content/{page_id}?expand=ancestors", _Chain)
            except MissingError:
                return ()  # then its own restrictions are not told either: nobody may read
            self._above[page_id] = tuple(above.id for above in found.ancestors)
        return self._above[page_id]

    async def _own(self, page_id: str) -> frozenset[Principal]:
        """Return whom a page itself is restricted to; nobody where it is not."""
        if page_id not in self._known:
            path = f"/rest/api/content/{page_id}/restriction/byOperation/read?expand={_SHORT}"
            try:
                read = await self._api.get(path, _Operation)
                self._note(page_id, read.restrictions)
            except MissingError:
                return _NOBODY  # we may not see it, so we can't tell who may
        return self._known[page_id]

    def _remember(self, page: _Page) -> None:
        if len(self._above) >= _MAX_KNOWN:
            self._above.clear()
        if page.type == "page":
            self._above[page.id] = tuple(above.id for above in page.ancestors)
        if page.restrictions is not None:
            self._note(page.id, page.restrictions.read.restrictions)

    def _note(self, page_id: str, named: _Named) -> None:
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        people = (_principal_of(person) for person in named.user.results)
        groups = (group(each.name, source=self._name) for each in named.group.results)
        self._known[page_id] = frozenset((*people, *groups))


def _is_file(content: _Page) -> bool:
    """Return whether it is attached to a page, and no picture."""
    is_attached = content.type == "attachment" and content.container.type == "page"
    return is_attached and not content.about.media.startswith("image/")


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
