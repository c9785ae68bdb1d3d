"""Qdrant's own engine, in this process: one index in one folder."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar, cast
from uuid import UUID

import qdrant_edge as edge
import structlog

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

_PAGE = 1000
GRAPH_FROM = 20_000  # chunks without a graph: up to there comparing with each takes few ms
# The engine's type stubs don't say that a variant is of its enumeration's own type.
_FUSION = cast(edge.Fusion, edge.Fusion.Dbsf())
# Only fields that nearly every search filters by get links of their own in the graph: those of
# the others would double the time that it takes.
_LINKED = ("readers", "source")
_FIELDS: dict[str, edge.KeywordIndexParams | edge.IntegerIndexParams | edge.DatetimeIndexParams] = {
    **{field: edge.KeywordIndexParams(enable_hnsw=field in _LINKED) for field in KEYWORDS},
    **dict.fromkeys(INTEGERS, edge.IntegerIndexParams(lookup=True, range=True, enable_hnsw=False)),
    **dict.fromkeys(DATES, edge.DatetimeIndexParams(enable_hnsw=False)),
}
# In a graph, vectors of one byte a value are walked, and twice as many as asked for are scored
# again by the whole ones: docs/performance.md has what that costs and finds.
_SMALLER = edge.ScalarQuantizationConfig(
    edge.ScalarType.Int8, quantile=0.99, memory=edge.Memory.Pinned
)
_RESCORED = edge.SearchParams(
    quantization=edge.QuantizationSearchParams(rescore=True, oversampling=2.0)
)
_WHOLE = edge.SearchParams(quantization=edge.QuantizationSearchParams(ignore=True))

Result = TypeVar("Result")

log = structlog.get_logger(__name__)


class Engine:
    """A `VectorIndex` in one folder; one process at a time may have it open.

    One thread writes, so that updates keep their order.
    """

    def __init__(self, shard: edge.EdgeShard) -> None:
        self._shard = shard
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="index-writer")
        self._is_closed = False
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="index-reader")

    @classmethod
    async def open(cls, folder: Path, *, size: int, graph_from: int = GRAPH_FROM) -> "Engine":
        """Open the index in `folder` for vectors of `size` values, or make an empty one there.

        One that grew by `graph_from` chunks or more first gets a graph to search in: a minute or
        more at 100,000. Later would not do: the engine answers nothing meanwhile.

        Raises:
            IndexMismatchError: What is there can't be read, or holds vectors of another size.
        """
        try:
            return cls(await asyncio.to_thread(_opened, folder, size, graph_from))
        except Exception as error:  # the engine raises its own Exception subclasses
            raise IndexMismatchError(
                f"the index in {folder} can't be opened ({error}); move that folder away and "
                "ingest again"
            ) from error

    async def close(self) -> None:
        """Write everything to disk and let another process open the folder; again is nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.to_thread(self._readers.shutdown)  # what is being read is read to its end
        await self._in(self._writer, self._shard.close)
        self._writer.shutdown()

    async def make_graph(self, graph_from: int) -> None:
        """Make a graph to search in, if `graph_from` chunks or more have none."""
        await self._in(self._writer, lambda: _with_graph(self._shard, graph_from))

    async def flush(self) -> None:
        """Write everything to disk."""
        await self._in(self._writer, self._shard.flush)

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        await self._in(self._writer, lambda: self._replace(location, records))

    async def remove(self, locations: Sequence[str]) -> None:
        if locations:
            gone = edge.Filter(must=[_any("location", locations)])
            await self._in(self._writer, lambda: self._update_by_filter(gone))

    async def documents(self) -> Mapping[str, str]:
        return await self._in(self._readers, self._documents)

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        return await self._in(self._readers, lambda: self._search(query, readers, limit))

    async def passages(
        self, chunk_ids: Sequence[str], *, readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        return await self._in(self._readers, lambda: self._passages(chunk_ids, readers))

    async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        return await self._in(self._readers, lambda: self._records(locations))

    async def shelf(
        self, *, readers: frozenset[Principal], limit: int, scope: Scope = ALL
    ) -> Shelf:
        return await self._in(self._readers, lambda: self._shelf(readers, limit, scope))

    async def count(self) -> int:
        return await self._in(self._readers, lambda: self._shard.count(edge.CountRequest()))

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except (RuntimeError, ValueError) as error:
            raise KnowledgeUnavailableError(type(error).__name__) from error

    def _replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        # What is gone goes first: a crash then leaves the old hash, and the next run does it again.
        kept: set[int | UUID | str] = {record.chunk.id for record in records}
        self._update_by_filter(
            edge.Filter(must=[_any("location", [location])], must_not=[edge.HasIdCondition(kept)])
        )
        points = [
            edge.Point(
                record.chunk.id,
                {
                    DENSE: list(record.dense),
                    SPARSE: edge.SparseVector(
                        list(record.sparse.indices), list(record.sparse.values)
                    ),
                },
                payload_of(record.chunk),
            )
            for record in records
        ]
        if points:
            self._shard.update(edge.UpdateOperation.upsert_points(points))

    def _update_by_filter(self, gone: edge.Filter) -> None:
        self._shard.update(edge.UpdateOperation.delete_points_by_filter(gone))

    def _documents(self) -> dict[str, str]:
        first = edge.Filter(must=[edge.FieldCondition("position", match=edge.MatchValue(0))])
        payloads = (
            record.payload or {} for record in self._scrolled(first, ["location", "content_hash"])
        )
        return {payload["location"]: payload["content_hash"] for payload in payloads}

    def _passages(
        self, chunk_ids: Sequence[str], readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        wanted: set[int | UUID | str] = set(chunk_ids)
        permitted = edge.Filter(must=[edge.HasIdCondition(wanted), *_readable(readers)])
        found = self._scrolled(permitted)
        return tuple(passage_of(str(record.id), record.payload or {}, 0.0) for record in found)

    def _shelf(self, readers: frozenset[Principal], limit: int, scope: Scope) -> Shelf:
        permitted = _permitted(everything(scope), readers)
        first = edge.FieldCondition("position", match=edge.MatchValue(0))
        documents = edge.FacetRequest(
            "source", limit=MAX_SOURCES, exact=True, filter=edge.Filter(must=[permitted, first])
        )
        heads, _ = self._shard.scroll(
            edge.ScrollRequest(limit=limit, filter=permitted, with_payload=list(HEAD))
        )
        return Shelf(
            documents={str(hit.value): hit.count for hit in self._shard.facet(documents).hits},
            heads=tuple(head_of(record.payload or {}) for record in heads),
        )

    def _records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        asked = edge.Filter(must=[_any("location", locations)])
        found = self._scrolled(asked, with_vector=True)
        return in_order(map(_record, found))

    def _scrolled(
        self, asked: edge.Filter, only: list[str] | None = None, *, with_vector: bool = False
    ) -> Iterator[edge.Record]:
        offset: int | UUID | str | None = None
        while True:
            records, offset = self._shard.scroll(
                edge.ScrollRequest(
                    offset=offset,
                    limit=_PAGE,
                    filter=asked,
                    with_payload=only or True,
                    with_vector=with_vector,
                )
            )
            yield from records
            if offset is None:
                return

    def _search(
        self, query: HybridQuery, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        permitted = _permitted(query, readers)
        depth = max(PREFETCH, limit)
        dense = edge.Query.Nearest(list(query.dense), using=DENSE)
        prefetches = [edge.Prefetch(limit=depth, query=dense, filter=permitted, params=_RESCORED)]
        if query.sparse.indices:
            words = edge.SparseVector(list(query.sparse.indices), list(query.sparse.values))
            sparse = edge.Query.Nearest(words, using=SPARSE)
            prefetches.append(edge.Prefetch(limit=depth, query=sparse, filter=permitted))
        points = self._shard.query(
            edge.QueryRequest(limit=limit, query=_FUSION, prefetches=prefetches)
        )
        ids = [point.id for point in points]
        similar = self._similar(dense, set(ids))
        # Payloads are read for what was found alone: with the query, all candidates' would be.
        stored = {
            record.id: record.payload
            for record in self._shard.retrieve(ids, with_payload=True, with_vector=False)
        }
        found = (
            passage_of(str(p.id), stored.get(p.id) or {}, p.score, similar.get(p.id, 0.0))
            for p in points
            if p.id in stored  # else it was removed meanwhile
        )
        # Its readers may have changed meanwhile, too.
        return tuple(passage for passage in found if _is_for(passage.readers, readers))

    def _similar(
        self, dense: edge.Query, found: set[int | UUID | str]
    ) -> dict[int | UUID | str, float]:
        """Return the cosine of each found chunk: the engine is quicker at it than its vectors."""
        if not found:
            return {}
        only = edge.Filter(must=[edge.HasIdCondition(found)])
        request = edge.QueryRequest(limit=len(found), query=dense, filter=only, params=_WHOLE)
        return {point.id: point.score for point in self._shard.query(request)}


def _opened(folder: Path, size: int, graph_from: int) -> edge.EdgeShard:
    config = edge.EdgeConfig(
        vectors={
            DENSE: edge.EdgeVectorParams(
                size=size, distance=edge.Distance.Cosine, quantization_config=_SMALLER
            )
        },
        sparse_vectors={SPARSE: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
    )
    if folder.exists() and any(folder.iterdir()):
        shard = edge.EdgeShard.load(str(folder), config)
    else:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        shard = edge.EdgeShard.create(str(folder), config)
    known = shard.info().payload_schema
    for field, kind in _FIELDS.items():
        if field not in known:
            shard.update(edge.UpdateOperation.create_field_index(field, kind))
    return _with_graph(shard, graph_from)


def _with_graph(shard: edge.EdgeShard, graph_from: int) -> edge.EdgeShard:
    info = shard.info()
    # Sparse vectors always count as indexed, dense ones where a graph was made of them.
    without = 2 * info.points_count - info.indexed_vectors_count
    if without >= graph_from:
        log.info("index_graph_begun", passages=info.points_count)
        shard.optimize()
    return shard


def _readable(readers: frozenset[Principal]) -> list[edge.FieldCondition]:
    return [] if ANYONE in readers else [_any("readers", sorted(readers))]


def _is_for(named: frozenset[Principal], readers: frozenset[Principal]) -> bool:
    return ANYONE in readers or not named.isdisjoint(readers)


def _permitted(query: HybridQuery, readers: frozenset[Principal]) -> edge.Filter:
    """Return what a passage must be: readable, of the version asked for, within the scope."""
    scope = query.scope
    must = _readable(readers)
    if query.version:
        must.append(_any("versions", [query.version]))
    if scope.sources:
        must.append(_any("source", sorted(scope.sources)))
    if scope.since:
        since = edge.RangeDateTime(gte=moment(scope.since))
        must.append(edge.FieldCondition("modified", range=since))
    if scope.until:
        until = edge.RangeDateTime(lt=moment(scope.until))
        must.append(edge.FieldCondition("modified", range=until))
    left_out = [_any("thread", [scope.without_thread])] if scope.without_thread else []
    return edge.Filter(must=[*must], must_not=[*left_out])


def _record(found: edge.Record) -> ChunkRecord:
    vectors = found.vector if isinstance(found.vector, Mapping) else {}
    words = vectors.get(SPARSE)
    sparse = SparseVector(indices=(), values=())
    if isinstance(words, edge.SparseVector):
        sparse = SparseVector(indices=tuple(words.indices), values=tuple(words.values))
    return record_of(str(found.id), found.payload or {}, vectors, sparse)


def _any(field: str, values: Sequence[str]) -> edge.FieldCondition:
    return edge.FieldCondition(field, match=edge.MatchAny(list(values)))
