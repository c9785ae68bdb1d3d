"""What Slack delivers is authentic, durable before it is acknowledged, and acknowledged fast."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from bot.loading import Models
from knowledge.indexes.edge import EdgeIndex
from tests.running import Running, running
from tests.servers.openai import Answer, Gate, ModelServer
from tests.servers.slack import ANN, BEN, CHANNEL, SlackServer

LEAVE = "How many days of annual leave do I get?"
ANSWER = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1]"


@pytest.fixture
def body(slack: SlackServer) -> str:
    """A delivery as it comes over HTTP."""
    event = {
        "type": "app_mention",
        "text": f"<@{slack.workspace.bot_user}> {LEAVE}",
        "user": ANN,
        "channel": CHANNEL,
        "ts": "1780000002.000001",
    }
    return json.dumps(
        {
            "team_id": slack.workspace.team,
            "event_id": "Ev1",
            "type": "event_callback",
            "event": event,
            "authorizations": [{"team_id": slack.workspace.team, "is_bot": True}],
        }
    )


@pytest.fixture
async def citewell(sample_dir: Path, models: Models, slack: SlackServer):  # type: ignore[no-untyped-def]  # noqa: ANN201
    async with running(sample_dir, models, slack) as it:
        yield it
    assert slack.violations == []


async def test_a_forged_an_old_and_an_unsigned_request_are_refused(
    citewell: Running, body: str
) -> None:
    people = citewell.people
    json_type = {"Content-Type": "application/json"}
    forged = await people.post_raw(body, {**people.signed(body, secret="0" * 32), **json_type})
    other = await people.post_raw(body + " ", {**people.signed(body), **json_type})
    old = await people.post_raw(body, {**people.signed(body, at_s=time.time() - 600), **json_type})
    unsigned = await people.post_raw(body, json_type)

    assert [done.status for done in (forged, other, old, unsigned)] == [401] * 4
    assert await citewell.parts.redis.keys("citewell:*:message:*") == []


async def test_slack_can_check_the_address(citewell: Running) -> None:
    people = citewell.people
    body = json.dumps({"type": "url_verification", "challenge": "abc123", "token": "x"})
    done = await people.post_raw(body, {**people.signed(body), "Content-Type": "application/json"})

    assert done.status == 200
    assert json.loads(done.body) == {"challenge": "abc123"}


async def test_garbage_is_refused_and_never_delivered_again(citewell: Running) -> None:
    people = citewell.people
    for body in ("", "{", "[]", '"x"', '{"type":"event_callback","event":{"type":"message"}}'):
        done = await people.post_raw(
            body, {**people.signed(body), "Content-Type": "application/json"}
        )
        assert done.status != 200 or body not in {"", "{"}
        assert done.status < 500 or done.body == "no-retry"


async def test_a_message_is_written_before_it_is_acknowledged(
    citewell: Running, slack: SlackServer
) -> None:
    ts = "1780000003.000001"
    people = citewell.people
    event = people.event("app_mention", f"<@U> {LEAVE}", user=ANN, channel=CHANNEL, ts=ts)
    done = await people.deliver(event)
    seen = await citewell.parts.redis.keys(f"citewell:*:message:{ts}")

    assert done.status == 200
    assert seen
    await slack.replies(ts)


async def test_a_redis_that_is_away_makes_slack_deliver_again(
    citewell: Running, slack: SlackServer
) -> None:
    ts = "1780000004.000001"
    redis = citewell.parts.redis
    people = citewell.people
    await people.mention(LEAVE)  # the person is known now
    event = people.event("app_mention", f"<@U> {LEAVE}", user=ANN, channel=CHANNEL, ts=ts)
    await redis.client_pause(2500)
    done = await people.deliver(event)

    assert done.status == 200
    assert done.attempts > 1
    assert len(await slack.replies(ts)) == 1


async def test_too_much_at_once_is_refused_kindly_and_taken_later(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    gate = Gate()
    model.script = lambda _: Answer(text=ANSWER, gate=gate)
    async with running(sample_dir, models, slack, model=model, max_open=2) as citewell:
        taken = [await citewell.people.mention(LEAVE) for _ in range(2)]
        ts = slack.workspace.next_ts()
        people = citewell.people
        event = people.event("app_mention", f"<@U> {LEAVE}", user=ANN, channel=CHANNEL, ts=ts)
        refused = await people.deliver_once(event, event_id="EvOver")
        await slack.until(lambda: slack.workspace.private)
        gate.open()
        for each in taken:
            await slack.replies(each)
        while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
            await asyncio.sleep(0)  # a record is closed a moment after its reply shows
        again = await people.deliver(event, event_id="EvOver")
        (reply,) = await slack.replies(ts)

    assert refused.status == 503
    ((channel, user, words),) = slack.workspace.private
    assert (channel, user) == (CHANNEL, ANN)
    assert "more questions than I can answer" in words
    assert again.status == 200
    assert "30 days" in reply.words


async def test_without_the_documents_nothing_is_answered(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    async with running(sample_dir, models, slack, model=model) as citewell:
        index = citewell.parts.index
        assert isinstance(index, EdgeIndex)
        await index.close()
        ts = await citewell.people.mention(LEAVE)
        (reply,) = await slack.replies(ts)

    assert "documents are not reachable" in reply.words
    assert "Error id" in reply.words
    assert model.chats == []


async def test_a_question_is_changed_while_it_waits_and_one_taken_back_is_not_answered(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    gate = Gate()
    model.script = lambda _: Answer(text=ANSWER, gate=gate)
    async with running(sample_dir, models, slack, model=model) as citewell:
        people = citewell.people
        root = await people.mention(LEAVE)
        await gate.until_held()
        changed = await people.say("What about Berlin?", user=BEN, thread_ts=root)
        gone = await people.say("And Paris?", user=ANN, thread_ts=root)
        await people.edit(changed, "What about Hamburg?", user=BEN, thread_ts=root)
        await people.take_back(gone, thread_ts=root)
        gate.open()
        await slack.replies(root, 2)
        asked = " ".join(str(chat.body) for chat in model.chats)

    assert "Hamburg" in asked
    assert "Berlin" not in asked
    assert "Paris" not in asked


async def test_the_command_answers_only_the_person(citewell: Running) -> None:
    help_text = await citewell.people.command("help")
    status = await citewell.people.command("status")

    assert help_text["response_type"] == "ephemeral"
    assert "language model" in help_text["text"]
    assert "passages indexed" in status["text"]


async def test_a_guest_reads_only_public_documents(citewell: Running, slack: SlackServer) -> None:
    slack.workspace.users["U0GUEST"] = {"is_restricted": True}
    guest = await citewell.people.mention(LEAVE, user="U0GUEST")
    unknown = await citewell.people.mention(LEAVE, user="U0NOBODY")

    for ts in (guest, unknown):
        (reply,) = await slack.replies(ts)
        assert "30 days" not in reply.words
        assert reply.links == []


async def test_nobody_outside_the_group_reads_its_page(
    citewell: Running, slack: SlackServer
) -> None:
    ts = await citewell.people.mention("What are the salary bands in compensation for 2026?")
    (reply,) = await slack.replies(ts)

    assert "compensation-bands" not in " ".join(reply.links)
    assert "EUR" not in reply.words or "band" not in reply.words.lower()
