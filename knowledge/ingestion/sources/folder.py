"""Files below folders: what there is, where readers open it, and who may read it."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NoReturn
from urllib.parse import quote

import yaml

from knowledge.errors import DocumentGoneError, SourceError
from knowledge.ingestion.parsing.formats import is_supported
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.locations import location_of
from knowledge.permissions import parse_readers
from knowledge.types import EVERYONE, Principal, SourceDocument

FOLDER_FILE = ".citewell.yaml"
"""Names the readers of the files beside and below it: `readers: [group:leadership]`."""


_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What was found: files to index, what is of no supported kind, and the folders looked into.

    `folders` are `file:` links ending in `/`: a document below one that is not in `files` is gone.
    """

    files: tuple[SourceDocument, ...]
    unsupported: tuple[str, ...]
    folders: tuple[str, ...]


class FolderSource:
    """The files below one folder; every listing is of all of them, which costs no reading."""

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        url_template: str | None = None,
        readers: frozenset[Principal] = frozenset({EVERYONE}),
    ) -> None:
        self._name = name
        self._folder = folder
        self._url_template = url_template
        self._readers = readers

    async def changes(self, cursor: str) -> AsyncIterator[Batch]:
        del cursor
        if not await asyncio.to_thread(self._folder.is_dir):
            raise SourceError(f"{self._folder} is no folder: check `path`", is_temporary=True)
        listing = await asyncio.to_thread(
            list_files, [self._folder], self._url_template, self._readers
        )
        unsupported = listing.unsupported
        for start in range(0, max(len(listing.files), 1), _BATCH):
            files = listing.files[start : start + _BATCH]
            yield Batch(documents=tuple(map(self._named, files)), unsupported=unsupported)
            unsupported = ()

    async def fetch(self, document: SourceDocument, folder: Path) -> Path:
        del folder
        path = Path(document.ref)
        if not await asyncio.to_thread(path.is_file):
            raise DocumentGoneError(document.id)
        return path

    async def close(self) -> None:
        pass

    def _named(self, file: SourceDocument) -> SourceDocument:
        return replace(file, location=location_of(self._name, file.id))


def list_files(
    paths: Iterable[Path],
    url_template: str | None,
    readers: frozenset[Principal] = frozenset({EVERYONE}),
) -> Listing:
    """List the files at and below `paths`; hidden ones and links out of a folder are left out.

    A document's id is its path below the given folder; of a file that is given itself, its name.
    `readers` are those of a file that no folder file speaks of.

    Raises:
        FileNotFoundError: A path does not exist.
        SourceError: A folder below one can't be read.
    """
    files: dict[str, SourceDocument] = {}
    unsupported: list[str] = []
    folders: list[str] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(path)
        root = path.resolve()
        if root.is_dir():
            folders.append(f"{root.as_uri()}/")
        for file in _below(root):
            below = file.relative_to(root) if root.is_dir() else Path(root.name)
            if not is_supported(file.name):
                unsupported.append(_shown(below))
            elif _shown(below) != below.as_posix():
                unsupported.append(f"{_shown(below)} (its name is no UTF-8: rename it)")
            else:
                found = _found(file, below.as_posix(), url_template, readers)
                files[found.location] = found
    return Listing(
        files=tuple(files.values()), unsupported=tuple(unsupported), folders=tuple(folders)
    )


def _shown(below: Path) -> str:
    """Return a path as it can be printed and stored: file systems take any bytes in a name."""
    return os.fsencode(below.as_posix()).decode(errors="replace")


def _found(
    file: Path, document_id: str, url_template: str | None, readers: frozenset[Principal]
) -> SourceDocument:
    location = file.as_uri()
    about = file.stat()
    problem = ""
    try:
        readers = readers_of_folder(file) or readers
    except ValueError as error:
        problem = str(error)
    return SourceDocument(
        id=document_id,
        location=location,
        url=link_to(document_id, location, url_template),
        ref=str(file),
        version=f"{about.st_size}-{about.st_mtime_ns}-{about.st_ctime_ns}",
        readers=readers,
        problem=problem,
        modified=datetime.fromtimestamp(about.st_mtime, UTC).isoformat(),
    )


def link_to(document_id: str, location: str, url_template: str | None) -> str:
    """Return where a reader opens the document: from the template, else its `file:` link."""
    if url_template is None:
        return location
    page = PurePosixPath(document_id).with_suffix("")
    if page.name == "index":
        page = page.parent
    shown = "" if str(page) == "." else quote(str(page))
    url = url_template.replace("{path}", quote(document_id)).replace("{page}", shown)
    scheme, separator, rest = url.partition("://")
    while "//" in rest:  # an empty {page} between two slashes
        rest = rest.replace("//", "/")
    return f"{scheme}{separator}{rest}"


def readers_of_folder(file: Path) -> frozenset[Principal]:
    """Return who may read `file` by the nearest folder file above it; nobody without one.

    Raises:
        ValueError: That folder file does not name valid readers.
    """
    for above in file.parents:
        named = above / FOLDER_FILE
        if named.is_file():
            return _readers_in(named)
    return frozenset()


def _readers_in(named: Path) -> frozenset[Principal]:
    try:
        values = yaml.safe_load(named.read_text(encoding="utf-8"))
        return parse_readers(values["readers"])
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        reason = f"{FOLDER_FILE} above it does not name its readers (example: readers: [everyone])"
        raise ValueError(reason) from error


def _below(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, names, files in os.walk(root, onerror=_raised):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder, name)
            if name.startswith(".") or not file.is_file():
                continue
            if file.resolve().is_relative_to(root):
                yield file


def _raised(error: OSError) -> NoReturn:
    """Let no folder that can't be read look like an empty one: what was in it would be removed."""
    raise SourceError(
        f"{error.filename}: {error.strerror}; nothing was changed: let Citewell read the folder, "
        "or move it away",
        is_temporary=True,
    ) from error
