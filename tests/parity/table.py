"""Tries every behaviour on every platform and writes docs/parity.md."""

import importlib
import pkgutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bot.loading import Models
from tests.parity import rows
from tests.parity.registry import BEHAVIOURS, Behaviour
from tests.parity.sides import Another, Side
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


async def tried(
    platform: str, loaded: Models, sample: Path, scratch: Path, only: Sequence[str] = ()
) -> Sequence[str]:
    """Return what was seen on `platform`; with `only`, of no more than the rows with such words.

    One after the other: where Microsoft is, is said in the environment, which Slack reads too.
    """
    opened = partial(_PLATFORMS[platform], loaded, sample, scratch)
    return await _all_on(opened, _rows(only), scratch, is_told=bool(only))


def written(platform: str) -> Sequence[str]:
    """Return what the page says of `platform`."""
    column = 1 + list(_PLATFORMS).index(platform)
    rows = (line for line in PAGE.read_text().splitlines() if line.startswith("| "))
    cells = [row.strip("| ").split(" | ") for row in rows if row not in _TABLE]
    return [cell[column] for cell in cells]


def page_of(slack: Sequence[str], teams: Sequence[str], only: Sequence[str] = ()) -> str:
    """Return the page, from what was seen on each platform."""
    page = [_HEAD]
    both = zip(_rows(only), slack, teams, strict=True)
    for part, group in groupby(both, key=lambda each: each[0].part):
        page.append(f"\n## {part}\n\n{_TABLE}\n")
        for row, slack_did, teams_did in group:
            assert slack_did == teams_did or row.why, row.promise
            why = "same" if slack_did == teams_did else row.why
            page.append(f"| {row.promise} | {slack_did} | {teams_did} | {why} |\n")
    return "".join(page)


def _rows(only: Sequence[str]) -> list[Behaviour]:
    return [row for row in BEHAVIOURS if not only or any(o in row.promise for o in only)]


@asynccontextmanager
async def _slack(
    loaded: Models, sample: Path, scratch: Path, **given: Any
) -> AsyncIterator[tuple[Side, ModelServer]]:
    """Run Citewell on a Slack of its own, with a model of its own, on the sample company."""
    where = copied(sample, Path(mkdtemp(dir=scratch)))
    async with (
        ModelServer() as model,
        SlackServer(has_rate_limits=False) as slack,
        running(where, loaded, slack, model=model, **{**_SETTINGS, **given}) as citewell,
    ):
        side = SlackSide(citewell)
        side.another = partial(_slack, loaded, sample, scratch)
        yield side, model
        assert slack.violations == []


@asynccontextmanager
async def _teams(
    loaded: Models, sample: Path, scratch: Path, **given: Any
) -> AsyncIterator[tuple[Side, ModelServer]]:
    """Run Citewell on a Teams of its own, likewise."""
    where = copied(sample, Path(mkdtemp(dir=scratch)))
    async with (
        ModelServer() as model,
        TeamsServer(has_rate_limits=False) as teams,
        running_teams(where, loaded, teams, model=model, **{**_SETTINGS, **given}) as citewell,
    ):
        side = TeamsSide(citewell)
        side.another = partial(_teams, loaded, sample, scratch)
        yield side, model
        assert teams.violations == []


_PLATFORMS = {"Slack": _slack, "Teams": _teams}


async def _all_on(
    opened: Another, tried: Sequence[Behaviour], scratch: Path, *, is_told: bool
) -> Sequence[str]:
    """Return what was seen of each behaviour on one platform."""
    seen = []
    pages = Path(mkdtemp(dir=scratch))
    for name, text in _PAGES.items():
        (pages / name).write_text(text)
    async with opened() as (side, model):
        await side.parts.ingest([pages], URL, lambda *_: None)
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
