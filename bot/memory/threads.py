"""A thread's turns in Redis: without personal data, bounded, with a time to live."""

import json
from dataclasses import asdict, replace

from redis.asyncio import Redis

from adapters.types import ThreadId
from bot.types import Turn

_MAX_TURNS = 50
_CHARS_PER_TOKEN = 4  # a usual average for English; exact tables would have to be downloaded


class RedisThreadMemory:
    """Keeps at most 50 turns a thread and recalls those that fit the token budget."""

    def __init__(self, redis: Redis, *, ttl_s: int, max_tokens: int) -> None:
        self._redis = redis
        self._ttl_s = ttl_s
        self._max_chars = max_tokens * _CHARS_PER_TOKEN

    async def recall(self, thread: ThreadId) -> tuple[Turn, ...]:
        stored = await self._redis.lrange(_key(thread), 0, -1)
        turns: list[Turn] = []
        budget = self._max_chars
        for line in reversed(stored):
            turn = Turn(**json.loads(line))
            budget -= len(turn.question)
            if budget <= 0:
                break
            turns.append(replace(turn, answer=turn.answer[:budget]))
            budget -= len(turn.answer)
        return tuple(reversed(turns))

    async def remember(self, thread: ThreadId, turn: Turn) -> None:
        key = _key(thread)
        line = json.dumps(asdict(turn))
        last = await self._redis.lindex(key, -1)
        is_again = last is not None and json.loads(last)["question"] == turn.question
        async with self._redis.pipeline(transaction=True) as pipe:
            if is_again:  # answered anew, after a worker died over it
                pipe.rpop(key)
            pipe.rpush(key, line)
            pipe.ltrim(key, -_MAX_TURNS, -1)
            pipe.expire(key, self._ttl_s)
            await pipe.execute()

    async def forget(self, thread: ThreadId) -> None:
        """Forget every turn of `thread`."""
        await self._redis.delete(_key(thread))


def _key(thread: ThreadId) -> str:
    return f"citewell:turns:{thread}"
