"""Counts messages, tokens and money by the day, and says when a limit is reached."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from adapters.types import IncomingMessage
from bot.controls.chatconfig import Limit, Limits, Price
from bot.types import Usage

MESSAGES, TOKENS, MICRO_USD = "messages", "tokens", "micro_usd"
TEAM = "team"
_MAX_TEAMS = 20
_UNITS = (MESSAGES, TOKENS, MICRO_USD)
_TTL_S = 400 * 24 * 3600
_DAY_S = 24 * 3600
_COUNTED_TTL_S = _DAY_S
_PER_MILLION = 1_000_000
# Looks at all limits and counts one message, or says which limit (1 is the first) is reached.
# KEYS the day, this message's mark; ARGV ttls, then a scope and its three limits, -1 for none
_COUNT = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
for n = 3, #ARGV, 4 do
  for unit = 1, 3 do
    local most = tonumber(ARGV[n + unit])
    local name = ({'messages', 'tokens', 'micro_usd'})[unit]
    local now = tonumber(redis.call('HGET', KEYS[1], ARGV[n] .. '|' .. name) or 0)
    if most >= 0 and now >= most then return (n - 3) / 4 * 3 + unit end
  end
end
for n = 3, #ARGV, 4 do redis.call('HINCRBY', KEYS[1], ARGV[n] .. '|messages', 1) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], '1', 'EX', ARGV[2])
return 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Which limit is reached: `person`, `channel` or `workspace`, and of what unit."""

    scope: str
    unit: str


class UsageBook:
    """What was used, by UTC day, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._count = redis.register_script(_COUNT)

    async def count(self, message: IncomingMessage, limits: Limits) -> Reached | None:
        """Count `message` once, or return the limit that leaves no room for it."""
        scopes = scopes_of(message)
        rows: list[str | int] = []
        for scope, subject in scopes.items():
            limit = _limit(limits, scope)
            micro = -1 if limit.usd is None else round(limit.usd * _PER_MILLION)
            rows += [f"{scope}|{subject}", _or_none(limit.messages), _or_none(limit.tokens), micro]
        for team in teams_of(message):
            rows += [f"{TEAM}|{team}", -1, -1, -1]
        mark = hashlib.sha256(f"{message.thread} {message.message_id}".encode()).hexdigest()[:32]
        found = await self._count(
            keys=[_day(datetime.now(UTC)), f"citewell:{{usage}}:counted:{mark}"],
            args=[_TTL_S, _COUNTED_TTL_S, *rows],
        )
        if not found:
            return None
        scope_number, unit_number = divmod(int(found) - 1, len(_UNITS))
        return Reached(scope=list(scopes)[scope_number], unit=_UNITS[unit_number])

    async def add(
        self, message: IncomingMessage, usage: Usage, prices: Mapping[str, Price]
    ) -> None:
        """Add what an answer took; its price only where the model's is known."""
        tokens = usage.input_tokens + usage.output_tokens
        if not tokens:
            return
        price = prices.get(usage.model, Price(input=0, output=0))
        micro = round(usage.input_tokens * price.input + usage.output_tokens * price.output)
        key = _day(datetime.now(UTC))
        async with self._redis.pipeline(transaction=True) as pipe:
            counted = [*scopes_of(message).items(), ("model", usage.model)]
            counted += [(TEAM, team) for team in teams_of(message)]
            for scope, subject in counted:
                pipe.hincrby(key, f"{scope}|{subject}|{TOKENS}", tokens)
                pipe.hincrby(key, f"{scope}|{subject}|{MICRO_USD}", micro)
            pipe.expire(key, _TTL_S)
            await pipe.execute()

    async def totals(self, days: int) -> dict[tuple[str, str], Counter[str]]:
        """Return what was used in the last `days`, by scope and subject, and each day by itself."""
        now = datetime.now(UTC)
        found: dict[tuple[str, str], Counter[str]] = {}
        for back in range(days):
            day = now - timedelta(days=back)
            fields = await self._redis.hgetall(_day(day))
            for name, value in fields.items():
                kept_as = name.decode() if isinstance(name, bytes) else name
                scope, subject, unit = kept_as.split("|", 2)
                found.setdefault((scope, subject), Counter())[unit] += int(value)
                if scope == "workspace":
                    by_day = found.setdefault(("day", f"{day:%Y-%m-%d}"), Counter())
                    by_day[unit] += int(value)
        return found

    async def today(self, scope: str, subject: str) -> Counter[str]:
        """Return what was used today for one subject of a scope."""
        names = [f"{scope}|{subject}|{unit}" for unit in _UNITS]
        found = await self._redis.hmget(_day(datetime.now(UTC)), names)
        return Counter({unit: int(n) for unit, n in zip(_UNITS, found, strict=True) if n})

    async def days_of(self, subject: str, *, is_forgotten: bool) -> int:
        """Return on how many days a person used anything; forget it if it `is_forgotten`."""
        names = [f"person|{subject}|{unit}" for unit in _UNITS]
        now = datetime.now(UTC)
        async with self._redis.pipeline(transaction=False) as pipe:
            for back in range(_TTL_S // _DAY_S + 1):
                day = _day(now - timedelta(days=back))
                if is_forgotten:
                    pipe.hdel(day, *names)
                else:
                    pipe.hexists(day, names[0])
            return sum(bool(each) for each in await pipe.execute())


def scopes_of(message: IncomingMessage) -> dict[str, str]:
    """Return whom a message counts for."""
    thread, person = message.thread, message.person
    return {
        "person": f"{thread.platform}:{person.workspace}:{person.id}",
        "channel": f"{thread.platform}:{thread.workspace}:{thread.channel}",
        "workspace": f"{thread.platform}:{thread.workspace}",
    }


def teams_of(message: IncomingMessage) -> tuple[str, ...]:
    """Return the groups of the platform's that the writer is in, as far as it tells of them.

    Whoever is in several counts for each; at most twenty, the first by their ids.
    """
    none = f"{message.thread.platform}:{message.thread.workspace}:none"
    return tuple(sorted(message.person.groups)[:_MAX_TEAMS]) or (none,)


def _limit(limits: Limits, scope: str) -> Limit:
    return {"person": limits.person, "channel": limits.channel}.get(scope, limits.workspace)


def _or_none(most: int | None) -> int:
    return -1 if most is None else most


def _day(day: datetime) -> str:
    return f"citewell:{{usage}}:{day:%Y-%m-%d}"
