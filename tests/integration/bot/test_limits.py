"""All processes together stay within a platform's limits, to the call."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from bot.queue.limits import SharedLimiter


async def test_two_processes_share_what_a_window_holds(redis: Redis) -> None:
    one, other = SharedLimiter(redis), SharedLimiter(redis)
    waits = [await limiter.reserve("slack:T1:m", ((5, 60.0),)) for limiter in (one, other) * 4]

    assert waits[:5] == [0.0] * 5
    assert all(58 < wait <= 60 for wait in waits[5:])


async def test_the_strictest_of_several_windows_decides(redis: Redis) -> None:
    limiter = SharedLimiter(redis)
    windows = ((2, 1.0), (3, 30.0))
    waits = [await limiter.reserve("teams:c", windows) for _ in range(3)]

    assert waits[:2] == [0.0, 0.0]
    assert 0 < waits[2] <= 1
    assert await limiter.reserve("teams:other", windows) == 0.0


async def test_what_may_be_left_out_leaves_room_for_what_may_not(redis: Redis) -> None:
    limiter = SharedLimiter(redis)
    window = ((10, 60.0),)
    optional = [await limiter.reserve("m", window, share=0.7) for _ in range(8)]
    needed = [await limiter.reserve("m", window) for _ in range(3)]

    assert optional[:7] == [0.0] * 7
    assert optional[7] > 0
    assert needed == [0.0, 0.0, 0.0]


async def test_what_the_platform_forbids_is_forbidden_for_all(redis: Redis) -> None:
    await SharedLimiter(redis).block("m", 30)

    assert 29 < await SharedLimiter(redis).reserve("m", ((99, 1.0),)) <= 30


async def test_a_redis_that_is_away_holds_nobody_up() -> None:
    nowhere = SharedLimiter(Redis.from_url("unix:///nonexistent/valkey.sock"))
    await nowhere.block("m", 30)

    assert await nowhere.reserve("m", ((1, 60.0),)) == 0.0


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(calls=st.integers(1, 20), asked=st.integers(1, 40))
async def test_never_more_than_the_window_holds_however_many_ask_at_once(
    redis: Redis, calls: int, asked: int
) -> None:
    await redis.flushall()
    limiter = SharedLimiter(redis)
    waits = await asyncio.gather(*(limiter.reserve("m", ((calls, 60.0),)) for _ in range(asked)))

    assert waits.count(0.0) == min(calls, asked)
