"""Whatever Teams refuses while an answer is written, the whole answer stands there once."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.errors import AdapterError, UncertainError
from adapters.ports import ChatAdapter
from adapters.types import Reply, ThreadId, Visibility
from bot.loading import Models
from tests.builders import a_message
from tests.running_teams import RunningTeams, running_teams
from tests.servers.teams import CHANNEL, PERSONAL, TeamsServer

LEAVE = "How many days of annual leave do I get?"
WHOLE = Reply(text="You have **30 days**. They expire in March.")


@pytest.fixture
async def citewell(
    sample_dir: Path, models: Models, teams: TeamsServer
) -> AsyncIterator[RunningTeams]:
    async with running_teams(sample_dir, models, teams, limits_factor=1000) as it:
        teams._has_rate_limits = False
        yield it
    assert teams.violations == []


@pytest.mark.parametrize(
    "failure",
    [
        {"status": 412, "code": "PreconditionFailed", "times": 2},
        {"status": 429, "retry_after": 1},
        {"status": 502, "times": 2},
        {"status": 504, "times": 2},
    ],
    ids=lambda failure: str(failure["status"]),
)
async def test_what_teams_could_not_do_is_done_a_moment_later_and_once(
    citewell: RunningTeams, teams: TeamsServer, failure: dict[str, int]
) -> None:
    teams.fail("post", **failure)
    began = time.monotonic()
    root = await citewell.people.mention(LEAVE)
    (reply,) = await teams.replies(root)

    assert "30 days" in reply.text
    assert len(teams.messages(root)) == 1
    assert time.monotonic() - began > 0.2 * failure.get("times", 1)


@pytest.mark.parametrize(
    "words",
    [
        "Content stream is not allowed",
        "Content stream finished due to exceeded streaming time.",
        "Message size too large",
    ],
)
async def test_a_stream_that_teams_refuses_becomes_one_message(
    citewell: RunningTeams, teams: TeamsServer, words: str
) -> None:
    # The first call only shows that somebody writes.
    teams.fail("post", status=403, code="ContentStreamNotAllowed", words=words, times=2)
    await citewell.people.tell(LEAVE)
    (reply,) = await teams.replies(conversation=PERSONAL)

    assert not reply.was_streamed
    assert "30 days" in reply.text
    assert reply.citations
    assert len(teams.messages()) == 1


async def test_a_stream_that_took_too_long_is_finished_as_a_message(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    await citewell.people.tell("Hello")
    await teams.replies()
    stream = _adapter(citewell).stream(_message(citewell, PERSONAL))
    await stream.progress("is searching")
    await stream.append("You have")
    teams.workspace.stream_limit_s = 0.0
    sent = await stream.finish(WHOLE)
    reply = teams.workspace.find(sent.messages[0])

    assert reply is not None
    assert (reply.text, reply.is_streaming) == (WHOLE.text, False)


@pytest.mark.parametrize("status", [502, 500, 400])
@pytest.mark.parametrize("more", [(), (" **30 days**.", " They expire in March.")])
async def test_a_stream_that_lost_a_part_is_ended_before_its_message_is_changed(
    citewell: RunningTeams, teams: TeamsServer, status: int, more: tuple[str, ...]
) -> None:
    await citewell.people.tell("Hello")
    before = len(await teams.replies())
    stream = _adapter(citewell).stream(_message(citewell, PERSONAL))
    await stream.append("You have")
    teams.fail("post", status=status)
    for part in (" 30", *more):
        await stream.append(part)
    sent = await stream.finish(WHOLE)
    *_, reply = teams.messages()

    assert len(teams.messages()) == before + 1
    assert [reply.id] == list(sent.messages)
    assert (reply.text, reply.was_streamed) == (WHOLE.text, True)


@pytest.mark.parametrize("conversation", [CHANNEL, PERSONAL])
async def test_what_was_begun_by_a_worker_that_died_is_not_doubled(
    citewell: RunningTeams, teams: TeamsServer, conversation: str
) -> None:
    ask = citewell.people.mention if conversation == CHANNEL else citewell.people.tell
    await ask("Hello", conversation=conversation)
    count = len(await teams.replies(conversation=conversation))
    message = _message(citewell, conversation)
    first = _adapter(citewell).stream(message)
    if conversation == PERSONAL:
        await first.append("You have")
    sent = await first.finish(WHOLE)  # and the worker dies before it says so
    again = _adapter(citewell).stream(message, stands=sent)
    await again.finish(Reply(text=f"{WHOLE.text} Plan ahead."))
    shown = [m for m in teams.messages(conversation=conversation) if "30 days" in m.text]

    assert len(teams.messages(conversation=conversation)) == count + 1
    (reply,) = shown
    assert reply.text.endswith("Plan ahead.")


async def test_a_post_that_nobody_heard_the_end_of_is_not_posted_again(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    root = await citewell.people.mention("Hello")
    await teams.replies(root)
    message = _message(citewell, CHANNEL)
    teams.fail("post", status=500, does_it=True)
    with pytest.raises(UncertainError):
        await _adapter(citewell).stream(message).finish(WHOLE)
    teams.fail("post", status=400, code="Refused")  # nor is it once the next try was refused
    with pytest.raises(AdapterError):
        await _adapter(citewell).stream(message).finish(WHOLE)
    await _adapter(citewell).stream(message).finish(WHOLE)
    shown = teams.messages(message.thread.thread)

    assert [("30 days" in m.text, "whether it stands above" in m.text) for m in shown] == [
        (True, False),
        (False, True),
    ]


async def test_a_conversation_that_is_closed_to_us_ends_the_matter(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    teams.fail("post", status=403, code="BotNotInConversationRoster", times=99)
    await citewell.people.mention(LEAVE)
    mailbox = citewell.parts.durable.mailbox
    await teams.until(lambda: [c for c in teams.calls if c.status == 403])
    while (await mailbox.counts())["open"]:
        await teams.changed()

    assert (await mailbox.counts())["dead"] == 1


async def test_a_thumb_comes_with_its_reason_and_counts_once(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    await citewell.people.tell(LEAVE)
    (reply,) = await teams.replies()
    where = {"reply_to": reply.id, "message_id": "f:1"}
    for _ in range(2):
        done = await citewell.people.thumb("dislike", "It is old", **where)
        assert (done.status, done.body) == (200, "{}")
    await teams.until(lambda: [m for m in teams.messages() if "Noted" in m.text])
    unknown = await citewell.people.thumb("like", "", reply_to="nothing")
    place = f"teams:{teams.workspace.tenant}"
    feedback = citewell.parts.durable.administration.feedback
    (waiting,) = await feedback.candidates(place, 5)

    assert waiting.words == "It is old"
    assert (await feedback.totals())["down"] == 1
    assert unknown.status == 200


def _adapter(citewell: RunningTeams) -> ChatAdapter:
    return citewell.parts.durable.adapters["teams"]


def _message(citewell: RunningTeams, conversation: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    root = "1790000000001" if conversation == CHANNEL else "chat"
    thread = ThreadId(
        platform="teams",
        workspace=citewell.teams.workspace.tenant,
        channel=conversation,
        thread=root,
    )
    is_private = conversation == PERSONAL
    return a_message(
        message_id="1790000000001",
        thread=thread,
        visibility=Visibility.PERSON if is_private else Visibility.CHANNEL,
    )
