"""Tells a person something that others need not see: once, and no answer waits for it."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import AdapterError, UncertainError
from adapters.ports import ChatAdapter
from adapters.types import Addressed, IncomingMessage, Reply
from bot.language.texts import said
from bot.tasks import Background

log = structlog.get_logger(__name__)

_TOLD_TTL_S = 24 * 3600
_TIMEOUT_S = 20.0


class SecretNotices:
    """Tells who wrote a secret, at once and to them alone, to change it; once a message."""

    def __init__(self, redis: Redis, adapters: Mapping[str, ChatAdapter]) -> None:
        self._redis = redis
        self._adapters = adapters
        self._telling = Background(name="secret notice")

    async def secret_seen(self, message: IncomingMessage) -> None:
        """Tell the writer of `message`; best effort, in the background.

        Whoever spoke to a whole channel did not speak to us, and is told nothing; nor is whoever
        asks about what somebody else wrote.
        """
        if message.addressed in {Addressed.OVERHEARD, Addressed.QUOTED}:
            return
        adapter = self._adapters.get(message.thread.platform)
        if adapter is None or not self._telling.start(self._tell(adapter, message)):
            log.warning("secret_untold", thread=str(message.thread))

    async def stop(self) -> None:
        """End what is being told."""
        await self._telling.stop()

    async def _tell(self, adapter: ChatAdapter, message: IncomingMessage) -> None:
        key = f"citewell:{{{message.thread}}}:told:{message.message_id}"
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                if await self._redis.set(key, "1", nx=True, ex=_TOLD_TTL_S):
                    reply = Reply(text=said("secret_seen"))
                    await adapter.send_privately(message.thread, message.person, reply)
        except (AdapterError, RedisError, OSError, TimeoutError) as error:
            log.warning("secret_untold", thread=str(message.thread), error=type(error).__name__)


async def shown_once(redis: Redis, what: str, show: Callable[[], Awaitable[object]]) -> bool:
    """Let `show` show what can't be looked for afterwards; `what` names it.

    False where somebody began that and died, or nobody knows whether it arrived: it may stand, so
    it is not shown again.

    Raises:
        AdapterError: The platform refused; where it did for certain, it can be tried again.
        RedisError: It can't be noted.
    """
    key = f"citewell:showing:{hashlib.sha256(what.encode()).hexdigest()[:32]}"
    if not await redis.set(key, "1", nx=True, ex=_TOLD_TTL_S):
        return False
    try:
        await show()
    except UncertainError:
        raise
    except AdapterError:
        await redis.delete(key)
        raise
    return True
