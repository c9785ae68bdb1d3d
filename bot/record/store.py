"""The ledger of answers in Redis: a key an entry, which ends by itself."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.types import IncomingMessage
from bot.record.entry import Entry, entry_of, parsed, written
from bot.record.notes import Notes
from bot.record.pseudonyms import Pseudonyms
from bot.record.query import Query
from bot.types import Answer

log = structlog.get_logger(__name__)

DAY_S = 86_400
_TIMEOUT_S = 2.0
_MAX_A_DAY = 1_000_000
_ENTRIES = "citewell:answers:entry:"
_DAYS = "citewell:answers:day:"
_PERSONS = "citewell:answers:person:"
_THREADS = "citewell:answers:thread:"
_MESSAGES = "citewell:answers:message:"


class RedisAnswerLedger:
    """Adds entries, finds them, and forgets them; none is ever changed.

    An entry ends after `days`, and what points to it a day later at most. A stream would keep the
    bytes of what is taken out of it. `on_failure` is told of each entry that could not be written.
    """

    def __init__(
        self,
        redis: Redis,
        pseudonyms: Pseudonyms,
        *,
        days: int,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._redis = redis
        self._pseudonyms = pseudonyms
        self._ttl_s = days * DAY_S
        self._on_failure = on_failure

    async def record(
        self, message: IncomingMessage, answer: Answer, *, ms: Mapping[str, float], notes: Notes
    ) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                person = await self._pseudonyms.of(message.person, message.thread.platform)
                await self.add(entry_of(message, answer, person=person, ms=ms, notes=notes))
        except (RedisError, OSError, TimeoutError) as error:
            log.error("ledger_failed", error=type(error).__name__)  # noqa: TRY400 - facts only
            self._on_failure()

    async def add(self, entry: Entry) -> str:
        """Write `entry` down and return its id.

        Raises:
            RedisError: It can't be written.
        """
        at_s = time.time()
        entry_id = f"{round(at_s * 1000):013d}-{secrets.token_hex(4)}"
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_ENTRIES + entry_id, written(entry), ex=self._ttl_s)
            for key in (_day(at_s), *_indexes(entry)):
                pipe.zadd(key, {entry_id: at_s})
                pipe.zremrangebyscore(key, "-inf", at_s - self._ttl_s)
                pipe.zremrangebyrank(key, 0, -_MAX_A_DAY - 1)
                pipe.expire(key, self._ttl_s + DAY_S)
            await pipe.execute()
        return entry_id

    async def find(self, query: Query) -> AsyncIterator[Entry]:
        """Yield what `query` asks for, the newest first.

        Raises:
            RedisError: It can't be read.
        """
        left = query.limit
        async for entry in self._candidates(query):
            if not query.fits(entry):
                continue
            yield entry
            left -= 1
            if left <= 0:
                return

    async def count(self, person: str) -> int:
        """Return how many entries there are of the person with this pseudonym."""
        entries = [await self._read(each) for each in await self._indexed(_PERSONS + person)]
        return sum(entry is not None for entry in entries)

    async def forget(self, person: str) -> int:
        """Take out every entry of the person with this pseudonym; return how many there were."""
        ids = await self._indexed(_PERSONS + person)
        gone = 0
        for entry_id in ids:
            entry = await self._read(entry_id)
            if entry is None:
                continue
            async with self._redis.pipeline(transaction=True) as pipe:
                for key in (_day(_at_s(entry_id)), *_indexes(entry)):
                    pipe.zrem(key, entry_id)
                pipe.delete(_ENTRIES + entry_id)
                await pipe.execute()
            gone += 1
        await self._redis.delete(_PERSONS + person)
        return gone

    async def _candidates(self, query: Query) -> AsyncIterator[Entry]:
        indexes = await self._those_of(query)
        if indexes is None:
            async for entry in self._by_day(query):
                yield entry
            return
        ids = [entry_id for index in indexes for entry_id in await self._indexed(index)]
        for entry_id in sorted(ids, reverse=True):  # they begin with the time
            found = await self._read(entry_id)
            if found is not None:
                yield found

    async def _indexed(self, key: str) -> list[str]:
        found: list[bytes] = await self._redis.zrange(key, 0, -1)  # type: ignore[assignment]
        return list(map(_text, found))

    async def _those_of(self, query: Query) -> Sequence[str] | None:
        if query.message is not None:
            return (_message_key(*query.message),)
        if query.people is not None:
            return [_PERSONS + await self._pseudonyms.of_parts(*whose) for whose in query.people]
        return (_THREADS + query.thread,) if query.thread else None

    async def _by_day(self, query: Query) -> AsyncIterator[Entry]:
        first = max(query.since_s, time.time() - self._ttl_s - DAY_S)
        last = min(query.until_s, time.time())
        for number in range(int(last // DAY_S), int(first // DAY_S) - 1, -1):
            for entry_id in reversed(await self._indexed(_day(number * DAY_S))):
                found = await self._read(entry_id)
                if found is not None:
                    yield found

    async def _read(self, entry_id: str) -> Entry | None:
        kept = await self._redis.get(_ENTRIES + entry_id)
        if not isinstance(kept, bytes):
            return None
        try:
            return parsed(kept, entry_id=entry_id, at_s=_at_s(entry_id))
        except ValueError as error:
            log.warning("ledger_entry_unreadable", error=type(error).__name__)
            return None


def _indexes(entry: Entry) -> Sequence[str]:
    messages = (entry.asked, *entry.replies)
    return (
        _PERSONS + entry.person,
        _THREADS + entry.thread,
        *(_message_key(entry.channel, message) for message in messages),
    )


def _message_key(channel: str, message: str) -> str:
    return f"{_MESSAGES}{quote(channel, safe='')}/{quote(message, safe='')}"


def _day(at_s: float) -> str:
    return f"{_DAYS}{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"


def _at_s(entry_id: str) -> float:
    return int(entry_id.partition("-")[0]) / 1000


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
