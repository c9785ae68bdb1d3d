"""An announcement stands once in each channel, whatever becomes of the process that posts it."""

import asyncio
from collections.abc import Awaitable, Callable

from docket import Docket
from redis.asyncio import Redis

from adapters.errors import AdapterError, RateLimitedError, UncertainError
from adapters.types import Reply, SentReply, ThreadId
from bot.controls.announcing import Announcements
from bot.crypto import Cipher
from bot.queue.work import working
from tests.keeping import KeepingAdapter

PLACE = ("slack", "T1")


class Trouble(KeepingAdapter):
    """Refuses, once or always, in the channels that it is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.troubles: dict[str, list[BaseException]] = {}
        self.updated: list[str] = []

    async def send(self, thread: ThreadId, reply: Reply) -> SentReply:
        if troubles := self.troubles.get(thread.channel):
            raise troubles.pop(0)
        return await super().send(thread, reply)

    async def update(self, sent: SentReply, reply: Reply) -> SentReply:
        self.updated.append(f"{sent.thread.channel} {sent.messages[0]} {reply.text}")
        return sent


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_each_channel_gets_it_once_and_what_is_not_known_is_not_repeated(
    docket: Docket, redis: Redis, cipher: Cipher
) -> None:
    adapter = Trouble()
    adapter.troubles = {
        "C2": [RateLimitedError("slack", 0.1)],
        "C3": [UncertainError("slack", "timeout")],
        "C4": [AdapterError("slack", "not_in_channel")],
    }
    announcements = Announcements(docket, redis, cipher, {"slack": adapter})
    died = await announcements.begin(*PLACE, ["C1", "C5"], "Half of it")
    # as a process leaves it that is killed while it posts in the first channel
    await redis.hset(f"citewell:announced:{died}", "C1", "sending")
    name = await announcements.begin(*PLACE, ["C1", "C2", "C3", "C4"], "We move on Friday.")

    async def is_over() -> bool:
        standing = await announcements.standing(*PLACE)
        return not any({"waiting", "sending"} & set(each.states) for each in standing)

    async with working(docket, concurrency=4):
        await until(is_over)
    for task in (died, name):  # a worker's task that is delivered again
        sealed = await redis.hget(f"citewell:announced:{task}", ":order")
        assert isinstance(sealed, bytes)
        await docket.add("announce", key=f"again:{task}")(task, sealed.decode())
    async with working(docket, concurrency=4):
        async with asyncio.timeout(60):
            while (await docket.snapshot()).total_tasks:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    sent = [adapter.sent.get_nowait() for _ in range(adapter.sent.qsize())]
    newest, oldest = await announcements.standing(*PLACE)
    withdrawn = await announcements.withdraw(name, *PLACE)

    assert sorted((thread.channel, reply.text) for thread, reply in sent) == [
        ("C1", "We move on Friday."),
        ("C2", "We move on Friday."),
        ("C5", "Half of it"),
    ]
    assert newest.states == {"sent": 2, "unclear": 1, "refused (not_in_channel)": 1}
    assert oldest.states == {"sent": 1, "unclear": 1}
    assert await announcements.standing("slack", "T2") == []
    assert withdrawn == 2
    assert sorted(adapter.updated) == [
        "C1 9.9 _This announcement was withdrawn._",
        "C2 9.9 _This announcement was withdrawn._",
    ]
