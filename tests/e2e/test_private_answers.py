"""In a channel a person learns privately that there is more that only they may read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.loading import Models
from tests.running import Running, ingested, running
from tests.servers.slack import ANN, BEN, SlackServer
from tests.servers.slack.gestures import press

PAGES = {
    "bonus.md": "# Yearly bonus\n\nThe yearly bonus is paid in March.\n",
    "board.md": (
        "---\nreaders: ['user:email:ann@brindlemoor.example']\n---\n"
        "# Yearly bonus of the board\n\nThe yearly bonus of the board is 4,711 EUR.\n"
    ),
}
ASKED = "What is the yearly bonus of the board?"
LABEL = "Answer me privately"


@pytest.fixture
async def citewell(tmp_path: Path, models: Models) -> AsyncIterator[Running]:
    pages = tmp_path / "pages"
    pages.mkdir()
    for name, text in PAGES.items():
        (pages / name).write_text(text)
    await ingested(pages, tmp_path / "data", models)
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(tmp_path / "data", models, slack, limits_factor=1000) as citewell,
    ):
        yield citewell
        assert slack.violations == []


async def test_what_only_the_asker_may_read_is_offered_and_told_to_the_asker_alone(
    citewell: Running,
) -> None:
    slack, seen = citewell.slack, citewell.slack.workspace.ephemerals
    ts = await citewell.people.mention(ASKED)
    (reply,) = await slack.replies(ts)
    await slack.until(lambda: seen)
    await press(citewell.people, seen[0], LABEL, user=BEN)
    await slack.until(lambda: len(seen) == 2)
    await press(citewell.people, seen[0], LABEL)
    await slack.until(lambda: len(seen) == 3)
    await press(citewell.people, seen[0], LABEL)
    await slack.until(lambda: len(seen) == 4)
    offer, for_ben, answer, again = seen

    assert "4,711" not in reply.words
    assert offer.user == ANN
    assert "One more document" in offer.words
    assert "4,711" not in offer.words
    assert (for_ben.user, "old" in for_ben.words) == (BEN, True)
    assert answer.user == ANN
    assert "4,711" in answer.words
    assert "used already" in again.words


async def test_who_may_read_no_more_is_offered_nothing_and_a_follow_up_tells_nothing(
    citewell: Running,
) -> None:
    slack, seen = citewell.slack, citewell.slack.workspace.ephemerals
    ts = await citewell.people.mention(ASKED)
    await slack.replies(ts)
    await slack.until(lambda: seen)
    await press(citewell.people, seen[0], LABEL)
    await slack.until(lambda: len(seen) == 2)
    await citewell.people.mention("And how much is it for the board?", user=BEN, thread_ts=ts)
    _, second = await slack.replies(ts, 2)

    assert "4,711" not in second.words
    assert all(private.user == ANN for private in seen)
