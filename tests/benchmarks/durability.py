"""What the durable way costs, and what a second worker brings."""

import tempfile
import time
from pathlib import Path

from adapters.types import Addressed, Audience, IncomingMessage, Person, ThreadId, Visibility
from bot.loading import Models
from tests.benchmarks.figures import Table, percentile
from tests.faults.cluster import running_cluster
from tests.faults.load import Load, tagged
from tests.running import copied, running
from tests.servers.openai import ModelServer
from tests.servers.slack import ANN, CHANNEL, SlackServer

_ROUNDS = 100
_BURST = 240
QUESTION = "How many days of annual leave do I get, tag-paper-river?"


async def measure(index: Path, models: Models) -> list[Table]:
    """Return both tables; `index` is a data folder with the sample company."""
    return [await _added(index, models), await _throughput(index)]


async def _added(index: Path, models: Models) -> Table:
    """Answer the same question directly and durably, in turn, in one process."""
    direct: list[float] = []
    durable: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        data_dir = copied(index, Path(scratch) / "data")
        async with (
            SlackServer(has_rate_limits=False) as slack,
            ModelServer(script=tagged) as model,
            running(data_dir, models, slack, model=model, limits_factor=1000) as citewell,
        ):
            await slack.replies(await citewell.people.mention(QUESTION))
            adapter = citewell.parts.durable.adapters["slack"]
            for _ in range(_ROUNDS):
                message = _message(slack)
                started = time.perf_counter()
                await citewell.parts.answering.answer_through(message, adapter.stream(message))
                direct.append(time.perf_counter() - started)
                ts = slack.workspace.next_ts()
                people = citewell.people
                event = people.event(
                    "app_mention", f"<@U> {QUESTION}", user=ANN, channel=CHANNEL, ts=ts
                )
                started = time.perf_counter()
                await people.deliver(event)
                await slack.replies(ts)
                durable.append(time.perf_counter() - started)
    rows = []
    for name, values in (("direct", direct), ("durable", durable)):
        rows.append([name, *(f"{percentile(values, s) * 1000:.1f}" for s in (0.5, 0.95))])
    added = [(b - a) * 1000 for a, b in zip(direct, durable, strict=True)]
    rows.append(["**added**", *(f"**{percentile(added, s):.1f}**" for s in (0.5, 0.95))])
    return Table(
        title=f"The durable way against the orchestrator alone, {_ROUNDS} pairs, in ms",
        head=["way", "p50", "p95"],
        rows=rows,
    )


async def _throughput(index: Path) -> Table:
    rates = {workers: await _rate(index, workers) for workers in (1, 2)}
    return Table(
        title=f"Messages a second against an instant model, {_BURST} at once",
        head=["1 worker", "2 workers", "ratio"],
        rows=[[f"{rates[1]:.1f}", f"{rates[2]:.1f}", f"{rates[2] / rates[1]:.2f}"]],
    )


async def _rate(index: Path, workers: int) -> float:
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            SlackServer(has_rate_limits=False) as slack,
            ModelServer(script=tagged) as model,
            running_cluster(
                Path(scratch) / "c",
                index,
                slack,
                model,
                receivers=1,
                workers=workers,
                CITEWELL_LIMITS_FACTOR="1000",
            ) as cluster,
        ):
            load = Load(cluster, threads=_BURST, channels=40)
            started = time.perf_counter()
            await load.run(_BURST, a_second=10_000)
            await slack.until(lambda: _whole(slack) == _BURST, timeout_s=300)
            return _BURST / (time.perf_counter() - started)


def _whole(slack: SlackServer) -> int:
    return sum(bool(message.links) for message in slack.messages())


def _message(slack: SlackServer) -> IncomingMessage:
    person = Person(id=ANN, workspace=slack.workspace.team)
    ts = slack.workspace.next_ts()
    return IncomingMessage(
        event_id=f"Ev{ts}",
        message_id=ts,
        thread=ThreadId(platform="slack", workspace=person.workspace, channel=CHANNEL, thread=ts),
        person=person,
        audience=Audience(visibility=Visibility.CHANNEL, person=person),
        addressed=Addressed.MENTION,
        text=QUESTION,
        sent_at_s=float(ts),
    )
