"""Retrieval for an audience: who may see the reply decides what may be found."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from adapters.types import Audience, ThreadId
from bot.errors import SearchUnavailableError
from bot.steps.readers import COMPANY, PUBLIC, Readers
from bot.steps.sets import KnowledgeSets
from bot.types import Question
from knowledge.errors import KnowledgeUnavailableError
from knowledge.types import ALL, ANYONE, Finding, Passage, Phrasing, Principal, Scope

log = structlog.get_logger(__name__)


class PassageFinder(Protocol):
    """What knowledge offers: passages for a question's wordings, for a set of readers."""

    async def find(
        self,
        phrasings: Sequence[Phrasing],
        *,
        readers: frozenset[Principal],
        limit: int,
        scope: Scope = ALL,
    ) -> Finding:
        """Return at most `limit` passages that one of `readers` may read, best first."""


class AclMode(StrEnum):
    """What permissions do: everything but `enforce` shows documents to people who may not read."""

    OFF = "off"
    WARN = "warn"  # as off, and each passage that would have been withheld is logged by its id
    ENFORCE = "enforce"


class AudienceRetriever:
    """Finds what everyone who will see the reply may read.

    `also` are principals that whoever starts the process vouches for (the terminal's owner).
    Whatever the `mode`, people from outside find public documents only.
    """

    def __init__(
        self,
        finder: PassageFinder,
        readers: Readers,
        sets: KnowledgeSets,
        *,
        limit: int,
        timeout_s: float,
        also: frozenset[Principal] = frozenset(),
        mode: AclMode = AclMode.ENFORCE,
    ) -> None:
        self._mode = mode
        self._finder = finder
        self._readers = readers
        self._sets = sets
        self._limit = limit
        self._timeout_s = timeout_s
        self._also = also

    async def retrieve(
        self, question: Question, *, audience: Audience, thread: ThreadId
    ) -> Finding:
        permitted = await self._readers.of(audience) | self._also
        readers = self._asked_as(permitted)
        try:
            async with asyncio.timeout(self._timeout_s):
                finding = await self._finder.find(
                    question.searched,
                    readers=readers,
                    limit=self._limit,
                    scope=replace(await self._sets.scope_of(audience), without_thread=str(thread)),
                )
        except (KnowledgeUnavailableError, RedisError, OSError) as error:
            raise SearchUnavailableError(type(error).__name__) from error
        if self._mode is AclMode.WARN:
            warn_of(finding.passages, permitted)
        return finding

    def _asked_as(self, permitted: frozenset[Principal]) -> frozenset[Principal]:
        is_held = self._mode is AclMode.ENFORCE or permitted <= {PUBLIC}
        return permitted if is_held else frozenset({ANYONE})


def warn_of(passages: Sequence[Passage], permitted: frozenset[Principal]) -> int:
    """Log which of `passages` none of `permitted` may read; returns how many."""
    denied = [passage for passage in passages if not passage.readers & permitted]
    if denied:
        log.warning("acl_would_deny", denied=len(denied), count=len(passages))
    for passage in denied:
        log.warning("acl_would_deny_passage", chunk=passage.chunk_id)
    return len(denied)


READERS_IN_TERMINAL = COMPANY
"""What `citewell search` may find without --reader."""
