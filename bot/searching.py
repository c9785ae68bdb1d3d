"""Retrieval for an audience: who may see the reply decides what may be found."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from adapters.types import Audience, ThreadId
from bot.errors import SearchUnavailableError
from bot.readers import COMPANY, Readers
from bot.types import Question
from knowledge.errors import KnowledgeUnavailableError
from knowledge.types import ALL, Finding, Phrasing, Principal, Scope


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


class AudienceRetriever:
    """Finds what everyone who will see the reply may read.

    `also` are principals that whoever starts the process vouches for (the terminal's owner).
    """

    def __init__(
        self,
        finder: PassageFinder,
        readers: Readers,
        *,
        limit: int,
        timeout_s: float,
        also: frozenset[Principal] = frozenset(),
    ) -> None:
        self._finder = finder
        self._readers = readers
        self._limit = limit
        self._timeout_s = timeout_s
        self._also = also

    async def retrieve(
        self, question: Question, *, audience: Audience, thread: ThreadId
    ) -> Finding:
        readers = await self._readers.of(audience) | self._also
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._finder.find(
                    question.searched,
                    readers=readers,
                    limit=self._limit,
                    scope=Scope(without_thread=str(thread)),
                )
        except (KnowledgeUnavailableError, TimeoutError) as error:
            raise SearchUnavailableError(type(error).__name__) from error


READERS_IN_TERMINAL = COMPANY
"""What `citewell search` may find without --reader."""
