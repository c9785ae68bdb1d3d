"""The index on a Qdrant server or cluster."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import httpx
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError
from knowledge.indexes.payload import (
    DATES,
    DENSE,
    HEAD,
    INTEGERS,
    KEYWORDS,
    MAX_SOURCES,
    PREFETCH,
    SPARSE,
    cosines,
    everything,
    head_of,
    in_order,
    moment,
    passage_of,
    payload_of,
    record_of,
)
from knowledge.types import (
    ALL,
    ANYONE,
    ChunkRecord,
    HybridQuery,
    Passage,
    Principal,
    Scope,
    Shelf,
    SparseVector,
)

_TIMEOUT_S = 10
_PAGE = 1000
_BATCH = 256
_FIELDS = {
    **dict.fromkeys(KEYWORDS, models.PayloadSchemaType.KEYWORD),
    **dict.fromkeys(INTEGERS, models.PayloadSchemaType.INTEGER),
    **dict.fromkeys(DATES, models.PayloadSchemaType.DATETIME),
}
_FAILURES = (ApiException, QdrantException, httpx.HTTPError, OSError, TimeoutError, ValueError)


class ServerIndex:
    """A `RebuildableIndex` in collections named after the embedding model and a rising number.

    The alias `citewell-MODEL_live` names the live one, and everybody asks that: a switch is one
    step for all processes. A document that another process writes in the moment between the last
    look and the switch is missing until its next sync.
    """

    def __init__(self, client: AsyncQdrantClient, collection: str, embedding: str = "") -> None:
        self._client = client
        self._collection = collection
        self._embedding = embedding

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
        index = cls(client, _alias(embedding), embedding)
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
        first = models.FieldCondition(key="position", match=models.MatchValue(value=0))
        asked = models.Filter(must=[first])
        found = [r.payload or {} async for r in self._scrolled(asked, ["location", "content_hash"])]
        return {payload["location"]: payload["content_hash"] for payload in found}

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        permitted = _permitted(query, readers)
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

    async def passages(
        self, chunk_ids: Sequence[str], *, readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        wanted: list[int | str] = [*chunk_ids]
        permitted = models.Filter(must=[models.HasIdCondition(has_id=wanted), *_readable(readers)])
        found = [record async for record in self._scrolled(permitted)]
        return tuple(passage_of(str(record.id), record.payload or {}, 0.0) for record in found)

    async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        asked = models.Filter(must=[_any("location", locations)])
        found = self._scrolled(asked, with_vectors=True)
        return in_order([_record(record) async for record in found])

    async def shelf(
        self, *, readers: frozenset[Principal], limit: int, scope: Scope = ALL
    ) -> Shelf:
        permitted = _permitted(everything(scope), readers)
        first = models.FieldCondition(key="position", match=models.MatchValue(value=0))
        try:
            found = await self._client.facet(
                self._collection,
                key="source",
                facet_filter=models.Filter(must=[permitted, first]),
                limit=MAX_SOURCES,
                exact=True,
            )
            records, _ = await self._client.scroll(
                self._collection, scroll_filter=permitted, limit=limit, with_payload=list(HEAD)
            )
            return Shelf(
                documents={str(hit.value): hit.count for hit in found.hits},
                heads=tuple(head_of(record.payload or {}) for record in records),
            )
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error

    async def count(self) -> int:
        try:
            return (await self._client.count(self._collection)).count
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error

    async def begin(self, embedding: str, size: int, *, is_fresh: bool = False) -> "ServerIndex":
        try:
            live = await self._live(embedding)
            name = _numbered(embedding, _number_of(live) + 1 if live else 1)
            if is_fresh:
                await self._client.delete_collection(name)
            if not await self._client.collection_exists(name):
                await self._create(name, size)
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error
        return ServerIndex(self._client, name)

    async def switch(self, embedding: str, documents: Mapping[str, str] | None = None) -> bool:
        try:
            live = await self._live(embedding)
            name = _numbered(embedding, _number_of(live) + 1 if live else 1)
            wanted = await self.documents() if documents is None else documents
            if await ServerIndex(self._client, name).documents() != wanted:
                return False
            await self._point(embedding, name, live)
            if live:
                await self._client.delete_collection(live)
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error
        return True

    async def _scrolled(
        self, asked: models.Filter, only: list[str] | None = None, *, with_vectors: bool = False
    ) -> AsyncIterator[models.Record]:
        offset = None
        while True:
            try:
                records, offset = await self._client.scroll(
                    self._collection,
                    scroll_filter=asked,
                    limit=_PAGE,
                    offset=offset,
                    with_payload=only or True,
                    with_vectors=with_vectors,
                )
            except _FAILURES as error:
                raise KnowledgeUnavailableError(type(error).__name__) from error
            for record in records:
                yield record
            if offset is None:
                return

    async def _delete(self, gone: models.Filter) -> None:
        try:
            await self._client.delete(
                self._collection, models.FilterSelector(filter=gone), wait=True
            )
        except _FAILURES as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error

    async def _prepare(self, size: int) -> None:
        """Make the collection and its alias where there are none, and fields without an index."""
        live = await self._live(self._embedding)
        if not live:
            # A collection of the time before there were numbers is the first one.
            live = _numbered(self._embedding, 0)
            if not await self._client.collection_exists(live):
                live = _numbered(self._embedding, 1)
                if not await self._client.collection_exists(live):
                    await self._create(live, size)
            await self._point(self._embedding, live, "")
        await self._check(live, size)

    async def _create(self, name: str, size: int) -> None:
        await self._client.create_collection(
            name,
            vectors_config={DENSE: models.VectorParams(size=size, distance=models.Distance.COSINE)},
            sparse_vectors_config={SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )
        for field, kind in _FIELDS.items():
            await self._client.create_payload_index(name, field, field_schema=kind)

    async def _live(self, embedding: str) -> str:
        """Return the collection that the alias names; empty where there is none."""
        found = await self._client.get_aliases()
        names = {about.alias_name: about.collection_name for about in found.aliases}
        return names.get(_alias(embedding), "")

    async def _point(self, embedding: str, name: str, live: str) -> None:
        """Make the alias name another collection, in one step."""
        alias = _alias(embedding)
        gone = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
        made = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
        )
        await self._client.update_collection_aliases([gone, made] if live else [made])

    async def _check(self, name: str, size: int) -> None:
        about = await self._client.get_collection(name)
        vectors = about.config.params.vectors
        dense = vectors.get(DENSE) if isinstance(vectors, dict) else None
        if dense is None or dense.size != size:
            raise IndexMismatchError(
                f"the collection {name} does not hold vectors of {size} values; "
                "delete it, or set CITEWELL_EMBEDDING_MODEL to the model it was built with"
            )
        for field, kind in _FIELDS.items():
            if field not in about.payload_schema:
                await self._client.create_payload_index(name, field, field_schema=kind)


def _point(record: ChunkRecord) -> models.PointStruct:
    sparse = models.SparseVector(
        indices=list(record.sparse.indices), values=list(record.sparse.values)
    )
    return models.PointStruct(
        id=record.chunk.id,
        vector={DENSE: list(record.dense), SPARSE: sparse},
        payload=payload_of(record.chunk),
    )


def _readable(readers: frozenset[Principal]) -> list[models.FieldCondition]:
    return [] if ANYONE in readers else [_any("readers", sorted(readers))]


def _permitted(query: HybridQuery, readers: frozenset[Principal]) -> models.Filter:
    """Return what a passage must be: readable, of the version asked for, within the scope."""
    scope = query.scope
    must = _readable(readers)
    if query.version:
        must.append(_any("versions", [query.version]))
    if scope.sources:
        must.append(_any("source", sorted(scope.sources)))
    if scope.since:
        since = models.DatetimeRange(gte=datetime.fromisoformat(moment(scope.since)))
        must.append(models.FieldCondition(key="modified", range=since))
    if scope.until:
        until = models.DatetimeRange(lt=datetime.fromisoformat(moment(scope.until)))
        must.append(models.FieldCondition(key="modified", range=until))
    left_out = [_any("thread", [scope.without_thread])] if scope.without_thread else []
    return models.Filter(must=[*must], must_not=[*left_out])


def _record(found: models.Record) -> ChunkRecord:
    vectors = found.vector if isinstance(found.vector, dict) else {}
    words = vectors.get(SPARSE)
    sparse = SparseVector(indices=(), values=())
    if isinstance(words, models.SparseVector):
        sparse = SparseVector(indices=tuple(words.indices), values=tuple(words.values))
    return record_of(str(found.id), found.payload or {}, vectors, sparse)


def _model(embedding: str) -> str:
    return f"citewell-{re.sub(r'[^A-Za-z0-9.-]+', '-', embedding)}"


def _alias(embedding: str) -> str:
    return f"{_model(embedding)}_live"


def _numbered(embedding: str, number: int) -> str:
    return f"{_model(embedding)}_{number}" if number else _model(embedding)


def _number_of(collection: str) -> int:
    number = collection.rpartition("_")[2]
    return int(number) if number.isdigit() else 0


def _any(field: str, values: Sequence[str]) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchAny(any=list(values)))
