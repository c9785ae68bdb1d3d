"""What Slack delivers is authentic, durable before it is acknowledged, and acknowledged fast."""

import json
import time
from pathlib import Path

import pytest

from bot.loading import Models
from tests.running import Running, running
from tests.servers.slack import ANN, CHANNEL, SlackServer

LEAVE = "How many days of annual leave do I get?"


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
    assert await citewell.parts.redis.keys("citewell:seen:*") == []


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
    seen = await citewell.parts.redis.keys(f"citewell:seen:*{ts}")

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
