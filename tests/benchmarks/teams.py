"""How fast Teams' activities are taken: botbuilder as shipped, ours, and ours durably."""

import asyncio
import json
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.benchmarks.figures import Table, percentile
from tests.faults.cluster import running_cluster
from tests.processes import environment, said
from tests.running import free_port
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer
from tests.servers.teams import TeamsPeople, TeamsServer

_ACTIVITIES = 2_000
_AS_SHIPPED = 400
_CONNECTIONS = 20
_THREADS = 400


async def measure(index: Path) -> Table:
    """Return the table; `index` is a data folder with any documents."""
    rows = []
    async with TeamsServer(has_rate_limits=False) as teams:
        rates = {}
        for kind, count in (("shipped", _AS_SHIPPED), ("ours", _ACTIVITIES)):
            async with _receiver(kind, teams) as url:
                rates[kind] = await _taken(teams, url, count)
        with tempfile.TemporaryDirectory() as scratch:
            async with (
                SlackServer() as slack,
                ModelServer() as model,
                running_cluster(
                    Path(scratch) / "c",
                    index,
                    slack,
                    model,
                    receivers=1,
                    workers=0,
                    teams=teams,
                    CITEWELL_MAX_OPEN="100000",
                    CITEWELL_LIMITS_FACTOR="1000",
                ) as cluster,
            ):
                rates["durably"] = await _taken(teams, cluster.urls[0], _ACTIVITIES)
    first = rates["shipped"][0]
    names = {
        "shipped": "botbuilder's adapter as shipped, a bot that does nothing",
        "ours": "ours, up to the hand-over",
        "durably": "ours, written durably before the acknowledgement",
    }
    for kind, (rate, p50_s, p95_s) in rates.items():
        cells = [f"{rate:.0f}", f"{rate / first:.1f}", f"{p50_s * 1000:.1f}", f"{p95_s * 1000:.1f}"]
        rows.append([names[kind], *cells])
    return Table(
        title=f"Teams' activities taken, {_CONNECTIONS} connections",
        head=["way", "a second", "ratio", "p50 ms", "p95 ms"],
        rows=rows,
    )


@asynccontextmanager
async def _receiver(kind: str, teams: TeamsServer) -> AsyncIterator[str]:
    port = free_port()
    words = (kind, str(port), teams.app_id, teams.workspace.tenant, teams.password)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.teams_receiver", *words,
        env=environment(Path("unused"), **teams.environment), stderr=PIPE,
    )  # fmt: skip
    await said(process, b"listening")
    yield f"http://127.0.0.1:{port}/api/messages"
    process.kill()
    await process.wait()


async def _taken(teams: TeamsServer, url: str, count: int) -> tuple[float, float, float]:
    """Deliver `count` activities and return how many a second, the median and the 95th part."""
    people = TeamsPeople(teams, url)
    headers = {
        "Authorization": f"Bearer {teams.signer.token()}",
        "Content-Type": "application/json",
    }
    bodies = [
        json.dumps(people.activity("hello there", conversation=f"a:{n % _THREADS}"))
        for n in range(count + 1)
    ]
    spent: list[float] = []
    connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def deliver(body: str) -> None:
            began = time.perf_counter()
            async with session.post(url, data=body, headers=headers) as response:
                assert response.status in {200, 201}, response.status
            spent.append(time.perf_counter() - began)

        await deliver(bodies.pop())  # the keys, and who it is
        spent.clear()
        waiting = iter(bodies)

        async def deliver_all() -> None:
            for body in waiting:
                await deliver(body)

        began = time.perf_counter()
        await asyncio.gather(*(deliver_all() for _ in range(_CONNECTIONS)))
        rate = count / (time.perf_counter() - began)
    return rate, percentile(spent, 0.5), percentile(spent, 0.95)
