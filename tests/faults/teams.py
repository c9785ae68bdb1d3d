"""The load and the kills with Teams as the platform, and what became of each message."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.cluster import Cluster, killing, running_cluster
from tests.faults.kills import Plan
from tests.faults.load import QUESTION, tag_of, tagged
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer
from tests.servers.teams import TeamsPeople, TeamsServer

_TAG = re.compile(r"\btag-[a-z]+-[a-z]+\b")
_PERHAPS = "whether it stands above"
_APOLOGY = "Error id"
_AGAIN_S = 0.5
_MAX_TRIES = 240


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What people see at the end."""

    accepted: int
    answered: int
    told: int  # that the answer may stand above, or that it failed
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    unfinished: int
    deaths: int
    valkey_restarts: int
    taken_over: int
    slowest_ack_s: float
    refused_by_teams: int
    seconds: float
    violations: tuple[str, ...]


@dataclass(kw_only=True)
class _Asked:
    tag: str
    place: tuple[str, str]
    activity: dict[str, Any] = field(default_factory=dict)
    slowest_ack_s: float = 0.0


async def run(
    plan: Plan, folder: Path, index: Path, say: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Run `plan`: half of its threads are personal chats, the others threads in channels."""
    started = time.monotonic()
    async with (
        SlackServer() as slack,
        TeamsServer() as teams,
        ModelServer(script=tagged) as model,
        running_cluster(
            folder,
            index,
            slack,
            model,
            receivers=plan.receivers,
            workers=plan.workers,
            teams=teams,
            CITEWELL_TAKEOVER_S=str(plan.takeover_s),
        ) as cluster,
    ):
        say(f"running after {time.monotonic() - started:.0f} s")
        asked = await _under_harm(plan, cluster, teams)
        await _until_all_visible(asked, teams, plan.patience_s, say)
        await asyncio.sleep(2 * plan.takeover_s)  # what comes twice comes late
        chance = random.Random(3)  # noqa: S311 - the same order each time
        for _ in range(plan.duplicates):
            await TeamsPeople(teams, cluster.urls[0]).deliver(chance.choice(asked).activity)
        await asyncio.sleep(plan.takeover_s if plan.duplicates else 0)
        return _outcome(asked, cluster, teams, time.monotonic() - started)


async def _under_harm(plan: Plan, cluster: Cluster, teams: TeamsServer) -> list[_Asked]:
    asked: list[_Asked] = []
    killer = asyncio.create_task(
        killing(cluster, random.Random(7), every_s=plan.kill_every_s)  # noqa: S311
    )
    sending = asyncio.create_task(_sent(plan, cluster, teams, asked))
    try:
        await asyncio.wait([sending], timeout=plan.messages / plan.a_second / 2)
        await cluster.restart_valkey()
        await sending
    finally:
        killer.cancel()
        await asyncio.wait([killer])
    return asked


async def _sent(plan: Plan, cluster: Cluster, teams: TeamsServer, asked: list[_Asked]) -> None:
    people = [TeamsPeople(teams, url) for url in cluster.urls]
    chance = random.Random(1)  # noqa: S311 - the same order each time
    roots: dict[int, str] = {}
    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(plan.messages):
            await asyncio.sleep(max(0.0, started + number / plan.a_second - time.monotonic()))
            thread = number % plan.threads
            one = _question(people[0], teams, number, thread, channels=plan.channels, roots=roots)
            asked.append(one)
            group.create_task(_until_accepted(one, people, chance))


def _question(
    people: TeamsPeople,
    teams: TeamsServer,
    number: int,
    thread: int,
    *,
    channels: int,
    roots: dict[int, str],
) -> _Asked:
    tag = tag_of(number + 1)
    words = QUESTION.format(tag=tag)
    if thread % 2:
        chat = f"a:person-{thread}"
        return _Asked(tag=tag, place=(chat, ""), activity=people.activity(words, conversation=chat))
    channel = f"19:room-{thread % channels}@thread.tacv2"
    user = "29:ann" if (number // 2) % 2 else "29:ben"
    activity = people.activity(
        f"<at>Citewell</at> {words}", user=user, conversation=channel, root=roots.get(thread, "")
    )
    roots.setdefault(thread, activity["id"])
    us = {"id": teams.workspace.bot}
    activity["entities"] = [{"type": "mention", "mentioned": us, "text": "<at>Citewell</at>"}]
    return _Asked(tag=tag, place=(channel, roots[thread]), activity=activity)


async def _until_accepted(one: _Asked, people: list[TeamsPeople], chance: random.Random) -> None:
    for _ in range(_MAX_TRIES):
        done = await chance.choice(people).deliver(one.activity)
        one.slowest_ack_s = max(one.slowest_ack_s, done.ack_s)
        if done.status == 200:
            return
        await asyncio.sleep(_AGAIN_S)
    raise AssertionError(f"{one.tag} was never accepted")


async def _until_all_visible(
    asked: list[_Asked], teams: TeamsServer, patience_s: float, say: Callable[[str], None]
) -> None:
    ends_s = time.monotonic() + patience_s
    while time.monotonic() < ends_s:
        lost, told, _ = _compared(asked, teams)
        if not lost and not any(m.is_streaming for m in teams.messages()):
            return
        say(f"{len(lost)} of {len(asked)} are not visible yet, {told} told")
        await asyncio.sleep(1)


def _compared(asked: list[_Asked], teams: TeamsServer) -> tuple[list[str], int, list[str]]:
    """Return the tags that are lost, how many people were only told, and the doubled tags."""
    lost: list[str] = []
    doubled: list[str] = []
    told = 0
    for place in {one.place for one in asked}:
        shown = [m for m in teams.messages() if (m.conversation, m.root) == place]
        counts = Counter(tag for m in shown for tag in set(_TAG.findall(m.text)))
        words = sum(_PERHAPS in m.text or _APOLOGY in m.text for m in shown)
        missing = [one.tag for one in asked if one.place == place and not counts[one.tag]]
        told += words
        lost += missing[words:]
        doubled += [tag for tag, number in counts.items() if number > 1]
    return lost, told, doubled


def _outcome(asked: list[_Asked], cluster: Cluster, teams: TeamsServer, seconds: float) -> Outcome:
    lost, told, doubled = _compared(asked, teams)
    return Outcome(
        accepted=len(asked),
        answered=len(asked) - len(lost) - told,
        told=told,
        lost=tuple(lost),
        doubled=tuple(doubled),
        unfinished=sum(m.is_streaming for m in teams.messages()),
        deaths=sum(member.deaths for member in cluster.members),
        valkey_restarts=cluster.valkey_restarts,
        taken_over=cluster.count("taken_over"),
        slowest_ack_s=max(one.slowest_ack_s for one in asked),
        refused_by_teams=sum(teams.refused_too_often.values()),
        seconds=seconds,
        violations=tuple(teams.violations),
    )
