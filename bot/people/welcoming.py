"""First contact: what Citewell can do, what it knows for whoever reads it, what it keeps."""

import re
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.ports import ReplyStream
from adapters.types import (
    Addressed,
    Audience,
    Greeting,
    IncomingMessage,
    Reply,
    SuggestedPrompt,
    Visibility,
)
from bot.addressee.types import ChannelMode
from bot.controls.configstore import ConfigStore
from bot.helping.overview import Known, Overview
from bot.language.texts import counted, number, said
from bot.ports import Line
from bot.record.forgetting import Subject
from bot.record.pseudonyms import Pseudonyms
from bot.types import Answer, Outcome

log = structlog.get_logger(__name__)

_MAX_SOURCES = 12
_PERSON_TTL_S = 180 * 24 * 3600
_CHANNEL_TTL_S = 24 * 3600
_ASKS_HELP = re.compile(
    r"(?:help|help me|what can you do|what do you do|who are you|what do you know|how do you work"
    r"|what happens with my data|hilfe|was kannst du|wer bist du|was wei\u00dft du"
    r"|aide|\u00e0 l'aide|que sais-tu faire|qui es-tu|que peux-tu faire"
    r"|ayuda|qu\u00e9 puedes hacer|qui\u00e9n eres)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long is kept what people are told about: conversations, and the record of answers."""

    thread_h: float
    ledger_days: int

    @property
    def in_words(self) -> str:
        """Say what happens with people's data."""
        days = self.thread_h / 24
        name, count = ("kept_days", days) if days >= 1 else ("kept_hours", self.thread_h)
        is_whole = count == int(count)
        kept = (
            counted(name, int(count)) if is_whole else said(f"{name}_many", count=number(count, 1))
        )
        return said("keeping", kept=kept, ledger_days=self.ledger_days)


class Welcome:
    """Greets people and channels once, and tells whoever asks what it can do."""

    def __init__(
        self,
        redis: Redis,
        store: ConfigStore,
        pseudonyms: Pseudonyms,
        *,
        mode: ChannelMode,
        name: str,
        keeping: Keeping,
    ) -> None:
        self._redis = redis
        self._store = store
        self._pseudonyms = pseudonyms
        self._mode = mode
        self._name = name
        self._keeping = keeping
        self._overview: Overview | None = None

    def serve(self, overview: Overview) -> None:
        """Tell what is known, too, from now on: this process has the index."""
        self._overview = overview

    async def greeting(self, platform: str, audience: Audience) -> Greeting:
        """Return prompts for `audience`, and a welcome the first time; none where we are off."""
        known = await self.known(audience)
        help_ = SuggestedPrompt(title=said("prompt_help"), message=said("prompt_help_asks"))
        prompts = (*(known.prompts if known else ()), help_)
        try:
            is_first = await self._is_first(platform, audience)
        except RedisError as error:
            log.warning("welcome_left_out", error=type(error).__name__)
            is_first = False
        welcome = Reply(text=self._text(audience, known)) if is_first else None
        return Greeting(
            prompts=prompts,
            welcome=welcome,
            title=said("prompts_title"),
            home=said("prompt_home"),
        )

    async def text(self, audience: Audience) -> str:
        """Return what we can do, know and keep, as `audience` may know it."""
        return self._text(audience, await self.known(audience))

    @property
    def overview(self) -> Overview | None:
        """What looks into the documents; None where this process has no index."""
        return self._overview

    async def known(self, audience: Audience) -> Known | None:
        """Return what `audience` may read; None where this process has no index."""
        return None if self._overview is None else await self._overview.of(audience)

    async def _is_first(self, platform: str, audience: Audience) -> bool:
        if audience.visibility is Visibility.CHANNEL:
            config = (await self._store.current()).config
            mode = config.channel(audience.channel).mode or self._mode
            if mode is ChannelMode.OFF or not audience.channel:
                return False
            key, ttl_s = f"citewell:welcomed:{audience.channel}", _CHANNEL_TTL_S
        else:
            who = await self._pseudonyms.of(audience.person, platform)
            key, ttl_s = welcomed_key(who), _PERSON_TTL_S
        return bool(await self._redis.set(key, "1", nx=True, ex=ttl_s))

    def _text(self, audience: Audience, known: Known | None) -> str:
        is_channel = audience.visibility is Visibility.CHANNEL
        how = said("how_in_channel" if is_channel else "how_directly")
        parts = [
            said("welcome_hello", name=self._name),
            said("welcome_how", how=how),
            said("welcome_data", keeping=self._keeping.in_words),
        ]
        if known is not None:
            parts.insert(1, said("welcome_known", known=in_words(known, is_channel=is_channel)))
        return "\n\n".join(parts)


class HelpingLine:
    """Answers who asks what Citewell can do; everything else goes on."""

    def __init__(self, inner: Line, welcome: Welcome) -> None:
        self._inner = inner
        self._welcome = welcome

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        if message.addressed is Addressed.QUOTED or not asks_for_help(message.text):
            return await self._inner.answer(message, reply)
        text = await self._welcome.text(message.audience)
        await reply.finish(Reply(text=text))
        return Answer(text=text, outcome=Outcome.NOT_A_QUESTION)


class ForgetWelcome:
    """The note that a person was welcomed."""

    kind = "notes that you were welcomed"

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def count(self, subject: Subject) -> int:
        return int(await self._redis.exists(welcomed_key(subject.pseudonym)))

    async def forget(self, subject: Subject) -> int:
        return int(await self._redis.delete(welcomed_key(subject.pseudonym)))


def asks_for_help(text: str) -> bool:
    """Return whether a message asks what we can do, and nothing else."""
    return bool(_ASKS_HELP.fullmatch(" ".join(text.split()).strip("?!. \u00bf\u00a1")))


def in_words(known: Known, *, is_channel: bool) -> str:
    """Return what may be read, by source and number, and never a source that may not."""
    whose = "channel" if is_channel else "person"
    if not known.count:
        return said(f"known_none_{whose}")
    shown = [
        f"{f'`{name}`' if name else said('known_files')} ({number(count)})"
        for name, count in known.sources[:_MAX_SOURCES]
    ]
    if len(known.sources) > _MAX_SOURCES:
        shown.append(counted("known_more", len(known.sources) - _MAX_SOURCES))
    return counted(f"known_{whose}", known.count, sources=", ".join(shown))


def welcomed_key(who: str) -> str:
    """Return where it is noted that the person with this pseudonym was welcomed."""
    return f"citewell:welcomed:person:{who}"
