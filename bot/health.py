"""The state of each part that an answer needs, with reasons, for `/readyz` and `/metrics`."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

import structlog
from redis.exceptions import RedisError

from adapters.errors import AdapterError
from bot.breakers import Circuit, CircuitState
from knowledge.errors import KnowledgeUnavailableError

log = structlog.get_logger(__name__)

_TIMEOUT_S = 2.0


class Health(StrEnum):
    """How a part is; the process is as well as its worst part."""

    OK = "ok"
    DEGRADED = "degraded"  # people get apologies, or wait
    UNAVAILABLE = "unavailable"  # nothing can be received, or nothing answered


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """One part: its state, a word for why, and since when (UTC, ISO 8601) where that is known."""

    state: Health
    reason: str = ""
    since: str = ""

    @property
    def in_words(self) -> str:
        """What is wrong with it; empty where it is well."""
        if self.state is Health.OK:
            return ""
        since = f" since {self.since[:16].replace('T', ' ')} UTC" if self.since else ""
        return f"{self.state}: {self.reason.replace('_', ' ')}{since}"

    def as_object(self) -> dict[str, str]:
        """Return what `/readyz` shows."""
        return {key: str(value) for key, value in asdict(self).items() if value}


async def part_states(
    checks: Mapping[str, Awaitable[object]], circuits: Iterable[Circuit]
) -> dict[str, PartHealth]:
    """Await each check, side by side, and add what the circuits know.

    A part whose circuit is not closed is degraded although its check passes.
    """
    found = await asyncio.gather(*(_state(part, check) for part, check in checks.items()))
    parts = dict(zip(checks, found, strict=True))
    for circuit in circuits:
        known = parts.setdefault(circuit.part, PartHealth(state=Health.OK))
        if circuit.state is not CircuitState.CLOSED and known.state is Health.OK:
            since = datetime.fromtimestamp(circuit.since_s, UTC).isoformat(timespec="seconds")
            parts[circuit.part] = PartHealth(
                state=Health.DEGRADED, reason=f"circuit_{circuit.state}", since=since
            )
    return parts


def worst(parts: Mapping[str, PartHealth]) -> Health:
    """Return the state of the whole."""
    order = list(Health)
    return max((part.state for part in parts.values()), key=order.index, default=Health.OK)


async def _state(part: str, check: Awaitable[object]) -> PartHealth:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await check
    except (RedisError, KnowledgeUnavailableError, AdapterError, OSError, TimeoutError) as error:
        reason = error.code if isinstance(error, AdapterError) else _word(error)
        log.warning("not_ready", part=part, error=type(error).__name__)
        return PartHealth(state=Health.UNAVAILABLE, reason=reason)
    return PartHealth(state=Health.OK)


def _word(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed_out"
    return "unreachable" if isinstance(error, RedisError | OSError) else "failed"
