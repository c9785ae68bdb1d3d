"""From files to an index: list, skip what did not change, parse, split, embed, write."""

import asyncio
import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
from langchain_core.embeddings import Embeddings

from knowledge.errors import UnreadableDocumentError
from knowledge.ingestion.chunking import chunks_of
from knowledge.ingestion.parsing.sandbox import MAX_FILE_BYTES, ParsingSandbox
from knowledge.ingestion.sources.folder import list_files, readers_of_folder
from knowledge.permissions import parse_readers
from knowledge.ports import PersonalDataFinder, VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import (
    Chunk,
    ChunkRecord,
    Document,
    ParsedFile,
    PersonalSpan,
    Principal,
    SourceFile,
    SparseVector,
)

log = structlog.get_logger(__name__)

_FORM = "2"  # of what is made of a file: another one makes every document be indexed anew
_GROUP_CHUNKS = 64
_SUPERSEDED = frozenset({"superseded", "outdated", "archived", "deprecated"})

Progress = Callable[[int, int, str], object]
"""Called after each document: how many are done, of how many, and which it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What an ingestion did; `failed` pairs each document's id with a reason in one line.

    `empty` are files without any text (a page that only redirects): there is nothing to find.
    `stages_s` are the seconds of each stage; `embed` and `personal` run side by side.
    """

    indexed: int
    unchanged: int
    removed: int
    failed: tuple[tuple[str, str], ...]
    unsupported: tuple[str, ...]
    empty: tuple[str, ...]
    chunks: int
    bytes_read: int
    seconds: float
    stages_s: Mapping[str, float] = field(default_factory=dict)


async def ingest(
    paths: Sequence[Path],
    *,
    url_template: str | None,
    index: VectorIndex,
    embeddings: Embeddings,
    sparse: SparseEncoder,
    personal: PersonalDataFinder,
    on_progress: Progress,
    clean: Callable[[str], str] = str,
) -> IngestReport:
    """Make `index` hold what is at and below `paths`; files that did not change cost nothing.

    A file that can't be read is reported and leaves what is indexed of it, unless it is not clear
    any more who may read it: then it is removed. `clean` takes out of titles, headings and texts
    what people do not see.

    Raises:
        FileNotFoundError: A path does not exist.
        KnowledgeUnavailableError: The index did not answer in time.
    """
    started = time.perf_counter()
    listing = await asyncio.to_thread(list_files, paths, url_template)
    known = await index.documents()
    sandbox = ParsingSandbox()
    run = _Run(
        index=index,
        embeddings=embeddings,
        sparse=sparse,
        personal=personal,
        sandbox=sandbox,
        known=known,
        clean=clean,
    )
    try:
        for done, file in enumerate(listing.files, start=1):
            await run.take(file)
            on_progress(done, len(listing.files), file.id)
        await run.write()
    finally:
        await sandbox.close()
    here = {file.location for file in listing.files}
    gone = [
        location
        for location in known
        if location not in here and location.startswith(listing.folders or ("\0",))
    ]
    await index.remove(gone)
    report = replace(
        run.report(),
        removed=len(gone) + len(run.withdrawn),
        unsupported=listing.unsupported,
        seconds=time.perf_counter() - started,
    )
    _log(report)
    return report


def _log(report: IngestReport) -> None:
    log.info(
        "ingested",
        indexed=report.indexed,
        unchanged=report.unchanged,
        removed=report.removed,
        failed=len(report.failed),
        ms=round(report.seconds * 1000),
    )


class _Run:
    """One ingestion: takes file by file, and writes in groups, so that batches fill both cores."""

    def __init__(
        self,
        *,
        index: VectorIndex,
        embeddings: Embeddings,
        sparse: SparseEncoder,
        personal: PersonalDataFinder,
        sandbox: ParsingSandbox,
        known: Mapping[str, str],
        clean: Callable[[str], str],
    ) -> None:
        self._index = index
        self._embeddings = embeddings
        self._sparse = sparse
        self._personal = personal
        self._sandbox = sandbox
        self._known = known
        self._clean = clean
        self._waiting: list[tuple[Document, tuple[Chunk, ...]]] = []
        self._counts = Counter[str]()
        self._stages_s: dict[str, float] = defaultdict(float)
        self._failed: list[tuple[str, str]] = []
        self._empty: list[str] = []
        self.withdrawn: list[str] = []

    async def take(self, file: SourceFile) -> None:
        """Parse and split `file`, unless it did not change."""
        try:
            document = await self._document(file)
        except UnreadableDocumentError as error:
            self._failed.append((error.document_id, error.reason))
            if isinstance(error, _UnclearReadersError) and file.location in self._known:
                await self._index.remove([file.location])
                self.withdrawn.append(file.location)
            return
        if document is None:
            self._counts["unchanged"] += 1
            return
        if not document.sections:
            self._empty.append(document.id)
            if file.location in self._known:
                await self._index.remove([file.location])
            return
        self._waiting.append((document, chunks_of(document)))
        if sum(len(chunks) for _, chunks in self._waiting) >= _GROUP_CHUNKS:
            await self.write()

    async def write(self) -> None:
        """Embed and index what waits."""
        waiting, self._waiting = self._waiting, []
        chunks = [chunk for _, of_document in waiting for chunk in of_document]
        if not chunks:
            return
        spans, dense, sparse = await asyncio.gather(
            self._spans(chunks), self._dense(chunks), self._words(chunks)
        )
        records = {
            chunk.id: ChunkRecord(
                chunk=replace(chunk, personal=tuple(found)), dense=tuple(vector), sparse=words
            )
            for chunk, found, vector, words in zip(chunks, spans, dense, sparse, strict=True)
        }
        with self._stage("index"):
            for document, of_document in waiting:
                await self._index.replace(
                    document.location, [records[chunk.id] for chunk in of_document]
                )
        self._counts["indexed"] += len(waiting)
        self._counts["chunks"] += len(chunks)

    def report(self) -> IngestReport:
        """Return what was done so far."""
        return IngestReport(
            indexed=self._counts["indexed"],
            unchanged=self._counts["unchanged"],
            removed=0,
            failed=tuple(self._failed),
            unsupported=(),
            empty=tuple(self._empty),
            chunks=self._counts["chunks"],
            bytes_read=self._counts["bytes"],
            seconds=0,
            stages_s={name: round(spent, 3) for name, spent in self._stages_s.items()},
        )

    async def _document(self, file: SourceFile) -> Document | None:
        """Return what `file` holds; None where it did not change."""
        readers = await asyncio.to_thread(_folder_readers, file)
        with self._stage("read"):
            digest, size = await asyncio.to_thread(_digest, file, readers)
        self._counts["bytes"] += size
        if self._known.get(file.location) == digest:
            return None
        with self._stage("parse"):
            parsed = _cleaned(await self._sandbox.parse(file), self._clean)
        return _document_of(file, parsed, readers, digest)

    async def _spans(self, chunks: list[Chunk]) -> Sequence[Sequence[PersonalSpan]]:
        with self._stage("personal"):
            return await self._personal.find([chunk.text for chunk in chunks])

    async def _dense(self, chunks: list[Chunk]) -> list[list[float]]:
        with self._stage("embed"):
            return await self._embeddings.aembed_documents([c.embedded_text for c in chunks])

    async def _words(self, chunks: list[Chunk]) -> list[SparseVector]:
        with self._stage("words"):
            return await self._sparse.encode_documents([c.embedded_text for c in chunks])

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._stages_s[name] += time.perf_counter() - started


def _cleaned(parsed: ParsedFile, clean: Callable[[str], str]) -> ParsedFile:
    sections = (
        replace(
            section,
            heading_path=tuple(clean(heading) for heading in section.heading_path),
            text=clean(section.text).strip(),
        )
        for section in parsed.sections
    )
    seen = tuple(section for section in sections if section.text)
    return replace(parsed, title=clean(parsed.title), sections=seen)


class _UnclearReadersError(UnreadableDocumentError):
    """It is not clear who may read the document."""


def _folder_readers(file: SourceFile) -> frozenset[Principal]:
    try:
        return readers_of_folder(file)
    except UnreadableDocumentError as error:
        raise _UnclearReadersError(file.id, error.reason) from error


def _digest(file: SourceFile, readers: frozenset[Principal]) -> tuple[str, int]:
    """Return a hash of all that a document's chunks are made of, and the file's size.

    Raises:
        UnreadableDocumentError: The file can't be read, or is too large.
    """
    if file.size_bytes > MAX_FILE_BYTES:
        reason = f"is larger than {MAX_FILE_BYTES // 1024**2} MB"
        raise UnreadableDocumentError(file.id, reason)
    try:
        content = Path(file.path).read_bytes()
    except OSError as error:
        raise UnreadableDocumentError(file.id, f"can't be read ({error.strerror})") from error
    about = "\0".join((_FORM, file.id, file.url, *sorted(readers)))
    return hashlib.sha256(about.encode() + b"\0" + content).hexdigest(), len(content)


def _document_of(
    file: SourceFile, parsed: ParsedFile, readers: frozenset[Principal], digest: str
) -> Document:
    about = parsed.metadata
    if "readers" in about:
        try:
            readers = parse_readers(about["readers"])
        except ValueError as error:
            raise _UnclearReadersError(file.id, str(error)) from error
    return Document(
        id=file.id,
        location=file.location,
        url=file.url,
        title=parsed.title or _title_from(file.id),
        sections=parsed.sections,
        readers=readers,
        content_hash=digest,
        updated=_text(about.get("updated") or about.get("date")),
        superseded=bool(about.get("superseded_by"))
        or _text(about.get("status")).lower() in _SUPERSEDED,
    )


def _text(value: str | list[str] | None) -> str:
    return value if isinstance(value, str) else ""


def _title_from(document_id: str) -> str:
    words = Path(document_id).stem.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
