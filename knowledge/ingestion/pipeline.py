"""From files to an index: list, skip what did not change, parse, split, embed, write."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog
from langchain_core.embeddings import Embeddings

from knowledge.errors import UnclearReadersError, UnreadableDocumentError
from knowledge.ingestion.chunking import chunks_of
from knowledge.ingestion.parsing.sandbox import ParsingSandbox
from knowledge.ingestion.reading import digest_of, document_of
from knowledge.ingestion.sources.folder import list_files
from knowledge.ingestion.writing import Writer
from knowledge.ports import PersonalDataFinder, VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import Chunk, Document, PersonalData, SourceDocument

log = structlog.get_logger(__name__)

_GROUP_CHUNKS = 64

Progress = Callable[[int, int, str], object]
"""Called after each document: how many are done, of how many, and which it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What an ingestion did; `failed` pairs each document's id with a reason in one line.

    `empty` are files without any text (a page that only redirects): there is nothing to find.
    `unseen` pairs documents with the characters that were left out since nobody sees them.
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
    unseen: tuple[tuple[str, int], ...] = ()


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
    treat: PersonalData = PersonalData.FLAG,
) -> IngestReport:
    """Make `index` hold what is at and below `paths`; files that did not change cost nothing.

    A file that can't be read is reported and leaves what is indexed of it, unless it is not clear
    any more who may read it: then it is removed. `clean` takes out of titles, headings and texts
    what people do not see; `treat` says what is done with personal data.

    Raises:
        FileNotFoundError: A path does not exist.
        KnowledgeUnavailableError: The index did not answer in time.
    """
    started = time.perf_counter()
    listing = await asyncio.to_thread(list_files, paths, url_template)
    known = await index.documents()
    sandbox = ParsingSandbox()
    writer = Writer(
        index=index, embeddings=embeddings, sparse=sparse, personal=personal, clean=clean
    )
    run = _Run(writer=writer, sandbox=sandbox, known=known)
    try:
        for done, file in enumerate(listing.files, start=1):
            await run.take(replace(file, personal=treat))
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
        self, *, writer: Writer, sandbox: ParsingSandbox, known: Mapping[str, str]
    ) -> None:
        self._writer = writer
        self._sandbox = sandbox
        self._known = known
        self._waiting: list[tuple[Document, tuple[Chunk, ...]]] = []
        self._counts = Counter[str]()
        self._failed: list[tuple[str, str]] = []
        self._empty: list[str] = []
        self._unseen: list[tuple[str, int]] = []
        self.withdrawn: list[str] = []

    async def take(self, file: SourceDocument) -> None:
        """Parse and split `file`, unless it did not change."""
        try:
            document = await self._document(file)
        except UnreadableDocumentError as error:
            self._failed.append((error.document_id, error.reason))
            if isinstance(error, UnclearReadersError) and file.location in self._known:
                await self._writer.index.remove([file.location])
                self.withdrawn.append(file.location)
            return
        if document is None:
            self._counts["unchanged"] += 1
            return
        if document.unseen_chars:
            self._unseen.append((document.id, document.unseen_chars))
        if not document.sections:
            self._empty.append(document.id)
            if file.location in self._known:
                await self._writer.index.remove([file.location])
            return
        self._waiting.append((document, chunks_of(document)))
        if sum(len(chunks) for _, chunks in self._waiting) >= _GROUP_CHUNKS:
            await self.write()

    async def write(self) -> None:
        """Embed and index what waits."""
        waiting, self._waiting = self._waiting, []
        self._counts["chunks"] += await self._writer.write(waiting)
        self._counts["indexed"] += len(waiting)

    def report(self) -> IngestReport:
        """Return what was done so far."""
        return IngestReport(
            indexed=self._counts["indexed"],
            unchanged=self._counts["unchanged"],
            removed=0,
            failed=tuple(self._failed),
            unsupported=(),
            empty=tuple(self._empty),
            unseen=tuple(self._unseen),
            chunks=self._counts["chunks"],
            bytes_read=self._counts["bytes"],
            seconds=0,
            stages_s={name: round(spent, 3) for name, spent in self._writer.stages_s.items()},
        )

    async def _document(self, file: SourceDocument) -> Document | None:
        """Return what `file` holds; None where it did not change."""
        path = Path(file.ref)
        with self._writer.stage("read"):
            digest, size = await asyncio.to_thread(digest_of, file, path)
        self._counts["bytes"] += size
        if self._known.get(file.location) == digest:
            return None
        with self._writer.stage("parse"):
            parsed = await self._sandbox.parse(file.id, path)
        cleaned = self._writer.cleaned(document_of(file, parsed, digest))
        return await self._writer.without_personal(cleaned)
