"""The embedded index: the live one of an embedding model, and what is built beside it."""

import asyncio
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from knowledge.indexes.engine import GRAPH_FROM, Engine
from knowledge.types import ALL, ChunkRecord, HybridQuery, Passage, Principal, Scope, Shelf

log = structlog.get_logger(__name__)


class EdgeIndex:
    """A `RebuildableIndex` below a folder; one process at a time may have it open.

    Every embedding model has an index of its own there, in a folder named after the model and a
    number that rises with each rebuilding; `MODEL.live` says which number is the live one. Written
    and switched is one at a time, so nothing is written to what was just left behind.
    """

    def __init__(self, path: Path, live: Engine, *, embedding: str, graph_from: int) -> None:
        self._path = path
        self._live = live
        self._model = _slug(embedding)
        self._graph_from = graph_from
        self._beside: dict[str, Engine] = {}
        self._writing = asyncio.Lock()

    @classmethod
    async def open(
        cls, path: Path, *, embedding: str, size: int, graph_from: int = GRAPH_FROM
    ) -> "EdgeIndex":
        """Open the live index below `path` for vectors of `size` values made by `embedding`.

        One that grew by `graph_from` chunks or more first gets a graph to search in.

        Raises:
            IndexMismatchError: What is there can't be read, or holds vectors of another size.
        """
        folder = await asyncio.to_thread(_live_folder, path, _slug(embedding))
        live = await Engine.open(folder, size=size, graph_from=graph_from)
        return cls(path, live, embedding=embedding, graph_from=graph_from)

    async def close(self) -> None:
        """Write everything to disk and let another process open it; again is nothing."""
        for engine in (self._live, *self._beside.values()):
            await engine.close()

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        async with self._writing:
            await self._live.replace(location, records)

    async def remove(self, locations: Sequence[str]) -> None:
        async with self._writing:
            await self._live.remove(locations)

    async def documents(self) -> Mapping[str, str]:
        return await self._live.documents()

    async def search(
        self, query: HybridQuery, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        return await self._live.search(query, readers=readers, limit=limit)

    async def passages(
        self, chunk_ids: Sequence[str], *, readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        return await self._live.passages(chunk_ids, readers=readers)

    async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
        return await self._live.records(locations)

    async def shelf(
        self, *, readers: frozenset[Principal], limit: int, scope: Scope = ALL
    ) -> Shelf:
        return await self._live.shelf(readers=readers, limit=limit, scope=scope)

    async def count(self) -> int:
        return await self._live.count()

    async def begin(self, embedding: str, size: int, *, is_fresh: bool = False) -> Engine:
        model = _slug(embedding)
        if model in self._beside:
            await self._beside.pop(model).close()
        folder = await asyncio.to_thread(_next_folder, self._path, model, is_fresh=is_fresh)
        # Its graph is made when it is whole: while it is built nobody searches in it.
        engine = await Engine.open(folder, size=size, graph_from=self._graph_from)
        self._beside[model] = engine
        return engine

    async def switch(self, embedding: str, documents: Mapping[str, str] | None = None) -> bool:
        model = _slug(embedding)
        engine = self._beside[model]
        await engine.make_graph(self._graph_from)
        async with self._writing:
            wanted = await self._live.documents() if documents is None else documents
            if await engine.documents() != wanted:
                return False
            await engine.flush()
            left = await asyncio.to_thread(_point, self._path, model)
            del self._beside[model]
            if model == self._model:
                engine, self._live = self._live, engine
            await engine.close()
        log.info("index_switched", model=model)
        if left is not None:
            await asyncio.to_thread(shutil.rmtree, left, ignore_errors=True)
        return True


def _slug(embedding: str) -> str:
    return re.sub(r"[^\w.-]+", "-", embedding)


def _pointer(path: Path, model: str) -> Path:
    return path / f"{model}.live"


def _live_folder(path: Path, model: str) -> Path:
    """Return the folder of the live index; before the first rebuilding it needs no pointer."""
    try:
        return path / _pointer(path, model).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return path / model


def _next_folder(path: Path, model: str, *, is_fresh: bool) -> Path:
    """Return where the next index is built: what was begun there goes on, or is thrown away."""
    number = int(_live_folder(path, model).name.removeprefix(model).lstrip("@") or 1)
    folder = path / f"{model}@{number + 1}"
    if is_fresh and folder.exists():
        shutil.rmtree(folder)
    return folder


def _point(path: Path, model: str) -> Path | None:
    """Make the next index the live one, in one step; return the folder that is left behind."""
    live, following = _live_folder(path, model), _next_folder(path, model, is_fresh=False)
    pointer = _pointer(path, model)
    draft = pointer.with_name(f"{pointer.name}.new")
    draft.write_text(following.name, encoding="utf-8")
    draft.replace(pointer)
    return live if live.exists() else None
