"""What personal data was found in which document: types and counts, never values."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.crypto import Cipher
from knowledge.indexes.wrapped import WrappedIndex
from knowledge.ports import VectorIndex
from knowledge.types import ChunkRecord, PersonalData

_KEY = "citewell:personal-found"
_GROUP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found in one document, and what was done with it; `counts` are by type."""

    document_id: str
    location: str
    treated: PersonalData
    counts: Mapping[str, int]


class PersonalReport:
    """Keeps what was found by document, sealed: a document's id may be a person's name."""

    def __init__(self, redis: Redis, cipher: Cipher) -> None:
        self._redis = redis
        self._cipher = cipher

    async def note(self, location: str, found: Found | None) -> None:
        """Keep what was found in the document at `location`, or forget it."""
        if found is None or not found.counts:
            await self.forget([location])
            return
        line = json.dumps([found.document_id, location, found.treated, dict(found.counts)])
        await self._redis.hset(_KEY, _field(location), self._cipher.seal(line.encode(), _KEY))

    async def forget(self, locations: Sequence[str]) -> None:
        """Forget documents; unknown ones are no error."""
        if locations:
            await self._redis.hdel(_KEY, *map(_field, locations))

    async def of(self, prefix: str = "") -> list[Found]:
        """Return what was found in the documents whose locations begin with `prefix`, by id."""
        found: list[Found] = []
        async for _, sealed in self._redis.hscan_iter(_KEY, count=_GROUP):
            read = json.loads(self._cipher.open(bytes(sealed), _KEY))
            document_id, location, treated, counts = read
            if location.startswith(prefix):
                found.append(
                    Found(
                        document_id=document_id,
                        location=location,
                        treated=PersonalData(treated),
                        counts=counts,
                    )
                )
        return sorted(found, key=lambda item: item.document_id)


class ReportingIndex(WrappedIndex):
    """An index that notes what personal data is in the documents written to it."""

    def __init__(self, inner: VectorIndex, report: PersonalReport) -> None:
        super().__init__(inner)
        self._report = report

    async def replace(self, location: str, records: Sequence[ChunkRecord]) -> None:
        await super().replace(location, records)
        await self._report.note(location, _found(location, records))

    async def remove(self, locations: Sequence[str]) -> None:
        await super().remove(locations)
        await self._report.forget(locations)


def _found(location: str, records: Sequence[ChunkRecord]) -> Found | None:
    if not records:
        return None
    document = records[0].chunk.document
    flagged = (span.type for record in records for span in record.chunk.personal)
    return Found(
        document_id=document.id,
        location=location,
        treated=document.personal,
        counts=dict(sorted(Counter((*document.masked, *flagged)).items())),
    )


def _field(location: str) -> str:
    return hashlib.sha256(location.encode()).hexdigest()[:32]
