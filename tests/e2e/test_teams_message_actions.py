"""Actions on messages in Teams: a dialog answers at once, the rest comes in the personal chat."""

from pathlib import Path

import pytest

from bot.loading import Models
from tests.running_teams import running_teams
from tests.servers.teams import CHANNEL, PERSONAL, TeamsServer
from tests.servers.teams.gestures import message_action, send_dialog, use_action, words_in

LEAVE = "<p>How many days of <b>annual leave</b>&nbsp;do I get?</p><p>Best, Ben</p>"


@pytest.fixture
def teams() -> TeamsServer:
    return TeamsServer(has_rate_limits=False)


async def test_a_message_is_looked_up_for_who_asks_and_a_thread_is_honestly_not_read(
    sample_dir: Path, models: Models, teams: TeamsServer
) -> None:
    async with teams, running_teams(sample_dir, models, teams, limits_factor=1000) as citewell:
        people = citewell.people
        unknown = words_in(await use_action(people, "ask-about", LEAVE))
        await people.tell("Thank you!")
        await teams.until(lambda: len(teams.messages(conversation=PERSONAL)) == 1)
        told = words_in(await use_action(people, "ask-about", LEAVE))
        await teams.until(lambda: len(teams.messages(conversation=PERSONAL)) == 2, timeout_s=60)
        answer = teams.messages(conversation=PERSONAL)[-1]
        reading = words_in(await use_action(people, "summarize-thread", LEAVE))
        await teams.until(lambda: len(teams.messages(conversation=PERSONAL)) == 3, timeout_s=60)
        summary = teams.messages(conversation=PERSONAL)[-1]
        card = await use_action(people, "keep-answer", "<p>The code is on the door.</p>")
        assert isinstance(card, dict)
        how = {"url": "javascript:alert(1)", "question": "Where is the code?"}
        wrong = await send_dialog(people, "keep-answer", card, how)
        assert isinstance(wrong, dict)
        done = words_in(await send_dialog(people, "keep-answer", wrong, {"url": ""}))
        place = f"teams:{teams.workspace.tenant}"
        (kept,) = await citewell.parts.durable.administration.feedback.candidates(place, 5)
        payload = {"id": ["no", "text"]}
        strange = message_action(people, "ask-about", LEAVE, messagePayload=payload)
        refused = await people.deliver(strange)

    assert "say hello" in unknown
    assert "Only you will see the answer" in told
    assert "30 days" in answer.words
    assert "I'm reading the thread" in reading
    assert "can't read the other messages of a thread" in summary.words
    assert "An address begins with https://." in words_in(wrong)
    assert "taken" in done
    assert (kept.shown.question, kept.shown.answer) == (
        "Where is the code?",
        "The code is on the door.",
    )
    assert refused.status == 400
    assert teams.messages(conversation=CHANNEL) == []
    assert teams.violations == []
