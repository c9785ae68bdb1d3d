"""Questions that found no answer, alike ones together: masked, sealed, for ninety days."""

import asyncio
import base64
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import structlog
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis

from bot.crypto import Cipher, UndecipherableError
from bot.feedback.asked import Asked, AskedStore
from bot.record.forgetting import Subject

log = structlog.get_logger(__name__)

Vectors: TypeAlias = NDArray[np.float32]
_TTL_S = 90 * 24 * 3600
_MAX_KEPT = 500
_MAX_EMBEDDED = 100
_NUMBERED = re.compile(r"<([A-Z][A-Z_]*)_\d+>")
THRESHOLD = 0.5
"""Mean cosine from which two groups of questions are one; see docs/admin.md."""


class Embeds(Protocol):
    """Makes vectors of texts."""

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return a vector for each text."""


class Gap(BaseModel):
    """One question without an answer; `vector` is of the embedding `model`, as base64."""

    model_config = ConfigDict(frozen=True)

    id: str
    place: str
    who: str
    at_s: float
    question: str
    vector: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Questions that ask the same: the most typical one, how many, of how many people, since when.

    `id` is the typical question's, `members` are all of theirs.
    """

    id: str
    question: str
    count: int
    people: int
    since_s: float
    latest_s: float
    members: tuple[str, ...]


class Gaps:
    """Keeps the newest 500 of each workspace in Redis, and groups them when they are asked for."""

    def __init__(self, redis: Redis, cipher: Cipher, asked: AskedStore) -> None:
        self._redis = redis
        self._cipher = cipher
        self._asked = asked
        self._embeds: Embeds | None = None
        self._model = ""

    def serve(self, embeds: Embeds, model: str) -> None:
        """Make vectors with `model` from now on: this process has it."""
        self._embeds, self._model = embeds, model

    async def note(self, asked: Asked) -> None:
        """Keep a question that found no answer."""
        question = _NUMBERED.sub(r"<\1>", asked.standalone)
        gap = Gap(id=asked.id, place=asked.place, who=asked.who, at_s=asked.at_s, question=question)
        await self._keep((await self._embedded([gap]))[0])

    async def explained(self, answer: str, reason: str) -> None:
        """Keep the question of an `answer` of which somebody says that its source is missing."""
        asked = await self._asked.find(answer) if reason == "missing" else None
        if asked is not None:
            await self.note(asked.model_copy(update={"at_s": time.time()}))

    async def clusters(self, place: str) -> list[Cluster]:
        """Return what a workspace asked in vain, the most asked first."""
        gaps = await self._embedded(await self._of(place))
        return await asyncio.to_thread(clusters_of, gaps)

    async def close(self, place: str, name: str) -> int:
        """Take out the group that `name` is typical of; returns how many questions that were."""
        for cluster in await self.clusters(place):
            if cluster.id == name:
                await self._remove(place, cluster.members)
                return cluster.count
        return 0

    async def count_of(self, who: str) -> int:
        """Return how many questions of a person are kept."""
        ids = await self._ids(who)
        return int(await self._redis.exists(*map(_key, ids))) if ids else 0

    async def forget(self, who: str, words: frozenset[str] = frozenset()) -> int:
        """Forget a person's questions, and return how many those were.

        What others asked that holds one of `words` all the same goes as well.
        """
        ids = await self._ids(who)
        found = [gap for gap in [await self._find(each) for each in ids] if gap is not None]
        for gap in found:
            await self._remove(gap.place, (gap.id,))
        await self._redis.delete(_by(who))
        if words:
            await self._forget_naming({word.casefold() for word in words})
        return len(found)

    async def _forget_naming(self, words: set[str]) -> None:
        async for kept_as in self._redis.scan_iter(f"{_in('')}*"):
            place = kept_as.decode().removeprefix(_in(""))
            for gap in await self._of(place):
                if any(word in gap.question.casefold() for word in words):
                    await self._remove(place, (gap.id,))

    async def _ids(self, who: str) -> list[str]:
        names: set[bytes] = await self._redis.smembers(_by(who))  # type: ignore[assignment]
        return [name.decode() for name in names]

    async def _keep(self, gap: Gap) -> None:
        sealed = self._cipher.seal(gap.model_dump_json().encode(), _key(gap.id))
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_key(gap.id), sealed, ex=_TTL_S)
            pipe.sadd(_by(gap.who), gap.id)
            pipe.expire(_by(gap.who), _TTL_S)
            pipe.zadd(_in(gap.place), {gap.id: gap.at_s})
            pipe.expire(_in(gap.place), _TTL_S)
            pipe.zrevrange(_in(gap.place), _MAX_KEPT, -1)
            *_, older = await pipe.execute()
        if older:
            await self._remove(gap.place, [name.decode() for name in older])

    async def _remove(self, place: str, ids: Sequence[str]) -> None:
        await self._redis.delete(*map(_key, ids))
        await self._redis.zrem(_in(place), *ids)

    async def _of(self, place: str) -> list[Gap]:
        names: list[bytes] = await self._redis.zrevrange(_in(place), 0, _MAX_KEPT)  # type: ignore[assignment]
        ids = [name.decode() for name in names]
        found = [await self._find(each) for each in ids]
        gone = [each for each, gap in zip(ids, found, strict=True) if gap is None]
        if gone:
            await self._redis.zrem(_in(place), *gone)
        return [gap for gap in found if gap is not None]

    async def _find(self, name: str) -> Gap | None:
        sealed = await self._redis.get(_key(name))
        if not isinstance(sealed, bytes):
            return None
        try:
            return Gap.model_validate_json(self._cipher.open(sealed, _key(name)))
        except (UndecipherableError, ValidationError) as error:
            log.warning("unreadable_gap", error=type(error).__name__)
            return None

    async def _embedded(self, gaps: list[Gap]) -> list[Gap]:
        """Return `gaps` with vectors of today's model, as many as are quick to make."""
        old = [gap for gap in gaps if not gap.vector or gap.model != self._model][:_MAX_EMBEDDED]
        if self._embeds is None or not old:
            return gaps
        vectors = await self._embeds.aembed_documents([gap.question for gap in old])
        new = {
            gap.id: gap.model_copy(update={"vector": _packed(vector), "model": self._model})
            for gap, vector in zip(old, vectors, strict=True)
        }
        for gap in new.values():
            sealed = self._cipher.seal(gap.model_dump_json().encode(), _key(gap.id))
            await self._redis.set(_key(gap.id), sealed, keepttl=True, xx=True)
        return [new.get(gap.id, gap) for gap in gaps]


class ForgetGaps:
    """The person's questions among those that found no answer."""

    kind = "questions without an answer"

    def __init__(self, gaps: Gaps) -> None:
        self._gaps = gaps

    async def count(self, subject: Subject) -> int:
        return await self._gaps.count_of(subject.pseudonym)

    async def forget(self, subject: Subject) -> int:
        return await self._gaps.forget(subject.pseudonym, subject.words)


def clusters_of(gaps: Sequence[Gap], threshold: float = THRESHOLD) -> list[Cluster]:
    """Return `gaps` in groups, the most asked first, then the newest.

    A question whose vector is another model's, or not there, stands alone.
    """
    models = [gap.model for gap in gaps if gap.vector]
    model = max(set(models), key=models.count, default="")
    fit = [gap for gap in gaps if gap.vector and gap.model == model]
    vectors = unit(np.array([_unpacked(gap.vector) for gap in fit], dtype=np.float32))
    groups = [[fit[n] for n in group] for group in grouped(vectors, threshold)]
    alone = [[gap] for gap in gaps if gap not in fit]
    found = [_cluster(group, vectors, fit) for group in groups]
    found += [_cluster(group, vectors, fit) for group in alone]
    return sorted(found, key=lambda each: (-each.count, -each.latest_s))


def grouped(vectors: Vectors, threshold: float) -> list[list[int]]:
    """Return groups of rows: the two most alike are joined while their mean cosine is enough.

    `vectors` have length 1; the order of rows decides between equals (average linkage).
    """
    members = [[n] for n in range(len(vectors))]
    alike = vectors @ vectors.T if len(vectors) else np.zeros((0, 0), dtype=np.float32)
    np.fill_diagonal(alike, -np.inf)
    while len(vectors) > 1:
        first, second = divmod(int(alike.argmax()), len(vectors))
        if alike[first, second] < threshold:
            break
        first, second = min(first, second), max(first, second)
        sizes = len(members[first]), len(members[second])
        mean = (alike[first] * sizes[0] + alike[second] * sizes[1]) / sum(sizes)
        alike[first], alike[:, first] = mean, mean
        alike[second], alike[:, second] = -np.inf, -np.inf
        alike[first, first] = -np.inf
        members[first] += members[second]
        members[second] = []
    return [group for group in members if group]


def unit(vectors: Vectors) -> Vectors:
    """Return rows of length 1."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    found: Vectors = vectors / np.maximum(lengths, np.float32(1e-9))
    return found


def _cluster(group: Sequence[Gap], vectors: Vectors, fit: Sequence[Gap]) -> Cluster:
    typical = group[0]
    if len(group) > 1:
        rows = vectors[[fit.index(gap) for gap in group]]
        typical = group[int((rows @ rows.T).sum(axis=1).argmax())]
    return Cluster(
        id=typical.id,
        question=typical.question,
        count=len(group),
        people=len({gap.who for gap in group}),
        since_s=min(gap.at_s for gap in group),
        latest_s=max(gap.at_s for gap in group),
        members=tuple(gap.id for gap in group),
    )


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(np.array(vector, dtype=np.float16).tobytes()).decode()


def _unpacked(packed: str) -> Vectors:
    return np.frombuffer(base64.b64decode(packed), dtype=np.float16).astype(np.float32)


def _key(name: str) -> str:
    return f"citewell:{{gaps}}:one:{name}"


def _by(who: str) -> str:
    return f"citewell:{{gaps}}:by:{who}"


def _in(place: str) -> str:
    return f"citewell:{{gaps}}:in:{place}"
