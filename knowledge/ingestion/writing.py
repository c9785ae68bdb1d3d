"""From documents to the index: split, embed, write."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import structlog
from langchain_core.embeddings import Embeddings

from knowledge.ingestion.chunking import chunks_of
from knowledge.ports import PersonalDataFinder, VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import Chunk, ChunkRecord, Document, PersonalData, PersonalSpan, SparseVector

log = structlog.get_logger(__name__)

_ALWAYS = "SECRET"


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
        if document.unseen_chars:
            log.warning("unseen_text_removed", document=document.id, chars=document.unseen_chars)
        return replace(document, title=self._clean(document.title), sections=seen)

    async def without_personal(self, document: Document) -> Document:
        """Return `document` as it is to be stored: where its source says so, masked for good.

        Links keep no anchor then, since that is a heading's words; the document's own address and
        id stay, or nobody could open it.
        """
        if document.personal is not PersonalData.MASK:
            return document
        headings = tuple(dict.fromkeys(h for s in document.sections for h in s.heading_path))
        texts = [section.text for section in document.sections]
        with self.stage("personal"):
            done = await self._personal.mask([document.title, *headings, *texts])
        masked = [text for text, _ in done]
        of_heading = dict(zip(headings, masked[1:], strict=False))
        sections = tuple(
            replace(
                section,
                heading_path=tuple(of_heading[heading] for heading in section.heading_path),
                anchor=section.anchor if section.anchor.startswith("page=") else "",
                text=text,
            )
            for section, text in zip(document.sections, masked[1 + len(headings) :], strict=True)
        )
        types = tuple(kind for _, kinds in done for kind in kinds)
        return replace(document, title=masked[0], sections=sections, masked=types)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside as the stage `name`."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.stages_s[name] += time.perf_counter() - started

    async def _spans(self, chunks: list[Chunk]) -> Sequence[Sequence[PersonalSpan]]:
        """Return what is flagged in each chunk: nothing more in those masked for good."""
        texts = ["" if c.document.personal is PersonalData.MASK else c.text for c in chunks]
        with self.stage("personal"):
            found = await self._personal.find(texts)
        return [
            [span for span in spans if span.type == _ALWAYS or not _is_kept(chunk)]
            for chunk, spans in zip(chunks, found, strict=True)
        ]

    async def _dense(self, chunks: list[Chunk]) -> list[list[float]]:
        with self.stage("embed"):
            return await self._embeddings.aembed_documents([c.embedded_text for c in chunks])

    async def _words(self, chunks: list[Chunk]) -> list[SparseVector]:
        with self.stage("words"):
            return await self._sparse.encode_documents([c.embedded_text for c in chunks])


def _is_kept(chunk: Chunk) -> bool:
    return chunk.document.personal is PersonalData.KEEP
