"""A thread's map of placeholders in Redis: encrypted, gone with the thread."""

import json
from types import MappingProxyType

from redis.asyncio import Redis

from adapters.types import ThreadId
from bot.crypto import Cipher
from guardrails.types import Placeholders

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
        plain = {"values": dict(placeholders.values), _PEOPLE: placeholders.people}
        sealed = self._cipher.seal(json.dumps(plain).encode(), key)
        await self._redis.set(key, sealed, ex=self._ttl_s)


def _key(thread: ThreadId) -> str:
    return f"citewell:placeholders:{thread}"
