"""The index on a Qdrant server or cluster."""

import asyncio
import re
from collections.abc import Mapping, Sequence

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError
from knowledge.indexes.payload import (
    DENSE,
    PREFETCH,
    SPARSE,
    cosines,
    passage_of,
    payload_of,
)
from knowledge.types import ChunkRecord, HybridQuery, Passage, Principal

_TIMEOUT_S = 10
_PAGE = 1000
_BATCH = 256
_FAILURES = (ApiException, QdrantException, httpx.HTTPError, OSError, TimeoutError, ValueError)


class ServerIndex:
    """A `VectorIndex` in one collection, `citewell-` and the embedding model's name."""

    def __init__(self, client: AsyncQdrantClient, collection: str) -> None:
        self._client = client
        self._collection = collection

    @classmethod
    async def connect(
        cls, url: str, *, api_key: str | None, embedding: str, size: int
    ) -> "ServerIndex":
        """Connect to the server at `url` and create the collection where there is none.

        Raises:
            KnowledgeUnavailableError: The server does not answer, or refuses the key.
            IndexMismatchError: The collection holds vectors of another size.
        """
        # Its own warnings (a key over plain HTTP, a version a little older) are for `doctor`.
        client = AsyncQdrantClient(
            url, api_key=api_key, timeout=_TIMEOUT_S, check_compatibility=False
        )
        return await cls.on(client, embedding=embedding, size=size)

    @classmethod
    async def on(cls, client: AsyncQdrantClient, *, embedding: str, size: int) -> "ServerIndex":
        """Use `client`, which `close` then closes; raises as `connect` does."""
        collection = f"citewell-{re.sub(r'[^A-Za-z0-9.-]+', '-', embedding)}"
        index = cls(client, collection)
        try:
            await index._prepare(size)
        except _FAILURES as error:
            await client.close()
            raise KnowledgeUnavailableError(type(error).__name__) from error
        except IndexMismatchError:
            await client.close()
            raise
        return index

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        # What is gone goes first: a crash then leaves the old hash, and the next run does it again.
        kept: list[int | str] = [record.chunk.id for record in records]
        await self._delete(
            models.Filter(
                must=[_any("location", [location])],
                must_not=[models.HasIdCondition(has_id=kept)],
            )
        )
        # The first chunk carries the document's hash, so it is written last.
        points = [_point(record) for record in records][::-1]
        for start in range(0, len(points), _BATCH):
            batch = points[start : start + _BATCH]
            try:
                await self._client.upsert(self._collection, batch, wait=True)
            except _FAILURES as error:
                raise KnowledgeUnavailableError(type(error).__name__) from error

    async def remove(self, locations: Sequence[str]) -> None:
        if locations:
            await self._delete(models.Filter(must=[_any("location", locations)]))

    async def documents(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        first = models.FieldCondition(key="position", match=models.MatchValue(value=0))
        offset = None
        while True:
            try:
                records, offset = await self._client.scroll(
                    self._collection,
                    scroll_filter=models.Filter(must=[first]),
                    limit=_PAGE,
                    offset=offset,
                    with_payload=["location", "content_hash"],
                )
            except _FAILURES as error:
                raise KnowledgeUnavailableError(type(error).__name__) from error
            for record in records:
                payload = record.payload or {}
                found[payload["location"]] = payload["content_hash"]
            if offset is None:
                return found

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        conditions = [_any("readers", sorted(readers))]
        if query.version:
            conditions.append(_any("versions", [query.version]))
        permitted = models.Filter(must=[*conditions])
        depth = max(PREFETCH, limit)
        prefetch = [
            models.Prefetch(query=list(query.dense), using=DENSE, filter=permitted, limit=depth)
        ]
        if query.sparse.indices:
            words = models.SparseVector(
                indices=list(query.sparse.indices), values=list(query.sparse.values)
            )
            prefetch.append(
                models.Prefetch(query=words, using=SPARSE, filter=permitted, limit=depth)
            )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._client.query_points(
                    self._collection,
                    prefetch=prefetch,
                    query=models.FusionQuery(fusion=models.Fusion.DBSF),
                    query_filter=permitted,
                    limit=limit,
                    with_payload=True,
                    with_vectors=[DENSE],
                )
            similar = cosines(query.dense, [point.vector for point in response.points])
            return tuple(
                passage_of(str(point.id), point.payload or {}, point.score, similarity)
                for point, similarity in zip(response.points, similar, strict=True)
            )
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error

    async def count(self) -> int:
        try:
            return (await self._client.count(self._collection)).count
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error

    async def _delete(self, gone: models.Filter) -> None:
        try:
            await self._client.delete(
                self._collection, models.FilterSelector(filter=gone), wait=True
            )
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error

    async def _prepare(self, size: int) -> None:
        if await self._client.collection_exists(self._collection):
            await self._check(size)
            return
        await self._client.create_collection(
            self._collection,
            vectors_config={DENSE: models.VectorParams(size=size, distance=models.Distance.COSINE)},
            sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )
        for field, kind in (
            ("location", models.PayloadSchemaType.KEYWORD),
            ("readers", models.PayloadSchemaType.KEYWORD),
            ("versions", models.PayloadSchemaType.KEYWORD),
            ("position", models.PayloadSchemaType.INTEGER),
        ):
            await self._client.create_payload_index(self._collection, field, field_schema=kind)

    async def _check(self, size: int) -> None:
        about = await self._client.get_collection(self._collection)
        vectors = about.config.params.vectors
        dense = vectors.get(DENSE) if isinstance(vectors, dict) else None
        if dense is None or dense.size != size:
            raise IndexMismatchError(
                f"the collection {self._collection} does not hold vectors of {size} values; "
                "delete it, or set CITEWELL_EMBEDDING_MODEL to the model it was built with"
            )


def _point(record: ChunkRecord) -> models.PointStruct:
    sparse = models.SparseVector(
        indices=list(record.sparse.indices), values=list(record.sparse.values)
    )
    return models.PointStruct(
        id=record.chunk.id,
        vector={DENSE: list(record.dense), SPARSE: sparse},
        payload=payload_of(record.chunk),
    )


def _any(field: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
