"""An index in front of another one: what its kinds have in common."""

from collections.abc import Mapping, Sequence

from knowledge.ports import VectorIndex
from knowledge.types import ChunkRecord, HybridQuery, Passage, Principal


class WrappedIndex:
    """Hands every call on to `inner`; a kind of it adds what it does beside writing."""

    def __init__(self, inner: VectorIndex) -> None:
        self._inner = inner

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        await self._inner.replace(location, records)

    async def remove(self, locations: Sequence[str]) -> None:
        await self._inner.remove(locations)

    async def documents(self) -> Mapping[str, str]:
        return await self._inner.documents()

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        return await self._inner.search(query, readers=readers, limit=limit)

    async def passages(
        self, chunk_ids: Sequence[str], *, readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        return await self._inner.passages(chunk_ids, readers=readers)

    async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        return await self._inner.records(locations)

    async def count(self) -> int:
        return await self._inner.count()
