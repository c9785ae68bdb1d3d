"""The durable hand-over between receiving a message and answering it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from docket import Docket
from redis.exceptions import RedisError

from adapters.errors import NotAcceptedError, OverloadedError
from adapters.types import IncomingDeletion, IncomingMessage, ThreadId
from bot.breakers import Circuit
from bot.ending import ended
from bot.errors import TakenOverError, TryAgainError
from bot.queue.claims import OPEN_STATES, Claim, Closed, State, Taken
from bot.queue.leases import Lease, leased
from bot.queue.mailbox import Mailbox
from bot.unquoted import unquoted

log = structlog.get_logger(__name__)

_TASK = "answer_thread"
T = TypeVar("T")
Answer = Callable[[Lease], Awaitable[Closed]]
"""Answers what is claimed; raises TryAgainError where it can't be done now."""


class Inbox:
    """Takes messages durably, and has the docket's workers answer them.

    Each accepted message brings a task of the docket, which claims its thread and answers all
    that waits there, turn by turn. A task that finds the thread claimed has nothing to do: who
    holds it looks again before letting go, and the watchdog sees who died over it.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        docket: Docket,
        circuit: Circuit,
        *,
        timeout_s: float,
        max_open: int,
    ) -> None:
        self._mailbox = mailbox
        self._docket = docket
        self._circuit = circuit
        self._timeout_s = timeout_s
        self._max_open = max_open
        self._answer: Answer | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        docket.register(unquoted(self._answer_thread), names=[_TASK])

    async def accept(self, message: IncomingMessage) -> bool:
        """Write `message` durably; False when it was taken before.

        Raises:
            NotAcceptedError: Redis can't take it in time.
            OverloadedError: Too many messages wait, in its thread or everywhere.
        """
        return await self.in_time(lambda: self._accepted(message))

    async def edit(self, message: IncomingMessage) -> str:
        """Give a message that waits its new words; see `Mailbox.edit`.

        Raises:
            NotAcceptedError: Redis can't take it in time.
        """
        return await self.in_time(lambda: self._mailbox.edit(message))

    async def remove(self, deletion: IncomingDeletion) -> str:
        """Take a message back that waits; see `Mailbox.remove`.

        Raises:
            NotAcceptedError: Redis can't take it in time.
        """
        return await self.in_time(lambda: self._mailbox.remove(deletion))

    def serve(self, answer: Answer) -> None:
        """Let `answer` answer what is claimed, whenever a worker of the docket runs."""
        self._answer = answer

    async def wake(self, thread: ThreadId, occasion: str) -> None:
        """See to it that a task looks at `thread`; one task for one `occasion`."""
        await self._docket.add(_TASK, key=f"answer:{thread}:{occasion}")(str(thread))

    async def stop(self, grace_s: float) -> None:
        """Finish the current answers within `grace_s`, and hand the others back."""
        self._is_stopping = True
        if not self._answering:
            return
        _, late = await asyncio.wait(self._answering, timeout=grace_s)
        if late:
            log.info("handed_back", count=len(late))
            await asyncio.gather(*map(ended, late))

    async def in_time(self, do: Callable[[], Awaitable[T]]) -> T:
        """Return what `do` does with Redis, in time for the platform that waits.

        Raises:
            NotAcceptedError: Redis can't do it in time.
        """
        try:
            with self._circuit.guard():
                async with asyncio.timeout(self._timeout_s):
                    return await do()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("not_accepted", error=type(error).__name__)
            raise NotAcceptedError(type(error).__name__) from error

    async def _accepted(self, message: IncomingMessage) -> bool:
        again_s = 2 * self._mailbox.lease_s
        if not await self._mailbox.watch(message, after_s=again_s, max_open=self._max_open):
            raise OverloadedError("too many messages wait")
        taken, state = await self._mailbox.accept(message)
        if state not in OPEN_STATES:
            await self._mailbox.unwatch(message)
        if taken is Taken.FULL:
            raise OverloadedError("too many messages wait in this thread")
        if state is State.RECEIVED:
            await self.wake(message.thread, message.message_id)
            await self._mailbox.queued(message)
        return taken is Taken.NEW

    async def _answer_thread(self, thread: str) -> None:
        if self._answer is None or self._is_stopping:
            log.warning("not_answering", thread=thread)  # the watchdog of those who do will see it
            return
        # A task of its own, so that stopping can end it without ending the docket's.
        task = asyncio.create_task(self._answer_all(ThreadId.parse(thread), self._answer))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def _answer_all(self, thread: ThreadId, answer: Answer) -> None:
        claim = await self._mailbox.claim(thread)
        while claim is not None and await self._answered(claim, answer):
            claim = await self._mailbox.claim(thread, claim.token)
            if claim is not None and self._is_stopping:
                await self._mailbox.hand_back(claim)
                return

    async def _answered(self, claim: Claim, answer: Answer) -> bool:
        """Answer one turn; True where the claim goes on to more."""
        try:
            async with leased(self._mailbox, claim) as lease:
                closed = await answer(lease)
        except TryAgainError as error:
            log.info("again_later", thread=str(claim.thread), after_s=error.after_s)
            await self._mailbox.hand_back(claim, after_s=error.after_s)
            return False
        except TakenOverError:
            log.warning("claim_lost", thread=str(claim.thread))
            return False
        except asyncio.CancelledError:
            await self._mailbox.hand_back(claim)
            raise
        return await self._mailbox.close(claim, closed)
