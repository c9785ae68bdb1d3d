"""`python -m tests.parity`: write docs/parity.md anew."""

import asyncio
import tempfile
from pathlib import Path

from bot.loading import load_models
from bot.observability.logs import configure_logs
from tests.parity.table import PAGE, tried
from tests.running import SAMPLE, ingested, settings_for


async def _written(scratch: Path) -> str:
    models = await load_models(settings_for(scratch))
    await ingested(SAMPLE, scratch / "sample", models)
    page = await tried(models, scratch / "sample", scratch)
    await models.detector.close()
    return page


configure_logs("json", "error")
with tempfile.TemporaryDirectory() as scratch:
    PAGE.write_text(asyncio.run(_written(Path(scratch))))
