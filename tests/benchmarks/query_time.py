"""How long the embedded index takes for a question as it grows, with readers in the filter."""

import asyncio
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.indexes.edge import EdgeIndex
from knowledge.types import (
    EVERYONE,
    Chunk,
    ChunkRecord,
    Document,
    HybridQuery,
    Principal,
    Section,
    SparseVector,
)
from tests.benchmarks.figures import Table, percentile

SIZES = (1_000, 10_000, 100_000)
_DIMENSIONS = 384
_CHUNKS_A_DOCUMENT = 10
_TOPICS = 200
_WORDS = 30_000
_COMMONEST = 10  # rank of the commonest word: those before it are stop words
_WORDS_A_CHUNK = 60
_WORDS_A_QUESTION = 6
_GROUPS = 20
_QUESTIONS = 200
_LIMIT = 40  # what retrieval asks for before it orders
_STAFF = frozenset({Principal("public"), EVERYONE, Principal("user:T1:U1")})


class Corpus:
    """Chunks of made-up topics: near vectors and Zipf's words; half of them for one group only."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._topics = self._random.normal(size=(_TOPICS, _DIMENSIONS))

    def documents(self, chunks: int) -> Iterator[tuple[str, list[ChunkRecord]]]:
        """Yield documents with their location until there are `chunks` chunks."""
        for number in range(chunks // _CHUNKS_A_DOCUMENT):
            location = f"file:///{number}"
            group = Principal(f"group:{self._random.integers(_GROUPS)}")
            readers = frozenset({EVERYONE if number % 2 else group})
            document = Document(
                id=str(number),
                location=location,
                url=location,
                title=f"Page {number}",
                sections=(Section(heading_path=(), anchor="", text="words"),),
                readers=readers,
                content_hash=str(number),
            )
            yield location, [self._record(document, n) for n in range(_CHUNKS_A_DOCUMENT)]

    def question(self) -> HybridQuery:
        """Return a question about one of the topics."""
        return HybridQuery(dense=self._vector(), sparse=self._words(_WORDS_A_QUESTION))

    def _record(self, document: Document, position: int) -> ChunkRecord:
        chunk = Chunk(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{document.location}#{position}")),
            position=position,
            document=document,
            heading_path=("A heading",),
            url=document.url,
            text="A passage of about the usual length. " * 20,
        )
        return ChunkRecord(chunk=chunk, dense=self._vector(), sparse=self._words(_WORDS_A_CHUNK))

    def _vector(self) -> tuple[float, ...]:
        topic = self._topics[self._random.integers(_TOPICS)]
        vector: NDArray[np.float64] = topic + self._random.normal(size=_DIMENSIONS)
        return tuple((vector / np.linalg.norm(vector)).tolist())

    def _words(self, count: int) -> SparseVector:
        ranks = np.exp(self._random.uniform(np.log(_COMMONEST), np.log(_WORDS), count))
        drawn = np.unique(ranks.astype(np.int64))
        return SparseVector(indices=tuple(drawn.tolist()), values=(1.0,) * len(drawn))


async def measure() -> Table:
    """Return the time of a search at each size, and how fast the index grew."""
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(await _row(size, Path(folder)))
    head = ["passages", "written/s", "first start after", "p50", "p95", "on disk"]
    return Table(title="Query time of the embedded index, in ms", head=head, rows=rows)


async def _row(size: int, folder: Path) -> list[str]:
    corpus = Corpus(seed=size)
    index = await EdgeIndex.open(folder, embedding="bench", size=_DIMENSIONS)
    writing_s = 0.0
    for location, records in corpus.documents(size):
        started = time.perf_counter()
        await index.replace(location, records)
        writing_s += time.perf_counter() - started
    await index.close()
    started = time.perf_counter()
    index = await EdgeIndex.open(folder, embedding="bench", size=_DIMENSIONS)
    opening_s = time.perf_counter() - started
    spent_ms = [await _timed(index, corpus.question()) for _ in range(_QUESTIONS + 1)][1:]
    await index.close()
    on_disk = await asyncio.to_thread(_bytes_below, folder)
    return [
        f"{size:,}",
        f"{size / writing_s:,.0f}",
        f"{opening_s:.1f} s",
        f"{percentile(spent_ms, 0.5):.1f}",
        f"{percentile(spent_ms, 0.95):.1f}",
        f"{on_disk / 1024**2:.0f} MB",
    ]


def _bytes_below(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


async def _timed(index: EdgeIndex, query: HybridQuery) -> float:
    started = time.perf_counter()
    await index.search(query, readers=_STAFF, limit=_LIMIT)
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    print(asyncio.run(measure()))  # noqa: T201 - this is what it is for
