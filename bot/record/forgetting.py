"""Erases a person everywhere, and tells them what is kept: each part that knows people joins in."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol

import structlog
from redis.asyncio import Redis

from bot.record.pseudonyms import Pseudonyms

log = structlog.get_logger(__name__)

_RECEIPT = "citewell:receipt:"
_DAY_S = 86_400


class StillInUseError(Exception):
    """Something of the person's is being used right now; what could be erased is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose data is meant; `words` are their name and address, where these are known."""

    platform: str
    workspace: str
    id: str
    pseudonym: str
    words: frozenset[str] = frozenset()


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
    """Asks each part in turn, in the order in which they were added, and keeps the receipt."""

    def __init__(
        self,
        redis: Redis,
        pseudonyms: Pseudonyms,
        parts: Sequence[Forgetting],
        *,
        receipt_days: int,
    ) -> None:
        self._redis = redis
        self._pseudonyms = pseudonyms
        self._parts = list(parts)
        self._ttl_s = receipt_days * _DAY_S

    def add(self, part: Forgetting) -> None:
        """Let `part` be asked, too."""
        self._parts.append(part)

    async def subject(
        self, platform: str, workspace: str, person: str, *, words: Sequence[str] = ()
    ) -> Subject:
        """Return the person with this id; `words` are their name and address."""
        return Subject(
            platform=platform,
            workspace=workspace,
            id=person,
            pseudonym=await self._pseudonyms.of_parts(platform, workspace, person),
            words=frozenset(word.strip() for word in words if word.strip()),
        )

    async def kept(self, subject: Subject) -> Mapping[str, int]:
        """Return how many things of each kind are kept of `subject`."""
        return {part.kind: await part.count(subject) for part in self._parts}

    async def forget(self, subject: Subject) -> Receipt:
        """Erase `subject` from every part.

        Raises:
            RedisError, OSError: A part can't be reached; ask again, nothing is erased twice.
        """
        counts: dict[str, int] = {}
        left: list[str] = []
        for part in self._parts:
            try:
                counts[part.kind] = await part.forget(subject)
            except StillInUseError:
                left.append(part.kind)
        receipt = Receipt(
            id=secrets.token_hex(6), at_s=time.time(), counts=counts, left=tuple(left)
        )
        kept_as = json.dumps(asdict(receipt))
        await self._redis.set(_RECEIPT + receipt.id, kept_as, ex=self._ttl_s)
        log.info("forgotten", count=sum(counts.values()), is_complete=not left)
        return receipt

    async def receipt(self, receipt_id: str) -> Receipt | None:
        """Return a receipt that was given before; None where there is none of this id."""
        kept = await self._redis.get(_RECEIPT + receipt_id)
        if kept is None:
            return None
        read = json.loads(kept)
        return Receipt(**{**read, "left": tuple(read["left"])})
