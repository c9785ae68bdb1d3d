"""The durable hand-over between receiving a message and answering it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import structlog
from docket import ConcurrencyLimit, Docket, ExponentialRetry
from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import AdapterError, NotAcceptedError
from adapters.types import Addressed, IncomingMessage, ThreadId
from bot.crypto import Cipher, UndecipherableError

log = structlog.get_logger(__name__)

_MESSAGE = TypeAdapter(IncomingMessage)
_SEEN_TTL_S = 30 * 60  # platforms deliver again for up to five minutes
_ATTEMPTS = 5
_MAX_WAITING = 50
_RETRY = ExponentialRetry(
    attempts=_ATTEMPTS, minimum_delay=timedelta(seconds=1), maximum_delay=timedelta(seconds=30)
)

# Takes a message once: 1 taken, 0 seen before, -1 the thread has too many waiting.
_TAKE = """
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if redis.call('LLEN', KEYS[3]) >= tonumber(ARGV[4]) then return -1 end
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
redis.call('SET', KEYS[2], '1', 'EX', ARGV[1])
redis.call('RPUSH', KEYS[3], ARGV[3])
redis.call('SET', KEYS[4], '1', 'EX', ARGV[2])
return 1
"""

Answer = Callable[[IncomingMessage], Awaitable[None]]


class Inbox:
    """Keeps accepted messages in Redis, sealed, until each is answered.

    A thread's messages wait in its own list; each brings one task of the docket, which answers
    the oldest one waiting. The docket runs one task a thread at a time, so a thread is answered
    in the order it was written, and gives a dead worker's task to another one.
    """

    def __init__(
        self, redis: Redis, docket: Docket, cipher: Cipher, *, ttl_s: int, timeout_s: float
    ) -> None:
        self._redis = redis
        self._docket = docket
        self._cipher = cipher
        self._ttl_s = ttl_s
        self._timeout_s = timeout_s
        self._take = redis.register_script(_TAKE)

    async def accept(self, message: IncomingMessage) -> bool:
        """Write `message` durably; False when it was taken before or is none of ours.

        Raises:
            NotAcceptedError: Redis can't take it in time, or its thread has too many waiting.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._accepted(message)
        except (RedisError, TimeoutError, OSError) as error:
            log.warning("not_accepted", error=type(error).__name__, event_id=message.event_id)
            raise NotAcceptedError(type(error).__name__) from error

    def serve(self, answer: Answer) -> None:
        """Register the task that answers, so that a worker of the docket can run it."""

        async def answer_next(
            thread: Annotated[str, ConcurrencyLimit(1)],
            retry: ExponentialRetry = _RETRY,
        ) -> None:
            await self._answer_next(thread, answer, is_last=retry.attempt >= _ATTEMPTS)

        self._docket.register(answer_next)

    async def _accepted(self, message: IncomingMessage) -> bool:
        thread = str(message.thread)
        ours = f"citewell:ours:{thread}"
        if message.addressed is Addressed.FOLLOW_UP and not await self._redis.exists(ours):
            return False
        where = f"{message.thread.platform}:{message.thread.workspace}"
        seen_message = f"citewell:seen:{where}:{message.thread.channel}:{message.message_id}"
        seen_event = f"citewell:seen:{where}:event:{message.event_id}"
        box = _box(thread)
        taken = await self._take(
            keys=[seen_event, seen_message, box, ours],
            args=[
                _SEEN_TTL_S,
                self._ttl_s,
                self._cipher.seal(_MESSAGE.dump_json(message), box),
                _MAX_WAITING,
            ],
        )
        if taken == -1:
            raise NotAcceptedError("too many messages wait in this thread")
        # Also for one seen before: whoever took it may have died before this line.
        task = f"answer:{where}:{message.thread.channel}:{message.message_id}"
        await self._docket.add("answer_next", key=task)(thread)
        return bool(taken)

    async def _answer_next(self, thread: str, answer: Answer, *, is_last: bool) -> None:
        box = _box(thread)
        sealed = await self._redis.lindex(box, 0)
        if not isinstance(sealed, bytes):
            return
        try:
            message = _MESSAGE.validate_json(self._cipher.open(sealed, box))
            await answer(message)
        except AdapterError as error:
            if not is_last:
                raise
            log.warning("undeliverable", thread=thread, code=error.code)
        except (UndecipherableError, ValueError) as error:
            log.warning("unreadable_message", thread=thread, error=type(error).__name__)
        await self._redis.lpop(box)


class StopSigns:
    """Where a press of Stop waits for the worker that writes the answer."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, thread: ThreadId) -> None:
        """Ask that the answer in `thread` stop; forgotten after two minutes."""
        await self._redis.set(f"citewell:stop:{thread}", "1", ex=120)

    async def clear(self, thread: ThreadId) -> None:
        """Begin anew: what was asked before is over."""
        await self._redis.delete(f"citewell:stop:{thread}")

    async def is_put(self, thread: ThreadId) -> bool:
        """Return whether the answer in `thread` was asked to stop."""
        return bool(await self._redis.exists(f"citewell:stop:{thread}"))


def _box(thread: str) -> str:
    return f"citewell:waiting:{thread}"
