"""`citewell serve` and `citewell run`: connect to the platforms and answer."""

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


def run(
    *,
    sample: Annotated[
        Path, typer.Option(help="Documents to index when there are none yet.")
    ] = _SAMPLE,
) -> None:
    """Start Citewell as `make run` does: sample documents first, then Slack or a terminal chat."""
    asyncio.run(_run(load_settings(), sample if sample.is_dir() else None))


def serve() -> None:
    """Receive messages from the platforms and answer them."""
    settings = load_settings()
    if settings.slack_bot_token is None:
        raise StartError(
            "no platform is set up: set SLACK_BOT_TOKEN and SLACK_APP_TOKEN (see README.md), "
            "or talk in the terminal with `citewell chat`"
        )
    asyncio.run(_serve(settings))


async def _run(settings: Settings, sample: Path | None) -> None:
    is_serving = settings.slack_bot_token is not None
    started = time.perf_counter()
    async with open_parts(settings, is_serving=is_serving) as parts:
        if sample is not None and await parts.index.count() == 0:
            print_report(await ingest_with_progress(parts, [sample], None))
        _say(f"ready after {time.perf_counter() - started:.1f} s; {parts.about_model}")
        if is_serving:
            await _answer_platforms(settings, parts)
        else:
            await talk(parts)


async def _serve(settings: Settings) -> None:
    async with open_parts(settings, is_serving=True) as parts:
        _say(parts.about_model)
        await _answer_platforms(settings, parts)


async def _answer_platforms(settings: Settings, parts: Parts) -> None:
    configure_logs(settings.log_format, settings.log_level)
    async with answering(settings, parts):
        _say(f"listening on http://{settings.host}:{settings.port}; Ctrl-C stops")
        log.info("ready", part="serve")
        await until_stopped()
        log.info("stopping", part="serve")


@asynccontextmanager
async def answering(settings: Settings, parts: Parts) -> AsyncIterator[None]:
    """Receive from the platforms and answer while inside.

    Raises:
        StartError: A platform refuses, or the address can't be used.
    """
    async with AsyncExitStack() as stack:
        routes = await stack.enter_async_context(connect_slack(settings, parts.app))
        application = http_application(routes, lambda: states(_checks(parts)))
        await stack.enter_async_context(working(parts.docket, settings.worker_concurrency))
        await stack.enter_async_context(serving(application, settings.host, settings.port))
        yield


def _checks(parts: Parts) -> dict[str, Awaitable[object]]:
    pings = {name: adapter.ping() for name, adapter in parts.app.adapters.items()}
    return {"redis": parts.redis.ping(), "index": parts.index.count(), **pings}


def _say(line: str) -> None:
    sys.stderr.write(f"citewell: {line}\n")
