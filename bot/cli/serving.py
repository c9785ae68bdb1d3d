"""`citewell serve` and `citewell worker`: receive from the platforms, and answer."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Annotated

import structlog
import typer
from aiohttp import web

from bot.breakers import CircuitState
from bot.durable import Durable, open_durable
from bot.errors import StartError
from bot.health import PartHealth, part_states
from bot.observability.logs import configure_logs
from bot.platforms import connect_platforms
from bot.queue.work import working
from bot.server import http_application, serving, until_stopped
from bot.settings import Settings, load_settings
from knowledge.ports import VectorIndex

log = structlog.get_logger(__name__)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(serve)
    app.command()(worker)


def serve(
    *,
    receive_only: Annotated[
        bool, typer.Option("--receive-only", help="Leave the answers to `citewell worker`.")
    ] = False,
) -> None:
    """Receive messages from the platforms and answer them."""
    settings = with_a_platform(load_settings())
    asyncio.run(
        _receive(settings)
        if receive_only and settings.redis_url
        else _serve(settings, answers=not receive_only)
    )


def worker() -> None:
    """Answer what others received; start as many as you like against one Redis."""
    asyncio.run(_work(with_a_platform(load_settings())))


def with_a_platform(settings: Settings) -> Settings:
    """Return `settings` where they name a platform.

    Raises:
        StartError: They name none.
    """
    if not settings.has_platform:
        raise StartError(
            "no platform is set up: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (see README.md), or "
            "MICROSOFT_APP_ID for Teams (or CITEWELL_TEAMS_LOCAL=1 on this machine; see "
            "docs/teams.md), or talk in the terminal with `citewell chat`"
        )
    return settings


async def _receive(settings: Settings) -> None:
    """Receive only, with no more than that takes: no model, no index."""

    async def about() -> str:
        counts = await durable.mailbox.counts()
        return f"{counts['open']:,} messages are open; `citewell worker` answers them."

    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    async with open_durable(settings, url, about) as durable:
        say("receiving only; answers need `citewell worker`")
        await until_told_to_stop(settings, durable)


async def _serve(settings: Settings, *, answers: bool) -> None:
    # What answers takes seconds to import; who only receives does without.
    from bot.wiring import open_parts  # noqa: PLC0415

    async with open_parts(settings, is_serving=True) as parts:
        say(parts.about_model if answers else "receiving only; answers need `citewell worker`")
        await until_told_to_stop(settings, parts.durable, parts.index if answers else None)


async def _work(settings: Settings) -> None:
    from bot.wiring import open_parts  # noqa: PLC0415

    async with open_parts(settings, is_serving=True) as parts:
        say(parts.about_model)
        configure_logs(settings.log_format, settings.log_level)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(
                connect_platforms(settings, parts.durable, receives=False)
            )
            await stack.enter_async_context(_answering(settings, parts.durable))
            if settings.worker_port is not None:
                application = _application([], parts.durable, parts.index)
                await stack.enter_async_context(
                    serving(application, settings.host, settings.worker_port)
                )
            say("working; Ctrl-C stops")
            log.info("ready", part="worker")
            await until_stopped()
            log.info("stopping", part="worker")


async def until_told_to_stop(
    settings: Settings, durable: Durable, index: VectorIndex | None = None
) -> None:
    """Receive, and answer where there is an `index`, until the process is asked to end."""
    configure_logs(settings.log_format, settings.log_level)
    async with receiving(settings, durable, index):
        say(f"listening on http://{settings.host}:{settings.port}; Ctrl-C stops")
        log.info("ready", part="serve")
        await until_stopped()
        log.info("stopping", part="serve")


@asynccontextmanager
async def receiving(
    settings: Settings, durable: Durable, index: VectorIndex | None = None
) -> AsyncIterator[None]:
    """Receive from the platforms while inside, and answer where there is an `index`.

    Raises:
        StartError: A platform refuses, or the address can't be used.
    """
    async with AsyncExitStack() as stack:
        routes = await stack.enter_async_context(connect_platforms(settings, durable))
        application = _application(routes, durable, index)
        if index is None:
            await stack.enter_async_context(durable.watchdog.running())
        else:
            await stack.enter_async_context(_answering(settings, durable))
        await stack.enter_async_context(serving(application, settings.host, settings.port))
        yield


@asynccontextmanager
async def _answering(settings: Settings, durable: Durable) -> AsyncIterator[None]:
    async with (
        working(
            durable.docket,
            settings.worker_concurrency,
            takeover_s=settings.takeover_s,
            stop=partial(durable.inbox.stop, settings.grace_s),
        ),
        durable.watchdog.running(),
        durable.retention.running(),
    ):
        yield


def _application(
    routes: list[web.RouteDef], durable: Durable, index: VectorIndex | None
) -> web.Application:
    circuits = durable.in_use(answers=index is not None)

    async def ready() -> dict[str, PartHealth]:
        return await part_states(_checks(durable, index), circuits)

    async def told() -> dict[str, str]:
        return {name: part.in_words for name, part in (await ready()).items()}

    async def measured() -> bytes:
        states = ((circuit.part, circuit.state is CircuitState.OPEN) for circuit in circuits)
        return durable.metrics.rendered(await durable.mailbox.counts(), states)

    durable.administration.homes.watch(told)
    return http_application(routes, ready, measured)


def _checks(durable: Durable, index: VectorIndex | None) -> dict[str, Awaitable[object]]:
    pings = {name: adapter.ping() for name, adapter in durable.adapters.items()}
    found = {"index": index.count()} if index is not None else {}
    return {"redis": durable.redis.ping(), **found, **pings}


def say(line: str) -> None:
    """Tell the operator, beside the log."""
    sys.stderr.write(f"citewell: {line}\n")
