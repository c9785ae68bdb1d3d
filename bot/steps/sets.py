"""Knowledge sets: named groups of sources, and the channels that are bound to some of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import yaml

from adapters.types import Audience
from knowledge.types import Scope

_NOTHING = frozenset({"-"})  # no source can be named so, and an empty scope would mean all
_MAX_FILE_CHARS = 1_000_000


class Bindings(Protocol):
    """What channels are bound to."""

    async def bound(self, channel: str) -> tuple[str, ...]:
        """Return the sets that `channel` is bound to; none where it is bound to nothing."""

    async def members(self) -> Mapping[str, frozenset[str]]:
        """Return the sources that were added in the chat, by the sets that they are in."""


class KnowledgeSets:
    """Says where a reply in a channel may be looked for; `sets` are names of sources by set.

    A channel is named as `Audience.channel` is: `platform:workspace:id`.
    """

    def __init__(self, bindings: Bindings, sets: Mapping[str, frozenset[str]]) -> None:
        self._bindings = bindings
        self.sets = sets

    async def scope_of(self, audience: Audience) -> Scope:
        """Return where to look for a reply that `audience` will see.

        A set that `sources.yaml` has no more holds nothing, so that a channel bound to it alone
        finds nothing.
        """
        names = await self._bindings.bound(audience.channel)
        if not names:
            return Scope()
        added = await self._bindings.members()
        sources = frozenset[str]().union(
            *(self.sets.get(name, frozenset()) | added.get(name, frozenset()) for name in names)
        )
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
