"""Hears of what changes in Redis from Redis itself, so that no test has to guess when."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from redis.asyncio import Redis

Until = Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]
"""Returns when what it is given is so; that is asked again after each change."""


@asynccontextmanager
async def hearing(redis: Redis, key: str, *, timeout_s: float = 60) -> AsyncIterator[Until]:
    """Hear of each change of the hash at `key`."""
    await redis.config_set("notify-keyspace-events", "Kh")
    heard: asyncio.Queue[None] = asyncio.Queue()

    async def until(is_so: Callable[[], Awaitable[object]]) -> None:
        while not await is_so():
            await asyncio.wait_for(heard.get(), timeout_s)

    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(f"__keyspace@0__:{key}")

        async def listen() -> None:
            async for _ in pubsub.listen():
                heard.put_nowait(None)

        listening = asyncio.create_task(listen())
        yield until
        listening.cancel()
    await redis.config_set("notify-keyspace-events", "")
