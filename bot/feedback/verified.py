"""Answers that experts wrote: each for its question, in the wordings that they named."""

import hashlib
import re
import time
import unicodedata

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis

from bot.crypto import Cipher, UndecipherableError

log = structlog.get_logger(__name__)

_MAX_VERIFIED = 5_000
MAX_WORDINGS = 10
_KEPT_S = 4 * 366 * 24 * 3600  # a year longer than an answer may be valid
_EXPERT = "an expert"


class Verified(BaseModel):
    """What an expert wrote for a question, `by` their pseudonym; `wordings` ask the same."""

    model_config = ConfigDict(frozen=True)

    question: str
    answer: str
    title: str
    url: str
    expert: str
    at_s: float
    expires_s: float
    wordings: tuple[str, ...] = ()
    by: str = ""


class VerifiedStore:
    """Keeps them in Redis, sealed; a place is `platform:workspace`."""

    def __init__(self, redis: Redis, cipher: Cipher) -> None:
        self._redis = redis
        self._cipher = cipher

    async def verify(self, place: str, verified: Verified) -> str:
        """Keep an expert's answer for its question and return its id.

        Raises:
            ValueError: There are too many, or the question has no words.
        """
        name = question_id(verified.question)
        if not name:
            raise ValueError("the question has no words")
        key = _key(place)
        is_new = not await self._redis.hexists(key, name)
        if is_new and await self._redis.hlen(key) >= _MAX_VERIFIED:
            raise ValueError("there are too many verified answers; remove old ones")
        await self._take_back_wordings(place, name)
        others = {question_id(each) for each in verified.wordings[:MAX_WORDINGS]} - {name, ""}
        for wording in others:
            await self._redis.hset(_wordings_key(place), wording, name)
            await self._redis.expire(_wordings_key(place), _KEPT_S)
        await self._put(place, name, verified)
        return name

    async def find(self, place: str, question: str) -> Verified | None:
        """Return the answer to this very question, in a wording that was named, if it holds."""
        name = question_id(question)
        found = await self._get(place, name)
        if found is None and (other := await self._redis.hget(_wordings_key(place), name)):
            found = await self._get(place, _text(other))
        return found if found is not None and found.expires_s > time.time() else None

    async def all(self, place: str) -> dict[str, Verified]:
        """Return every expert's answer by its id, expired ones too."""
        rows = await self._redis.hgetall(_key(place))
        opened = {_text(n): self._opened(place, _text(n), value) for n, value in rows.items()}
        return {name: each for name, each in opened.items() if each is not None}

    async def revision(self, place: str) -> int:
        """Return a number that grows with each change."""
        return int(await self._redis.get(_revision_key(place)) or 0)

    async def places(self) -> list[str]:
        """Return the places that have any."""
        prefix = _key("")
        found = [_text(key) async for key in self._redis.scan_iter(f"{prefix}*", count=500)]
        return sorted(key.removeprefix(prefix) for key in found)

    async def remove(self, place: str, name: str) -> bool:
        """Forget an expert's answer; False where there is none of that id."""
        await self._take_back_wordings(place, name)
        is_gone = bool(await self._redis.hdel(_key(place), name))
        await self._changed(place)
        return is_gone

    async def count_by(self, who: str) -> int:
        """Return how many answers name the expert with this pseudonym."""
        return len(await self._by(who))

    async def forget(self, who: str) -> int:
        """Take an expert's name off what they wrote; the answers are the company's."""
        found = await self._by(who)
        for place, name, each in found:
            nameless = each.model_copy(update={"by": "", "expert": _EXPERT})
            await self._put(place, name, nameless)
        return len(found)

    async def _by(self, who: str) -> list[tuple[str, str, Verified]]:
        return [
            (place, name, each)
            for place in await self.places()
            for name, each in (await self.all(place)).items()
            if each.by == who
        ]

    async def _take_back_wordings(self, place: str, name: str) -> None:
        known = await self._redis.hgetall(_wordings_key(place))
        stale = [_text(wording) for wording, whose in known.items() if _text(whose) == name]
        if stale:
            await self._redis.hdel(_wordings_key(place), *stale)

    async def _put(self, place: str, name: str, verified: Verified) -> None:
        key = _key(place)
        sealed = self._cipher.seal(verified.model_dump_json().encode(), f"{key}:{name}")
        await self._redis.hset(key, name, sealed)
        await self._redis.expire(key, _KEPT_S)
        await self._changed(place)

    async def _changed(self, place: str) -> None:
        await self._redis.incr(_revision_key(place))
        await self._redis.expire(_revision_key(place), _KEPT_S)

    async def _get(self, place: str, name: str) -> Verified | None:
        return self._opened(place, name, await self._redis.hget(_key(place), name))

    def _opened(self, place: str, name: str, sealed: bytes | str | None) -> Verified | None:
        if not isinstance(sealed, bytes):
            return None
        try:
            raw = self._cipher.open(sealed, f"{_key(place)}:{name}")
            return Verified.model_validate_json(raw)
        except (UndecipherableError, ValidationError) as error:
            log.warning("unreadable_verified", error=type(error).__name__)
            return None


def question_id(question: str) -> str:
    """Return what is the same for questions of the same words; empty where there are none."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", question).casefold())
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:24] if words else ""


def _key(place: str) -> str:
    return f"citewell:{{verified}}:{place}"


def _wordings_key(place: str) -> str:
    return f"citewell:{{wordings}}:{place}"


def _revision_key(place: str) -> str:
    return f"citewell:{{revision}}:{place}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
