"""The state of each part that an answer needs, for `/readyz`."""

import asyncio
from collections.abc import Awaitable, Mapping

import structlog
from redis.exceptions import RedisError

from adapters.errors import AdapterError
from knowledge.errors import KnowledgeUnavailableError

log = structlog.get_logger(__name__)

_TIMEOUT_S = 2.0


async def states(checks: Mapping[str, Awaitable[object]]) -> dict[str, str]:
    """Await each check, side by side, and return `ok` or `unavailable` for its part."""
    found = await asyncio.gather(*(_state(part, check) for part, check in checks.items()))
    return dict(zip(checks, found, strict=True))


async def _state(part: str, check: Awaitable[object]) -> str:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await check
    except (RedisError, KnowledgeUnavailableError, AdapterError, OSError, TimeoutError) as error:
        log.warning("not_ready", part=part, error=type(error).__name__)
        return "unavailable"
    return "ok"
