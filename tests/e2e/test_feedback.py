"""What people say of an answer is heard, and an expert's answer comes first from then on."""

from bot.controls.chatconfig import Role
from tests.running import Running
from tests.servers.slack import ANN, BEN
from tests.servers.slack.gestures import buttons_of, modal_of, press, press_payload, submit

LEAVE = "How many days of annual leave do I get?"
RIGHT = {
    "answer": "32 days since the new agreement.",
    "title": "Works agreement 2026",
    "url": "https://docs.brindlemoor.example/agreement",
}


async def reviewer(citewell: Running, user: str) -> None:
    """Let `user` review."""
    team = citewell.slack.workspace.team

    await citewell.parts.durable.administration.store.change(
        "test",
        "rights",
        lambda c: c.model_copy(update={"rights": {f"user:slack:{team}:{user}": Role.REVIEWER}}),
    )


async def said(citewell: Running, count: int) -> None:
    """Wait until somebody was told something privately for the `count`th time."""
    await citewell.slack.until(lambda: len(citewell.slack.workspace.ephemerals) == count)


async def test_a_wrong_answer_is_reported_put_right_and_answered_so_from_then_on(
    citewell: Running,
) -> None:
    people, slack, workspace = citewell.people, citewell.slack, citewell.slack.workspace
    await reviewer(citewell, BEN)
    ts = await people.mention(LEAVE)
    (reply,) = await slack.replies(ts)
    await press(people, reply, "down")
    wrong = await submit(people, await modal_of(people), {"reason": "outdated", "words": "new"})
    await slack.until(lambda: workspace.ephemerals)
    refused = await people.command("review")
    queue = people.shown(await people.command("review", user=BEN), user=BEN)
    await press(people, queue, "Put 1 right", user=BEN)
    modal = await modal_of(people, 2)
    bad = await submit(people, modal, {**RIGHT, "url": "javascript:alert(1)"}, user=BEN)
    foreign = await submit(people, modal, RIGHT, user=ANN)
    good = await submit(people, modal, RIGHT, user=BEN)
    again = await people.mention("how many days of annual leave do I get")
    (verified,) = await slack.replies(again)

    assert wrong == {}
    assert "Noted: not helpful" in workspace.ephemerals[0].words
    assert "is for a Citewell reviewer" in refused["text"]
    assert "Its source is outdated: new" in queue.words
    assert bad == {"url": "An address begins with https://."}
    assert "not yours" in foreign["question"]
    assert good == {}
    assert "32 days" in verified.words
    assert "Verified by Ben Okafor" in verified.words
    assert verified.links == [RIGHT["url"]]
    assert (await people.command("review", user=BEN))["text"] == "Nothing waits for a review."


async def test_a_thumb_can_be_changed_and_counts_once(citewell: Running) -> None:
    people, slack, workspace = citewell.people, citewell.slack, citewell.slack.workspace
    feedback = citewell.parts.durable.administration.feedback
    (reply,) = await slack.replies(await people.mention(LEAVE))
    for number, thumb in enumerate(("up", "up", "down", "up"), start=1):
        await press(people, reply, thumb)
        await said(citewell, number)
    unknown = press_payload(people, reply, "up")
    unknown["actions"][0]["value"] = "up:1.1"
    await people.interact(unknown)
    await said(citewell, 5)

    assert {"up", "down"} <= set(buttons_of(reply))
    assert await feedback.totals() == {"up": 1, "down": 0}
    assert await feedback.candidates(f"slack:{workspace.team}", 5) == []
    assert "too old" in workspace.ephemerals[-1].words


async def test_a_guest_does_not_read_what_an_expert_wrote_for_the_company(
    citewell: Running,
) -> None:
    people, slack = citewell.people, citewell.slack
    await reviewer(citewell, BEN)
    (reply,) = await slack.replies(await people.mention(LEAVE))
    await press(people, reply, "down")
    await modal_of(people)
    queue = people.shown(await people.command("review", user=BEN), user=BEN)
    await press(people, queue, "Put 1 right", user=BEN)
    assert await submit(people, await modal_of(people, 2), RIGHT, user=BEN) == {}
    slack.workspace.users["U0GUEST"] = {"is_restricted": True}
    ts = await people.tell(LEAVE, user="U0GUEST")

    assert "32 days" not in (await slack.replies(ts))[0].words
