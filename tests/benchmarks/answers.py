"""How long people and platforms wait: a real `citewell serve`, the strict ones, a fast model."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Table, memory_mb, percentile
from tests.running import free_port
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackPeople, SlackServer
from tests.servers.teams import TeamsPeople, TeamsServer

QUESTIONS = (
    "How many days of annual leave do I get?",
    "How do I reset my password?",
    "What may a hotel cost in Paris?",
    "Who leads the People team?",
    "My name is Sarah Connor, how long is parental leave?",
)
_ANSWERS = 200
_EVENTS_A_SECOND = 50
_SECONDS = 10


class Log:
    """The lines that a program logs, as they come."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._changed = asyncio.Condition()

    async def add(self, line: bytes) -> None:
        """Take in a line."""
        if line.startswith(b"{"):
            self.lines.append(json.loads(line))
            async with self._changed:
                self._changed.notify_all()

    async def until(self, event: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until `event` was logged so often, and return those lines."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._of(event)) >= count)
        return self._of(event)

    def _of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@asynccontextmanager
async def serving(
    data_dir: Path, model: ModelServer, platform: Mapping[str, str]
) -> AsyncIterator[tuple[Process, str, float, Log]]:
    """Run the program; yields it, its address, the seconds until it was ready, and its log."""
    port = free_port()
    settings = {
        "CITEWELL_DATA_DIR": str(data_dir),
        "CITEWELL_PORT": str(port),
        "CITEWELL_LOG_FORMAT": "json",
        "CITEWELL_LIMITS_FACTOR": "1000",
        "OPENAI_API_KEY": model.api_key,
        "OPENAI_BASE_URL": model.base_url,
        **platform,
    }
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve",
        env={**os.environ, **settings}, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
    )  # fmt: skip
    log = Log()
    reading = asyncio.create_task(_read(process, log))
    await log.until("ready")
    ready_s = time.perf_counter() - started
    try:
        yield process, f"http://127.0.0.1:{port}", ready_s, log
    finally:
        process.terminate()
        await process.wait()
        await reading


async def _read(process: Process, log: Log) -> None:
    assert process.stderr is not None
    async for line in process.stderr:
        await log.add(line)


async def measure(data_dir: Path) -> list[Table]:
    """Return what an answer and an acknowledgement take, and what the process needs."""
    async with (
        SlackServer(has_rate_limits=False) as slack,
        ModelServer() as model,
        serving(data_dir, model, _slack(slack)) as (process, address, ready_s, log),
    ):
        people = SlackPeople(slack, url=f"{address}/slack/events")
        waits = [await _one(people, slack, log, n) for n in range(_ANSWERS + 1)]
        answered = await log.until("answered", len(waits))
        memory = memory_mb(process.pid)
        acks = await _acks(people)
        assert slack.violations == []
    by_step = _by_step("Slack", waits[1:], answered[1:])  # the first one opens connections
    tables = [by_step, _ack_table(acks), _process_table(ready_s, memory)]
    return [*tables, await _in_teams(data_dir)]


async def _in_teams(data_dir: Path) -> Table:
    """Ask in a channel, where the answer is one message: a personal chat is paced by Teams."""
    async with (
        TeamsServer(has_rate_limits=False) as teams,
        ModelServer() as model,
        serving(data_dir, model, _teams(teams)) as (_, address, _, log),
    ):
        people = TeamsPeople(teams, f"{address}/api/messages")
        waits = []
        for number in range(_ANSWERS + 1):
            started = time.monotonic()
            root = await people.mention(QUESTIONS[number % len(QUESTIONS)])
            await teams.replies(root)
            waits.append((root, time.monotonic() - started))
            await log.until("answered", number + 1)
        answered = await log.until("answered")
        assert teams.violations == []
    return _by_step("Teams", waits[1:], answered[1:])  # the first one opens connections


def _slack(slack: SlackServer) -> Mapping[str, str]:
    return {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
    }


def _teams(teams: TeamsServer) -> Mapping[str, str]:
    return {
        "MICROSOFT_APP_ID": teams.app_id,
        "MICROSOFT_APP_PASSWORD": teams.password,
        "MICROSOFT_APP_TENANT_ID": teams.workspace.tenant,
        "NO_PROXY": "127.0.0.1",
        **teams.environment,
    }


async def _one(people: SlackPeople, slack: SlackServer, log: Log, number: int) -> tuple[str, float]:
    """Ask, and return the thread and the seconds until the last byte of the reply was there.

    What follows a reply is waited for, so that it does not run beside the next question.
    """
    started = time.monotonic()
    ts = await people.mention(QUESTIONS[number % len(QUESTIONS)])
    await slack.replies(ts)
    ended = next(c.at_s for c in reversed(slack.calls) if c.method == "chat.stopStream")
    await log.until("answered", number + 1)
    return ts, ended - started


async def _acks(people: SlackPeople) -> list[float]:
    async def deliver(number: int) -> float:
        await asyncio.sleep(number / _EVENTS_A_SECOND)
        ts = f"1790000000.{number:06d}"
        text = f"<@{people.slack.workspace.bot_user}> {QUESTIONS[number % len(QUESTIONS)]}"
        kind = "app_mention" if number % 10 == 0 else "message"
        event = people.event(kind, text if number % 10 == 0 else "see you at lunch", user="U0ANN",
                             channel="C0GENERAL", ts=ts)  # fmt: skip
        return (await people.deliver({**event, "channel_type": "channel"})).ack_s

    return await asyncio.gather(*(deliver(n) for n in range(_EVENTS_A_SECOND * _SECONDS)))


def _by_step(
    platform: str, waits: list[tuple[str, float]], answered: list[dict[str, Any]]
) -> Table:
    steps: dict[str, list[float]] = defaultdict(list)
    model_ms = {line["thread"].rpartition(":")[2]: line["ms"]["model"] for line in answered}
    for line in answered:
        for name, spent in line["ms"].items():
            steps[name].append(spent)
    added = [wait * 1000 - model_ms[ts] for ts, wait in waits if ts in model_ms]
    order = ("placeholders", "redact", "recall", "rewrite", "retrieve", "reply", "remember")
    rows = [
        [name, *(f"{percentile(steps[name], share):.1f}" for share in (0.5, 0.95))]
        for name in order
    ]
    whole = ["**added in all**", *(f"**{percentile(added, s):.1f}**" for s in (0.5, 0.95))]
    return Table(
        title=f"Time added to an answer in {platform}, in ms (event sent to last reply byte, "
        "without the model)",
        head=["step", "p50", "p95"],
        rows=[*rows, whole],
    )


def _ack_table(acks: list[float]) -> Table:
    figures = [f"{percentile(acks, share) * 1000:.1f}" for share in (0.5, 0.95, 0.99)]
    return Table(
        title=f"Acknowledgement at {_EVENTS_A_SECOND} events/s, one in ten a question, in ms",
        head=["p50", "p95", "p99"],
        rows=[figures],
    )


def _process_table(ready_s: float, memory: float) -> Table:
    return Table(
        title="The process",
        head=["start to ready", f"memory after {_ANSWERS} answers"],
        rows=[[f"{ready_s:.1f} s", f"{memory:.0f} MB"]],
    )
