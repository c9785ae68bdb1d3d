"""Keeps in Redis where Teams' conversations are reached, sealed."""

import re
from collections.abc import Iterable
from dataclasses import replace

import structlog
from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.errors import NotAcceptedError
from adapters.teams.references import Kind, Reference
from bot.crypto import Cipher, UndecipherableError

log = structlog.get_logger(__name__)

_REFERENCE = TypeAdapter(Reference)
_TTL_S = 90 * 24 * 3600
_GLOB = re.compile(r"([*?\[\]\\])")
_ESCAPED = r"\\\1"
_MAX_CHANNELS = 1_000
_BEGUN_TTL_S = 24 * 3600


class RedisReferences:
    """`References` in Redis, forgotten ninety days after the last message."""

    def __init__(self, redis: Redis, cipher: Cipher) -> None:
        self._redis = redis
        self._cipher = cipher

    async def keep(self, reference: Reference) -> None:
        key = _key(reference.tenant, reference.conversation)
        sealed = self._cipher.seal(_REFERENCE.dump_json(reference), key)
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(key, sealed, ex=_TTL_S)
                if reference.kind is Kind.PERSONAL and reference.person_id:
                    chat = _chat(reference.tenant, reference.person_id)
                    pipe.set(chat, reference.conversation, ex=_TTL_S)
                await pipe.execute()
        except (RedisError, OSError) as error:
            raise NotAcceptedError(type(error).__name__) from error

    async def find(self, tenant: str, conversation: str) -> Reference | None:
        key = _key(tenant, conversation)
        return self._opened(key, await self._redis.get(key))

    async def find_chat(self, tenant: str, person_id: str) -> str:
        found = await self._redis.get(_chat(tenant, person_id))
        return found.decode() if isinstance(found, bytes) else ""

    async def channels(self, tenant: str) -> tuple[str, ...]:
        found: list[str] = []
        ours = f"citewell:teams:{_GLOB.sub(_ESCAPED, tenant)}:*:reference"
        async for key in self._redis.scan_iter(ours, count=500):
            reference = self._opened(key.decode(), await self._redis.get(key))
            if reference and reference.tenant == tenant and reference.kind is Kind.CHANNEL:
                found.append(reference.conversation)
            if len(found) == _MAX_CHANNELS:
                break
        return tuple(sorted(found))

    async def begin(self, key: str) -> bool:
        return bool(await self._redis.set(_begun(key), b"1", nx=True, ex=_BEGUN_TTL_S))

    async def is_first(self, key: str) -> bool:
        try:
            return await self.begin(key)
        except (RedisError, OSError) as error:
            raise NotAcceptedError(type(error).__name__) from error

    async def remember(self, key: str, value: str) -> None:
        try:
            await self._redis.set(_about(key), value, ex=_TTL_S)
        except (RedisError, OSError) as error:
            log.warning("left_out", error=type(error).__name__, platform="teams")

    async def recall(self, key: str) -> str:
        try:
            found = await self._redis.get(_about(key))
        except (RedisError, OSError) as error:
            raise NotAcceptedError(type(error).__name__) from error
        return found.decode() if isinstance(found, bytes) else ""

    async def of_person(self, tenant: str, person_id: str) -> list[Reference]:
        """Return the references that name this person."""
        found: list[Reference] = []
        async for key in self._redis.scan_iter("citewell:teams:*:reference", count=500):
            sealed = await self._redis.get(key)
            reference = self._opened(key.decode(), sealed)
            if reference and (reference.tenant, reference.person_id) == (tenant, person_id):
                found.append(reference)
        return found

    async def forget(self, tenant: str, person_id: str, references: Iterable[Reference]) -> None:
        """Forget where this person is reached; a place that is others' too stays, without them."""
        chat = await self.find_chat(tenant, person_id)
        chats = {each.conversation for each in references if each.kind is Kind.PERSONAL} | {chat}
        for reference in references:
            key = _key(tenant, reference.conversation)
            if reference.kind is not Kind.PERSONAL:
                others = replace(reference, person="", person_id="")
                sealed = self._cipher.seal(_REFERENCE.dump_json(others), key)
                await self._redis.set(key, sealed, keepttl=True, xx=True)
        for conversation in chats - {""}:
            await self._redis.delete(_key(tenant, conversation))
            ours = _about(_GLOB.sub(r"\\\1", f"{tenant}:{conversation}:")) + "*"
            async for about in self._redis.scan_iter(ours, count=500):
                await self._redis.delete(about)
        await self._redis.delete(_chat(tenant, person_id))

    def _opened(self, key: str, sealed: object) -> Reference | None:
        if not isinstance(sealed, bytes):
            return None
        try:
            return _REFERENCE.validate_json(self._cipher.open(sealed, key))
        except (UndecipherableError, ValueError):
            return None  # sealed with another key: the next message brings it anew

    async def settle(self, key: str) -> None:
        await self._redis.delete(_begun(key))


def _key(tenant: str, conversation: str) -> str:
    return f"citewell:teams:{tenant}:{conversation}:reference"


def _chat(tenant: str, person_id: str) -> str:
    return f"citewell:teams:{tenant}:chat:{person_id}"


def _about(key: str) -> str:
    return f"citewell:teams:about:{key}"


def _begun(key: str) -> str:
    return f"citewell:teams:begun:{key}"
