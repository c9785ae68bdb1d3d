"""Posts an announcement in channels, each one once, whatever becomes of the process meanwhile."""

import base64
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from docket import Docket, ExponentialRetry
from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from adapters.errors import AdapterError, RateLimitedError, UncertainError
from adapters.ports import ChatAdapter
from adapters.types import ROOT, Reply, SentReply, ThreadId
from bot.crypto import Cipher
from bot.unquoted import unquoted

log = structlog.get_logger(__name__)

_TASK = "announce"
_TTL_S = 30 * 24 * 3600
_IDS = "citewell:{announced}:ids"
_MAX_KEPT = 20
_ATTEMPTS = 6
_RETRY = ExponentialRetry(
    attempts=_ATTEMPTS, minimum_delay=timedelta(seconds=2), maximum_delay=timedelta(seconds=60)
)
_SENDING, _UNCLEAR, _SENT = "sending", "unclear", "sent"
_WITHDRAWN = "_This announcement was withdrawn._"


class TooBusyError(Exception):
    """A platform asks to wait; the queue tries again, in the channels that are left."""


class _Order(BaseModel):
    model_config = ConfigDict(frozen=True)

    platform: str
    workspace: str
    channels: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """How an announcement stands: in how many channels it is `sent`, `unclear` or refused."""

    id: str
    at_s: float
    states: Mapping[str, int]


class Announcements:
    """Puts announcements into the queue; a worker posts them and notes each channel before it."""

    def __init__(
        self, docket: Docket, redis: Redis, cipher: Cipher, adapters: Mapping[str, ChatAdapter]
    ) -> None:
        self._docket = docket
        self._redis = redis
        self._cipher = cipher
        self._adapters = adapters

        async def announce(name: str, sealed: str, retry: ExponentialRetry = _RETRY) -> None:
            await self._announce(name, sealed, is_last=retry.attempt >= _ATTEMPTS)

        docket.register(unquoted(announce), names=[_TASK])

    async def channels(self, platform: str, workspace: str) -> tuple[str, ...]:
        """Return the channels that we are in.

        Raises:
            AdapterError: The platform did not tell.
        """
        adapter = self._adapters.get(platform)
        return await adapter.places(workspace) if adapter is not None else ()

    async def begin(
        self, platform: str, workspace: str, channels: Sequence[str], text: str, *, once: str = ""
    ) -> str:
        """Let `text` be posted in `channels`; returns the announcement's name.

        What is begun again for the same `once` is the same announcement.
        """
        digest = hashlib.sha256(once.encode()).hexdigest()[:8]
        name = digest if once else secrets.token_hex(4)
        order = _Order(platform=platform, workspace=workspace, channels=tuple(channels), text=text)
        sealed = base64.b64encode(self._sealed(name, order)).decode()
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(_key(name), mapping={":at": time.time(), ":order": sealed})
            pipe.expire(_key(name), _TTL_S)
            pipe.lrem(_IDS, 0, name)
            pipe.lpush(_IDS, name)
            pipe.ltrim(_IDS, 0, _MAX_KEPT - 1)
            pipe.expire(_IDS, _TTL_S)
            await pipe.execute()
        await self._docket.add(_TASK, key=f"{_TASK}:{name}")(name, sealed)
        return name

    async def standing(self, platform: str, workspace: str) -> list[Announced]:
        """Return the newest announcements of a workspace, the newest first."""
        found = []
        for raw in await self._redis.lrange(_IDS, 0, -1):
            name = _word(raw)
            fields, order = await self._kept(name)
            if order is None or (order.platform, order.workspace) != (platform, workspace):
                continue
            states = Counter(_state(fields.get(channel, "")) for channel in order.channels)
            found.append(Announced(id=name, at_s=float(fields[":at"]), states=states))
        return found

    async def withdraw(self, name: str, platform: str, workspace: str) -> int:
        """Put a word in the place of an announcement of this workspace; returns in how many.

        Raises:
            LookupError: There is none of that name.
            AdapterError: The platform refused.
        """
        fields, order = await self._kept(name)
        adapter = self._adapters.get(platform)
        if adapter is None or order is None:
            raise LookupError(name)
        if (order.platform, order.workspace) != (platform, workspace):
            raise LookupError(name)
        count = 0
        for channel in order.channels:
            state, _, messages = fields.get(channel, "").partition(" ")
            if state == _SENT:
                sent = SentReply(thread=_thread(order, channel), messages=tuple(messages.split()))
                await adapter.update(sent, Reply(text=_WITHDRAWN))
                await self._redis.hset(_key(name), channel, "withdrawn")
                count += 1
        return count

    async def _announce(self, name: str, sealed: str, *, is_last: bool) -> None:
        order = self._opened(name, sealed)
        adapter = self._adapters.get(order.platform) if order is not None else None
        if order is None or adapter is None:
            log.warning("announcement_left_out", announcement=name)
            return
        is_whole = True
        for channel in order.channels:
            is_whole = await self._post(name, order, channel, adapter, is_last=is_last) and is_whole
        if not is_whole:
            raise TooBusyError

    async def _post(
        self, name: str, order: _Order, channel: str, adapter: ChatAdapter, *, is_last: bool
    ) -> bool:
        """Post in one channel unless that was begun; False where it is to be tried again."""
        if not await self._redis.hsetnx(_key(name), channel, _SENDING):
            # Whoever began it may have died before the end was noted: it is not sent twice.
            if _word(await self._redis.hget(_key(name), channel) or "") == _SENDING:
                await self._redis.hset(_key(name), channel, _UNCLEAR)
            return True
        try:
            sent = await adapter.send(_thread(order, channel), Reply(text=order.text))
        except RateLimitedError:
            if not is_last:
                await self._redis.hdel(_key(name), channel)  # nothing was posted
                return False
            state = "refused rate_limited"
        except UncertainError:
            state = _UNCLEAR
        except AdapterError as error:
            state = f"refused {error.code}"
        else:
            state = f"{_SENT} {' '.join(sent.messages)}"
        await self._redis.hset(_key(name), channel, state)
        log.info("announced", announcement=name, state=state.partition(" ")[0])
        return True

    def _sealed(self, name: str, order: _Order) -> bytes:
        return self._cipher.seal(order.model_dump_json().encode(), _key(name))

    async def _kept(self, name: str) -> tuple[dict[str, str], _Order | None]:
        """Return what is noted of an announcement, and its order; None where it is none."""
        raw = await self._redis.hgetall(_key(name))
        fields = {_word(field): _word(value) for field, value in raw.items()}
        return fields, self._opened(name, fields.get(":order", ""))

    def _opened(self, name: str, sealed: str) -> _Order | None:
        if not sealed:
            return None
        return _Order.model_validate_json(self._cipher.open(base64.b64decode(sealed), _key(name)))


def _thread(order: _Order, channel: str) -> ThreadId:
    return ThreadId(
        platform=order.platform, workspace=order.workspace, channel=channel, thread=ROOT
    )


def _state(kept: str) -> str:
    word, _, more = kept.partition(" ")
    return {"": "waiting", "refused": f"refused ({more})"}.get(word, word)


def _word(raw: bytes | str) -> str:
    return raw.decode() if isinstance(raw, bytes) else raw


def _key(name: str) -> str:
    return f"citewell:announced:{name}"
