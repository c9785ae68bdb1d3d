"""What people say of an answer: thumbs, reasons, and what they want to be kept."""

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis

from adapters.types import IncomingMessage, Reply, ThreadId
from bot.crypto import Cipher, UndecipherableError
from bot.feedback.shown import Cited, Shown
from bot.feedback.verified import VerifiedStore
from guardrails.secrets import without_secrets

log = structlog.get_logger(__name__)

_SHOWN_TTL_S = 7 * 24 * 3600
_VOTES_TTL_S = 90 * 24 * 3600
_MAX_CANDIDATES = 1_000
MAX_TEXT = 8_000
_OPEN = "citewell:{review}:open"
_TOTALS = "citewell:{feedback}:totals"
_ASKED, _VOTED, _PROPOSED = "asked ", "voted ", "proposed "
PROPOSED = "proposed"
"""The reason of a candidate that nobody found wrong: somebody wants it kept."""
_MARKS = re.compile(r"[ \t]*\[\d{1,3}(?:\s*,\s*\d{1,3})*\](?!\()")
_MAX_PROPOSED_A_DAY = 20
_DAY_S = 24 * 3600
Kept = TypeVar("Kept", bound=BaseModel)
OnReason: TypeAlias = Callable[[str, str], Awaitable[None]]
"""Told of an answer's id, and why somebody found it not helpful."""


class Vote(StrEnum):
    """A thumb."""

    UP = "up"
    DOWN = "down"


class Candidate(BaseModel):
    """An answer that somebody found wrong: for an expert to look at."""

    model_config = ConfigDict(frozen=True)

    id: str
    place: str
    at_s: float
    shown: Shown
    reason: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """What a press of a thumb came to."""

    before: Vote | None
    now: Vote
    candidate: str


class FeedbackStore:
    """Keeps it in Redis, all words sealed."""

    def __init__(self, redis: Redis, cipher: Cipher) -> None:
        self._redis = redis
        self._cipher = cipher
        self.verified = VerifiedStore(redis, cipher)
        self._listeners: list[OnReason] = []

    def heed(self, listener: OnReason) -> None:
        """Tell `listener` of each reason that somebody gives for a lower thumb."""
        self._listeners.append(listener)

    async def keep(
        self,
        message: IncomingMessage,
        reply: Reply,
        *,
        who: str,
        passages: tuple[str, ...] = (),
    ) -> None:
        """Keep what was answered to `message` of `who`, until nobody will say anything of it.

        `passages` are the ids of those behind its sources; none where an expert wrote it.
        Passwords, keys and tokens are left out of it.
        """
        shown = Shown(
            question=await asyncio.to_thread(without_secrets, message.text[:MAX_TEXT]),
            answer=reply.text[:MAX_TEXT],
            sources=tuple(citation.url for citation in reply.citations),
            titles=tuple(citation.title for citation in reply.citations),
            cited=tuple(Cited(**asdict(citation)) for citation in reply.citations),
            passages=passages,
        )
        key = _shown_key(message.thread, message.message_id)
        await self._note(who, f"{_ASKED}{key}")
        await self._redis.set(key, self._sealed(shown, key), ex=_SHOWN_TTL_S)

    async def stands(self, thread: ThreadId, messages: tuple[str, ...], *, about: str) -> None:
        """Note that the answer to `about` stands in these messages of `thread`."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for message in messages:
                pipe.set(_stands_key(thread, message), about, ex=_SHOWN_TTL_S)
            await pipe.execute()

    async def answer_to(self, thread: ThreadId, about: str) -> Shown | None:
        """Return the answer to the message `about` of `thread`; None where none is known."""
        key = _shown_key(thread, about)
        return self._opened(await self._redis.get(key), key, Shown)

    async def shown(self, thread: ThreadId, message: str) -> Shown | None:
        """Return the answer that stands in a message, without marks; None where none is known."""
        about = await self._redis.get(_stands_key(thread, message))
        if about is None:
            return None
        key = _shown_key(thread, _text(about))
        found = self._opened(await self._redis.get(key), key, Shown)
        return found and found.model_copy(update={"answer": _MARKS.sub("", found.answer)})

    async def propose(self, place: str, shown: Shown, *, about: str, who: str) -> bool:
        """Take up what somebody wants kept, once for each message; False where it is too much.

        Passwords, keys and tokens are left out of it.
        """
        count = f"citewell:{{review}}:proposals:{who}"
        taken = await self._redis.incr(count)
        if taken == 1:
            await self._redis.expire(count, _DAY_S)
        if taken > _MAX_PROPOSED_A_DAY:
            return False
        name = _digest(f"{who} {about}")
        question, answer = await asyncio.gather(
            *(
                asyncio.to_thread(without_secrets, text[:MAX_TEXT])
                for text in (shown.question, shown.answer)
            )
        )
        kept = shown.model_copy(update={"question": question, "answer": answer})
        await self._note(who, f"{_PROPOSED}{name}")
        await self._propose(
            Candidate(id=name, place=place, at_s=time.time(), shown=kept, reason=PROPOSED),
            is_new=True,
        )
        log.info("proposed")
        return True

    async def vote(self, thread: ThreadId, about: str, *, who: str, vote: Vote) -> Voted | None:
        """Count one person's thumb, instead of an earlier one; None where nothing is known."""
        key = _shown_key(thread, about)
        shown = self._opened(await self._redis.get(key), key, Shown)
        if shown is None:
            return None
        name = _digest(key)
        votes = _votes_key(name)
        kept = await self._redis.hget(votes, who)
        before = Vote(_text(kept)) if kept else None
        await self._note(who, f"{_VOTED}{name}")
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(votes, who, vote.value)
            pipe.expire(votes, _VOTES_TTL_S)
            if before is not vote:
                pipe.hincrby(_TOTALS, vote.value, 1)
                if before is not None:
                    pipe.hincrby(_TOTALS, before.value, -1)
            await pipe.execute()
        everybody = await self._redis.hvals(votes)
        if vote is Vote.DOWN:
            place = f"{thread.platform}:{thread.workspace}"
            await self._propose(
                Candidate(id=name, place=place, at_s=time.time(), shown=shown), is_new=True
            )
        elif all(_text(each) == Vote.UP for each in everybody):
            await self.dismiss(name)
        log.info("feedback", vote=vote.value, is_changed=before is not None)
        return Voted(before=before, now=vote, candidate=name)

    async def explain(self, candidate: str, *, reason: str, words: str) -> bool:
        """Add why; False where the candidate is gone meanwhile."""
        known = await self.candidate(candidate)
        if known is None:
            return False
        await self._propose(
            known.model_copy(update={"reason": reason, "words": words[:MAX_TEXT]}), is_new=False
        )
        log.info("feedback_reason", reason=reason)
        for listener in self._listeners:
            await listener(candidate, reason)
        return True

    async def candidates(self, place: str, limit: int) -> list[Candidate]:
        """Return the oldest candidates of a workspace, of all of them without a `place`."""
        names: list[bytes] = await self._redis.zrange(_OPEN, 0, _MAX_CANDIDATES)  # type: ignore[assignment]
        found: list[Candidate] = []
        for name in names:
            candidate = await self.candidate(_text(name))
            if candidate is None:
                await self._redis.zrem(_OPEN, name)
            elif place in {"", candidate.place}:
                found.append(candidate)
            if len(found) == limit:
                break
        return found

    async def candidate(self, name: str) -> Candidate | None:
        """Return a candidate that nobody has dealt with."""
        key = _candidate_key(name)
        return self._opened(await self._redis.get(key), key, Candidate)

    async def dismiss(self, name: str) -> None:
        """Take a candidate off the list."""
        await self._redis.zrem(_OPEN, name)
        await self._redis.delete(_candidate_key(name))

    async def totals(self) -> dict[str, int]:
        """Return how many thumbs stand, up and down."""
        return {_text(k): int(v) for k, v in (await self._redis.hgetall(_TOTALS)).items()}

    async def votes_of(self, who: str) -> dict[str, Vote]:
        """Return a person's thumbs as they stand, by the ids of the answers."""
        entries = [_text(each) for each in await self._redis.smembers(_person_key(who))]
        names = [each.removeprefix(_VOTED) for each in entries if each.startswith(_VOTED)]
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hget(_votes_key(name), who)
            votes = await pipe.execute()
        return {n: Vote(_text(vote)) for n, vote in zip(names, votes, strict=True) if vote}

    async def count_of(self, who: str) -> int:
        """Return how many answers to a person, and thumbs of theirs, are kept."""
        return int(await self._redis.scard(_person_key(who)))

    async def forget(self, who: str, words: frozenset[str] = frozenset()) -> int:
        """Forget a person's questions with their answers, their thumbs and what they wrote.

        What others were answered that holds one of `words` goes as well.
        """
        entries = [_text(each) for each in await self._redis.smembers(_person_key(who))]
        for entry in entries:
            if entry.startswith(_ASKED):
                key = entry.removeprefix(_ASKED)
                await self._redis.delete(key)
                await self.dismiss(_digest(key))
            elif entry.startswith(_PROPOSED):
                await self.dismiss(entry.removeprefix(_PROPOSED))
            else:
                name = entry.removeprefix(_VOTED)
                await self._redis.hdel(_votes_key(name), who)
                if (known := await self.candidate(name)) is not None:
                    await self._propose(known.model_copy(update={"words": ""}), is_new=False)
        await self._redis.delete(_person_key(who), f"citewell:{{review}}:proposals:{who}")
        if words:
            await self._forget_naming({word.casefold() for word in words})
        return len(entries)

    async def _forget_naming(self, words: set[str]) -> None:
        async for kept_as in self._redis.scan_iter("citewell:*:shown:*"):
            key = _text(kept_as)
            shown = self._opened(await self._redis.get(key), key, Shown)
            if shown is not None and _names(shown.model_dump_json(), words):
                await self._redis.delete(key)
        names: list[bytes] = await self._redis.zrange(_OPEN, 0, _MAX_CANDIDATES)  # type: ignore[assignment]
        for name in names:
            candidate = await self.candidate(_text(name))
            if candidate is not None and _names(candidate.model_dump_json(), words):
                await self.dismiss(candidate.id)

    async def _note(self, who: str, entry: str) -> None:
        await self._redis.sadd(_person_key(who), entry)
        await self._redis.expire(_person_key(who), _VOTES_TTL_S)

    async def _propose(self, candidate: Candidate, *, is_new: bool) -> None:
        key = _candidate_key(candidate.id)
        sealed = self._sealed(candidate, key)
        if await self._redis.set(key, sealed, ex=_VOTES_TTL_S, nx=is_new):
            await self._redis.zadd(_OPEN, {candidate.id: candidate.at_s})
            await self._redis.zremrangebyrank(_OPEN, 0, -_MAX_CANDIDATES - 1)

    def _sealed(self, value: BaseModel, purpose: str) -> bytes:
        return self._cipher.seal(value.model_dump_json().encode(), purpose)

    def _opened(self, sealed: bytes | str | None, purpose: str, kind: type[Kept]) -> Kept | None:
        if not isinstance(sealed, bytes):
            return None
        try:
            return kind.model_validate_json(self._cipher.open(sealed, purpose))
        except (UndecipherableError, ValidationError) as error:
            log.warning("unreadable_feedback", error=type(error).__name__)
            return None


def answer_id(thread: ThreadId, about: str) -> str:
    """Return the id of the answer to the message `about`: its candidate has the same one."""
    return _digest(_shown_key(thread, about))


def _shown_key(thread: ThreadId, about: str) -> str:
    return f"citewell:{{{thread}}}:shown:{_digest(about)}"


def _stands_key(thread: ThreadId, message: str) -> str:
    return f"citewell:{{{thread}}}:stands:{_digest(message)}"


def _names(text: str, words: set[str]) -> bool:
    return any(word in text.casefold() for word in words)


def _votes_key(name: str) -> str:
    return f"citewell:{{feedback}}:votes:{name}"


def _person_key(who: str) -> str:
    return f"citewell:{{feedback}}:person:{who}"


def _candidate_key(name: str) -> str:
    return f"citewell:{{review}}:candidate:{name}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
