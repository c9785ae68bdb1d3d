"""Google Drive: files with whom they are shared with, by Drive's own list of changes."""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from knowledge.errors import CursorExpiredError, DocumentGoneError, UnreadableDocumentError
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
from knowledge.ingestion.sources.googlegroups import GoogleGroups
from knowledge.ingestion.sources.locations import location_of
from knowledge.permissions import group, person_by_email
from knowledge.types import EVERYONE, Principal, SourceDocument

SCOPE = "https://www.googleapis.com/auth/drive.readonly"
_PAGE_SIZE = 100
_PEOPLE = "id,type,emailAddress,domain,deleted"
_FILE = f"id,name,mimeType,modifiedTime,md5Checksum,webViewLink,trashed,permissions({_PEOPLE})"
_NATIVE = "application/vnd.google-apps."
_FOLDER = f"{_NATIVE}folder"
_OFFICE = "application/vnd.openxmlformats-officedocument."
_EXPORTS = {
    f"{_NATIVE}document": (f"{_OFFICE}wordprocessingml.document", ".docx"),
    f"{_NATIVE}spreadsheet": (f"{_OFFICE}spreadsheetml.sheet", ".xlsx"),
    f"{_NATIVE}presentation": (f"{_OFFICE}presentationml.presentation", ".pptx"),
}
_MAX_PERMISSION_PAGES = 50


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Permission(_Model):
    type: str
    email: str = Field("", alias="emailAddress")
    domain: str = ""
    is_deleted: bool = Field(default=False, alias="deleted")


class _Permissions(_Model):
    permissions: tuple[_Permission, ...]
    following: str = Field("", alias="nextPageToken")


class _File(_Model):
    id: str
    name: str
    kind: str = Field(alias="mimeType")
    modified: str = Field(alias="modifiedTime")
    checksum: str = Field("", alias="md5Checksum")
    link: str = Field("", alias="webViewLink")
    is_trashed: bool = Field(default=False, alias="trashed")
    permissions: tuple[_Permission, ...] | None = None  # never there in shared drives


class _Files(_Model):
    files: tuple[_File, ...]
    following: str = Field("", alias="nextPageToken")


class _Change(_Model):
    file_id: str = Field("", alias="fileId")
    is_removed: bool = Field(default=False, alias="removed")
    file: _File | None = None


class _Changes(_Model):
    changes: tuple[_Change, ...]
    following: str = Field("", alias="nextPageToken")
    start: str = Field("", alias="newStartPageToken")


class _Start(_Model):
    token: str = Field(alias="startPageToken")


class _Cursor(_Model):
    """Where a listing is: `page` of all files, or from `changes` on, which comes after it."""

    changes: str
    page: str = ""
    is_listing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What of Drive is read: one shared drive, else all that the account sees.

    What is shared with `domain`, or with anyone, everyone may read.
    """

    drive: str = ""
    domain: str = ""


class GoogleDriveSource:
    """Files that a service account sees; Google's own kinds are read as office files."""

    def __init__(
        self,
        name: str,
        api_url: str,
        *,
        authorizer: Authorizer,
        extent: Extent,
        groups: GoogleGroups,
    ) -> None:
        self._name = name
        self._extent = extent
        self._groups = groups
        self._api = JsonApi("Google Drive", api_url, {}, authorizer=authorizer)

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        at = await self._begun() if not cursor else _cursor(cursor)
        try:
            async for batch in self._listed(at) if at.is_listing else self._changed(at.changes):
                yield batch
        except (MissingError, RejectedError) as error:
            if not cursor:
                raise
            raise CursorExpiredError("Google Drive does not know this cursor any more") from error

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        file_id, suffix, export = document.ref.split("|")
        path = folder / f"file{suffix}"
        try:
            if export:
                await self._api.download(f"/files/{file_id}/export", path, mimeType=export)
            else:
                about = {"alt": "media", "supportsAllDrives": "true"}
                await self._api.download(f"/files/{file_id}", path, **about)
        except MissingError as error:
            raise DocumentGoneError(document.id) from error
        except TooLargeError as error:
            reason = f"is larger than {MAX_FILE_BYTES // 1024**2} MB"
            raise UnreadableDocumentError(document.id, reason) from error
        except ForbiddenError as error:
            raise UnreadableDocumentError(
                document.id, "may not be downloaded, or is too large for it"
            ) from error
        return path

    async def members(self, groups: Collection[Principal]) -> Mapping[Principal, frozenset[str]]:
        found: dict[Principal, frozenset[str]] = {}
        refused: ForbiddenError | None = None
        for named in groups:
            address = unquote(named.removeprefix(f"group:{self._name}/"))
            try:
                people = await self._groups.people_of(address)
            except ForbiddenError as error:
                refused = error
                continue
            if people is not None:
                found[named] = people
        if refused is not None and not found:
            raise ForbiddenError(
                "Google shows no group's members: give the service account the role Groups Reader"
            ) from refused
        return found

    async def close(self) -> None:
        await self._api.close()
        await self._groups.close()

    async def _begun(self) -> _Cursor:
        """Return where changes are told from: those made while all is listed are told too."""
        asked = {"supportsAllDrives": "true", **self._drive()}
        start = await self._api.get("/changes/startPageToken", _Start, **asked)
        return _Cursor(changes=start.token, is_listing=True)

    async def _listed(self, at: _Cursor) -> AsyncIterator[Batch]:
        page = at.page
        while True:
            asked = {
                **self._everywhere(),
                "q": f"trashed = false and mimeType != '{_FOLDER}'",
                "fields": f"nextPageToken,files({_FILE})",
                "corpora": "drive" if self._extent.drive else "user",
                **({"pageToken": page} if page else {}),
            }
            found = await self._api.get("/files", _Files, **asked)
            page = found.following
            following = _Cursor(changes=at.changes, page=page, is_listing=bool(page))
            yield await self._batch(found.files, (), following)
            if not page:
                return

    async def _changed(self, start: str) -> AsyncIterator[Batch]:
        page = start
        while page:
            asked = {
                **self._everywhere(),
                "pageToken": page,
                "includeRemoved": "true",
                "fields": f"nextPageToken,newStartPageToken,changes(fileId,removed,file({_FILE}))",
            }
            found = await self._api.get("/changes", _Changes, **asked)
            files = [c.file for c in found.changes if c.file and not c.is_removed]
            kept = [file for file in files if not file.is_trashed and file.kind != _FOLDER]
            gone = [c.file_id for c in found.changes if c.is_removed or c.file is None]
            gone += [file.id for file in files if file.is_trashed]
            page = found.following
            following = _Cursor(changes=page or found.start)
            yield await self._batch(kept, [each for each in gone if each], following)

    async def _batch(
        self, files: "tuple[_File, ...] | list[_File]", gone: "tuple[str, ...] | list[str]",
        cursor: _Cursor,
    ) -> Batch:  # fmt: skip
        documents = [await self._document(file) for file in files if _suffix(file)]
        return Batch(
            documents=tuple(documents),
            gone=tuple(location_of(self._name, file_id) for file_id in gone),
            unsupported=tuple(file.name for file in files if not _suffix(file)),
            cursor=cursor.model_dump_json(),
        )

    async def _document(self, file: _File) -> SourceDocument:
        readers = self._readers(await self._permissions(file))
        export, _ = _EXPORTS.get(file.kind, ("", ""))
        return SourceDocument(
            id=file.name,
            location=location_of(self._name, file.id),
            url=file.link or f"https://drive.google.com/file/d/{file.id}/view",
            ref=f"{file.id}|{_suffix(file)}|{export}",
            version=file.checksum or file.modified,
            modified=file.modified,
            readers=readers or frozenset({EVERYONE}),
            problem="" if readers else "is shared with nobody whom the service account can see",
            is_mirrored=True,
        )

    async def _permissions(self, file: _File) -> tuple[_Permission, ...]:
        if file.permissions is not None:
            return file.permissions
        found: list[_Permission] = []
        asked = {
            "fields": f"nextPageToken,permissions({_PEOPLE})",
            "supportsAllDrives": "true",
            "pageSize": str(_PAGE_SIZE),
        }
        try:
            for _ in range(_MAX_PERMISSION_PAGES):
                path = f"/files/{file.id}/permissions"
                page = await self._api.get(path, _Permissions, **asked)
                found += page.permissions
                if not page.following:
                    break
                asked["pageToken"] = page.following
        except (ForbiddenError, MissingError):
            return ()  # nobody, then, as far as one can tell
        return tuple(found)

    def _readers(self, permissions: tuple[_Permission, ...]) -> frozenset[Principal]:
        found = (self._reader(each) for each in permissions if not each.is_deleted)
        return frozenset(reader for reader in found if reader is not None)

    def _reader(self, permission: _Permission) -> Principal | None:
        domain = self._extent.domain.lower()
        is_ours = bool(domain) and permission.domain.lower() == domain
        if permission.type == "anyone" or (permission.type == "domain" and is_ours):
            return EVERYONE
        try:
            if permission.type == "user":
                return person_by_email(permission.email)
            if permission.type == "group":
                return group(permission.email.lower(), source=self._name)
        except ValueError:
            return None  # without an address
        return None

    def _everywhere(self) -> dict[str, str]:
        return {
            "pageSize": str(_PAGE_SIZE),
            "supportsAllDrives": "true",
            "includeItemsFromAllDrives": "true",
            **self._drive(),
        }

    def _drive(self) -> dict[str, str]:
        return {"driveId": self._extent.drive} if self._extent.drive else {}


def _suffix(file: _File) -> str:
    """Return the suffix that says how a file is read; empty where it can't be."""
    if file.kind in _EXPORTS:
        return _EXPORTS[file.kind][1]
    named = PurePosixPath(file.name).suffix.lower()
    return named if is_supported(f"x{named}") and not file.kind.startswith(_NATIVE) else ""


def _cursor(text: str) -> _Cursor:
    try:
        return _Cursor.model_validate(json.loads(text))
    except ValueError as error:
        raise CursorExpiredError("the cursor can't be read") from error
