"""From documents to the index: split, embed, write."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from langchain_core.embeddings import Embeddings

from knowledge.ingestion.chunking import chunks_of
from knowledge.ports import PersonalDataFinder, VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import Chunk, ChunkRecord, Document, PersonalSpan, SparseVector


class Writer:
    """Makes documents searchable, several at once, so that batches fill the cores.

    `stages_s` sums the seconds of each stage; `embed` and `personal` run side by side. `clean`
    takes out of titles, headings and texts what people do not see.
    """

    def __init__(
        self,
        *,
        index: VectorIndex,
        embeddings: Embeddings,
        sparse: SparseEncoder,
        personal: PersonalDataFinder,
        clean: Callable[[str], str] = str,
    ) -> None:
        self.index = index
        self._clean = clean
        self._embeddings = embeddings
        self._sparse = sparse
        self._personal = personal
        self.stages_s: dict[str, float] = defaultdict(float)

    async def write(self, documents: Sequence[tuple[Document, tuple[Chunk, ...]]]) -> int:
        """Embed and index documents with their chunks, and return how many chunks there were.

        Raises:
            KnowledgeUnavailableError: The index did not answer in time.
        """
        chunks = [chunk for _, of_document in documents for chunk in of_document]
        if not chunks:
            return 0
        spans, dense, sparse = await asyncio.gather(
            self._spans(chunks), self._dense(chunks), self._words(chunks)
        )
        records = {
            chunk.id: ChunkRecord(
                chunk=replace(chunk, personal=tuple(found)), dense=tuple(vector), sparse=words
            )
            for chunk, found, vector, words in zip(chunks, spans, dense, sparse, strict=True)
        }
        with self.stage("index"):
            for document, of_document in documents:
                await self.index.replace(
                    document.location, [records[chunk.id] for chunk in of_document]
                )
        return len(chunks)

    async def write_one(self, document: Document) -> int:
        """Split, embed and index one document; raises as `write` does."""
        return await self.write([(document, chunks_of(document))])

    def cleaned(self, document: Document) -> Document:
        """Return `document` without what people do not see; sections that were nothing else go."""
        sections = (
            replace(
                section,
                heading_path=tuple(self._clean(heading) for heading in section.heading_path),
                text=self._clean(section.text).strip(),
            )
            for section in document.sections
        )
        seen = tuple(section for section in sections if section.text)
        return replace(document, title=self._clean(document.title), sections=seen)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside as the stage `name`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.stages_s[name] += time.perf_counter() - started

    async def _spans(self, chunks: list[Chunk]) -> Sequence[Sequence[PersonalSpan]]:
        with self.stage("personal"):
            return await self._personal.find([chunk.text for chunk in chunks])

    async def _dense(self, chunks: list[Chunk]) -> list[list[float]]:
        with self.stage("embed"):
            return await self._embeddings.aembed_documents([c.embedded_text for c in chunks])

    async def _words(self, chunks: list[Chunk]) -> list[SparseVector]:
        with self.stage("words"):
            return await self._sparse.encode_documents([c.embedded_text for c in chunks])
