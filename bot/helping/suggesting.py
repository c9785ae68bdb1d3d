"""What else was found near an answer, and further questions that the documents do answer."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from adapters.types import Audience, IncomingMessage
from bot.helping.overview import question_of
from bot.language.manner import alone, manner
from bot.ports import EvidenceReader
from bot.steps.readers import Readers
from bot.steps.searching import PassageFinder
from bot.steps.sets import KnowledgeSets
from bot.types import Evidence, Reading
from guardrails.types import Placeholders
from knowledge.errors import KnowledgeUnavailableError
from knowledge.ports import VectorIndex
from knowledge.types import Head, Passage, Phrasing, Principal, Scope, chunk_id

log = structlog.get_logger(__name__)

_MOST = 3
_TRIED = 6
_BESIDE = (1, -1, 2, -2)
_NEAR = 2  # passages whose neighbours are looked at
_WAIT_S = 0.25  # for what is not yet there when an answer is whole, and nobody reads it yet
_PATIENT_WAIT_S = 1.5  # the same where its words are read already
_TIMEOUT_S = 5.0
_MAX_RUNNING = 50
_TTL_S = 600.0
_MAX_KNOWN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A question, and the link of what it was made of."""

    question: str
    url: str


class Gathered:
    """What was read for one answer, by whom it may be seen; grows while it is made."""

    def __init__(self, message: IncomingMessage) -> None:
        self.message = message
        self.question = ""  # so that it stands alone
        self.evidence: tuple[Evidence, ...] = ()
        self.suggestions: list[Suggestion] = []
        self.looking: asyncio.Task[None] | None = None

    @property
    def audience(self) -> Audience:
        """Who will see the answer."""
        return self.message.audience

    async def questions(self, cited: frozenset[str], *, is_visible: bool) -> tuple[str, ...]:
        """Return at most three questions that lead to other links than the `cited` ones.

        They are waited for a moment, and longer where the answer's words are visible already.
        """
        if self.looking is not None and len(self._fresh(cited)) < _MOST:
            timeout_s = _PATIENT_WAIT_S if is_visible else _WAIT_S
            await asyncio.wait([self.looking], timeout=timeout_s)
        return self._fresh(cited)[:_MOST]

    def further(self, shown: frozenset[str]) -> tuple[Passage, ...]:
        """Return what was read besides the links that are `shown`, each link once."""
        links: dict[str, Passage] = {}
        for item in self.evidence:
            is_indexed = bool(item.passage.readers)  # and not a file that somebody attached
            if is_indexed and item.passage.url not in shown and not item.is_suspicious:
                links.setdefault(item.passage.url, item.passage)
        return tuple(links.values())

    def read_behind(self, links: frozenset[str]) -> tuple[str, ...]:
        """Return the ids of the passages that were read and stand behind `links`."""
        return tuple(e.passage.chunk_id for e in self.evidence if e.passage.url in links)

    def close(self) -> None:
        """Look no further."""
        if self.looking is not None:
            self.looking.cancel()

    def _fresh(self, cited: frozenset[str]) -> tuple[str, ...]:
        return tuple(each.question for each in self.suggestions if each.url not in cited)


_gathered: ContextVar[Gathered | None] = ContextVar("gathered", default=None)
_is_plain: ContextVar[bool] = ContextVar("is_plain", default=False)


@contextmanager
def gathering(what: Gathered) -> Iterator[None]:
    """Let what is read inside be gathered in `what`."""
    token = _gathered.set(what)
    try:
        yield
    finally:
        _gathered.reset(token)
        what.close()


@contextmanager
def nothing_offered() -> Iterator[None]:
    """Let no answer inside be given buttons: they would not be shown."""
    token = _is_plain.set(True)
    try:
        yield
    finally:
        _is_plain.reset(token)


def is_plain() -> bool:
    """Return whether the answer at hand is given no buttons."""
    return _is_plain.get()


def gathered() -> Gathered | None:
    """Return what was read for the answer at hand."""
    return _gathered.get()


class Suggesting:
    """Makes questions of the headings beside what was read, and tries each before it is offered.

    A question is kept only where a search for this very audience finds the page that it was made
    of. Headings with personal data, or of passages that seem to give orders, make none. It runs
    beside the model, and nobody waits for it before words are visible.
    """

    def __init__(
        self,
        finder: PassageFinder,
        index: VectorIndex,
        reader: EvidenceReader,
        readers: Readers,
        sets: KnowledgeSets,
    ) -> None:
        self._finder = finder
        self._index = index
        self._reader = reader
        self._readers = readers
        self._sets = sets
        self._running: set[asyncio.Task[None]] = set()
        self._known: OrderedDict[object, tuple[float, bool]] = OrderedDict()

    def begin(self, for_: Gathered) -> None:
        """Look for questions in the background."""
        if len(self._running) >= _MAX_RUNNING or not for_.evidence:
            return
        # In a context of its own: what is read for it is no part of the answer's record.
        task = asyncio.create_task(self._look(for_), context=alone())
        for_.looking = task
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _look(self, for_: Gathered) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                readers = await self._readers.of(for_.audience)
                scope = await self._sets.scope_of(for_.audience)
                for head, url in await self._heads(for_, readers):
                    question = question_of(head)
                    if await self._is_answered(question, head.location, readers, scope):
                        for_.suggestions.append(Suggestion(question=question, url=url))
        except (KnowledgeUnavailableError, RedisError, OSError, TimeoutError) as error:
            log.info("suggestions_left_out", error=type(error).__name__)

    async def _heads(self, for_: Gathered, readers: frozenset[Principal]) -> list[tuple[Head, str]]:
        """Return what to ask about: the sections beside the best ones, then the others."""
        beside = await self._beside(for_.evidence[:_NEAR], readers, for_.message.thread.workspace)
        found: dict[str, tuple[Head, str]] = {}
        best = for_.evidence[0]
        own = question_of(_head(best))
        for item in (*beside, *for_.evidence[1:]):
            question = question_of(_head(item))
            is_own_page = item.passage.location == best.passage.location and not item.heading_path
            is_fit = question not in {"", own, for_.message.text}
            if is_fit and not is_own_page and not (item.is_suspicious or item.passage.superseded):
                found.setdefault(question, (_head(item), item.passage.url))
        return list(found.values())[:_TRIED]

    async def _beside(
        self, near: Sequence[Evidence], readers: frozenset[Principal], workspace: str
    ) -> tuple[Evidence, ...]:
        places = [
            chunk_id(item.passage.location, item.passage.position + step)
            for item in near
            for step in _BESIDE
            if item.passage.position + step >= 0
        ]
        passages = await self._index.passages(places, readers=readers)
        ordered = sorted(passages, key=lambda passage: places.index(passage.chunk_id))
        reading = await self._reader.read(ordered, Placeholders(), workspace=workspace)
        return reading.evidence

    async def _is_answered(
        self, question: str, location: str, readers: frozenset[Principal], scope: Scope
    ) -> bool:
        """Return whether the question finds the page; remembered for ten minutes."""
        key = (question, location, readers, scope)
        until_s, known = self._known.get(key, (0.0, False))
        if until_s > time.monotonic():
            return known
        finding = await self._finder.find(
            [Phrasing(text=question)], readers=readers, limit=_MOST, scope=scope
        )
        is_there = any(passage.location == location for passage in finding.passages)
        self._known[key] = (time.monotonic() + _TTL_S, finding.is_enough and is_there)
        while len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        return finding.is_enough and is_there


class GatheringReader:
    """A reader that gathers what it read for the answer at hand, and looks for questions."""

    def __init__(self, inner: EvidenceReader, suggesting: Suggesting) -> None:
        self._inner = inner
        self._suggesting = suggesting

    async def notice(self, question: str) -> None:
        await self._inner.notice(question)

    async def read(
        self, passages: Sequence[Passage], placeholders: Placeholders, *, workspace: str = ""
    ) -> Reading:
        reading = await self._inner.read(passages, placeholders, workspace=workspace)
        into = gathered()
        if into is not None:
            into.evidence = reading.evidence
            if manner().suggests:
                self._suggesting.begin(into)
        return reading


def _head(item: Evidence) -> Head:
    return Head(location=item.passage.location, title=item.title, heading_path=item.heading_path)
