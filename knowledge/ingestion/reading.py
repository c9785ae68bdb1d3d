"""From a file of a source to a document: what it is made of, and whether that changed."""

import hashlib
from pathlib import Path, PurePosixPath

from knowledge.errors import UnclearReadersError, UnreadableDocumentError
from knowledge.ingestion.parsing.sandbox import MAX_FILE_BYTES
from knowledge.permissions import parse_readers
from knowledge.types import MAX_LABEL_CHARS, Document, ParsedFile, PersonalData, SourceDocument

FORM = "5"
"""Of what is made of a file: another one makes every document be indexed anew."""

_SUPERSEDED = frozenset({"superseded", "outdated", "archived", "deprecated"})


def digest_of(found: SourceDocument, path: Path) -> tuple[str, int]:
    """Return a hash of all that a document's chunks are made of, and the file's size in bytes.

    Raises:
        UnclearReadersError: It is not clear who may read it.
        UnreadableDocumentError: The file can't be read, or is too large.
    """
    if found.problem:
        raise UnclearReadersError(found.id, found.problem)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            reason = f"is larger than {MAX_FILE_BYTES // 1024**2} MB"
            raise UnreadableDocumentError(found.id, reason)
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableDocumentError(found.id, f"can't be read ({error.strerror})") from error
    personal = () if found.personal is PersonalData.FLAG else (found.personal.value,)
    label = (f"sensitivity={found.sensitivity}",) if found.sensitivity else ()
    about = "\0".join(
        (FORM, found.id, found.url, path.suffix.lower(), *sorted(found.readers), *personal, *label)
    )
    return hashlib.sha256(about.encode() + b"\0" + content).hexdigest(), len(content)


def document_of(found: SourceDocument, parsed: ParsedFile, digest: str) -> Document:
    """Return the document; readers that it names itself go before those of its source.

    Where a source itself knows who may read what, only that counts.

    Raises:
        UnclearReadersError: It names readers in a form that is not valid.
    """
    about = parsed.metadata
    readers = found.readers
    if "readers" in about and not found.is_mirrored:
        try:
            readers = parse_readers(about["readers"])
        except ValueError as error:
            raise UnclearReadersError(found.id, str(error)) from error
    return Document(
        id=found.id,
        location=found.location,
        url=found.url,
        title=parsed.title or _title_from(found.id),
        sections=parsed.sections,
        readers=readers,
        content_hash=digest,
        updated=_text(about.get("updated") or about.get("date")),
        version=_text(about.get("version")),
        modified=found.modified,
        thread=found.thread,
        personal=found.personal,
        sensitivity=_text(about.get("sensitivity"))[:MAX_LABEL_CHARS] or found.sensitivity,
        unseen_chars=parsed.unseen_chars,
        superseded=bool(about.get("superseded_by"))
        or _text(about.get("status")).lower() in _SUPERSEDED,
    )


def _text(value: str | list[str] | None) -> str:
    return value if isinstance(value, str) else ""


def _title_from(document_id: str) -> str:
    words = PurePosixPath(document_id).stem.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
