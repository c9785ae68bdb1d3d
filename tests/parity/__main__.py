"""`python -m tests.parity`: write docs/parity.md anew; with WORDS, only try the rows with them."""

import asyncio
import sys
import tempfile
from pathlib import Path

from bot.loading import load_models
from bot.observability.logs import configure_logs
from tests.parity.table import PAGE, page_of, tried
from tests.running import SAMPLE, ingested, settings_for


async def _written(scratch: Path, only: list[str]) -> str:
    models = await load_models(settings_for(scratch))
    await ingested(SAMPLE, scratch / "sample", models)
    slack, teams = [
        await tried(platform, models, scratch / "sample", scratch, only)
        for platform in ("Slack", "Teams")
    ]
    await models.detector.close()
    return page_of(slack, teams, only)


configure_logs("json", "error")
with tempfile.TemporaryDirectory() as scratch:
    page = asyncio.run(_written(Path(scratch), sys.argv[1:]))
    if not sys.argv[1:]:
        PAGE.write_text(page)
