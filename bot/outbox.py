"""What became visible of each answer, so that a death in between ends in one reply, not two."""

from dataclasses import dataclass
from enum import StrEnum

from redis.asyncio import Redis

from adapters.types import IncomingMessage, SentReply

_TTL_S = 24 * 3600


class Stage(StrEnum):
    """How far the answer to a message came."""

    NEW = "new"
    ANSWERING = "answering"  # somebody began; perhaps nothing is visible yet
    VISIBLE = "visible"  # a reply stands, whole or not
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What is known of an answer; `reply` is where it stands, once it is visible."""

    stage: Stage
    reply: SentReply | None = None


class Outbox:
    """One record a message in Redis, for a day: longer than anything is tried again."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, message: IncomingMessage) -> Trace:
        """Return how far an earlier worker came, and note that one is answering now."""
        key = _key(message)
        before = await self._redis.hgetall(key)
        fields = {_text(name): _text(value) for name, value in before.items()}
        stage = Stage(fields.get("stage", Stage.NEW))
        if stage is Stage.NEW:
            await self._redis.hset(key, mapping={"stage": Stage.ANSWERING})
            await self._redis.expire(key, _TTL_S)
        place = fields.get("reply", "")
        reply = SentReply(thread=message.thread, messages=(place,)) if place else None
        return Trace(stage=stage, reply=reply)

    async def visible(self, message: IncomingMessage, reply: SentReply) -> None:
        """Note where the reply to `message` stands: the first of its messages."""
        place = reply.messages[0]
        known = f"citewell:replies:{message.thread}"
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(_key(message), mapping={"stage": Stage.VISIBLE, "reply": place})
            pipe.expire(_key(message), _TTL_S)
            pipe.sadd(known, place)
            pipe.expire(known, _TTL_S)
            await pipe.execute()

    async def finished(self, message: IncomingMessage) -> None:
        """Note that the reply to `message` is whole."""
        await self._redis.hset(_key(message), mapping={"stage": Stage.FINISHED})
        await self._redis.expire(_key(message), _TTL_S)

    async def replies_in(self, message: IncomingMessage) -> frozenset[str]:
        """Return the replies that are known in the thread of `message`."""
        members = await self._redis.smembers(f"citewell:replies:{message.thread}")
        return frozenset(map(_text, members))


def _key(message: IncomingMessage) -> str:
    return f"citewell:outbox:{message.thread}:{message.message_id}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
