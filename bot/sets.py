"""Knowledge sets: named groups of sources, and the channels that are bound to some of them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from redis.asyncio import Redis

from adapters.types import Audience
from knowledge.types import Scope

_BOUND = "citewell:sets:channels"
_NOTHING = frozenset({"-"})  # no source can be named so, and an empty scope would mean all
_MAX_SETS = 50
_MAX_FILE_CHARS = 1_000_000


class UnknownSetError(ValueError):
    """`sources.yaml` names no such set."""


class KnowledgeSets:
    """Says where a reply in a channel may be looked for; `sets` are names of sources by set.

    A channel is named as `Audience.channel` is: `platform:workspace:id`.
    """

    def __init__(self, redis: Redis, sets: Mapping[str, frozenset[str]]) -> None:
        self._redis = redis
        self.sets = sets

    async def bind(self, channel: str, sets: Iterable[str]) -> None:
        """Let replies in `channel` come from these sets alone; from everything, if there is none.

        Raises:
            UnknownSetError: There is no such set.
        """
        names = sorted(set(sets))
        unknown = [name for name in names if name not in self.sets]
        if unknown or len(names) > _MAX_SETS:
            raise UnknownSetError(
                f"no such set: {', '.join(unknown)[:200]} (sources.yaml has: "
                f"{', '.join(sorted(self.sets)) or 'none'})"
            )
        if names:
            await self._redis.hset(_BOUND, channel, json.dumps(names))
        else:
            await self._redis.hdel(_BOUND, channel)

    async def bound(self, channel: str) -> tuple[str, ...]:
        """Return the sets that `channel` is bound to; none where it is bound to nothing."""
        kept = await self._redis.hget(_BOUND, channel) if channel else None
        return tuple(json.loads(kept)) if kept else ()

    async def scope_of(self, audience: Audience) -> Scope:
        """Return where to look for a reply that `audience` will see.

        A set that `sources.yaml` has no more holds nothing, so that a channel bound to it alone
        finds nothing.
        """
        names = await self.bound(audience.channel)
        if not names:
            return Scope()
        sources = frozenset().union(*(self.sets.get(name, frozenset()) for name in names))
        return Scope(sources=sources or _NOTHING)


def sets_in(path: Path | None) -> Mapping[str, frozenset[str]]:
    """Return the sets of a sources file; none where it can't be read, which its sync reports."""
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        values = yaml.safe_load(text) if len(text) <= _MAX_FILE_CHARS else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    named = values.get("sets") if isinstance(values, dict) else None
    if not isinstance(named, dict):
        return {}
    return {
        str(name): frozenset(map(str, members))
        for name, members in named.items()
        if isinstance(members, list)
    }
