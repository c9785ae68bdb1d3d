"""A source and how it is synced; and who keeps a process's sources as they are set."""

import hashlib
import json
from dataclasses import dataclass
from typing import Protocol

from knowledge.ingestion.ports import Source
from knowledge.ingestion.sources.configuration import SourceConfig
from knowledge.types import PersonalData


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A source, and after how many seconds it is synced again: what changed, and everything.

    With another `setup` than at the last sync everything is listed: others may read it now.
    """

    source: Source
    setup: str
    every_s: float
    full_every_s: float
    personal: PersonalData = PersonalData.FLAG
    sensitivity: str = ""


def scheduled_of(config: SourceConfig, source: Source) -> Scheduled:
    """Return how `source`, opened as `config` says, is to be synced."""
    return Scheduled(
        source=source,
        setup=setup_of(config),
        every_s=config.every,
        full_every_s=config.full_every,
        personal=config.personal,
        sensitivity=config.sensitivity,
    )


def setup_of(config: SourceConfig) -> str:
    """Return a hash of what a source is to read and for whom; secrets and times are no part."""
    told = config.model_dump(mode="json", exclude={"every", "full_every"})
    told["readers"] = sorted(told["readers"])
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


class Following(Protocol):
    """Keeps the sources of a `Syncing` as they are set, while it runs."""

    async def look(self) -> None:
        """Take over what was set anew since the last look; quick where nothing was."""

    async def sweep(self) -> None:
        """Take out what came from sources that were removed."""
