"""How long the embedded index takes for a question as it grows, with readers in the filter."""

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from knowledge.indexes.edge import EdgeIndex
from tests.benchmarks.figures import Table, percentile
from tests.benchmarks.index_corpus import DIMENSIONS, Corpus

SIZES = (1_000, 10_000, 100_000)
_QUESTIONS = 300
_WARM = 20
_LIMIT = 40  # what retrieval asks for before it orders
_MB = 1024**2

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a process measured that opened an index and asked it."""

    opening_s: float
    spent_ms: tuple[float, ...]
    own_mb: float
    mapped_mb: float


async def measure(sizes: Sequence[int] = SIZES, below: Path | None = None) -> Table:
    """Return the time of a search at each size, how fast the index grew, and what it takes."""
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=below) as folder:
            rows.append(await asyncio.to_thread(_row, size, Path(folder)))
    head = ["passages", "written/s", "first start after", "later", "p50", "p95"]
    return Table(
        title="Query time of the embedded index, in ms",
        head=[*head, "memory", "of it mapped files", "on disk"],
        rows=rows,
    )


def _row(size: int, folder: Path) -> list[str]:
    writing_s = _elsewhere(_built, size, folder)
    first_s = _elsewhere(_opened, size, folder)
    asked = _elsewhere(_asked, size, folder)
    on_disk = sum(p.stat().st_blocks * 512 for p in folder.rglob("*") if p.is_file())
    return [
        f"{size:,}",
        f"{size / writing_s:,.0f}",
        f"{first_s:.1f} s",
        f"{asked.opening_s:.1f} s",
        f"{percentile(asked.spent_ms, 0.5):.1f}",
        f"{percentile(asked.spent_ms, 0.95):.1f}",
        f"{asked.own_mb + asked.mapped_mb:,.0f} MB",
        f"{asked.mapped_mb:,.0f} MB",
        f"{on_disk / _MB:,.0f} MB",
    ]


def _elsewhere(
    work: Callable[[int, Path], Coroutine[None, None, Result]], size: int, folder: Path
) -> Result:
    """Do `work` in a process of its own, so that its memory is its own, too."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_run, work, size, folder).result()


def _run(
    work: Callable[[int, Path], Coroutine[None, None, Result]], size: int, folder: Path
) -> Result:
    return asyncio.run(work(size, folder))


async def _built(size: int, folder: Path) -> float:
    """Write an index of `size` passages and return the seconds that the index took for it."""
    index = await EdgeIndex.open(folder, embedding="bench", size=DIMENSIONS)
    writing_s = 0.0
    for location, records in Corpus(size).documents():
        started = time.perf_counter()
        await index.replace(location, records)
        writing_s += time.perf_counter() - started
    await index.close()
    return writing_s


async def _opened(size: int, folder: Path) -> float:
    """Open an index of `size` passages for the first time and return the seconds it took."""
    started = time.perf_counter()
    index = await EdgeIndex.open(folder, embedding="bench", size=DIMENSIONS)
    opening_s = time.perf_counter() - started
    await index.close()
    return opening_s


async def _asked(size: int, folder: Path) -> Asked:
    before = _held_mb()
    started = time.perf_counter()
    index = await EdgeIndex.open(folder, embedding="bench", size=DIMENSIONS)
    opening_s = time.perf_counter() - started
    corpus = Corpus(size)
    spent_ms = [await _timed(index, corpus) for _ in range(_WARM + _QUESTIONS)][_WARM:]
    own, mapped = (now - then for now, then in zip(_held_mb(), before, strict=True))
    await index.close()
    return Asked(
        opening_s=opening_s,
        spent_ms=tuple(spent_ms),
        own_mb=own,
        mapped_mb=mapped,
    )


async def _timed(index: EdgeIndex, corpus: Corpus) -> float:
    query, readers = corpus.question(), corpus.asker()
    started = time.perf_counter()
    await index.search(query, readers=readers, limit=_LIMIT)
    return (time.perf_counter() - started) * 1000


def _held_mb() -> tuple[float, float]:
    """Return what this process holds now: memory of its own, and files that it mapped."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    held = {line.split(":")[0]: line.split(":")[1] for line in lines if line.startswith("Rss")}
    own, mapped = (int(held[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
    return own, mapped


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many passages")
    parser.add_argument("--below", type=Path, help="the folder for the indexes")
    given = parser.parse_args()
    print(asyncio.run(measure(given.sizes, given.below)))  # noqa: T201 - this is what it is for
