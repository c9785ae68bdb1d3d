"""Holds what is kept to the times that are set, also after they were made shorter."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.ending import ended

log = structlog.get_logger(__name__)

_PERIOD_S = 3_600.0
_BATCH = 500


class Retention:
    """Lets every key that begins with a prefix of `limits_s` end after so many seconds at most.

    Every key is written with its end; what was written under longer times is shortened here.
    """

    def __init__(self, redis: Redis, limits_s: Mapping[str, int]) -> None:
        self._redis = redis
        self._limits_s = dict(limits_s)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweep at once and then each hour while inside."""
        task = asyncio.create_task(self._run(), name="retention")
        try:
            yield
        finally:
            await ended(task)

    async def sweep(self) -> int:
        """Shorten what would be kept too long, and return how many keys that were.

        Raises:
            RedisError: It can't be done now.
        """
        shortened = 0
        for prefix, limit_s in self._limits_s.items():
            batch: list[bytes] = []
            async for key in self._redis.scan_iter(f"{prefix}*", count=_BATCH):
                batch.append(key)
                if len(batch) == _BATCH:
                    shortened += await self._shorten(batch, limit_s)
                    batch.clear()
            shortened += await self._shorten(batch, limit_s)
        return shortened

    async def _shorten(self, keys: list[bytes], limit_s: int) -> int:
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.ttl(key)
            left_s = await pipe.execute()
        # -1 is a key without an end, -2 one that is gone already.
        long = [k for k, left in zip(keys, left_s, strict=True) if left > limit_s or left == -1]
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in long:
                pipe.expire(key, limit_s)
            await pipe.execute()
        return len(long)

    async def _run(self) -> None:
        while True:
            try:
                if count := await self.sweep():
                    log.info("retention_shortened", count=count)
            except (RedisError, OSError) as error:
                log.warning("retention_failed", error=type(error).__name__)
            await asyncio.sleep(_PERIOD_S)


def limits_of(*, thread_s: int, ledger_days: int, receipt_days: int) -> Mapping[str, int]:
    """Return how long each kind is kept at most, in seconds, by the beginning of its keys."""
    day_s = 86_400
    return {
        "citewell:turns:": thread_s,
        "citewell:attached:": thread_s,
        "citewell:placeholders:": thread_s,
        "citewell:people:": thread_s,
        # What points to entries ends a day after the last of them.
        "citewell:answers:": (ledger_days + 1) * day_s,
        "citewell:receipt:": receipt_days * day_s,
    }
