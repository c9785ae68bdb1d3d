"""Retrieval for an audience: who may see the reply decides what may be found."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from adapters.types import Audience, Visibility
from bot.errors import SearchUnavailableError
from bot.types import Question
from knowledge.errors import KnowledgeUnavailableError
from knowledge.types import EVERYONE, Finding, Phrasing, Principal

PUBLIC = Principal("public")
"""What people from outside the company may read."""


class PassageFinder(Protocol):
    """What knowledge offers: passages for a question's wordings, for a set of readers."""

    async def find(
        self, phrasings: Sequence[Phrasing], *, readers: frozenset[Principal], limit: int
    ) -> Finding:
        """Return at most `limit` passages that one of `readers` may read, best first."""


class AudienceRetriever:
    """Finds what everyone who will see the reply may read.

    `also` are principals that whoever starts the process vouches for (the terminal's owner).
    """

    def __init__(
        self,
        finder: PassageFinder,
        *,
        limit: int,
        timeout_s: float,
        also: frozenset[Principal] = frozenset(),
    ) -> None:
        self._finder = finder
        self._limit = limit
        self._timeout_s = timeout_s
        self._also = also

    async def retrieve(self, question: Question, *, audience: Audience) -> Finding:
        readers = readers_of(audience) | self._also
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._finder.find(
                    question.searched, readers=readers, limit=self._limit
                )
        except (KnowledgeUnavailableError, TimeoutError) as error:
            raise SearchUnavailableError(type(error).__name__) from error


def readers_of(audience: Audience) -> frozenset[Principal]:
    """Return the principals whose documents everyone in `audience` may read.

    People from outside read public documents only; in a channel, what everyone may read.
    """
    person = audience.person
    if person.is_guest or audience.has_outsiders:
        return frozenset({PUBLIC})
    if audience.visibility is Visibility.CHANNEL:
        return frozenset({PUBLIC, EVERYONE})
    return frozenset({PUBLIC, EVERYONE, Principal(f"user:{person.workspace}:{person.id}")})


READERS_IN_TERMINAL = frozenset({PUBLIC, EVERYONE})
"""What `citewell search` may find without --reader."""
