"""What is kept of a thread so that the next message can be judged: sealed, few, and no words."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from adapters.types import ThreadId
from bot.addressee.types import Reason, Said
from bot.crypto import Cipher, UndecipherableError

_MAX_NOTES = 40
_ANSWER = ":answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One message: who wrote it and what kind it was; `begins` says the thread began with us.

    `reason` is why it was answered, or was not; there is none for our own.
    """

    message_id: str
    said: Said
    begins: bool
    name: str = ""
    reason: Reason | None = None


_NOTE = TypeAdapter(Note)


class ThreadNotes:
    """The last 40 messages of each thread that we have a part in, as long as the thread is kept.

    Names and who wrote are personal data: each note is sealed for its own thread.
    """

    def __init__(self, redis: Redis, cipher: Cipher, *, ttl_s: int) -> None:
        self._redis = redis
        self._cipher = cipher
        self._ttl_s = ttl_s

    async def is_ours(self, thread: ThreadId) -> bool:
        """Return whether we have a part in `thread`."""
        return bool(await self._redis.exists(_key(thread)))

    async def read(self, thread: ThreadId) -> tuple[Note, ...]:
        """Return the notes of `thread`, the oldest first, each message once.

        Our answer stands right behind what it answers: what people said to each other while it
        was written is newer. What was sealed with another key is left out.
        """
        notes: dict[str, Note] = {}
        for sealed in await self._redis.lrange(_key(thread), 0, -1):
            note = self._opened(thread, _bytes(sealed))
            if note is not None:
                notes.setdefault(note.message_id, note)
        return tuple(_in_turn(notes))

    async def add(self, thread: ThreadId, *notes: Note) -> None:
        """Keep `notes` behind those of `thread`, and let the oldest go."""
        key = _key(thread)
        sealed = [self._cipher.seal(_NOTE.dump_json(note), _purpose(thread)) for note in notes]
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(key, *sealed)
            pipe.ltrim(key, -_MAX_NOTES, -1)
            pipe.expire(key, self._ttl_s)
            await pipe.execute()

    async def count_by(self, who: str) -> int:
        """Return how many notes there are of messages that `who` wrote (`workspace:id`)."""
        return sum([len(found) async for _, found in self._written_by(who)])

    async def forget_by(self, who: str) -> int:
        """Forget the notes of messages that `who` wrote, and return how many there were."""
        forgotten = 0
        async for key, found in self._written_by(who):
            for sealed in found:
                forgotten += int(await self._redis.lrem(key, 0, sealed))  # type: ignore[arg-type]
        return forgotten

    async def _written_by(self, who: str) -> AsyncIterator[tuple[str, list[bytes]]]:
        """Yield each thread's key with the sealed notes of what `who` wrote there."""
        async for found in self._redis.scan_iter("citewell:{*}:notes", count=500):
            key = _bytes(found).decode()
            thread = ThreadId.parse(key.removeprefix("citewell:{").removesuffix("}:notes"))
            own = [
                sealed
                for sealed in map(_bytes, await self._redis.lrange(key, 0, -1))
                if (note := self._opened(thread, sealed)) is not None and note.said.by == who
            ]
            if own:
                yield key, own

    def _opened(self, thread: ThreadId, sealed: bytes) -> Note | None:
        try:
            return _NOTE.validate_json(self._cipher.open(sealed, _purpose(thread)))
        except (UndecipherableError, ValidationError):
            return None

    async def first_within(self, thread: ThreadId, who: str, seconds: int) -> bool:
        """Return whether this is asked for the first time within `seconds` for the channel."""
        key = f"citewell:hinted:{thread.workspace}:{thread.channel}:{who}"
        return bool(await self._redis.set(key, "1", ex=seconds, nx=True))


def answer_to(message_id: str) -> str:
    """Return the id of the note of our answer to a message."""
    return f"{message_id}{_ANSWER}"


def _in_turn(notes: dict[str, Note]) -> Iterator[Note]:
    for note in notes.values():
        asked = note.message_id.removesuffix(_ANSWER)
        if asked != note.message_id and asked in notes:
            continue  # it came behind what it answers
        yield note
        if (answer := notes.get(answer_to(note.message_id))) is not None:
            yield answer


def _key(thread: ThreadId) -> str:
    return f"citewell:{{{thread}}}:notes"


def _purpose(thread: ThreadId) -> str:
    return f"citewell:notes:{thread}"


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
