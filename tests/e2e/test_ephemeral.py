"""Where a channel wants it, who asked sees the answer first, and everyone once it is shared."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.types import Person, Reply, SentReply, ThreadId
from bot.controls.chatconfig import ChannelConfig, Role
from bot.loading import Models
from bot.record.query import Query
from bot.wiring import Parts
from tests.builders import a_message
from tests.running import URL, Running, ingested, running
from tests.running_teams import running_teams
from tests.servers.slack import ANN, BEN, CHANNEL, SlackServer
from tests.servers.slack.gestures import buttons_of, press
from tests.servers.teams import CHANNEL as TEAM_CHANNEL
from tests.servers.teams import PERSONAL, TeamsServer

BONUS = "# Yearly bonus\n\nThe yearly bonus is paid in March.\n"
BOARD = (
    "---\nreaders: ['user:email:ann@brindlemoor.example']\n---\n"
    "# Yearly bonus of the board\n\nThe yearly bonus of the board is 4,711 EUR.\n"
)
FOR_ANN = "---\nreaders: ['user:email:ann@brindlemoor.example']\n---\n"
ASKED = "When is the yearly bonus paid?"
SHARE, PRIVATELY = "Share to the channel", "Ask privately"


async def written(tmp_path: Path, models: Models) -> Path:
    """Index two pages, one for Ann alone, and return the data folder."""
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "bonus.md").write_text(BONUS)
    (pages / "board.md").write_text(BOARD)
    await ingested(pages, tmp_path / "data", models)
    return tmp_path / "data"


async def settled(parts: Parts) -> None:
    """Return when nothing that was taken is still to be answered."""
    async with asyncio.timeout(60):
        while (await parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.fixture(params=["http", "socket"])
async def citewell(
    request: pytest.FixtureRequest, tmp_path: Path, models: Models
) -> AsyncIterator[Running]:
    data = await written(tmp_path, models)
    has_socket = request.param == "socket"
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(data, models, slack, has_socket=has_socket, limits_factor=1000) as citewell,
    ):
        key = f"user:slack:{slack.workspace.team}:{ANN}"
        await citewell.parts.durable.administration.store.change(
            "test", "rights", lambda c: c.model_copy(update={"rights": {key: Role.ADMIN}})
        )
        await citewell.people.command("channel ephemeral on")
        yield citewell
        assert slack.violations == []


async def test_who_asked_sees_it_first_and_shares_what_everyone_may_read(
    citewell: Running, tmp_path: Path
) -> None:
    people, slack = citewell.people, citewell.slack
    seen = slack.workspace.ephemerals

    async def shown(words: str, user: str = ANN) -> None:
        await slack.until(lambda: any(words in e.words and e.user == user for e in seen))

    ts = await people.mention(ASKED)
    await shown("March")
    await settled(citewell.parts)
    first = next(e for e in seen if "March" in e.words)
    alone = slack.messages(ts)
    (entry,) = [e async for e in citewell.parts.durable.ledger.find(Query())]
    await press(people, first, SHARE, user=BEN)
    await shown("used already", BEN)
    await press(people, first, SHARE)
    (shared,) = await slack.replies(ts)
    await press(people, first, SHARE)
    await shown("used already")

    assert alone == []
    assert {SHARE, PRIVATELY} <= set(buttons_of(first))
    assert "Only you see this" in first.words
    assert entry.replies == ("private",)
    assert "paid in March" in shared.words
    assert "Shared by Ann Reed" in shared.words
    assert shared.links
    assert "4,711" not in shared.words

    board = await people.mention("What is the yearly bonus of the board?")
    await slack.until(lambda: [e for e in seen if e.thread_ts == board and "Only" in e.words])
    for_all = next(e for e in seen if e.thread_ts == board and "Only" in e.words)
    await press(people, for_all, PRIVATELY)
    await shown("4,711")

    assert "4,711" not in for_all.words

    before = len(seen)
    other = await people.mention(f"Please, {ASKED}")
    await slack.until(lambda: any("March" in e.words for e in seen[before:]))
    second = next(e for e in seen[before:] if "March" in e.words)
    (tmp_path / "pages" / "bonus.md").write_text(FOR_ANN + BONUS)
    await citewell.parts.ingest([tmp_path / "pages"], URL, lambda *_: None)
    await press(people, second, SHARE)
    await shown("Not everyone in the channel")

    assert slack.messages(other) == []


async def test_what_was_shown_by_a_worker_that_died_is_not_shown_again(citewell: Running) -> None:
    durable, seen = citewell.parts.durable, citewell.slack.workspace.ephemerals
    thread = a_message().thread
    message = a_message(thread=thread)

    async def note(_: SentReply) -> None: ...

    before = len(seen)
    stream = await durable.helping.ephemeral.stream(
        durable.adapters["slack"],
        message,
        stands=SentReply(thread=thread, messages=("private",)),
        known=frozenset(),
        on_visible=note,
    )
    sent = await stream.finish(Reply(text="You have 30 days."))

    assert sent.messages == ("private",)
    assert len(seen) == before


async def test_what_a_worker_died_over_while_it_showed_it_is_told_of_and_not_shown_twice(
    citewell: Running,
) -> None:
    durable, slack = citewell.parts.durable, citewell.slack
    ts, team, held = slack.workspace.next_ts(), slack.workspace.team, asyncio.Event()
    thread = ThreadId(platform="slack", workspace=team, channel=CHANNEL, thread=ts)
    message = a_message(thread=thread, person=Person(id=ANN, workspace=team))

    async def note(_: SentReply) -> None: ...

    async def finish() -> None:
        ephemeral, adapter = durable.helping.ephemeral, durable.adapters["slack"]
        stream = await ephemeral.stream(
            adapter, message, stands=None, known=frozenset(), on_visible=note
        )
        await stream.finish(Reply(text="You have 30 days."))

    slack.fail("chat.postEphemeral", does_it=True, until=held)
    first = asyncio.create_task(finish())
    await slack.until(lambda: slack.held["chat.postEphemeral"])
    first.cancel()  # as it ends where its process is killed: before it could note anything
    await asyncio.wait([first])
    await finish()
    held.set()
    shown, told = (each.words for each in slack.workspace.ephemerals[-2:])

    assert "30 days" in shown
    assert "interrupted" in told
    assert "30 days" not in told


async def test_in_teams_it_comes_to_the_personal_chat(tmp_path: Path, models: Models) -> None:
    data = await written(tmp_path, models)
    async with (
        TeamsServer(has_rate_limits=False) as teams,
        running_teams(data, models, teams, limits_factor=1000) as citewell,
    ):
        people, parts = citewell.people, citewell.parts
        key = f"teams:{teams.workspace.tenant}:{TEAM_CHANNEL}"
        await parts.durable.administration.store.change(
            "test",
            "channel",
            lambda c: c.model_copy(update={"channels": {key: ChannelConfig(ephemeral=True)}}),
        )
        strange = await people.mention(ASKED)
        (no_place,) = await teams.replies(strange)
        await people.tell("Thanks")
        await settled(parts)
        root = await people.mention(ASKED)
        await settled(parts)
        alone = teams.messages(root)
        actions = {a["title"]: a for card in cards(teams) for a in card.get("actions", [])}
        pressed = people.activity("", conversation=PERSONAL)
        await people.deliver({**pressed, "value": actions[SHARE]["data"]})
        (shared, *_) = await teams.replies(root)
        await teams.until(lambda: "stands in the thread" in words(teams))

        assert "open a chat with me" in no_place.words
        assert "March" not in no_place.words
        assert alone == []
        assert "March" in words(teams)
        assert "paid in March" in shared.words
        assert teams.violations == []


def words(teams: TeamsServer) -> str:
    """Return all that stands in the personal chat."""
    return "\n".join(m.words for m in teams.messages(conversation=PERSONAL))


def cards(teams: TeamsServer) -> list[dict[str, Any]]:
    """Return all cards of the personal chat."""
    return [card for m in teams.messages(conversation=PERSONAL) for card in m.cards]
