"""The whole run: a load through the strict Slack while processes and Valkey are killed."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.cluster import Cluster, killing, running_cluster
from tests.faults.load import Load, tagged
from tests.faults.outcomes import Outcomes, outcomes
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is run."""

    messages: int
    threads: int
    channels: int
    receivers: int
    workers: int
    a_second: float
    kill_every_s: float
    takeover_s: float
    patience_s: float
    duplicates: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of it."""

    outcomes: Outcomes
    receiver_deaths: int
    worker_deaths: int
    valkey_restarts: int
    taken_over: int
    deliveries: int
    extra_replies: int
    slowest_ack_s: float
    seconds: float
    violations: tuple[str, ...]
    without_status: int
    refused_by_slack: int


async def run(
    plan: Plan, folder: Path, index: Path, say: Callable[[str], None] = lambda _: None
) -> Run:
    """Run `plan` on copies of the index in `index`, and compare."""
    started = time.monotonic()
    async with (
        SlackServer() as slack,
        ModelServer(script=tagged) as model,
        running_cluster(
            folder,
            index,
            slack,
            model,
            receivers=plan.receivers,
            workers=plan.workers,
            CITEWELL_TAKEOVER_S=str(plan.takeover_s),
        ) as cluster,
    ):
        say(f"running after {time.monotonic() - started:.0f} s")
        load = Load(cluster, threads=plan.threads, channels=plan.channels)
        await _under_harm(plan, cluster, load)
        say(f"all accepted after {time.monotonic() - started:.0f} s")
        await _until_all_visible(load, slack, plan.patience_s, say)
        await asyncio.sleep(2 * plan.takeover_s)  # what comes twice comes late
        replies = len(slack.messages())
        extra = await load.again(plan.duplicates)
        await asyncio.sleep(plan.takeover_s if plan.duplicates else 0)
        statuses = {(channel, thread) for channel, thread, _ in slack.workspace.statuses}
        return Run(
            outcomes=outcomes(load.asked, slack),
            receiver_deaths=sum(member.deaths for member in cluster.receivers),
            worker_deaths=sum(member.deaths for member in cluster.workers),
            valkey_restarts=cluster.valkey_restarts,
            taken_over=cluster.count("taken_over"),
            deliveries=sum(one.tries for one in load.asked) + extra,
            extra_replies=len(slack.messages()) - replies,
            slowest_ack_s=max(one.slowest_ack_s for one in load.asked),
            seconds=time.monotonic() - started,
            violations=tuple(slack.violations),
            without_status=sum((q.channel, q.thread) not in statuses for q in load.asked),
            refused_by_slack=sum(slack.refused_too_often.values()),
        )


async def _under_harm(plan: Plan, cluster: Cluster, load: Load) -> None:
    """Send everything while processes die; Valkey dies in the middle of it."""
    killer = asyncio.create_task(
        killing(cluster, random.Random(7), every_s=plan.kill_every_s)  # noqa: S311 - a fixed order
    )
    sending = asyncio.create_task(load.run(plan.messages, a_second=plan.a_second))
    try:
        await asyncio.wait([sending], timeout=plan.messages / plan.a_second / 2)
        await cluster.restart_valkey()
        await sending
    finally:
        killer.cancel()
        await asyncio.wait([killer])


async def _until_all_visible(
    load: Load, slack: SlackServer, patience_s: float, say: Callable[[str], None]
) -> None:
    ends_s = time.monotonic() + patience_s
    while time.monotonic() < ends_s:
        now = outcomes(load.asked, slack)
        if not now.lost and not now.unfinished:
            return
        say(f"{now.visible} of {now.accepted} visible, {now.unfinished} being written")
        await asyncio.sleep(1)
