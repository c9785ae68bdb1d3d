"""A thread's map of placeholders in Redis: encrypted, gone with the thread."""

import json
from collections.abc import AsyncIterator, Callable
from types import MappingProxyType

import structlog
from redis.asyncio import Redis

from adapters.types import ThreadId
from bot.crypto import Cipher, UndecipherableError
from guardrails.types import Placeholders

log = structlog.get_logger(__name__)

FORGOTTEN = "[forgotten]"
_MAPS = "citewell:placeholders:"

_PEOPLE = "people"


class RedisPlaceholderStore:
    """Keeps `<PERSON_1>` → its words, and who wrote, sealed for its own thread."""

    def __init__(self, redis: Redis, cipher: Cipher, *, ttl_s: int) -> None:
        self._redis = redis
        self._cipher = cipher
        self._ttl_s = ttl_s

    async def load(self, thread: ThreadId) -> Placeholders:
        key = _key(thread)
        sealed = await self._redis.get(key)
        if not isinstance(sealed, bytes):
            return Placeholders()
        kept = json.loads(self._cipher.open(sealed, key))
        # Until 0.1 the map alone was kept.
        values = kept.get("values", {}) if _PEOPLE in kept else kept
        people = tuple(kept.get(_PEOPLE, ()))
        return Placeholders(values=MappingProxyType(values), people=people)

    async def save(self, thread: ThreadId, placeholders: Placeholders) -> None:
        if not (placeholders.values or placeholders.people):
            return
        key = _key(thread)
        await self._redis.set(key, self._sealed(key, placeholders), ex=self._ttl_s)

    async def forget(self, thread: ThreadId) -> None:
        """Forget the map of `thread`."""
        await self._redis.delete(_key(thread))

    async def all(self) -> AsyncIterator[tuple[ThreadId, Placeholders]]:
        """Yield each thread that has a map which can be read, with the map."""
        async for found in self._redis.scan_iter(f"{_MAPS}*", count=500):
            key = found.decode() if isinstance(found, bytes) else found
            thread = ThreadId.parse(key.removeprefix(_MAPS))
            try:
                yield thread, await self.load(thread)
            except UndecipherableError:
                log.warning("map_unreadable", thread=str(thread))

    async def forget_words(self, thread: ThreadId, is_meant: Callable[[str], bool]) -> None:
        """Let placeholders whose words are meant stand for `FORGOTTEN`; their numbers stay."""
        key = _key(thread)
        known = await self.load(thread)
        values = {n: FORGOTTEN if is_meant(words) else words for n, words in known.values.items()}
        people = tuple(name for name in known.people if not is_meant(name))
        sealed = self._sealed(key, Placeholders(values=values, people=people))
        await self._redis.set(key, sealed, keepttl=True, xx=True)

    def _sealed(self, key: str, placeholders: Placeholders) -> bytes:
        plain = {"values": dict(placeholders.values), _PEOPLE: placeholders.people}
        return self._cipher.seal(json.dumps(plain).encode(), key)


def _key(thread: ThreadId) -> str:
    return f"{_MAPS}{thread}"
