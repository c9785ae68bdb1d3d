"""`citewell run`, `serve` and `worker`: receive from the platforms, and answer."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated

import structlog
import typer

from bot.cli.asking import talk
from bot.cli.ingesting import ingest_with_progress, print_report
from bot.errors import StartError
from bot.health import states
from bot.observability.logs import configure_logs
from bot.platforms import connect_slack
from bot.server import http_application, serving, until_stopped
from bot.settings import Settings, load_settings
from bot.wiring import Parts, open_parts
from bot.work import working

log = structlog.get_logger(__name__)

_SAMPLE = Path("deploy/sample-company")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(run)
    app.command()(serve)
    app.command()(worker)


def run(
    *,
    sample: Annotated[
        Path, typer.Option(help="Documents to index when there are none yet.")
    ] = _SAMPLE,
) -> None:
    """Start Citewell as `make run` does: sample documents first, then Slack or a terminal chat."""
    asyncio.run(_run(load_settings(), sample if sample.is_dir() else None))


def serve(
    *,
    receive_only: Annotated[
        bool, typer.Option("--receive-only", help="Leave the answers to `citewell worker`.")
    ] = False,
) -> None:
    """Receive messages from the platforms and answer them."""
    asyncio.run(_serve(_with_a_platform(load_settings()), answers=not receive_only))


def worker() -> None:
    """Answer what others received; start as many as you like against one Redis."""
    asyncio.run(_work(_with_a_platform(load_settings())))


def _with_a_platform(settings: Settings) -> Settings:
    if settings.slack_bot_token is None:
        raise StartError(
            "no platform is set up: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (see README.md), "
            "or talk in the terminal with `citewell chat`"
        )
    return settings


async def _run(settings: Settings, sample: Path | None) -> None:
    is_serving = settings.slack_bot_token is not None
    started = time.perf_counter()
    async with open_parts(settings, is_serving=is_serving) as parts:
        if sample is not None and await parts.index.count() == 0:
            print_report(await ingest_with_progress(parts, [sample], None))
        _say(f"ready after {time.perf_counter() - started:.1f} s; {parts.about_model}")
        if is_serving:
            await _until_stopped(settings, parts, answers=True)
        else:
            await talk(parts)


async def _serve(settings: Settings, *, answers: bool) -> None:
    async with open_parts(settings, is_serving=True) as parts:
        _say(parts.about_model if answers else "receiving only; answers need `citewell worker`")
        await _until_stopped(settings, parts, answers=answers)


async def _work(settings: Settings) -> None:
    async with open_parts(settings, is_serving=True) as parts:
        _say(parts.about_model)
        configure_logs(settings.log_format, settings.log_level)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(connect_slack(settings, parts.app, receives=False))
            await stack.enter_async_context(
                working(parts.docket, settings.worker_concurrency, takeover_s=settings.takeover_s)
            )
            _say("working; Ctrl-C stops")
            log.info("ready", part="worker")
            await until_stopped()
            log.info("stopping", part="worker")


async def _until_stopped(settings: Settings, parts: Parts, *, answers: bool) -> None:
    configure_logs(settings.log_format, settings.log_level)
    async with receiving(settings, parts, answers=answers):
        _say(f"listening on http://{settings.host}:{settings.port}; Ctrl-C stops")
        log.info("ready", part="serve")
        await until_stopped()
        log.info("stopping", part="serve")


@asynccontextmanager
async def receiving(
    settings: Settings, parts: Parts, *, answers: bool = True
) -> AsyncIterator[None]:
    """Receive from the platforms while inside, and answer unless others do.

    Raises:
        StartError: A platform refuses, or the address can't be used.
    """
    async with AsyncExitStack() as stack:
        routes = await stack.enter_async_context(connect_slack(settings, parts.app))
        application = http_application(routes, lambda: states(_checks(parts)))
        if answers:
            await stack.enter_async_context(
                working(parts.docket, settings.worker_concurrency, takeover_s=settings.takeover_s)
            )
        await stack.enter_async_context(serving(application, settings.host, settings.port))
        yield


def _checks(parts: Parts) -> dict[str, Awaitable[object]]:
    pings = {name: adapter.ping() for name, adapter in parts.app.adapters.items()}
    return {"redis": parts.redis.ping(), "index": parts.index.count(), **pings}


def _say(line: str) -> None:
    sys.stderr.write(f"citewell: {line}\n")
