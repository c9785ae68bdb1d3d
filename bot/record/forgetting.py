"""Erases a person everywhere, and tells them what is kept: each part that knows people joins in."""

import json
import secrets
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import structlog
from redis.asyncio import Redis

from bot.record.addresses import AddressBook, is_address
from bot.record.pseudonyms import Pseudonyms

log = structlog.get_logger(__name__)

_RECEIPT = "citewell:receipt:"
_DAY_S = 86_400
_KNOWN_BY = "verified addresses"


class StillInUseError(Exception):
    """Something of the person's is being used right now; what could be erased is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose data is meant; `words` are their name and address, where these are known.

    Without an id it is somebody of whom only the words are known.
    """

    platform: str
    workspace: str
    id: str
    pseudonym: str
    words: frozenset[str] = frozenset()

    @property
    def addresses(self) -> frozenset[str]:
        """Those of the words that are e-mail addresses."""
        return frozenset(word for word in self.words if is_address(word))


class Forgetting(Protocol):
    """A part that keeps something of people."""

    @property
    def kind(self) -> str:
        """What it keeps, in a word or two, as a receipt and `my-data` name it."""

    async def count(self, subject: Subject) -> int:
        """Return how many things it keeps of `subject`."""

    async def forget(self, subject: Subject) -> int:
        """Erase what it keeps of `subject` and return how many things that were.

        Raises:
            StillInUseError: Something is left; it can be erased in a moment.
            RedisError, OSError: It can't be reached.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """That somebody's data was erased: how many things of each kind, when; not whose.

    `left` are kinds of which something is left, since it was in use.
    """

    id: str
    at_s: float
    counts: Mapping[str, int]
    left: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """The receipt as lines of text."""
        at = f"{datetime.fromtimestamp(self.at_s, UTC):%Y-%m-%d %H:%M:%S} UTC"
        counts = "".join(f"- {kind}: {count}\n" for kind, count in self.counts.items())
        left = f"Still in use, ask again in a minute: {', '.join(self.left)}\n" if self.left else ""
        return f"Receipt {self.id}, {at}. Erased:\n{counts}{left}".rstrip()


class Forgetter:
    """Asks each part in turn, in the order in which they were added, and keeps the receipt.

    By which address a person is known is forgotten last, and only when nothing else is left.
    """

    def __init__(
        self,
        redis: Redis,
        pseudonyms: Pseudonyms,
        parts: Sequence[Forgetting],
        *,
        addresses: AddressBook,
        receipt_days: int,
    ) -> None:
        self._redis = redis
        self._pseudonyms = pseudonyms
        self._parts = list(parts)
        self._addresses = addresses
        self._ttl_s = receipt_days * _DAY_S

    def add(self, part: Forgetting) -> None:
        """Let `part` be asked, too."""
        self._parts.append(part)

    async def subject(
        self, platform: str, workspace: str, person: str, *, words: Sequence[str] = ()
    ) -> Subject:
        """Return the person with this id; `words` are their name and address.

        An address that the platform has verified is added to them.
        """
        pseudonym = await self._pseudonyms.of_parts(platform, workspace, person)
        return Subject(
            platform=platform,
            workspace=workspace,
            id=person,
            pseudonym=pseudonym,
            words=_words(words) | await self._addresses.addresses(pseudonym),
        )

    async def subjects(self, named: str, *, words: Sequence[str] = ()) -> tuple[Subject, ...]:
        """Return whom `platform:workspace:id`, or an e-mail address, names: at least one.

        Raises:
            ValueError: It is neither.
        """
        people = await self._addresses.people(named)
        words = (*words, named) if is_address(named) else words
        if not people:
            return (Subject(platform="", workspace="", id="", pseudonym="", words=_words(words)),)
        found = [await self.subject(*whose, words=words) for whose in people]
        # One of them has the words, so that what they find is counted once.
        both = frozenset[str]().union(*(each.words for each in found))
        return (replace(found[0], words=both), *(replace(s, words=frozenset()) for s in found[1:]))

    async def kept(self, *subjects: Subject) -> Mapping[str, int]:
        """Return how many things of each kind are kept of `subjects`, who are one person."""
        counts = Counter[str]()
        for part in self._parts:
            for subject in subjects:
                counts[part.kind] += await part.count(subject)
        counts[_KNOWN_BY] = sum([await self._addresses.count(s.pseudonym) for s in subjects])
        return dict(counts)

    async def forget(self, *subjects: Subject) -> Receipt:
        """Erase `subjects`, who are one person, from every part.

        Raises:
            RedisError, OSError: A part can't be reached; ask again, nothing is erased twice.
        """
        counts = Counter[str]()
        left: list[str] = []
        for part in self._parts:
            for subject in subjects:
                try:
                    counts[part.kind] += await part.forget(subject)
                except StillInUseError:
                    left.append(part.kind)
        if not left:
            gone = [await self._addresses.forget(subject.pseudonym) for subject in subjects]
            counts[_KNOWN_BY] = sum(gone)
        receipt = Receipt(
            id=secrets.token_hex(6),
            at_s=time.time(),
            counts=dict(counts),
            left=tuple(dict.fromkeys(left)),
        )
        kept_as = json.dumps(asdict(receipt))
        await self._redis.set(_RECEIPT + receipt.id, kept_as, ex=self._ttl_s)
        log.info("forgotten", count=counts.total(), is_complete=not left)
        return receipt

    async def receipt(self, receipt_id: str) -> Receipt | None:
        """Return a receipt that was given before; None where there is none of this id."""
        kept = await self._redis.get(_RECEIPT + receipt_id)
        if kept is None:
            return None
        read = json.loads(kept)
        return Receipt(**{**read, "left": tuple(read["left"])})


def _words(given: Sequence[str]) -> frozenset[str]:
    return frozenset(word.strip() for word in given if word.strip())
