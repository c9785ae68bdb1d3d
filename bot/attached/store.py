"""What a thread's files say, in Redis: sealed, bounded, gone with the thread."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter
from redis.asyncio import Redis

from adapters.types import ThreadId
from bot.crypto import Cipher, UndecipherableError

log = structlog.get_logger(__name__)

_FILES = "citewell:attached:"
MAX_PIECES = 300
"""Of one file: about 80,000 tokens, a hundred and fifty pages."""
_MAX_FILES = 10
_MAX_IN_ALL = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a file under its headings, as it is fenced in a prompt."""

    heading_path: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file as a thread keeps it; `by` attached it, `is_cut` where it goes on."""

    id: str
    name: str
    url: str
    by: str
    is_from_outside: bool
    pieces: tuple[Piece, ...]
    is_cut: bool = False


_LIST = TypeAdapter(tuple[KeptFile, ...])


class AttachedStore:
    """Keeps the newest ten files of a thread, and of all together at most 600 pieces."""

    def __init__(self, redis: Redis, cipher: Cipher, *, ttl_s: int) -> None:
        self._redis = redis
        self._cipher = cipher
        self._ttl_s = ttl_s

    async def load(self, thread: ThreadId) -> tuple[KeptFile, ...]:
        """Return the thread's files, newest first; they are kept as long again."""
        key = _key(thread)
        sealed = await self._redis.getex(key, ex=self._ttl_s)
        if not isinstance(sealed, bytes):
            return ()
        try:
            return _LIST.validate_json(zlib.decompress(self._cipher.open(sealed, key)))
        except UndecipherableError:
            log.warning("files_unreadable", thread=str(thread))
            return ()

    async def keep(
        self, thread: ThreadId, new: Sequence[KeptFile], known: Sequence[KeptFile]
    ) -> None:
        """Keep `new` files before those that are `known`; the oldest go when there are too many."""
        kept: list[KeptFile] = []
        left = _MAX_IN_ALL
        fresh = {file.id for file in new}
        for file in (*new, *(each for each in known if each.id not in fresh)):
            left -= len(file.pieces)
            if left < 0 or len(kept) == _MAX_FILES:
                break
            kept.append(file)
        key = _key(thread)
        plain = zlib.compress(_LIST.dump_json(tuple(kept)))
        await self._redis.set(key, self._cipher.seal(plain, key), ex=self._ttl_s)

    async def forget(self, thread: ThreadId) -> None:
        """Forget the files of `thread`."""
        await self._redis.delete(_key(thread))


def _key(thread: ThreadId) -> str:
    return f"{_FILES}{thread}"
