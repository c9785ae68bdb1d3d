"""Opens Redis and what is kept there for a command, beside a bot that runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.durable import Durable, open_durable
from bot.queue.embedded import embedded_parts
from bot.settings import Settings

_GUEST_GRACE_S = 5.0


@asynccontextmanager
async def opened_durable(settings: Settings) -> AsyncIterator[Durable]:
    """Open what is durable, and no index and no model."""

    async def about() -> str:
        return ""

    url = settings.redis_url.get_secret_value() if settings.redis_url else None
    if url is not None:
        async with open_durable(settings, url, about) as durable:
            yield durable
        return
    async with (
        embedded_parts(settings.data_dir, redis_url=None, guest_grace_s=_GUEST_GRACE_S) as owner,
        open_durable(settings, owner.redis_url, about) as durable,
    ):
        yield durable
