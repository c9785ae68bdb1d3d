"""`citewell run`: what `make run` starts."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.asking import talk
from bot.cli.ingesting import ingest_with_progress, print_report
from bot.cli.serving import say, until_told_to_stop
from bot.settings import Settings, load_settings
from bot.wiring import open_parts

_SAMPLE = Path("deploy/sample-company")


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(run)


def run(
    *,
    sample: Annotated[
        Path, typer.Option(help="Documents to index when there are none yet.")
    ] = _SAMPLE,
) -> None:
    """Start Citewell as `make run` does: sample documents first, then Slack or a terminal chat."""
    asyncio.run(_run(load_settings(), sample if sample.is_dir() else None))


async def _run(settings: Settings, sample: Path | None) -> None:
    is_serving = settings.has_platform
    started = time.perf_counter()
    async with open_parts(settings, is_serving=is_serving) as parts:
        if sample is not None and await parts.index.count() == 0:
            print_report(await ingest_with_progress(parts, [sample], None))
        say(f"ready after {time.perf_counter() - started:.1f} s; {parts.about_model}")
        if is_serving:
            await until_told_to_stop(settings, parts.durable, parts.index)
        else:
            await talk(parts)
