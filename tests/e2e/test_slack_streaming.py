"""Whatever Slack refuses while an answer is written, the whole answer stands there once."""

from pathlib import Path

import pytest

from bot.loading import Models
from tests.running import Running, running
from tests.servers.openai import Answer, Gate, ModelServer
from tests.servers.slack import CHANNEL, SlackServer

LEAVE = "How many days of annual leave do I get?"
SENTENCES = (
    "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] ",
    "Everyone has it on top of the public holidays. [1] ",
    "The public holidays of the office count. [1] ",
    "Unused days must be taken by 31 March. [1] ",
)


@pytest.fixture
async def citewell(  # type: ignore[no-untyped-def]  # noqa: ANN201
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
):
    async with running(sample_dir, models, slack, model=model) as it:
        yield it
    assert slack.violations == []


async def test_a_refused_stream_becomes_a_post(citewell: Running, slack: SlackServer) -> None:
    slack.fail("chat.startStream", error="unknown_method")
    ts = await citewell.people.mention(LEAVE)
    (reply,) = await slack.replies(ts)
    await slack.until(lambda: reply.links)

    assert not reply.was_streamed
    assert "30 days" in reply.words


@pytest.mark.parametrize(
    ("method", "failure"),
    [
        ("chat.startStream", {"error": "ratelimited", "status": 429, "retry_after": 1}),
        ("chat.stopStream", {"error": "message_not_in_streaming_state"}),
        ("chat.stopStream", {"error": "internal_error", "status": 500, "times": 9}),
        ("chat.stopStream", {"error": "ratelimited", "status": 429, "retry_after": 1}),
    ],
)
async def test_a_stream_that_breaks_is_finished_in_a_whole_message(
    citewell: Running, slack: SlackServer, method: str, failure: dict[str, object]
) -> None:
    slack.fail(method, **failure)
    ts = await citewell.people.mention(LEAVE)
    await slack.until(lambda: [bool(m.links) for m in slack.messages(ts)] == [True])

    (reply,) = slack.messages(ts)
    assert reply.words.count("30 days") == 1


@pytest.mark.parametrize("method", ["chat.startStream", "chat.postMessage"])
async def test_a_post_that_arrived_although_slack_failed_is_not_repeated(
    citewell: Running, slack: SlackServer, method: str
) -> None:
    if method == "chat.postMessage":
        slack.fail("chat.startStream", error="method_deprecated")
        slack.fail("chat.update", error="ratelimited", status=429, retry_after=3)
    slack.fail(method, error="fatal_error", status=500, does_it=True)
    ts = await citewell.people.mention(LEAVE)
    await slack.until(lambda: [bool(m.links) for m in slack.messages(ts)] == [True])
    await slack.until(lambda: not slack.messages(ts)[0].is_streaming)

    (reply,) = slack.messages(ts)
    assert reply.words.count("30 days") == 1


async def test_stop_ends_the_answer_where_it_stands(
    citewell: Running, slack: SlackServer, model: ModelServer
) -> None:
    gate = Gate()
    model.script = lambda _: Answer(pieces=SENTENCES, gate=gate)
    gate.let_through(2)
    ts = await citewell.people.mention(LEAVE)
    await slack.until(lambda: slack.messages(ts))
    await citewell.people.press_stop(channel=CHANNEL, thread_ts=ts)
    gate.open()
    (reply,) = await slack.replies(ts)

    assert "30 days" in reply.words
    assert "Stopped." in reply.words
    assert "31 March" not in reply.words


async def test_a_stop_that_comes_too_late_stops_nothing_else(
    citewell: Running, slack: SlackServer
) -> None:
    ts = await citewell.people.mention(LEAVE)
    await slack.replies(ts)
    await citewell.people.press_stop(channel=CHANNEL, thread_ts=ts)
    await citewell.people.mention(LEAVE, thread_ts=ts)
    _, reply = await slack.replies(ts, 2)

    assert "30 days" in reply.words


async def test_a_very_long_answer_is_split_within_the_limits(
    citewell: Running, slack: SlackServer, model: ModelServer
) -> None:
    many = " ".join(SENTENCES * 200)
    model.script = lambda _: Answer(text=many, chunk_chars=400)
    ts = await citewell.people.mention(LEAVE)
    await slack.until(lambda: any(m.links for m in slack.messages(ts)))
    replies = slack.messages(ts)

    assert len(replies) > 1
    assert sum(reply.words.count("30 days") for reply in replies) == 200
