"""Tries every behaviour on every platform and writes docs/parity.md."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from bot.loading import Models
from tests.parity import at_home, attaching  # noqa: F401 - their rows come behind the others
from tests.parity.behaviours import BEHAVIOURS
from tests.parity.sides import Side, SlackSide, TeamsSide
from tests.running import copied, running
from tests.running_teams import running_teams
from tests.servers.openai import ModelServer
from tests.servers.slack import SlackServer
from tests.servers.teams import TeamsServer

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
_HEAD = """# Slack and Teams, side by side

Written by `python -m tests.parity`, which tries each behaviour on both platforms through their \
strict stand-ins; the suite fails while this page says something else.

| behaviour | Slack | Teams | |
|---|---|---|---|
"""


async def tried(models: Models, sample: Path, scratch: Path) -> str:
    """Return the page, from what was seen."""
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        model = await enter(ModelServer())
        slack = await enter(SlackServer(has_rate_limits=False))
        teams = await enter(TeamsServer(has_rate_limits=False))
        first = await enter(
            running(copied(sample, scratch / "s"), models, slack, model=model, limits_factor=1000)
        )
        second = await enter(
            running_teams(
                copied(sample, scratch / "t"), models, teams, model=model, limits_factor=1000
            )
        )
        sides: tuple[Side, ...] = (SlackSide(first), TeamsSide(second))
        rows = []
        for each in BEHAVIOURS:
            cells: Mapping[str, str] = {side.name: await each.run(side, model) for side in sides}
            assert len(set(cells.values())) == 1 or each.why, each.promise
            is_same = "same" if len(set(cells.values())) == 1 else each.why
            rows.append(f"| {each.promise} | {cells['Slack']} | {cells['Teams']} | {is_same} |")
        for side in sides:
            assert side.violations() == []
    return _HEAD + "\n".join(rows) + "\n"
