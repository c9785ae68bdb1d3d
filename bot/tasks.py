"""Work that goes on beside what people wait for, bounded, and ended with the process."""

import asyncio
from collections.abc import Coroutine

_MOST = 100


class Background:
    """At most 100 tasks at a time."""

    def __init__(self, *, name: str) -> None:
        self._name = name
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> bool:
        """Begin `work`; False where too much goes on already, and then it is not begun."""
        if len(self._running) >= _MOST:
            work.close()
            return False
        task = asyncio.create_task(work, name=self._name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return True

    async def stop(self) -> None:
        """End what goes on."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
