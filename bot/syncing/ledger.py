"""What is known of each source's sync, in Redis: how far it is, what is to do, what came of it."""

import time
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel, TypeAdapter
from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from knowledge.ingestion.indexer import Outcome, Taken
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.reading import FORM
from knowledge.types import PersonalData, SourceDocument

_DOCUMENT = TypeAdapter(SourceDocument)
_NAMES = "citewell:sources"
_CATALOGUE, _WISHES = "citewell:sources:catalogue", "citewell:sources:wishes"
ADDED = "citewell:sources:added"
"""Sources that were added in the chat, each with when it was taken out, or nothing."""
Wish: TypeAlias = Literal["sync", "full", "remove"]
_PAGE = 500
_COUNTED = ("listed", "removed", *Outcome)

_Values = dict[FieldT, EncodableT]

# Settles a document once: only whoever takes the very entry that was worked on counts it.
_SETTLE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
if ARGV[3] == '' then redis.call('HDEL', KEYS[2], ARGV[1])
else redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end
redis.call('HINCRBY', KEYS[3], ARGV[4], 1)
redis.call('HSET', KEYS[3], 'touched_s', ARGV[5])
return 1
"""

# Ends a run once: when all is listed and nothing is to do.
_FINISH = """
if redis.call('HGET', KEYS[1], 'stage') ~= 'working' then return 0 end
if redis.call('HLEN', KEYS[2]) > 0 then return 0 end
local listed = redis.call('SCARD', KEYS[3])
local other = 0
for _, name in ipairs({'indexed', 'empty', 'failed'}) do
  other = other + tonumber(redis.call('HGET', KEYS[1], name) or '0')
end
redis.call('HSET', KEYS[1], 'stage', 'idle', 'finished_s', ARGV[1], 'error', '',
  'listed', listed, 'unchanged', math.max(0, listed - other))
if redis.call('HGET', KEYS[1], 'is_full') == '1' then
  redis.call('HSET', KEYS[1], 'full_s', ARGV[1])
end
redis.call('DEL', KEYS[3])
return 1
"""


class Catalogue(BaseModel, frozen=True):
    """What the sources file names, for processes that do not have it: each source in words."""

    sources: dict[str, str] = {}
    sets: dict[str, tuple[str, ...]] = {}


class Run(BaseModel, frozen=True):
    """A source's sync, the running one or the last one; times are in seconds since 1970.

    `listing`: what changed is being asked for; `working`: documents are to do; `idle`: all done.
    `is_full`: everything is listed, so that what is not there any more can be told; `setup`: a
    hash of what the sources file said, secrets apart; `is_paused`: nothing is done until resumed.
    """

    id: str = ""
    stage: Literal["idle", "listing", "working"] = "idle"
    is_full: bool = False
    is_paused: bool = False
    setup: str = ""
    cursor: str = ""
    error: str = ""
    started_s: float = 0
    stopped_s: float = 0  # when an error ended it, until the next one
    finished_s: float = 0
    touched_s: float = 0  # when it came forward last
    full_s: float = 0  # when a full one was finished last
    listed: int = 0
    indexed: int = 0
    unchanged: int = 0
    empty: int = 0
    failed: int = 0
    removed: int = 0
    unsupported: int = 0


class Note(BaseModel, frozen=True):
    """What came of a document, and of which state of it; without `version` it is asked again."""

    id: str
    url: str
    version: str
    readers: tuple[str, ...]
    form: str
    outcome: Outcome
    content_hash: str
    reason: str = ""
    problem: str = ""
    personal: PersonalData = PersonalData.FLAG
    sensitivity: str = ""

    def is_of(self, found: SourceDocument) -> bool:
        """Return whether nothing is to do, since this is what came of that very state."""
        return (
            bool(found.version)
            and self.version == found.version
            and self.form == FORM
            and (self.id, self.url) == (found.id, found.url)
            and self.readers == tuple(sorted(found.readers))
            and self.problem == found.problem
            and self.personal is found.personal
            and self.sensitivity == found.sensitivity
        )


def note_of(found: SourceDocument, taken: Taken, *, is_final: bool = True) -> Note:
    """Return what is remembered of `found`; of what may go better next time, no version."""
    is_unchanged = taken.outcome is Outcome.UNCHANGED
    return Note(
        id=found.id,
        url=found.url,
        version=found.version if is_final else "",
        readers=tuple(sorted(found.readers)),
        form=FORM,
        outcome=Outcome.INDEXED if is_unchanged else taken.outcome,
        content_hash=taken.content_hash,
        reason=taken.reason,
        problem=found.problem,
        personal=found.personal,
        sensitivity=found.sensitivity,
    )


class Ledger:
    """The state of every source's sync; each change is one step that a crash can't halve."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._settle = redis.register_script(_SETTLE)
        self._finish = redis.register_script(_FINISH)

    async def publish(self, catalogue: Catalogue) -> None:
        """Let everybody know what the sources file names."""
        await self._redis.set(_CATALOGUE, catalogue.model_dump_json())

    async def catalogue(self) -> Catalogue:
        """Return what was published last; nothing before that."""
        kept = await self._redis.get(_CATALOGUE)
        return Catalogue.model_validate_json(kept) if kept else Catalogue()

    async def is_being_removed(self, source: str) -> bool:
        """Return whether a source that was added in the chat is being taken out."""
        return bool(await self._redis.hget(ADDED, source))

    async def wish(self, what: Wish, source: str) -> None:
        """Ask whoever keeps the sources in time to do something soon."""
        await self._redis.sadd(_WISHES, f"{what}:{source}")

    async def wishes(self) -> list[tuple[str, str]]:
        """Take everything that was wished for: what, and of which source."""
        taken = await self._redis.spop(_WISHES, _PAGE)
        words = [_text(each) for each in taken or () if isinstance(each, bytes)]
        return [(what, name) for what, _, name in (word.partition(":") for word in words)]

    async def names(self) -> list[str]:
        """Return the sources that were ever synced and not removed."""
        return sorted(_text(name) for name in await self._redis.smembers(_NAMES))

    async def run(self, source: str) -> Run:
        """Return the running sync, or the last one."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(_key(source, "run"))
            pipe.scard(_key(source, "seen"))
            pipe.scard(_key(source, "unsupported"))
            stored, seen, unsupported = await pipe.execute()
        values: dict[str, object] = {_text(k): _text(v) for k, v in stored.items()}
        if values.get("stage", "idle") != "idle":
            values["listed"] = seen
        return Run.model_validate({**values, "unsupported": unsupported})

    async def begin(self, source: str, *, is_full: bool, setup: str) -> Run:
        """Begin a sync; a full one begins its listing anew."""
        run = await self.run(source)
        values: _Values = {
            "id": uuid.uuid4().hex[:12],
            "stage": "listing",
            "is_full": int(is_full),
            "setup": setup,
            "cursor": "" if is_full else run.cursor,
            "error": "",
            "started_s": time.time(),
            "touched_s": time.time(),
            **dict.fromkeys(_COUNTED, 0),
        }
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(_NAMES, source)
            pipe.hset(_key(source, "run"), mapping=values)
            pipe.hdel(_key(source, "run"), "is_full_wanted")
            pipe.delete(_key(source, "seen"))
            if is_full:
                pipe.delete(_key(source, "unsupported"))
            await pipe.execute()
        return await self.run(source)

    async def want_full(self, source: str) -> None:
        """Make the next sync a full one."""
        await self._redis.hset(_key(source, "run"), "is_full_wanted", "1")

    async def is_full_wanted(self, source: str) -> bool:
        """Return whether the next sync was asked to be a full one."""
        return bool(await self._redis.hexists(_key(source, "run"), "is_full_wanted"))

    async def pause(self, source: str, *, is_paused: bool) -> None:
        """Let nothing be done for a source until it is resumed."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.sadd(_NAMES, source)
            pipe.hset(_key(source, "run"), "is_paused", str(int(is_paused)))
            await pipe.execute()

    async def is_paused(self, source: str) -> bool:
        """Return whether a source is paused."""
        return bool(await self._redis.hget(_key(source, "run"), "is_paused") == b"1")

    async def put(self, source: str, batch: Batch, changed: Sequence[SourceDocument]) -> None:
        """Note a batch of a listing: what is to do, what was seen, and where it continues."""
        async with self._redis.pipeline(transaction=True) as pipe:
            if batch.documents:
                pipe.sadd(_key(source, "seen"), *(found.location for found in batch.documents))
            if changed:
                todo: _Values = {found.location: _DOCUMENT.dump_json(found) for found in changed}
                pipe.hset(_key(source, "todo"), mapping=todo)
            moved: _Values = {"cursor": batch.cursor, "touched_s": time.time()}
            pipe.hset(_key(source, "run"), mapping=moved)
            if batch.unsupported:
                pipe.sadd(_key(source, "unsupported"), *batch.unsupported)
            await pipe.execute()

    async def listed(self, source: str) -> None:
        """Note that the listing is whole."""
        await self._redis.hset(_key(source, "run"), "stage", "working")

    async def resume(self, source: str) -> None:
        """Note that a sync goes on."""
        values: _Values = {"error": "", "touched_s": time.time()}
        await self._redis.hset(_key(source, "run"), mapping=values)

    async def stop(self, source: str, error: str) -> None:
        """Note why a sync stopped; the next one goes on where it was."""
        values: _Values = {"error": error, "stopped_s": time.time()}
        await self._redis.hset(_key(source, "run"), mapping=values)

    async def finish(self, source: str) -> bool:
        """End the sync if nothing is to do any more, and return whether this call ended it."""
        keys = [_key(source, "run"), _key(source, "todo"), _key(source, "seen")]
        return bool(await self._finish(keys=keys, args=[time.time()]))

    async def to_do(self, source: str) -> AsyncIterator[tuple[str, SourceDocument]]:
        """Yield the location and the document of what is to do."""
        async for location, raw in self._redis.hscan_iter(_key(source, "todo"), count=_PAGE):
            yield location.decode(), _DOCUMENT.validate_json(raw)

    async def unsupported(self, source: str, limit: int) -> list[str]:
        """Return at most `limit` of the documents that are of no supported kind."""
        found = await self._redis.srandmember(_key(source, "unsupported"), limit)
        return sorted(_text(name) for name in found or () if not isinstance(name, int))

    async def waiting(self, source: str) -> int:
        """Return how many documents are to do."""
        return int(await self._redis.hlen(_key(source, "todo")))

    async def take(self, source: str, location: str) -> tuple[bytes, SourceDocument] | None:
        """Return what is to do for a document, as it is kept and read; None where it is done."""
        raw = await self._redis.hget(_key(source, "todo"), location)
        return (raw, _DOCUMENT.validate_json(raw)) if isinstance(raw, bytes) else None

    async def settle(
        self, source: str, location: str, raw: bytes, note: Note | None, counted: str
    ) -> bool:
        """Note what came of a document, None where it is gone; False if it changed meanwhile."""
        keys = [_key(source, "todo"), _key(source, "notes"), _key(source, "run")]
        written = note.model_dump_json() if note is not None else ""
        return bool(
            await self._settle(keys=keys, args=[location, raw, written, counted, time.time()])
        )

    async def notes(self, source: str, locations: Iterable[str]) -> dict[str, Note]:
        """Return what is noted of these documents."""
        wanted = list(locations)
        if not wanted:
            return {}
        found = await self._redis.hmget(_key(source, "notes"), wanted)
        pairs = zip(wanted, found, strict=True)
        return {location: Note.model_validate_json(raw) for location, raw in pairs if raw}

    async def all_notes(self, source: str) -> AsyncIterator[tuple[str, Note]]:
        """Yield what is noted of each document, by location."""
        async for location, raw in self._redis.hscan_iter(_key(source, "notes"), count=_PAGE):
            yield location.decode(), Note.model_validate_json(raw)

    async def unseen(self, source: str, locations: Sequence[str]) -> list[str]:
        """Return which of `locations` the current listing did not hold."""
        missing: list[str] = []
        for start in range(0, len(locations), _PAGE):
            page = list(locations[start : start + _PAGE])
            seen = await self._redis.smismember(_key(source, "seen"), page)
            missing += [
                location for location, is_seen in zip(page, seen, strict=True) if not is_seen
            ]
        return missing

    async def forget(self, source: str, locations: Sequence[str], *, removed: int = 0) -> None:
        """Forget what is noted of documents that are gone."""
        async with self._redis.pipeline(transaction=True) as pipe:
            if locations:
                pipe.hdel(_key(source, "notes"), *locations)
                pipe.hdel(_key(source, "todo"), *locations)
            pipe.hincrby(_key(source, "run"), "removed", removed)
            await pipe.execute()

    async def remove(self, source: str) -> None:
        """Forget a source."""
        keys = [_key(source, part) for part in ("run", "todo", "notes", "seen", "unsupported")]
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(*keys)
            pipe.srem(_NAMES, source)
            await pipe.execute()


def stale(notes: Mapping[str, Note], indexed: Mapping[str, str]) -> list[str]:
    """Return the documents of which the index does not hold what was noted."""
    return [where for where, note in notes.items() if note.content_hash != indexed.get(where, "")]


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _key(source: str, part: str) -> str:
    return f"citewell:source:{source}:{part}"
