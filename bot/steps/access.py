"""Says which documents an answer would be made from, which are withheld, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapters.types import Audience
from bot.steps.readers import Readers
from bot.steps.searching import PassageFinder
from bot.types import Question
from knowledge.types import ALL, ANYONE, Finding, Passage, Principal, Scope


class Why(StrEnum):
    """Why a document is used or withheld."""

    PERMITTED = "permitted"  # everyone who sees the reply may read it
    NOT_THE_AUDIENCE = "not_the_audience"  # the person may, someone who reads along may not
    NOT_THE_PERSON = "not_the_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One document: as whom it is read (`because`), or as one of whom it could be (`needs`)."""

    document_id: str
    title: str
    url: str
    why: Why
    because: tuple[Principal, ...] = ()
    needs: tuple[Principal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a question may be answered from, best first."""

    readers: tuple[Principal, ...]
    used: tuple[Judged, ...]
    withheld: tuple[Judged, ...]


async def access_of(
    question: Question,
    audience: Audience,
    *,
    finder: PassageFinder,
    readers: Readers,
    limit: int,
    scope: Scope = ALL,
) -> Access:
    """Ask the index as the audience, as the person, and without permissions; for operators alone.

    Raises:
        KnowledgeUnavailableError: The index did not answer in time.
    """
    permitted = await readers.of(audience)
    own = await readers.of_person(audience.person)

    async def found(asked_as: frozenset[Principal]) -> Finding:
        return await finder.find(question.searched, readers=asked_as, limit=limit, scope=scope)

    used = _documents(await found(permitted))
    everything = _documents(await found(frozenset({ANYONE})))
    withheld = [each for each in everything.values() if not each.readers & permitted]
    return Access(
        readers=tuple(sorted(permitted)),
        used=tuple(_judged(each, permitted, own) for each in used.values()),
        withheld=tuple(_judged(each, permitted, own) for each in withheld),
    )


def _documents(finding: Finding) -> Mapping[str, Passage]:
    """Return the best passage of each document, best first."""
    best: dict[str, Passage] = {}
    for passage in finding.passages:
        best.setdefault(passage.location, passage)
    return best


def _judged(passage: Passage, permitted: frozenset[Principal], own: frozenset[Principal]) -> Judged:
    because = tuple(sorted(passage.readers & permitted))
    is_own = bool(passage.readers & own)
    why = Why.NOT_THE_AUDIENCE if is_own else Why.NOT_THE_PERSON
    return Judged(
        document_id=passage.document_id,
        title=passage.title,
        url=passage.url,
        why=Why.PERMITTED if because else why,
        because=because,
        needs=() if because else tuple(sorted(passage.readers)),
    )
