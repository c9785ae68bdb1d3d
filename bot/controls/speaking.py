"""Decides how each person is spoken to: in which language, by which model, with what offered."""

from dataclasses import dataclass, replace

import structlog
from redis.exceptions import RedisError

from adapters.ports import ReplyStream
from adapters.types import (
    Audience,
    IncomingAction,
    IncomingMessage,
    Person,
    Reply,
    SentReply,
    ThreadId,
    Visibility,
)
from bot.controls.admission import place_of
from bot.controls.chatconfig import ChannelConfig
from bot.controls.configstore import ConfigStore
from bot.controls.ownlanguage import OwnLanguages
from bot.language.languages import language_of
from bot.language.manner import Manner, Tier
from bot.language.wording import reply_words
from bot.ports import ThreadMemory

log = structlog.get_logger(__name__)

_EARLIER = 2  # questions that tell a thread's language


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What tells a language: each is a code, or empty."""

    own: str = ""
    words: str = ""
    reads: str = ""
    channel: str = ""
    is_shared: bool = False


def language_for(known: _Known) -> tuple[str, bool]:
    """Return the language to speak, and whether it was told or seen.

    What a person set goes first, then what they wrote or look at, what they read the platform in,
    the channel's, and English. Where a whole channel reads along, the channel's own goes before.
    """
    if known.is_shared and known.channel:
        return known.channel, True
    if seen := known.own or known.words:
        return seen, True
    return known.reads or known.channel or "en", False


class Speaking:
    """Looks up what tells a person's language, and the manner that a channel is set to."""

    def __init__(
        self, store: ConfigStore, memory: ThreadMemory, own: OwnLanguages, *, suggests: bool
    ) -> None:
        self._store = store
        self._memory = memory
        self._own = own
        self._suggests = suggests

    async def of(self, message: IncomingMessage) -> Manner:
        """Return how to answer `message`; never raises."""
        is_shared = message.audience.visibility is Visibility.CHANNEL
        return await self._in(message.thread, message.text, message.person, is_shared=is_shared)

    async def of_press(self, action: IncomingAction) -> Manner:
        """Return how to speak to whoever pressed, who reads it alone; never raises."""
        if action.thread is None:
            return await self.of_person(action.platform, action.person)
        return await self._in(action.thread, action.text, action.person, is_shared=False)

    async def of_person(self, platform: str, person: Person) -> Manner:
        """Return how to speak to who wrote nothing, and reads alone; never raises."""
        try:
            own = await self._own.of(person, platform)
        except RedisError as error:
            log.warning("manner_unknown", error=type(error).__name__)
            own = ""
        return _manner(_Known(own=own, reads=person.language))

    async def of_audience(self, platform: str, audience: Audience) -> Manner:
        """Return how to speak to who reads it, where nobody wrote anything; never raises."""
        if audience.visibility is Visibility.PERSON:
            return await self.of_person(platform, audience.person)
        try:
            channel = (await self._store.current()).config.channel(audience.channel)
        except RedisError as error:
            log.warning("manner_unknown", error=type(error).__name__)
            return Manner()
        return _manner(_Known(channel=channel.language or "", is_shared=True))

    async def _in(self, thread: ThreadId, text: str, person: Person, *, is_shared: bool) -> Manner:
        try:
            channel = (await self._store.current()).config.channel(place_of(thread))
            is_told = is_shared and channel.language
            own = "" if is_told else await self._own.of(person, thread.platform)
            known = _Known(
                own=own,
                words="" if is_told or own else await self._words(thread, text),
                reads=person.language,
                channel=channel.language or "",
                is_shared=is_shared,
            )
        except RedisError as error:  # who answers will meet it, and say so
            log.warning("manner_unknown", error=type(error).__name__)
            return replace(_manner(_Known(reads=person.language)), suggests=self._suggests)
        return self._set_so(_manner(known), channel)

    def _set_so(self, how: Manner, channel: ChannelConfig) -> Manner:
        suggests = self._suggests if channel.suggestions is None else channel.suggestions
        return replace(
            how,
            tier=channel.tier or Tier.STANDARD,
            suggests=suggests and not channel.ephemeral,
        )

    async def _words(self, thread: ThreadId, text: str) -> str:
        """Return the language of `text`, else of what was asked in `thread` before."""
        if found := await language_of(text):
            return found
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


def _manner(known: _Known) -> Manner:
    language, is_certain = language_for(known)
    return Manner(language=language, is_certain=is_certain)
