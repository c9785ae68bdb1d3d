"""Who is in which group of a source: mirrored at each sync, without an address at rest."""

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

import structlog
from redis.asyncio import Redis

from bot.crypto import Fingerprints
from knowledge.errors import SourceError
from knowledge.ingestion.ports import KnowsMembers
from knowledge.permissions import person_by_email
from knowledge.types import Principal

log = structlog.get_logger(__name__)

_SOURCES = "citewell:directory"
_PURPOSE = "citewell:directory"
_MAX_GROUPS = 2_000
_MAX_OF_ONE = 500
_PAGE = 500


class GroupDirectory:
    """Keeps, by the keyed hash of an e-mail address, the groups that a source counts it to.

    What a source did not tell again for long is forgotten, so that who left a group reads no more.
    """

    def __init__(self, redis: Redis, fingerprints: Fingerprints) -> None:
        self._redis = redis
        self._fingerprints = fingerprints

    async def note(self, source: str, readers: Iterable[Principal]) -> None:
        """Remember which groups of `source` its documents name."""
        own = [reader for reader in readers if reader.startswith(f"group:{source}/")]
        key = _key(source, "named")
        if own and await self._redis.scard(key) < _MAX_GROUPS:
            await self._redis.sadd(key, *own)

    async def named(self, source: str) -> tuple[Principal, ...]:
        """Return the groups of `source` that documents name, in order."""
        found = await self._redis.smembers(_key(source, "named"))
        return tuple(sorted(Principal(_text(name)) for name in found))

    async def replace(
        self, source: str, members: Mapping[Principal, Iterable[str]], *, ttl_s: int
    ) -> None:
        """Let `members`, e-mail addresses by group, be all that is known of `source`."""
        groups: dict[str, list[str]] = defaultdict(list)
        for group, addresses in sorted(members.items()):
            for address in _addresses(addresses):
                mine = groups[self._mark(address)]
                if len(mine) < _MAX_OF_ONE:
                    mine.append(group)
        values = {mark: json.dumps(names) for mark, names in groups.items()}
        new, key = _key(source, "new"), _key(source, "members")
        await self._redis.delete(new)
        marks = list(values)
        for start in range(0, len(marks), _PAGE):
            page = {mark: values[mark] for mark in marks[start : start + _PAGE]}
            await self._redis.hset(new, mapping=page)  # type: ignore[arg-type]
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            if values:
                pipe.rename(new, key)
                pipe.expire(key, ttl_s)
            pipe.sadd(_SOURCES, source)
            await pipe.execute()

    async def remove(self, source: str) -> None:
        """Forget a source and its groups."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(*(_key(source, part) for part in ("named", "members", "new")))
            pipe.srem(_SOURCES, source)
            await pipe.execute()

    async def groups_of(self, email: str) -> frozenset[Principal]:
        """Return the groups, over all sources, of the person with this verified address."""
        addresses = _addresses([email])
        if not addresses:
            return frozenset()
        sources = sorted(_text(name) for name in await self._redis.smembers(_SOURCES))
        mark = self._mark(addresses.pop())
        async with self._redis.pipeline(transaction=False) as pipe:
            for source in sources:
                pipe.hget(_key(source, "members"), mark)
            found = await pipe.execute() if sources else []
        return frozenset(
            Principal(name) for raw in found if raw is not None for name in json.loads(raw)
        )

    async def count_of(self, email: str) -> int:
        """Return how many memberships are kept of this address."""
        return len(await self.groups_of(email))

    async def forget(self, email: str) -> int:
        """Forget this address and return how many memberships that were.

        A source that still counts it to a group tells so again at its next sync.
        """
        forgotten = await self.count_of(email)
        for address in _addresses([email]):
            for source in await self._redis.smembers(_SOURCES):
                await self._redis.hdel(_key(_text(source), "members"), self._mark(address))
        return forgotten

    def _mark(self, email: str) -> str:
        return self._fingerprints.of(email, _PURPOSE)


def _addresses(named: Iterable[str]) -> set[str]:
    """Return the addresses in the one form in which they are compared; what is none is left out."""
    found = set()
    for address in named:
        with contextlib.suppress(ValueError):
            found.add(person_by_email(address).removeprefix("user:email:"))
    return found


async def mirror(directory: GroupDirectory, name: str, source: KnowsMembers, *, ttl_s: int) -> None:
    """Take over who is in the groups that documents of `source` name.

    Where the source does not tell, what it told before holds until its time is up.
    """
    try:
        members = await source.members(await directory.named(name))
    except SourceError as error:
        log.warning("members_unknown", source=name, error=type(error).__name__)
        return
    await directory.replace(name, members, ttl_s=ttl_s)
    log.info("members_mirrored", source=name, count=len(members))


def _key(source: str, part: str) -> str:
    return f"citewell:directory:{source}:{part}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
