"""Who took part in which thread, so that what a thread remembers can be forgotten with a person."""

from collections.abc import AsyncIterator

from redis.asyncio import Redis

from adapters.ports import ReplyStream
from adapters.types import IncomingMessage, ThreadId
from bot.ports import Line
from bot.record.addresses import AddressBook
from bot.record.pseudonyms import Pseudonyms
from bot.types import Answer

_PEOPLE = "citewell:people:"
_BATCH = 500


class Participants:
    """The pseudonyms of a thread's people, for as long as the thread is remembered."""

    def __init__(self, redis: Redis, pseudonyms: Pseudonyms, *, ttl_s: int) -> None:
        self._redis = redis
        self._pseudonyms = pseudonyms
        self._ttl_s = ttl_s

    async def note(self, message: IncomingMessage) -> None:
        """Note that whoever wrote `message` takes part in its thread."""
        key = _PEOPLE + str(message.thread)
        person = await self._pseudonyms.of(message.person, message.thread.platform)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(key, person)
            pipe.expire(key, self._ttl_s)
            await pipe.execute()

    async def of(self, thread: ThreadId) -> list[str]:
        """Return the pseudonyms of those who took part in `thread`."""
        found = await self._redis.smembers(_PEOPLE + str(thread))
        return [who.decode() if isinstance(who, bytes) else who for who in found]

    async def threads(self, person: str) -> list[ThreadId]:
        """Return the threads in which the person with this pseudonym took part."""
        return [thread async for thread in self._threads(person)]

    async def forget(self, thread: ThreadId) -> None:
        """Forget who took part in `thread`."""
        await self._redis.delete(_PEOPLE + str(thread))

    async def _threads(self, person: str) -> AsyncIterator[ThreadId]:
        # Forgetting is rare: looking at every thread costs less than a second index for each turn.
        batch: list[str] = []
        async for key in self._redis.scan_iter(f"{_PEOPLE}*", count=_BATCH):
            batch.append(key.decode())
            if len(batch) == _BATCH:
                for thread in await self._those_with(person, batch):
                    yield thread
                batch.clear()
        for thread in await self._those_with(person, batch):
            yield thread

    async def _those_with(self, person: str, keys: list[str]) -> list[ThreadId]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.sismember(key, person)
            found = await pipe.execute()
        with_them = (key for key, is_in in zip(keys, found, strict=True) if is_in)
        return [ThreadId.parse(key.removeprefix(_PEOPLE)) for key in with_them]


class AttendedLine:
    """The straight line; before anything of a message is remembered, it is noted whose it is."""

    def __init__(self, line: Line, participants: Participants, addresses: AddressBook) -> None:
        self._line = line
        self._participants = participants
        self._addresses = addresses

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        await self._participants.note(message)
        await self._addresses.note(message)
        return await self._line.answer(message, reply)
