"""Counts calls against a platform's limits, for all processes together, in Redis."""

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.ports import Windows

log = structlog.get_logger(__name__)

# A log of the calls in the longest window, by the server's clock: exact at its borders, where a
# counter a minute would let twice as many through. Returns the ms to wait, 0 where it was counted.
# KEYS calls, block; ARGV number of windows, then calls and ms of each
_RESERVE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local blocked = redis.call('PTTL', KEYS[2])
if blocked > 0 then return blocked end
local longest, wait = 0, 0
for n = 1, tonumber(ARGV[1]) do
  local calls, span = tonumber(ARGV[2 * n]), ARGV[2 * n + 1] * 1000
  if span > longest then longest = span end
  local last = redis.call('ZREVRANGE', KEYS[1], calls - 1, calls - 1, 'WITHSCORES')
  if last[2] then wait = math.max(wait, tonumber(last[2]) + span - now) end
end
if wait > 0 then return math.ceil(wait / 1000) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)
redis.call('ZADD', KEYS[1], now, now .. '-' .. redis.call('INCR', KEYS[1] .. ':n'))
redis.call('PEXPIRE', KEYS[1], math.ceil(longest / 1000))
redis.call('PEXPIRE', KEYS[1] .. ':n', math.ceil(longest / 1000))
return 0
"""


class SharedLimiter:
    """A `CallLimiter` in Redis; while Redis is away it lets calls pass: the platform counts too.

    `factor` of each limit is used.
    """

    def __init__(self, redis: Redis, *, factor: float = 1.0) -> None:
        self._redis = redis
        self._factor = factor
        self._reserve = redis.register_script(_RESERVE)

    async def reserve(self, key: str, windows: Windows, *, share: float = 1.0) -> float:
        numbers = [
            number
            for calls, seconds in windows
            for number in (max(1, int(calls * self._factor * share)), round(seconds * 1000))
        ]
        try:
            wait_ms = await self._reserve(keys=_keys(key), args=[len(windows), *numbers])
        except (RedisError, OSError) as error:
            log.warning("limit_unknown", error=type(error).__name__)
            return 0.0
        return float(wait_ms) / 1000

    async def block(self, key: str, seconds: float) -> None:
        try:
            await self._redis.set(_keys(key)[1], "1", px=max(1, round(seconds * 1000)))
        except (RedisError, OSError) as error:
            log.warning("limit_unknown", error=type(error).__name__)


def _keys(key: str) -> list[str]:
    return [f"citewell:{{limit:{key}}}:calls", f"citewell:{{limit:{key}}}:block"]
