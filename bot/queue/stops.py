"""Where a press of Stop waits for the worker that writes the answer."""

from redis.asyncio import Redis

from adapters.types import ThreadId

_TTL_S = 120


class StopSigns:
    """One sign a thread; forgotten after two minutes."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, thread: ThreadId) -> None:
        """Ask that the answer in `thread` stop."""
        await self._redis.set(_key(thread), "1", ex=_TTL_S)

    async def clear(self, thread: ThreadId) -> None:
        """Begin anew: what was asked before is over."""
        await self._redis.delete(_key(thread))

    async def is_put(self, thread: ThreadId) -> bool:
        """Return whether the answer in `thread` was asked to stop."""
        return bool(await self._redis.exists(_key(thread)))


def _key(thread: ThreadId) -> str:
    return f"citewell:{{{thread}}}:stop"
