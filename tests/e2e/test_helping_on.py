"""Under an answer stand questions that lead on, and a button for the sources that it leaves out."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.loading import Models
from bot.wiring import Parts
from tests.running import Running, ingested, running
from tests.running_teams import running_teams
from tests.servers.slack import BEN, SlackServer
from tests.servers.slack.gestures import buttons_of, press, press_payload
from tests.servers.teams import BEN as BEN_IN_TEAMS
from tests.servers.teams import PERSONAL, TeamsServer

MORE = "Show more sources"
PAGES = {
    "visitors.md": (
        "# Visitors\n\nWhat holds for guests of the company.\n\n"
        "## Badges\n\nEvery visitor wears a badge with a red stripe all day.\n\n"
        "## Parking\n\nVisitors park in rows A and B behind the main gate.\n\n"
        "## Marguerite Oyelaran\n\nShe looks after visitors and their badges on Mondays.\n"
    ),
    "gate.md": "# Main gate\n\nThe gate opens at seven; visitors ring the bell before that.\n",
    "board.md": (
        "---\nreaders: ['user:email:ann@brindlemoor.example']\n---\n"
        "# Visitors of the board\n\nVisitors of the board wear a badge of gold and no stripe.\n"
    ),
}
ASKED = "Which badge does a visitor wear?"


GUEST = "U0GUEST"


def written(folder: Path) -> Path:
    """Write the pages into `folder`."""
    folder.mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(params=["http", "socket"])
async def citewell(
    request: pytest.FixtureRequest, tmp_path: Path, models: Models
) -> AsyncIterator[Running]:
    await ingested(written(tmp_path / "pages"), tmp_path / "data", models)
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(
            tmp_path / "data", models, slack, has_socket=request.param == "socket",
            limits_factor=1000,
        ) as citewell,
    ):  # fmt: skip
        yield citewell
        assert slack.violations == []


async def test_what_is_offered_is_answered_and_shown_as_whoever_presses_may_read(
    citewell: Running,
) -> None:
    people, slack = citewell.people, citewell.slack
    seen = slack.workspace.ephemerals
    await slack.replies(await people.mention(ASKED, user=BEN))  # what is tried is remembered
    ts = await people.mention(ASKED, user=BEN)
    (answer,) = await slack.replies(ts)
    offered = list(buttons_of(answer))
    parking = next(label for label in offered if "Parking" in label)
    await press(people, answer, parking, user=BEN)
    _, question, reply = await slack.replies(ts, 3)
    await press(people, answer, MORE, user=BEN)
    await slack.until(lambda: len(seen) == 1)
    slack.workspace.users[GUEST] = people.a_user("Gus", is_restricted=True)
    await press(people, answer, MORE, user=GUEST)
    await slack.until(lambda: len(seen) == 2)
    board = await citewell.parts.index.records([await board_page(citewell)])
    forged = press_payload(people, answer, MORE, user=BEN)
    forged["actions"][0]["value"] = board[0].chunk.id
    await people.interact(forged)
    await slack.until(lambda: len(seen) == 3)
    unknown = await people.mention("How many moons does the planet Zorgon have?", user=BEN)
    (refusal,) = await slack.replies(unknown)

    assert "red stripe" in answer.words
    assert not [label for label in offered if "Oyelaran" in label or "board" in label]
    assert "Ben Okafor asks: What does" in question.words
    assert "rows A and B" in reply.words
    assert [shown.user for shown in seen] == [BEN, GUEST, BEN]
    assert "Main gate" in seen[0].words
    assert "board" not in seen[0].words
    assert all("None of it" in shown.words for shown in seen[1:])
    assert not [label for label in buttons_of(refusal) if "What does" in label]


async def board_page(citewell: Running) -> str:
    """Return where the board's page is."""
    known = await citewell.parts.index.documents()
    return next(location for location in known if "board" in location)


async def test_teams_offers_the_same_in_the_personal_chat(tmp_path: Path, models: Models) -> None:
    await ingested(written(tmp_path / "pages"), tmp_path / "data", models)
    async with (
        TeamsServer(has_rate_limits=False) as teams,
        running_teams(tmp_path / "data", models, teams, limits_factor=1000) as citewell,
    ):
        for _ in range(2):  # what is tried is remembered
            await citewell.people.tell(ASKED, user=BEN_IN_TEAMS)
            await settled(citewell.parts)
        answer = teams.messages(conversation=PERSONAL)[-1]
        actions = {a["title"]: a for card in teams_cards(teams) for a in card.get("actions", [])}
        for label in (next(title for title in actions if "Parking" in title), MORE):
            pressed = citewell.people.activity("", conversation=PERSONAL, user=BEN_IN_TEAMS)
            data = {"value": actions[label]["data"], "replyToId": answer.id}
            await citewell.people.deliver({**pressed, **data})
        await teams.until(
            lambda: {"rows A and B", "More sources"} <= {w for w in WANTED if w in words(teams)}
        )

        assert "asks:" in words(teams)
        assert "gold" not in words(teams)
        assert teams.violations == []


async def settled(parts: Parts) -> None:
    """Return when nothing that was taken is still to be answered."""
    async with asyncio.timeout(60):
        while (await parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


WANTED = ("rows A and B", "More sources")


def words(teams: TeamsServer) -> str:
    """Return all that stands in the personal chat."""
    messages = teams.messages(conversation=PERSONAL)
    return "\n".join(f"{message.words} {message.cards}" for message in messages)


def teams_cards(teams: TeamsServer) -> list[dict[str, Any]]:
    """Return all cards of the personal chat."""
    return [card for m in teams.messages(conversation=PERSONAL) for card in m.cards]
