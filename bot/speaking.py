"""Decides how each message is answered: in which language, by which model, with what offered."""

from dataclasses import replace

import structlog
from redis.exceptions import RedisError

from adapters.ports import ReplyStream
from adapters.types import IncomingAction, IncomingMessage, Reply, SentReply, ThreadId
from bot.admission import place_of
from bot.configstore import ConfigStore
from bot.languages import language_of
from bot.manner import Manner, Tier
from bot.ports import ThreadMemory
from bot.wording import reply_words

log = structlog.get_logger(__name__)

_EARLIER = 2  # questions that tell a thread's language


class Speaking:
    """Asks what is set for the channel, then the words themselves, then those before them."""

    def __init__(self, store: ConfigStore, memory: ThreadMemory, *, suggests: bool) -> None:
        self._store = store
        self._memory = memory
        self._suggests = suggests

    async def of(self, message: IncomingMessage) -> Manner:
        """Return how to answer `message`; never raises."""
        return await self._in(message.thread, message.text)

    async def of_press(self, action: IncomingAction) -> Manner:
        """Return how to speak to whoever pressed; never raises."""
        return Manner() if action.thread is None else await self._in(action.thread, action.text)

    async def _in(self, thread: ThreadId, text: str) -> Manner:
        try:
            channel = (await self._store.current()).config.channel(place_of(thread))
            language = channel.language or await language_of(text) or await self._spoken(thread)
        except RedisError as error:  # who answers will meet it, and say so
            log.warning("manner_unknown", error=type(error).__name__)
            return Manner(suggests=self._suggests)
        suggests = self._suggests if channel.suggestions is None else channel.suggestions
        return Manner(
            language=language or "en",
            is_certain=bool(language),
            tier=channel.tier or Tier.STANDARD,
            suggests=suggests and not channel.ephemeral,
        )

    async def _spoken(self, thread: ThreadId) -> str:
        """Return the language of what was asked in `thread` before."""
        turns = await self._memory.recall(thread)
        return await language_of("\n".join(turn.question for turn in turns[-_EARLIER:]))


class Worded:
    """A reply whose small print is in the language of the answer at hand."""

    def __init__(self, inner: ReplyStream) -> None:
        self._inner = inner

    async def progress(self, note: str) -> None:
        await self._inner.progress(note)

    async def append(self, text: str) -> None:
        await self._inner.append(text)

    async def finish(self, reply: Reply) -> SentReply:
        return await self._inner.finish(replace(reply, words=reply_words()))
