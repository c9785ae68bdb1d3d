"""What an audience may read, in numbers and in questions that it could ask."""

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from redis.exceptions import RedisError

from adapters.types import Audience, SuggestedPrompt
from bot.language.manner import manner
from bot.language.texts import said
from bot.steps.readers import Readers
from bot.steps.searching import PassageFinder
from bot.steps.sets import KnowledgeSets
from guardrails.injection import RuleInjectionDetector
from knowledge.errors import KnowledgeUnavailableError
from knowledge.ports import Shelves
from knowledge.types import Head, Phrasing, Principal, Scope, Shelf

log = structlog.get_logger(__name__)

_TTL_S = 600.0
_TIMEOUT_S = 10.0
_MAX_KNOWN = 500
_HEADS = 200
_PROMPTS = 3
_MAX_TRIED = 10
_TITLE_CHARS = 40
_MAX_WORDS = 10
_PLAIN = re.compile(r"[^\W_][\w ,.&()/'\u2019+-]{3,80}\??")
_ASKS = re.compile(
    r"(?:how|what|when|where|who|which|why|can|do|does|is|are|wie|was|wann|wo|wer|welche\w*|warum)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How many documents of each source may be read, the largest first, and what one may ask.

    Documents that were ingested from files are of the source with the empty name.
    """

    sources: tuple[tuple[str, int], ...] = ()
    prompts: tuple[SuggestedPrompt, ...] = ()

    @property
    def count(self) -> int:
        """How many documents that are."""
        return sum(count for _, count in self.sources)


class Overview:
    """Looks it up as the audience would find it, and keeps it for ten minutes."""

    def __init__(
        self, shelves: Shelves, finder: PassageFinder, readers: Readers, sets: KnowledgeSets
    ) -> None:
        self._shelves = shelves
        self._finder = finder
        self._readers = readers
        self._sets = sets
        self._judge = RuleInjectionDetector()
        self._known: OrderedDict[object, tuple[float, Known]] = OrderedDict()
        self._looking = asyncio.Lock()  # one at a time: people who ask go before

    async def of(self, audience: Audience) -> Known:
        """Return what `audience` may read; nothing where that can't be told now."""
        try:
            readers = await self._readers.of(audience)
            scope = await self._sets.scope_of(audience)
            async with asyncio.timeout(_TIMEOUT_S), self._looking:
                return await self._remembered(readers, scope)
        except (KnowledgeUnavailableError, RedisError, OSError, TimeoutError) as error:
            log.warning("overview_unknown", error=type(error).__name__)
            return Known()

    async def old(self, audience: Audience, days: int) -> Shelf:
        """Return what `audience` may read that was not changed for so many days.

        Raises:
            KnowledgeUnavailableError: The index can't be asked.
        """
        until = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
        readers = await self._readers.of(audience)
        return await self._shelves.shelf(readers=readers, scope=Scope(until=until), limit=_HEADS)

    async def _remembered(self, readers: frozenset[Principal], scope: Scope) -> Known:
        key = (readers, scope, manner().language)  # the questions are in it
        until_s, known = self._known.get(key, (0.0, Known()))
        if until_s > time.monotonic():
            return known
        shelf = await self._shelves.shelf(readers=readers, scope=scope, limit=_HEADS)
        known = Known(
            sources=_by_size(shelf.documents),
            prompts=tuple([each async for each in self._answered(shelf.heads, readers, scope)]),
        )
        self._known[key] = (time.monotonic() + _TTL_S, known)
        while len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        return known

    async def _answered(
        self, heads: Iterable[Head], readers: frozenset[Principal], scope: Scope
    ) -> AsyncIterator[SuggestedPrompt]:
        """Yield questions that find the very page that they were made of."""
        found = 0
        for head, question in self._questions(heads):
            phrasing = Phrasing(text=question)
            finding = await self._finder.find([phrasing], readers=readers, limit=3, scope=scope)
            is_there = any(passage.location == head.location for passage in finding.passages)
            if finding.is_enough and is_there:
                yield SuggestedPrompt(title=_short(head.title), message=question)
                found += 1
            if found == _PROMPTS:
                return

    def _questions(self, heads: Iterable[Head]) -> Iterator[tuple[Head, str]]:
        """Yield one question a document, today's choice first, and not many of them."""
        seen: set[str] = set()
        for head in sorted(heads, key=_todays):
            question = question_of(head)
            is_fit = question and self._judge.judge(question, is_document=True) is None
            if is_fit and not head.superseded and not seen & {head.location, head.title}:
                seen |= {head.location, head.title}
                yield head, question
            if len(seen) >= 2 * _MAX_TRIED:
                return


def question_of(head: Head) -> str:
    """Return what one could ask about a heading of a page; empty where its words are no name."""
    heading = head.heading_path[-1] if head.heading_path else ""
    words = heading or head.title
    if not (_PLAIN.fullmatch(head.title) and _PLAIN.fullmatch(words)):
        return ""
    if len(words.split()) > _MAX_WORDS or len(head.title.split()) > _MAX_WORDS:
        return ""
    if not heading:
        return said("asks_page", title=head.title)
    if words.endswith("?"):
        return words
    if _ASKS.match(words):
        return f"{head.title}: {words[:1].lower()}{words[1:]}?"
    return said("asks_part", title=head.title, heading=words)


def _todays(head: Head) -> str:
    day = int(time.time() // 86_400)
    named = f"{day} {head.location} {' '.join(head.heading_path)}"
    return hashlib.sha256(named.encode()).hexdigest()


def _by_size(documents: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(documents.items(), key=lambda row: (-row[1], row[0])))


def _short(title: str) -> str:
    return title if len(title) <= _TITLE_CHARS else f"{title[: _TITLE_CHARS - 1]}\u2026"
