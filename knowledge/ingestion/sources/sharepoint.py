"""SharePoint and OneDrive: files with whom they are shared with, by Microsoft Graph's deltas."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
    Authorizer,
    ForbiddenError,
    JsonApi,
    MissingError,
    RejectedError,
    TooLargeError,
)
from knowledge.ingestion.sources.graphpermissions import GraphReaders, Permission
from knowledge.ingestion.sources.locations import location_of
from knowledge.types import EVERYONE, Principal, SourceDocument

# Deletions and losses of sight are told as such, and so are changes of who may read alone.
_HEADERS = {
    "Prefer": "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges",
    "deltaExcludeParent": "true",
}
_AT_ONCE = 8
_MAX_PAGES = 1_000
_MAX_KNOWN = 200_000
_MEMBERS = 999  # a page
_USER = "#microsoft.graph.user"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Named(_Model):
    id: str


class _Hashes(_Model):
    quick_xor: str | None = Field(None, alias="quickXorHash")


class _FileFacet(_Model):
    hashes: _Hashes = _Hashes()


class _Parent(_Model):
    id: str = ""


class _Item(_Model):
    id: str
    name: str = ""
    link: str = Field("", alias="webUrl")
    content_tag: str = Field("", alias="cTag")
    tag: str = Field("", alias="eTag")
    modified: str = Field("", alias="lastModifiedDateTime")
    parent: _Parent = Field(_Parent(), alias="parentReference")
    file: _FileFacet | None = None
    folder: dict[str, object] | None = None
    root: dict[str, object] | None = None
    package: dict[str, object] | None = None
    deleted: dict[str, object] | None = None

    @property
    def version(self) -> str:
        hashed = self.file.hashes.quick_xor if self.file else None
        return hashed or self.content_tag or self.tag or self.modified

    @property
    def is_folder(self) -> bool:
        return self.folder is not None or self.root is not None


class _Page(_Model):
    following: str = Field("", alias="@odata.nextLink")
    delta: str = Field("", alias="@odata.deltaLink")


Listed = TypeVar("Listed", bound=_Page)


class _Items(_Page):
    value: tuple[_Item, ...]


class _Drives(_Page):
    value: tuple[_Named, ...]


class _Permissions(_Page):
    value: tuple[Permission, ...]


class _Member(_Model):
    """A person, or what has no address: a device, a nested group whose people are listed too."""

    kind: str = Field("", alias="@odata.type")
    mail: str | None = None
    name: str | None = Field(None, alias="userPrincipalName")

    @property
    def address(self) -> str:
        return (self.mail or self.name or "") if self.kind == _USER else ""


class _Members(_Page):
    value: tuple[_Member, ...]


class _Place(_Model):
    """Where the listing of a drive is; `is_first` until all its items were listed once."""

    path: str
    is_first: bool = True


class _Cursor(_Model):
    drives: dict[str, _Place]


@dataclass(frozen=True, slots=True)
class _Folder:
    """What its items inherit from it."""

    parent: str
    readers: frozenset[Principal]


class SharePointSource:
    """Files of all libraries of some sites, and of some people's OneDrive.

    A delta tells which folder was moved or shared otherwise, and not reliably what is below it:
    such a folder is walked. What folders were like is known as long as this process listed last.
    """

    def __init__(
        self,
        name: str,
        api_url: str,
        *,
        authorizer: Authorizer,
        sites: tuple[str, ...],
        people: tuple[str, ...],
        file_hosts: tuple[str, ...],
        site_groups: Mapping[str, str],
    ) -> None:
        self._name = name
        self._readers = GraphReaders(name, site_groups)
        self._sites = sites
        self._people = people
        self._api = JsonApi(
            "Microsoft Graph", api_url, _HEADERS, authorizer=authorizer, file_hosts=file_hosts
        )
        self._folders: dict[str, _Folder] = {}
        self._told = ""  # the cursor up to which `_folders` are as they are
        self._asking = asyncio.Semaphore(_AT_ONCE)

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        places = _places(cursor) if cursor else await self._begun()
        if cursor != self._told or not cursor:
            self._folders.clear()
        self._told = cursor
        for drive in places:
            try:
                async for batch in self._changed(drive, places):
                    yield batch
            except (MissingError, RejectedError) as error:
                if not cursor:
                    raise SourceError("Microsoft Graph does not list a drive") from error
                raise CursorExpiredError("Microsoft Graph asks to list all again") from error

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        drive, item, suffix = document.ref.split("|")
        path = folder / f"file{suffix}"
        try:
            await self._api.download(f"{_item(drive, item)}/content", path)
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        except TooLargeError as error:
            reason = f"is larger than {MAX_FILE_BYTES // 1024**2} MB"
            raise UnreadableDocumentError(document.id, reason) from error
        except ForbiddenError as error:
            raise UnreadableDocumentError(document.id, "may not be downloaded") from error
        return path

    async def members(self, groups: Collection[Principal]) -> Mapping[Principal, frozenset[str]]:
        found: dict[Principal, frozenset[str]] = {}
        for named in groups:
            addresses: set[str] = set()
            path = f"/groups/{quote(self._readers.group_id(named))}/transitiveMembers"
            try:
                asked = f"{path}?$select=id,mail,userPrincipalName&$top={_MEMBERS}"
                async for page in self._pages(asked, _Members):
                    addresses.update(each.address for each in page.value if each.address)
            except (MissingError, ForbiddenError, RejectedError):
                continue  # not to be seen: nobody, then
            found[named] = frozenset(addresses)
        return found

    async def close(self) -> None:
        await self._api.close()

    async def _begun(self) -> dict[str, _Place]:
        drives: list[str] = []
        for site in self._sites:
            parts = urlsplit(site)
            path = parts.path.rstrip("/")
            named = f"{parts.netloc}:{quote(path)}" if path else parts.netloc
            try:
                found = await self._api.get(f"/sites/{named}", _Named)
                path = f"/sites/{found.id}/drives"
                async for page in self._pages(path, _Drives):
                    drives += [drive.id for drive in page.value]
            except (MissingError, RejectedError) as error:
                raise SourceError(f"there is no site {site}, or not for this app") from error
        for person in self._people:
            try:
                drives.append((await self._api.get(f"/users/{quote(person)}/drive", _Named)).id)
            except (MissingError, RejectedError) as error:
                raise SourceError(f"{person} has no OneDrive, or not for this app") from error
        unique = dict.fromkeys(drives)
        return {drive: _Place(path=f"/drives/{quote(drive)}/root/delta") for drive in unique}

    async def _changed(self, drive: str, places: dict[str, _Place]) -> AsyncIterator[Batch]:
        """Yield what changed in a drive, and note in `places` how far it is."""
        while True:
            place = places[drive]
            page = await self._api.get(place.path, _Items)
            items = list({item.id: item for item in page.value}.values())  # the last one counts
            folders = [item for item in items if item.is_folder and item.deleted is None]
            now = await self._inherited(drive, folders)
            if not place.is_first:
                async for batch in self._below_changed(drive, now):
                    yield batch
            self._remember(now)
            is_last = not page.following
            path = self._api.path_of(page.delta if is_last else page.following)
            places[drive] = _Place(path=path, is_first=place.is_first and not is_last)
            self._told = _Cursor(drives=places).model_dump_json()
            yield await self._batch(drive, items, self._told)
            if is_last:
                return

    async def _below_changed(self, drive: str, now: dict[str, _Folder]) -> AsyncIterator[Batch]:
        """Yield the files below folders that are not where, or whose readers, they were."""
        waiting = [key for key, folder in now.items() if self._folders.get(key) != folder]
        walked: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key in walked:
                continue
            walked.add(key)
            path = f"{_item(drive, key.rpartition('/')[2])}/children"
            try:
                async for page in self._pages(path, _Items):
                    folders = [item for item in page.value if item.is_folder]
                    found = await self._inherited(drive, folders)
                    now.update(found)
                    waiting += found
                    yield await self._batch(drive, page.value, self._told)
            except MissingError:
                continue  # gone meanwhile: the next delta tells

    async def _inherited(self, drive: str, folders: list[_Item]) -> dict[str, _Folder]:
        permitted = await asyncio.gather(*(self._permitted(drive, item.id) for item in folders))
        return {
            f"{drive}/{item.id}": _Folder(item.parent.id, readers)
            for item, readers in zip(folders, permitted, strict=True)
        }

    def _remember(self, folders: dict[str, _Folder]) -> None:
        if len(self._folders) + len(folders) > _MAX_KNOWN:
            self._folders.clear()
        self._folders.update(folders)

    async def _batch(self, drive: str, items: Iterable[_Item], cursor: str) -> Batch:
        there = [item for item in items if item.deleted is None and not item.is_folder]
        files = [item for item in there if item.file is not None and is_supported(item.name)]
        permitted = await asyncio.gather(*(self._permitted(drive, item.id) for item in files))
        return Batch(
            documents=tuple(
                self._document(drive, item, readers)
                for item, readers in zip(files, permitted, strict=True)
            ),
            gone=tuple(
                self._location(drive, item.id) for item in items if item.deleted is not None
            ),
            unsupported=tuple(item.name for item in there if item not in files),
            cursor=cursor,
        )

    def _document(self, drive: str, item: _Item, readers: frozenset[Principal]) -> SourceDocument:
        return SourceDocument(
            id=item.name,
            location=self._location(drive, item.id),
            url=item.link,
            ref=f"{drive}|{item.id}|{PurePosixPath(item.name).suffix.lower()}",
            version=item.version,
            modified=item.modified,
            readers=readers or frozenset({EVERYONE}),
            problem="" if readers else "is shared with nobody whom Microsoft Graph names",
            is_mirrored=True,
        )

    def _location(self, drive: str, item: str) -> str:
        return location_of(self._name, f"{drive}/{item}")

    async def _permitted(self, drive: str, item: str) -> frozenset[Principal]:
        found: list[Permission] = []
        async with self._asking:
            try:
                async for page in self._pages(f"{_item(drive, item)}/permissions", _Permissions):
                    found += page.value
            except (ForbiddenError, MissingError):
                return frozenset()  # nobody, then, as far as one can tell
        return self._readers.of(found)

    async def _pages(self, path: str, model: type[Listed]) -> AsyncIterator[Listed]:
        for _ in range(_MAX_PAGES):
            page = await self._api.get(path, model)
            yield page
            if not page.following:
                return
            path = self._api.path_of(page.following)
        raise SourceError(f"Microsoft Graph lists more than {_MAX_PAGES} pages at once")


def _item(drive: str, item: str) -> str:
    return f"/drives/{quote(drive)}/items/{quote(item)}"


def _places(cursor: str) -> dict[str, _Place]:
    try:
        return dict(_Cursor.model_validate(json.loads(cursor)).drives)
    except (ValueError, ValidationError) as error:
        raise CursorExpiredError("the cursor can't be read") from error
