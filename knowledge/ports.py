"""What knowledge needs from outside itself, and what its index must do."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from knowledge.types import ChunkRecord, HybridQuery, Passage, PersonalSpan, Principal


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

        One query: a dense and a sparse prefetch, each filtered by `readers`, fused.
        Raises as above.
        """

    async def count(self) -> int:
        """Return how many chunks there are. Raises as above."""


class PersonalDataFinder(Protocol):
    """Marks personal data in documents once, at ingestion: answering then needs no time for it."""

    async def find(self, texts: Sequence[str]) -> Sequence[tuple[PersonalSpan, ...]]:
        """Return the spans of each text, in order of start, not overlapping."""
