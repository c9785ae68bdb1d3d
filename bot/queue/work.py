"""Runs the durable queue's tasks in this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from docket import Docket, Worker

from bot.ending import ended

log = structlog.get_logger(__name__)

_DRAIN_S = 10.0
_RECONNECTION_DELAY = timedelta(seconds=1)
_CHECK_INTERVAL = timedelta(milliseconds=50)


@asynccontextmanager
async def working(
    docket: Docket,
    concurrency: int,
    *,
    takeover_s: float = 30.0,
    stop: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[None]:
    """Run the docket's tasks while inside; the current ones are finished at the end.

    A task of a worker that died is taken over after `takeover_s`; a living one keeps its own.
    `stop` is awaited when no more tasks are begun: it may end the current ones early.
    """
    worker = Worker(
        docket,
        concurrency=concurrency,
        redelivery_timeout=timedelta(seconds=takeover_s),
        reconnection_delay=_RECONNECTION_DELAY,
        minimum_check_interval=_CHECK_INTERVAL,
    )
    async with worker:
        running = asyncio.create_task(_run(worker), name=f"{docket.name} worker")
        try:
            yield
        finally:
            running.cancel()  # it begins no more, and drains what it began
            if stop is not None:
                await stop()
            await asyncio.wait([running], timeout=_DRAIN_S)
            await ended(running)


async def _run(worker: Worker) -> None:
    """Run the worker, and again where it broke: a process that answers nothing helps nobody."""
    while True:
        try:
            await worker.run_forever()
        except Exception as error:
            log.error("worker_broke", exc_info=error)  # noqa: TRY400 - facts only
            await asyncio.sleep(_RECONNECTION_DELAY.total_seconds())
        else:
            return
