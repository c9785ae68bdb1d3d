"""In Teams a button that opens a form opens a dialog, with the rights of whoever presses."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

from bot.controls.chatconfig import Role
from bot.feedback.shown import Shown
from bot.loading import Models
from tests.running_teams import RunningTeams, running_teams
from tests.servers.teams import ANN, BEN, TeamsServer
from tests.servers.teams.gestures import card_invoke, open_dialog, send_card_dialog, words_in
from tests.servers.teams.workspace import Message

CHAT = "a:ben"
RIGHT = {
    "answer": "32 days since the new agreement.",
    "title": "Works agreement 2026",
    "url": "https://docs.brindlemoor.example/agreement",
    "until": (date.today() + timedelta(days=90)).isoformat(),  # noqa: DTZ011
}


async def test_a_reviewer_puts_an_answer_right_in_a_dialog(
    sample_dir: Path, models: Models
) -> None:
    teams = TeamsServer(has_rate_limits=False)
    async with teams, running_teams(sample_dir, models, teams, limits_factor=1000) as citewell:
        people = citewell.people
        queue = await a_queue(citewell)
        (data,) = [a["data"] for a in queue.cards[-1]["actions"] if a["title"] == "Put 1 right"]
        refused = await open_dialog(people, queue, data, user=ANN)
        pressed = card_invoke(people, queue, "task/fetch", data, user=BEN)
        await people.deliver(pressed)
        again = asyncio.create_task(people.deliver(pressed))
        card = await open_dialog(people, queue, data, user=BEN)
        assert isinstance(card, dict)
        values = {**RIGHT, "url": "javascript:alert(1)"}
        wrong = await send_card_dialog(people, queue, card, values, user=BEN)
        assert isinstance(wrong, dict)
        foreign = await send_card_dialog(people, queue, wrong, {}, user=ANN)
        forged = await send_card_dialog(people, queue, with_state(wrong, "AAAA"), {}, user=BEN)
        bare = await send_card_dialog(people, queue, with_look(wrong, {"fields": 7}), {}, user=BEN)
        done = await send_card_dialog(people, queue, wrong, {"url": RIGHT["url"]}, user=BEN)
        used = await send_card_dialog(people, queue, wrong, {"url": RIGHT["url"]}, user=BEN)
        place = f"teams:{teams.workspace.tenant}"
        verified = await citewell.parts.durable.administration.feedback.verified.all(place)
        gone = await open_dialog(people, queue, {**data, "citewell": {"action": 7}}, user=BEN)

    assert refused == "That is for a Citewell reviewer."
    assert "I'm on it" in (await again).body
    assert "An address begins with https://" in words_in(wrong)
    assert RIGHT["answer"] in [item.get("value") for item in wrong["body"]]
    for kindly in (foreign, forged, used):
        assert "too old or not yours" in words_in(kindly)
    assert "An address begins with https://" in words_in(bare)
    assert "taken" in words_in(done)
    assert [each.answer for each in verified.values()] == [RIGHT["answer"]]
    assert "any more" in words_in(gone)
    assert all("Input." not in str(m.cards) for m in teams.messages())
    assert teams.violations == []


async def a_queue(citewell: RunningTeams) -> Message:
    """Let Ben be a reviewer for whom one answer waits, and return the card that lists it."""
    tenant, administration = citewell.teams.workspace.tenant, citewell.parts.durable.administration
    rights = {f"user:teams:{tenant}:aad-ben": Role.REVIEWER}
    await administration.store.change(
        "test", "rights", lambda c: c.model_copy(update={"rights": rights})
    )
    shown = Shown(question="How many days of leave?", answer="30 days.", sources=())
    await administration.feedback.propose(f"teams:{tenant}", shown, about="x", who="ann")
    await citewell.people.tell("/citewell review", user=BEN, conversation=CHAT)
    (queue,) = await citewell.teams.replies(conversation=CHAT)
    return queue


def with_state(card: dict, state: str) -> dict:  # type: ignore[type-arg]
    return with_ours(card, {"state": state})


def with_look(card: dict, look: object) -> dict:  # type: ignore[type-arg]
    return with_ours(card, {"again": look})


def with_ours(card: dict, changed: dict) -> dict:  # type: ignore[type-arg]
    (action,) = card["actions"]
    ours = {**action["data"]["citewell"], **changed}
    return {**card, "actions": [{**action, "data": {"citewell": ours}}]}
