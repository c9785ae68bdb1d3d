"""Brings one document of a source up to date in the index: fetch, compare, parse, write."""

import asyncio
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from knowledge.errors import UnclearReadersError, UnreadableDocumentError
from knowledge.ingestion.parsing.sandbox import ParsingSandbox
from knowledge.ingestion.ports import Source
from knowledge.ingestion.reading import digest_of, document_of
from knowledge.ingestion.writing import Writer
from knowledge.types import SourceDocument


class Outcome(StrEnum):
    """What came of a document."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of a document; `content_hash` is what the index holds of it, empty for nothing."""

    outcome: Outcome
    content_hash: str
    reason: str = ""
    chunks: int = 0


class DocumentIndexer:
    """Takes one document after another, each whole: doing it twice is doing it once."""

    def __init__(self, writer: Writer, sandbox: ParsingSandbox) -> None:
        self._writer = writer
        self._sandbox = sandbox

    async def take(self, source: Source, found: SourceDocument, *, known_hash: str) -> Taken:
        """Make the index hold `found` as `source` has it; `known_hash` is what it holds now.

        A document that can't be read leaves what is indexed of it, unless it is not clear any
        more who may read it.

        Raises:
            DocumentGoneError: The source has it no more; the index still does.
            SourceError: The source does not answer, or refuses.
            KnowledgeUnavailableError: The index did not answer in time.
        """
        try:
            with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
                return await self._take(source, found, known_hash, Path(folder))
        except UnclearReadersError as error:
            await self.remove([found.location])
            return Taken(outcome=Outcome.FAILED, content_hash="", reason=error.reason)
        except UnreadableDocumentError as error:
            return Taken(outcome=Outcome.FAILED, content_hash=known_hash, reason=error.reason)

    async def remove(self, locations: list[str]) -> None:
        """Take documents out of the index.

        Raises:
            KnowledgeUnavailableError: The index did not answer in time.
        """
        await self._writer.index.remove(locations)

    async def indexed(self, prefix: str) -> dict[str, str]:
        """Return location and content hash of what the index holds; raises as above."""
        documents = await self._writer.index.documents()
        return {where: digest for where, digest in documents.items() if where.startswith(prefix)}

    async def _take(
        self, source: Source, found: SourceDocument, known_hash: str, folder: Path
    ) -> Taken:
        if found.problem:
            raise UnclearReadersError(found.id, found.problem)
        path = await source.fetch(found, folder)
        digest, _ = await asyncio.to_thread(digest_of, found, path)
        if digest == known_hash:
            return Taken(outcome=Outcome.UNCHANGED, content_hash=digest)
        parsed = await self._sandbox.parse(found.id, path)
        cleaned = self._writer.cleaned(document_of(found, parsed, digest))
        document = await self._writer.without_personal(cleaned)
        if not document.sections:
            await self.remove([found.location])
            return Taken(outcome=Outcome.EMPTY, content_hash="")
        chunks = await self._writer.write_one(document)
        return Taken(outcome=Outcome.INDEXED, content_hash=digest, chunks=chunks)
