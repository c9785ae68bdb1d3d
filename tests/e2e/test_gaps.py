"""What people ask in vain comes together for reviewers, and goes when it was dealt with."""

from tests.e2e.test_feedback import reviewer
from tests.running import Running
from tests.servers.slack import ANN, BEN
from tests.servers.slack.gestures import modal_of, press, submit

SAUNA = (
    "May Marguerite Oyelaran use the sauna of the Brindlemoor office?",
    "Is the office sauna open to Marguerite Oyelaran?",
)
LEAVE = "How many days of annual leave do I get?"


async def asked(citewell: Running, text: str, user: str) -> str:
    """Ask directly, and wait until everything about it is kept."""
    ts = await citewell.people.tell(text, user=user)
    await citewell.slack.replies(ts)
    while (await citewell.parts.durable.mailbox.counts())["open"]:
        await citewell.slack.until(lambda: True)
    return ts


async def test_questions_without_an_answer_come_together_masked_until_they_are_done(
    citewell: Running,
) -> None:
    people, slack, workspace = citewell.people, citewell.slack, citewell.slack.workspace
    await reviewer(citewell, BEN)
    workspace.users["U0GUEST"] = {"is_restricted": True}
    for text, user in ((SAUNA[0], ANN), (SAUNA[1], BEN), (SAUNA[1], "U0GUEST")):
        await asked(citewell, text, user)
    (answer,) = await slack.replies(await asked(citewell, LEAVE, ANN))
    await press(people, answer, "down")
    await submit(people, await modal_of(people), {"reason": "missing", "words": "newer one"})
    refused = await people.command("gaps")
    listed = people.shown(await people.command("gaps", user=BEN), user=BEN)
    forgotten = await citewell.parts.durable.erasure.forgetter.kept(
        await citewell.parts.durable.erasure.forgetter.subject("slack", workspace.team, ANN)
    )
    await press(people, listed, "Done 1", user=BEN)
    await slack.until(lambda: "2 of those questions" in workspace.ephemerals[-1].words)
    after = (await people.command("gaps", user=BEN))["text"]

    assert "is for a Citewell reviewer" in refused["text"]
    assert "<PERSON>" in listed.words
    assert "asked 2 times by 2 people" in listed.words
    assert "Marguerite" not in listed.words
    assert LEAVE in listed.words
    assert forgotten["questions without an answer"] == 2
    assert "sauna" not in after
    assert LEAVE in after
