"""`python -m tests.walkthrough`: write docs/walkthrough.md anew."""

import asyncio
import tempfile
from pathlib import Path

from bot.loading import load_models
from bot.observability.logs import configure_logs
from tests.running import settings_for
from tests.walkthrough.playing import PAGE, played


async def _written(scratch: Path) -> str:
    models = await load_models(settings_for(scratch))
    page = await played(models, scratch)
    await models.detector.close()
    return page


configure_logs("json", "error")
with tempfile.TemporaryDirectory() as scratch:
    PAGE.write_text(asyncio.run(_written(Path(scratch))))
