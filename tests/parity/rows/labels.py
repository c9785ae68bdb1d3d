"""How sensitive sources are."""

import tempfile
from pathlib import Path

from tests.parity.registry import behaviour
from tests.parity.sides import Side
from tests.parity.teams_side import TeamsSide
from tests.servers.openai import ModelServer

PAGE = """---
sensitivity: Confidential
---
# Greenhouse project

The greenhouse project costs 81,000 EUR.
"""


@behaviour(
    "A source's sensitivity label stands beside it, and the highest one with the answer",
    why="Teams has a shield of its own for it; in Slack the word stands above the sources.",
)
async def _(side: Side, model: ModelServer) -> str:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "greenhouse.md"
        page.write_text(PAGE)
        await side.parts.ingest([page], "https://docs.example/{page}/", lambda *_: None)
    asked = "How much does the greenhouse project cost?"
    place = await side.ask(asked, side.fresh_channel(), mention=True)
    (seen,) = await side.replies(place)
    assert "81,000" in seen.words
    assert "Greenhouse project" in seen.words
    if not isinstance(side, TeamsSide):
        assert seen.words.count("\u00b7 _Confidential_") == 2, seen.words
        return "as a word"
    message = side.teams.workspace.find(seen.id)
    assert message is not None
    assert "\u00b7 Confidential" in seen.words
    assert message.entities[0]["usageInfo"]["name"] == "Confidential"
    assert message.citations[0]["appearance"]["usageInfo"]["name"] == "Confidential"
    return "as Teams' own label"
