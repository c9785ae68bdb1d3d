"""What knowledge needs from outside itself, and what its index must do."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from knowledge.types import (
    ALL,
    ChunkRecord,
    HybridQuery,
    Passage,
    PersonalSpan,
    Principal,
    Scope,
    Shelf,
)


class VectorIndex(Protocol):
    """Where chunks live, found by meaning and by words at once."""

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        """Make `records` the only chunks of the document at `location`; durable on return.

        Raises:
            KnowledgeUnavailableError: The index did not answer in time.
        """

    async def remove(self, locations: Sequence[str]) -> None:
        """Remove every chunk of these documents; unknown ones are no error. Raises as above."""

    async def documents(self) -> Mapping[str, str]:
        """Return each indexed document's location and content hash. Raises as above."""

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        """Return at most `limit` passages that one of `readers` may read, best first.

        One query: a dense and a sparse prefetch, each filtered by `readers` and the query's
        scope, fused. Raises as above.
        """

    async def passages(
        self, chunk_ids: Sequence[str], *, readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        """Return those of these chunks that one of `readers` may read, in any order.

        Their score is 0. Raises as above.
        """

    async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        """Return every chunk of these documents with its vectors, document by document, in order.

        The chunks' documents come without their sections. Raises as above.
        """

    async def count(self) -> int:
        """Return how many chunks there are. Raises as above."""


class Shelves(Protocol):
    """Tells what there is to be read, without a question."""

    async def shelf(
        self, *, readers: frozenset[Principal], limit: int, scope: Scope = ALL
    ) -> Shelf:
        """Return what one of `readers` may read within `scope`, with at most `limit` heads.

        The readers are part of each query. The heads are those of the passages whose ids come
        first, and so from all over.

        Raises:
            KnowledgeUnavailableError: The index can't be asked.
        """


class RebuildableIndex(VectorIndex, Shelves, Protocol):
    """A live index, beside which another one can be built that takes its place in one step."""

    async def begin(self, embedding: str, size: int, *, is_fresh: bool = False) -> VectorIndex:
        """Return the index that is being built for `embedding`, with vectors of `size` values.

        What was begun before is gone on with, unless it is to be a fresh one. Nobody searches in
        it. Raises as above.
        """

    async def switch(self, embedding: str, documents: Mapping[str, str] | None = None) -> bool:
        """Make what was built the live index of `embedding`, and remove what was that before.

        It must hold just the given documents, by location and content hash, else those of this
        index; if it does not, nothing changes and the answer is False. Raises as above.
        """


class PersonalDataFinder(Protocol):
    """Marks personal data in documents once, at ingestion: answering then needs no time for it."""

    async def find(self, texts: Sequence[str]) -> Sequence[tuple[PersonalSpan, ...]]:
        """Return the spans of each text, in order of start, not overlapping."""

    async def mask(self, texts: Sequence[str]) -> Sequence[tuple[str, tuple[str, ...]]]:
        """Return each text with its personal data replaced for good, and the types of that."""
