"""Files below folders: what there is, where readers open it, and who may read it."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import yaml

from knowledge.errors import UnreadableDocumentError
from knowledge.ingestion.parsing.formats import is_supported
from knowledge.permissions import parse_readers
from knowledge.types import EVERYONE, Principal, SourceFile

FOLDER_FILE = ".citewell.yaml"
"""Names the readers of the files beside and below it: `readers: [group:leadership]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What was found: files to index, what is of no supported kind, and the folders looked into.

    `folders` are `file:` links ending in `/`: a document below one that is not in `files` is gone.
    """

    files: tuple[SourceFile, ...]
    unsupported: tuple[str, ...]
    folders: tuple[str, ...]


def list_files(paths: Iterable[Path], url_template: str | None) -> Listing:
    """List the files at and below `paths`; hidden ones and links out of a folder are left out.

    A document's id is its path below the given folder; of a file that is given itself, its name.

    Raises:
        FileNotFoundError: A path does not exist.
    """
    files: dict[str, SourceFile] = {}
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
            document_id = below.as_posix()
            if not is_supported(file.name):
                unsupported.append(document_id)
                continue
            location = file.as_uri()
            files[location] = SourceFile(
                id=document_id,
                location=location,
                url=link_to(document_id, location, url_template),
                path=str(file),
                size_bytes=file.stat().st_size,
            )
    return Listing(
        files=tuple(files.values()), unsupported=tuple(unsupported), folders=tuple(folders)
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


def readers_of_folder(file: SourceFile) -> frozenset[Principal]:
    """Return who may read `file` by the nearest folder file above it; `everyone` without one.

    Raises:
        UnreadableDocumentError: That folder file does not name valid readers.
    """
    folder = Path(file.path).parent
    for above in (folder, *folder.parents):
        named = above / FOLDER_FILE
        if named.is_file():
            return _readers_in(named, file)
    return frozenset({EVERYONE})


def _readers_in(named: Path, file: SourceFile) -> frozenset[Principal]:
    try:
        values = yaml.safe_load(named.read_text(encoding="utf-8"))
        return parse_readers(values["readers"])
    except (OSError, yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        reason = f"{FOLDER_FILE} above it does not name its readers (example: readers: [everyone])"
        raise UnreadableDocumentError(file.id, reason) from error


def _below(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            file = Path(folder, name)
            if name.startswith(".") or not file.is_file():
                continue
            if file.resolve().is_relative_to(root):
                yield file
