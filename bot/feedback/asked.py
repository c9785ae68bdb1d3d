"""What people asked lately, for their own home: without personal data, sealed, for seven days."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.ports import ReplyStream
from adapters.types import Addressed, IncomingMessage, ThreadId
from bot.crypto import Cipher, UndecipherableError
from bot.feedback.store import answer_id
from bot.ports import Line
from bot.record.forgetting import Subject
from bot.record.pseudonyms import Pseudonyms
from bot.types import Answer, Outcome

log = structlog.get_logger(__name__)

_TTL_S = 7 * 24 * 3600
_MAX_KEPT = 20
_MAX_CHARS = 1_000
_OUTCOMES = frozenset({Outcome.ANSWERED, Outcome.NO_EVIDENCE, Outcome.STOPPED})


class Asked(BaseModel):
    """One question, as it was masked for the search; `place` is `platform:workspace`.

    `text` is how it was written, `standalone` how it was searched for.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    thread: str
    at_s: float
    text: str
    standalone: str
    outcome: Outcome
    who: str
    place: str


OnUnanswered: TypeAlias = Callable[[Asked], Awaitable[None]]
"""Told of each question of a colleague's to which the documents had no answer."""


class AskedStore:
    """Keeps them in Redis by the ids of their answers, the newest of each person."""

    def __init__(self, redis: Redis, cipher: Cipher) -> None:
        self._redis = redis
        self._cipher = cipher

    async def keep(self, asked: Asked) -> None:
        """Keep `asked`, and no more than the newest twenty of that person."""
        key, index = _key(asked.id), _index(asked.who)
        sealed = self._cipher.seal(asked.model_dump_json().encode(), key)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(key, sealed, ex=_TTL_S)
            pipe.zadd(index, {asked.id: asked.at_s})
            pipe.zrevrange(index, _MAX_KEPT, -1)
            pipe.expire(index, _TTL_S)
            _, _, older, _ = await pipe.execute()
        if older:
            await self._redis.delete(*(_key(name.decode()) for name in older))
            await self._redis.zrem(index, *older)

    async def of(self, who: str, limit: int) -> list[Asked]:
        """Return what a person asked, the newest first."""
        ids = await self._ids(who)
        found = [await self.find(each) for each in ids]
        return [each for each in found if each is not None][:limit]

    async def find(self, name: str) -> Asked | None:
        """Return the question of the answer with this id, where it is still kept."""
        key = _key(name)
        sealed = await self._redis.get(key)
        if not isinstance(sealed, bytes):
            return None
        try:
            return Asked.model_validate_json(self._cipher.open(sealed, key))
        except (UndecipherableError, ValidationError) as error:
            log.warning("unreadable_question", error=type(error).__name__)
            return None

    async def count(self, who: str) -> int:
        """Return how many questions of a person are kept."""
        ids = await self._ids(who)
        return int(await self._redis.exists(*map(_key, ids))) if ids else 0

    async def forget(self, who: str) -> int:
        """Forget a person's questions, and return how many those were."""
        ids = await self._ids(who)
        count = int(await self._redis.delete(*map(_key, ids))) if ids else 0
        await self._redis.delete(_index(who))
        return count

    async def _ids(self, who: str) -> Sequence[str]:
        names: list[bytes] = await self._redis.zrevrange(_index(who), 0, _MAX_KEPT)  # type: ignore[assignment]
        return [name.decode() for name in names]


class ForgetAsked:
    """The person's questions of the last days."""

    kind = "questions for your home"

    def __init__(self, store: AskedStore) -> None:
        self._store = store

    async def count(self, subject: Subject) -> int:
        return await self._store.count(subject.pseudonym)

    async def forget(self, subject: Subject) -> int:
        return await self._store.forget(subject.pseudonym)


class AskedLine:
    """Keeps what was asked after it was answered; what nobody said to us, only if it was."""

    def __init__(
        self, inner: Line, store: AskedStore, pseudonyms: Pseudonyms, on_unanswered: OnUnanswered
    ) -> None:
        self._inner = inner
        self._store = store
        self._pseudonyms = pseudonyms
        self._on_unanswered = on_unanswered

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        answer = await self._inner.answer(message, reply)
        if answer.asked is None or answer.outcome not in _OUTCOMES:
            return answer
        is_overheard = message.addressed is Addressed.OVERHEARD
        if message.addressed is Addressed.QUOTED:
            return answer  # somebody else's words
        if is_overheard and answer.outcome is not Outcome.ANSWERED:
            return answer
        try:
            await self._keep(message, answer)
        except (RedisError, OSError) as error:  # the answer stands already
            log.warning("question_not_kept", error=type(error).__name__)
        return answer

    async def _keep(self, message: IncomingMessage, answer: Answer) -> None:
        who = await self._pseudonyms.of(message.person, message.thread.platform)
        asked = asked_in(message, answer, who)
        await self._store.keep(asked)
        # What a guest does not find may well be there: it tells nothing of the documents.
        if answer.outcome is Outcome.NO_EVIDENCE and not message.person.is_guest:
            await self._on_unanswered(asked)


def asked_in(message: IncomingMessage, answer: Answer, who: str) -> Asked:
    """Return what was asked in `message` by `who`, as `answer` says that it was searched for."""
    thread = message.thread
    text, standalone = (
        (answer.asked.text, answer.asked.standalone) if answer.asked is not None else ("", "")
    )
    return Asked(
        id=answer_id(thread, message.message_id),
        thread=str(thread),
        at_s=time.time(),
        text=text[:_MAX_CHARS],
        standalone=standalone[:_MAX_CHARS],
        outcome=answer.outcome,
        who=who,
        place=f"{thread.platform}:{thread.workspace}",
    )


def thread_of(asked: Asked) -> ThreadId:
    """Return where it was asked."""
    return ThreadId.parse(asked.thread)


def _key(name: str) -> str:
    return f"citewell:{{asked}}:one:{name}"


def _index(who: str) -> str:
    return f"citewell:{{asked}}:by:{who}"
