"""What is kept ends when the settings say, also after they say earlier."""

from redis.asyncio import Redis

from bot.record.retention import Retention, limits_of

LIMITS = limits_of(thread_s=3600, ledger_days=1, receipt_days=2)


async def test_what_would_be_kept_too_long_ends_in_time(redis: Redis) -> None:
    await redis.set("citewell:turns:a", "x", ex=100_000)
    await redis.set("citewell:placeholders:a", "x")
    await redis.set("citewell:people:a", "x", ex=60)
    await redis.set("citewell:answers:day:2026-01-01", "x", ex=9_000_000)
    await redis.set("citewell:sources", "x")
    retention = Retention(redis, LIMITS)

    assert await retention.sweep() == 3
    assert await retention.sweep() == 0
    assert await redis.ttl("citewell:turns:a") <= 3600
    assert 0 < await redis.ttl("citewell:placeholders:a") <= 3600
    assert await redis.ttl("citewell:people:a") <= 60
    assert await redis.ttl("citewell:answers:day:2026-01-01") <= 2 * 86_400
    assert await redis.ttl("citewell:sources") == -1
