"""Ends background tasks for certain."""

import asyncio

_AGAIN_S = 0.2


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel `task` and return when it has ended.

    Again and again: a library underneath may swallow a cancellation that reaches it in the middle
    of a call, and a loop would then go on for ever.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN_S)
