"""Counts which keys sealed what rests in Redis."""

from collections import Counter

from redis.asyncio import Redis

from bot.crypto import MARK_BYTES, key_id_of

_BATCH = 500


async def sealed_counts(redis: Redis) -> Counter[str]:
    """Return by the key's id how many values it sealed; those that name none are left out.

    Looked at is all that Citewell keeps under its own names: maps, messages, notes, feedback,
    experts' answers, references. Work on the queue, which passes within minutes, is not.
    """
    counts = Counter[str]()
    async for key in redis.scan_iter("citewell:*", count=_BATCH):
        kind = await redis.type(key)
        if kind == b"string":
            _count(counts, await redis.getrange(key, 0, MARK_BYTES - 1))
        elif kind == b"hash":
            async for _, value in redis.hscan_iter(key, count=_BATCH):
                _count(counts, value)
        elif kind == b"list":
            for value in await redis.lrange(key, 0, -1):
                _count(counts, value)
    return counts


def _count(counts: Counter[str], sealed: object) -> None:
    if isinstance(sealed, bytes) and (key_id := key_id_of(sealed)):
        counts[key_id] += 1
