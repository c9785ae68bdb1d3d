"""Who wrote with which verified e-mail address: found by either, and readable by neither alone."""

import json

import structlog
from redis.asyncio import Redis

from adapters.types import IncomingMessage
from bot.crypto import UndecipherableError
from bot.record.pseudonyms import Pseudonyms, parse_person

log = structlog.get_logger(__name__)

_ADDRESSES = "citewell:addresses:"
_BATCH = 500

Whose = tuple[str, str, str]
"""Platform, workspace and id of a person."""


class AddressBook:
    """Keeps by the pseudonym of an address whose it is, sealed, for `ttl_s` after their last word.

    So that a person can be named by their address, and what holds their address can be forgotten
    where only their id is known.
    """

    def __init__(self, redis: Redis, pseudonyms: Pseudonyms, *, ttl_s: int) -> None:
        self._redis = redis
        self._pseudonyms = pseudonyms
        self._ttl_s = ttl_s

    async def note(self, message: IncomingMessage) -> None:
        """Note the verified address of whoever wrote `message`, if the platform told one."""
        person, platform = message.person, message.thread.platform
        if not is_address(person.email):
            return
        key = await self._key(person.email)
        name = await self._pseudonyms.of(person, platform)
        kept = json.dumps([platform, person.workspace, person.id, person.email])
        cipher = await self._pseudonyms.cipher()
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, name, cipher.seal(kept.encode(), key))
            pipe.expire(key, self._ttl_s)
            await pipe.execute()

    async def people(self, named: str) -> tuple[Whose, ...]:
        """Return who is meant by `platform:workspace:id`, or by an address; the latter are several.

        Nobody wrote of late with an address for which there is nobody.

        Raises:
            ValueError: It is neither.
        """
        if not is_address(named):
            return (parse_person(named),)
        key = await self._key(named)
        found = await self._redis.hgetall(key)
        kept = [await self._opened(key, sealed) for sealed in found.values()]
        return tuple(
            sorted((p, workspace, person) for p, workspace, person, _ in filter(None, kept))
        )

    async def addresses(self, pseudonym: str) -> frozenset[str]:
        """Return the addresses of the person with this pseudonym."""
        kept = [
            await self._opened(key, await self._redis.hget(key, pseudonym) or b"")
            for key in await self._keys_with(pseudonym)
        ]
        return frozenset(each[3] for each in kept if each)

    async def count(self, pseudonym: str) -> int:
        """Return how many addresses of the person with this pseudonym are kept."""
        return len(await self._keys_with(pseudonym))

    async def forget(self, pseudonym: str) -> int:
        """Forget them, and return how many there were."""
        keys = await self._keys_with(pseudonym)
        for key in keys:
            await self._redis.hdel(key, pseudonym)
        return len(keys)

    async def _keys_with(self, pseudonym: str) -> list[str]:
        # Forgetting is rare: looking at every address costs less than a second index.
        found: list[str] = []
        batch: list[bytes] = []
        async for key in self._redis.scan_iter(f"{_ADDRESSES}*", count=_BATCH):
            batch.append(key)
            if len(batch) == _BATCH:
                found += await self._those_with(pseudonym, batch)
                batch.clear()
        return found + await self._those_with(pseudonym, batch)

    async def _those_with(self, pseudonym: str, keys: list[bytes]) -> list[str]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hexists(key, pseudonym)
            found = await pipe.execute()
        return [key.decode() for key, is_in in zip(keys, found, strict=True) if is_in]

    async def _opened(self, key: str, sealed: bytes | str) -> tuple[str, str, str, str] | None:
        try:
            raw = (await self._pseudonyms.cipher()).open(_bytes(sealed), key)
        except UndecipherableError:
            log.warning("address_unreadable")
            return None
        platform, workspace, person, email = json.loads(raw)
        return platform, workspace, person, email

    async def _key(self, address: str) -> str:
        return _ADDRESSES + await self._pseudonyms.of_address(_plain(address))


def is_address(text: str) -> bool:
    """Say whether `text` has the form of an e-mail address."""
    local, _, domain = text.strip().partition("@")
    return bool(local and domain) and not any(c in ":@ " for c in f"{local.strip()}{domain}")


def parse_named(text: str) -> str:
    """Return `text` where it names a person by address or by `platform:workspace:id`.

    Raises:
        ValueError: It is neither.
    """
    if not is_address(text):
        parse_person(text)
    return text.strip()


def _plain(address: str) -> str:
    return address.strip().casefold()


def _bytes(value: bytes | str) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
