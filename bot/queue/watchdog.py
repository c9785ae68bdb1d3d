"""Finds every accepted message that nobody answers, and sees that it ends visibly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from redis.exceptions import RedisError

from bot.ending import ended
from bot.errors import TakenOverError, TryAgainError
from bot.queue.claims import OPEN_STATES, Closed, Look, State
from bot.queue.inbox import Answer, Inbox
from bot.queue.leases import leased
from bot.queue.mailbox import Mailbox

log = structlog.get_logger(__name__)

_PERIOD_S = 1.0
_BATCH = 100
_STUCK_LEASES = 4


class Watchdog:
    """Looks at what is open: wakes what nobody holds, and closes what is past its deadline.

    It runs in every process, receivers too: each entry is due for one of them only, and the
    clock is Redis'. `close` apologises; it answers nothing.
    """

    def __init__(self, mailbox: Mailbox, inbox: Inbox, close: Answer, *, deadline_s: float) -> None:
        self._mailbox = mailbox
        self._inbox = inbox
        self._close = close
        self._deadline_s = deadline_s
        self._again_s = mailbox.lease_s

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look once a second while inside."""
        task = asyncio.create_task(self._run(), name="watchdog")
        try:
            yield
        finally:
            await ended(task)

    async def look(self) -> int:
        """Look once at what is due; return how many messages that were."""
        due = await self._mailbox.due(limit=_BATCH, again_s=self._again_s)
        for message in due:
            await self._see_to(message)
        return len(due)

    async def _run(self) -> None:
        while True:
            try:
                seen = await self.look()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("watchdog_failed", error=type(error).__name__)
                seen = 0
            except Exception as error:
                log.error("watchdog_failed", exc_info=error)  # noqa: TRY400 - facts only
                seen = 0
            if seen < _BATCH:
                await asyncio.sleep(_PERIOD_S)

    async def _see_to(self, message: Look) -> None:
        if message.state not in OPEN_STATES:
            is_dead = message.state is State.FAILED
            await self._mailbox.settle(message.thread, message.message_id, is_dead=is_dead)
        elif message.is_held:
            return
        elif message.age_s > self._deadline_s:
            await self._end(message)
        else:
            await self._wake(message)

    async def _wake(self, message: Look) -> None:
        """Queue a task, unless the one that was queued for the message is still there.

        One that stays there without end is no task: after a while another one is queued too.
        """
        log.info("woken", thread=str(message.thread), state=message.state)
        old = int(message.age_s / (_STUCK_LEASES * self._again_s))
        occasion = f"{message.message_id}:{old}" if old else message.message_id
        await self._inbox.wake(message.thread, occasion)

    async def _end(self, message: Look) -> None:
        """Apologise for what waits longest in the thread; the rest is looked at again."""
        claim = await self._mailbox.claim(message.thread)
        if claim is None:
            return
        log.warning("overdue", thread=str(message.thread), age_s=round(message.age_s))
        try:
            async with leased(self._mailbox, claim) as lease:
                closed: Closed = await self._close(lease)
        except TryAgainError as error:
            await self._mailbox.hand_back(claim, after_s=error.after_s)
        except TakenOverError:
            log.warning("claim_lost", thread=str(message.thread))
        else:
            if await self._mailbox.close(claim, closed):
                await self._mailbox.hand_back(claim)
