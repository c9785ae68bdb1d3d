"""A Git repository of documents, by commit: what changed between two commits is what is done."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import yaml

from knowledge.errors import CursorExpiredError, UnreadableDocumentError
from knowledge.ingestion.parsing.formats import is_supported
from knowledge.ingestion.parsing.sandbox import MAX_FILE_BYTES
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.folder import FOLDER_FILE, link_to
from knowledge.ingestion.sources.gitcommands import HEAD, Git, Remote
from knowledge.ingestion.sources.locations import location_of
from knowledge.permissions import parse_readers
from knowledge.types import Principal, SourceDocument

_BATCH = 500
_FILES = ("100644", "100755")  # neither links nor submodules
_MAX_READERS_BYTES = 100_000
_LARGE_FILE_STORAGE = b"version https://git-lfs"


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: str
    blob: str
    size_bytes: int


class GitSource:
    """The files below `folder` of a branch; a document's version is its blob."""

    def __init__(
        self,
        name: str,
        remote: Remote,
        *,
        readers: frozenset[Principal],
        work_dir: Path,
        folder: str = "",
        url_template: str | None = None,
    ) -> None:
        self._name = name
        self._remote = remote
        self._readers = readers
        self._prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        self._url_template = url_template
        self._git = Git(remote, work_dir)
        self._updating = asyncio.Lock()

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        await self._update()
        head = (await self._git.output("rev-parse", f"{HEAD}^{{commit}}")).decode().strip()
        if cursor == head:
            yield Batch(cursor=head)
            return
        files = _files_in(await self._git.output("ls-tree", "-r", "-z", "-l", head))
        changed, gone = (None, []) if not cursor else await self._changed(cursor, head)
        named = await self._named_readers(files)
        wanted = [
            f for f in files if self._holds(f.path) and (changed is None or f.path in changed)
        ]
        unsupported = tuple(f.path for f in wanted if not is_supported(f.path))
        documents = [self._document(f, named) for f in wanted if is_supported(f.path)]
        locations = tuple(location_of(self._name, path) for path in gone if self._holds(path))
        for start in range(0, max(len(documents), 1), _BATCH):
            is_last = start + _BATCH >= len(documents)
            yield Batch(
                documents=tuple(documents[start : start + _BATCH]),
                gone=locations if is_last else (),
                unsupported=unsupported if is_last else (),
                cursor=head if is_last else cursor,
            )

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        if not await self._git.has(document.ref):  # another machine listed it
            await self._update()
        size = int(await self._git.output("cat-file", "-s", document.ref))
        if size > MAX_FILE_BYTES:
            reason = f"is larger than {MAX_FILE_BYTES // 1024**2} MB"
            raise UnreadableDocumentError(document.id, reason)
        content = await self._git.output("cat-file", "blob", document.ref)
        if content.startswith(_LARGE_FILE_STORAGE):
            raise UnreadableDocumentError(document.id, "is kept in Git LFS, which is not read")
        path = folder / f"file{PurePosixPath(document.id).suffix.lower()}"
        await asyncio.to_thread(path.write_bytes, content)
        return path

    async def close(self) -> None:
        pass

    async def _update(self) -> None:
        async with self._updating:
            await self._git.update()

    async def _changed(self, cursor: str, head: str) -> tuple[set[str], list[str]]:
        """Return the paths that changed since the commit `cursor`, and those that are gone."""
        if not await self._git.has(f"{cursor}^{{commit}}"):
            raise CursorExpiredError(f"commit {cursor[:12]} is not known any more")
        out = await self._git.output("diff-tree", "-r", "-z", "--no-renames", cursor, head)
        fields = iter(out.decode(errors="surrogateescape").split("\0"))
        changed: set[str] = set()
        gone: list[str] = []
        for about in fields:
            if not about:
                break
            path = next(fields)
            if PurePosixPath(path).name == FOLDER_FILE:
                raise CursorExpiredError(f"{FOLDER_FILE} changed, so who may read what did")
            _, mode, _, _, status = about.split(" ")
            if status == "D" or mode not in _FILES:
                gone.append(path)
            else:
                changed.add(path)
        return changed, gone

    async def _named_readers(self, files: list[_File]) -> dict[str, frozenset[Principal] | None]:
        """Return who may read what is below each folder with a folder file; None: not clear."""
        named: dict[str, frozenset[Principal] | None] = {}
        for file in files:
            if PurePosixPath(file.path).name != FOLDER_FILE:
                continue
            folder = str(PurePosixPath(file.path).parent)
            named[folder] = None
            if file.size_bytes <= _MAX_READERS_BYTES:
                content = await self._git.output("cat-file", "blob", file.blob)
                named[folder] = _readers_in(content)
        return named

    def _holds(self, path: str) -> bool:
        parts = PurePosixPath(path).parts
        return path.startswith(self._prefix) and not any(part.startswith(".") for part in parts)

    def _document(
        self, file: _File, named: Mapping[str, frozenset[Principal] | None]
    ) -> SourceDocument:
        document_id = file.path.removeprefix(self._prefix)
        above = next((str(p) for p in PurePosixPath(file.path).parents if str(p) in named), None)
        readers = self._readers if above is None else named[above]
        location = location_of(self._name, file.path)
        return SourceDocument(
            id=document_id,
            location=location,
            url=link_to(document_id, self._shown(file.path), self._url_template),
            ref=file.blob,
            version=file.blob,
            readers=readers or self._readers,
            problem="" if readers else f"{FOLDER_FILE} above it does not name its readers",
        )

    def _shown(self, path: str) -> str:
        """Return where GitHub, GitLab and their like show a file; of a local one, its link."""
        if self._remote.protocol == "file":
            return (Path(self._remote.address) / path).as_uri()
        if self._remote.protocol == "ssh":
            return f"{self._remote.address}/{path}"
        address = self._remote.address.removesuffix("/").removesuffix(".git")
        return f"{address}/blob/{quote(self._remote.branch)}/{quote(path)}"


def _files_in(listing: bytes) -> list[_File]:
    return list(_each_file(listing.decode(errors="surrogateescape")))


def _each_file(listing: str) -> Iterator[_File]:
    for entry in listing.split("\0"):
        about, _, path = entry.partition("\t")
        if not path or not path.isprintable():  # also what is no UTF-8
            continue
        mode, _, blob, size = about.split()
        if mode in _FILES:
            yield _File(path=path, blob=blob, size_bytes=int(size))


def _readers_in(content: bytes) -> frozenset[Principal] | None:
    try:
        return parse_readers(yaml.safe_load(content)["readers"])
    except (yaml.YAMLError, TypeError, KeyError, ValueError):
        return None
