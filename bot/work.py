"""Runs the durable queue's tasks in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from docket import Docket, Worker

_CHECK_INTERVAL = timedelta(milliseconds=50)


@asynccontextmanager
async def working(
    docket: Docket, concurrency: int, *, takeover_s: float = 30.0
) -> AsyncIterator[None]:
    """Run the docket's tasks while inside; the current ones are finished at the end.

    A task of a worker that died is taken over after `takeover_s`; a living one keeps its own.
    """
    worker = Worker(
        docket,
        concurrency=concurrency,
        redelivery_timeout=timedelta(seconds=takeover_s),
        minimum_check_interval=_CHECK_INTERVAL,
    )
    async with worker:
        running = asyncio.create_task(worker.run_forever(), name=f"{docket.name} worker")
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait([running])
