"""A thread's map of placeholders in Redis: encrypted, gone with the thread."""

import json
from types import MappingProxyType

from redis.asyncio import Redis

from adapters.types import ThreadId
from bot.crypto import Cipher
from guardrails.types import Placeholders


class RedisPlaceholderStore:
    """Keeps `<PERSON_1>` → its words, sealed for its own thread, with a time to live."""

    def __init__(self, redis: Redis, cipher: Cipher, *, ttl_s: int) -> None:
        self._redis = redis
        self._cipher = cipher
        self._ttl_s = ttl_s

    async def load(self, thread: ThreadId) -> Placeholders:
        key = _key(thread)
        sealed = await self._redis.get(key)
        if not isinstance(sealed, bytes):
            return Placeholders()
        values: dict[str, str] = json.loads(self._cipher.open(sealed, key))
        return Placeholders(values=MappingProxyType(values))

    async def save(self, thread: ThreadId, placeholders: Placeholders) -> None:
        if not placeholders.values:
            return
        key = _key(thread)
        sealed = self._cipher.seal(json.dumps(dict(placeholders.values)).encode(), key)
        await self._redis.set(key, sealed, ex=self._ttl_s)


def _key(thread: ThreadId) -> str:
    return f"citewell:placeholders:{thread}"
