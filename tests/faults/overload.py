"""More than can be answered, for minutes: what is accepted is answered, the rest refused early."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.figures import memory_mb, percentile
from tests.faults.cluster import Cluster, running_cluster
from tests.faults.load import Asked, Load, tagged
from tests.faults.outcomes import outcomes
from tests.servers.openai import Answer, ChatRequest, ModelServer
from tests.servers.slack import ANN, BEN, SlackServer

_MAX_OPEN = 200
_PIECE_S = 0.2
_DRAIN_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Overload:
    """What came of it; memory is what all processes of ours held together, in MB."""

    sent: int
    accepted: int
    refused: int
    answered: int
    lost: int
    doubled: int
    told: int
    ack_p99_s: float
    ack_max_s: float
    memory_before_mb: float
    memory_middle_mb: float
    memory_after_mb: float
    drained_s: float


def slowly(request: ChatRequest) -> Answer:
    """Answer as `tagged` does, but take seconds for it."""
    return Answer(text=tagged(request).content, chunk_chars=20, delay_s=_PIECE_S)


async def run(
    folder: Path,
    index: Path,
    *,
    seconds: float,
    a_second: float,
    say: Callable[[str], None] = lambda _: None,
) -> Overload:
    """Send `a_second` questions a second for `seconds`, each in a thread of its own."""
    async with (
        SlackServer() as slack,
        ModelServer(script=slowly) as model,
        running_cluster(
            folder,
            index,
            slack,
            model,
            receivers=1,
            workers=2,
            CITEWELL_MAX_OPEN=str(_MAX_OPEN),
        ) as cluster,
    ):
        before = _memory_mb(cluster)
        load = Load(cluster, threads=10**9, channels=60)
        sending = asyncio.create_task(_flood(load, seconds, a_second))
        await asyncio.sleep(seconds / 2)
        middle = _memory_mb(cluster)
        acks, refused = await sending
        after = _memory_mb(cluster)
        say(f"sent; {len(load.asked)} accepted, {refused} refused")
        ended_s = time.monotonic()
        with suppress(TimeoutError):
            await slack.until(lambda: not outcomes(load.asked, slack).lost, timeout_s=_DRAIN_S)
        found = outcomes(load.asked, slack)
        return Overload(
            sent=len(acks),
            accepted=found.accepted,
            refused=refused,
            answered=found.visible,
            lost=len(found.lost),
            doubled=len(found.doubled),
            told=len(slack.workspace.private),
            ack_p99_s=percentile(acks, 0.99),
            ack_max_s=max(acks),
            memory_before_mb=before,
            memory_middle_mb=middle,
            memory_after_mb=after,
            drained_s=time.monotonic() - ended_s,
        )


async def _flood(load: Load, seconds: float, a_second: float) -> tuple[list[float], int]:
    """Send without minding what comes back; return the seconds of each ack, and the refusals."""
    acks: list[float] = []
    refused = 0
    started = time.monotonic()

    async def send(asked: Asked, user: str) -> None:
        nonlocal refused
        done = await load.deliver(asked, user)
        acks.append(done.ack_s)
        if done.status == 200:
            asked.accepted_at_s = time.monotonic()
            load.asked.append(asked)
        else:
            refused += 1

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * a_second)):
            await asyncio.sleep(max(0.0, started + number / a_second - time.monotonic()))
            group.create_task(send(load.a_question(), ANN if number % 2 else BEN))
    return acks, refused


def _memory_mb(cluster: Cluster) -> float:
    return sum(memory_mb(member.process.pid) for member in cluster.members if member.process)
