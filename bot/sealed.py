"""Counts which keys sealed what rests in Redis."""

from collections import Counter

from redis.asyncio import Redis

from bot.crypto import key_id_of

_BATCH = 500


async def sealed_counts(redis: Redis) -> Counter[str]:
    """Return by the key's id how many values it sealed; those that name none are left out.

    Looked at are maps of placeholders, messages and the pseudonyms' key; what is sealed for an
    hour only (buttons, forms, work that is handed over) is not.
    """
    counts = Counter[str]()
    for pattern in ("citewell:placeholders:*", "citewell:pseudonyms"):
        async for key in redis.scan_iter(pattern, count=_BATCH):
            _count(counts, await redis.get(key))
    async for key in redis.scan_iter("citewell:{*}:message:*", count=_BATCH):
        _count(counts, await redis.hget(key, "sealed"))
    return counts


def _count(counts: Counter[str], sealed: object) -> None:
    if isinstance(sealed, bytes) and (key_id := key_id_of(sealed)):
        counts[key_id] += 1
