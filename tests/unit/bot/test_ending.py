"""A background task ends even where something underneath swallows the first request to."""

import asyncio
from contextlib import suppress

from bot.ending import ended


async def test_a_task_that_swallows_a_cancellation_ends_all_the_same() -> None:
    swallowed = []

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        swallowed.append(1)
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await ended(task)

    assert swallowed == [1]
    assert task.cancelled()
