"""An open-loop load: messages come when they come, whoever is alive, and again until taken."""

import asyncio
import random
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.faults.cluster import Cluster
from tests.servers.openai import Answer, ChatRequest, read_prompt
from tests.servers.slack import ANN, BEN, Delivered, SlackPeople

QUESTION = "How many days of annual leave do I get, {tag}?"
_ANSWER = "Everyone at Brindlemoor has 30 days of paid annual leave a year, {tag}. [1]"
_WORDS = (
    "anchor basket bottle bridge bucket button candle carpet castle circle copper corner cotton "
    "desert dinner engine fabric feather fence garden harbour kettle ladder lantern meadow mirror "
    "needle orchard paper river shelf silver table window"
).split()
_AGAIN_S = 0.5
_MAX_TRIES = 240
_MAX_THREADS = 10_000


@dataclass(kw_only=True)
class Asked:
    """One message: where and when it was written, and when it was acknowledged."""

    thread: str
    channel: str
    ts: str
    tag: str
    accepted_at_s: float = 0.0
    slowest_ack_s: float = 0.0
    tries: int = 0


def tag_of(number: int) -> str:
    """Return words that stand for message `number`, in alphabetical order of the numbers.

    No guardrail takes them for a name, and no check minds them; after 1,156 they come again.
    """
    first, second = divmod(number % len(_WORDS) ** 2, len(_WORDS))
    return f"tag-{_WORDS[first]}-{_WORDS[second]}"


def tagged(request: ChatRequest) -> Answer:
    """Answer as a model would, naming the tags of the question."""
    question = read_prompt(request).question
    tags = [word.strip("?,.") for word in question.split() if word.startswith("tag-")]
    return Answer(text=" ".join(_ANSWER.format(tag=tag) for tag in tags) or question or "NO_ANSWER")


class Load:
    """Messages in threads; in every fourth thread one person writes all of them.

    Those may be taken together; in the other threads two people take turns, so that each
    message has a reply of its own.
    """

    def __init__(self, cluster: Cluster, *, threads: int, channels: int, seed: int = 1) -> None:
        self._cluster = cluster
        self._chance = random.Random(seed)  # noqa: S311 - the same order each time
        self._people = [SlackPeople(cluster.slack, url=url) for url in cluster.urls]
        self._numbers = count(1)
        self._channels = channels
        self._threads = [
            ("", f"C0ROOM{n % channels:02d}", n % 4 == 0) for n in range(min(threads, _MAX_THREADS))
        ]
        self.asked: list[Asked] = []

    async def run(self, messages: int, *, a_second: float) -> None:
        """Write `messages`, `a_second` of them a second, and return when all are accepted."""
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(messages):
                await asyncio.sleep(max(0.0, started + number / a_second - time.monotonic()))
                group.create_task(self._ask(number))

    def a_question(self) -> Asked:
        """Return a question in a thread of its own; nothing is sent yet."""
        number = next(self._numbers)
        ts = self._cluster.slack.workspace.next_ts()
        channel = f"C0ROOM{number % self._channels:02d}"
        return Asked(thread=ts, channel=channel, ts=ts, tag=tag_of(number))

    async def deliver(self, asked: Asked, user: str) -> Delivered:
        """Deliver a question once."""
        return await self._delivered(self._event(asked, user), f"Ev{asked.tag}")

    async def again(self, deliveries: int) -> int:
        """Deliver what was accepted once more, and return how many deliveries that were."""
        sent = 0
        for _ in range(deliveries):
            asked = self._chance.choice(self.asked)
            event = self._event(asked, ANN)
            await self._delivered(event, f"Ev{asked.tag}{sent % 3}")
            sent += 1
        return sent

    async def _ask(self, number: int) -> None:
        place = number % len(self._threads)
        root, channel, is_one_person = self._threads[place]
        round_ = number // len(self._threads)
        ts = self._cluster.slack.workspace.next_ts()
        if not root:
            root = ts
            self._threads[place] = (root, channel, is_one_person)
        asked = Asked(thread=root, channel=channel, ts=ts, tag=tag_of(next(self._numbers)))
        self.asked.append(asked)
        user = ANN if is_one_person or round_ % 2 else BEN
        await self._until_accepted(asked, user)

    async def _until_accepted(self, asked: Asked, user: str) -> None:
        """Deliver both events of a mention, again as long as they are not acknowledged."""
        event = self._event(asked, user)
        twin = {**event, "type": "message", "channel_type": "channel"}
        for number, each in enumerate((event, twin)):
            for _ in range(_MAX_TRIES):
                done = await self._delivered(each, f"Ev{asked.tag}{number}")
                asked.tries += 1
                asked.slowest_ack_s = max(asked.slowest_ack_s, done.ack_s)
                if done.status == 200:
                    asked.accepted_at_s = asked.accepted_at_s or time.monotonic()
                    break
                await asyncio.sleep(_AGAIN_S)
            else:
                raise AssertionError(f"{asked.tag} was never accepted")

    def _event(self, asked: Asked, user: str) -> dict[str, Any]:
        bot = self._cluster.slack.workspace.bot_user
        words = f"<@{bot}> {QUESTION.format(tag=asked.tag)}"
        event = self._people[0].event(
            "app_mention", words, user=user, channel=asked.channel, ts=asked.ts
        )
        return event if asked.thread == asked.ts else {**event, "thread_ts": asked.thread}

    async def _delivered(self, event: dict[str, Any], event_id: str) -> Delivered:
        people = self._chance.choice(self._people)
        return await people.deliver_once(event, event_id=event_id)
