"""Tries every behaviour on every platform and writes docs/parity.md."""

import asyncio
import importlib
import pkgutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.loading import Models
from tests.parity import rows
from tests.parity.registry import BEHAVIOURS, Behaviour
from tests.parity.sides import Side
from tests.parity.slack_side import SlackSide
from tests.parity.teams_side import TeamsSide
from tests.running import URL, copied, running
from tests.running_teams import running_teams
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer
from tests.servers.teams import TeamsServer

for _found in pkgutil.iter_modules(rows.__path__):
    importlib.import_module(f"{rows.__name__}.{_found.name}")

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
_HEAD = """# Slack and Teams, side by side

Written by `python -m tests.parity`, which tries each behaviour on both platforms through their \
strict stand-ins; the suite fails while this page says something else.
"""
_TABLE = "| behaviour | Slack | Teams | |\n|---|---|---|---|"
_PAGES = {
    "bonus.md": "# Yearly bonus\n\nThe yearly bonus is paid in March.\n",
    "board.md": "---\nreaders: ['user:email:ann@brindlemoor.example']\n---\n"
    "# Yearly bonus of the board\n\nThe yearly bonus of the board is 4,711 EUR.\n",
}
_SETTINGS: dict[str, Any] = {
    "limits_factor": 1000,
    "max_open": 4,
    "pii_policy": "CREDIT_CARD=block",
}


async def tried(loaded: Models, sample: Path, scratch: Path, only: Sequence[str] = ()) -> str:
    """Return the page, from what was seen; with `only`, no more than the rows with such words."""
    tried = [row for row in BEHAVIOURS if not only or any(o in row.promise for o in only)]
    async with _sides(loaded, sample, scratch) as sides:
        seen = await asyncio.gather(
            *(_all_on(side, model, tried, is_told=bool(only)) for side, model in sides)
        )
        for side, _ in sides:
            assert side.server.violations == []
    page = [_HEAD]
    both = zip(tried, *seen, strict=True)
    for part, group in groupby(both, key=lambda each: each[0].part):
        page.append(f"\n## {part}\n\n{_TABLE}\n")
        for row, slack_did, teams_did in group:
            assert slack_did == teams_did or row.why, row.promise
            why = "same" if slack_did == teams_did else row.why
            page.append(f"| {row.promise} | {slack_did} | {teams_did} | {why} |\n")
    return "".join(page)


@asynccontextmanager
async def _sides(
    loaded: Models, sample: Path, scratch: Path
) -> AsyncIterator[list[tuple[Side, ModelServer]]]:
    """Run Citewell on each platform, with a model of its own, on the same documents."""
    pages = scratch / "pages"
    pages.mkdir()
    for name, text in _PAGES.items():
        (pages / name).write_text(text)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        models = [await enter(ModelServer()) for _ in range(2)]
        slack = await enter(SlackServer(has_rate_limits=False))
        teams = await enter(TeamsServer(has_rate_limits=False))
        where = copied(sample, scratch / "slack")
        first = await enter(running(where, loaded, slack, model=models[0], **_SETTINGS))
        where = copied(sample, scratch / "teams")
        second = await enter(running_teams(where, loaded, teams, model=models[1], **_SETTINGS))
        sides: list[Side] = [SlackSide(first), TeamsSide(second)]
        for side in sides:
            await side.parts.ingest([pages], URL, lambda *_: None)
        yield list(zip(sides, models, strict=True))


async def _all_on(
    side: Side, model: ModelServer, tried: Sequence[Behaviour], *, is_told: bool
) -> Sequence[str]:
    """Return what was seen of each behaviour on one platform."""
    seen = []
    for row in tried:
        began_at_s = time.monotonic()
        try:
            seen.append(await row.run(side, model))
            await side.settled()
        except Exception as error:
            error.add_note(f"{side.name}: {row.promise}")
            raise
        if is_told:
            took_s = time.monotonic() - began_at_s
            sys.stdout.write(f"{took_s:.1f} s {side.name}: {row.promise}: {seen[-1]}\n")
    return seen
