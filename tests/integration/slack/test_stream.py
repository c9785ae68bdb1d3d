"""One reply stream against the strict Slack: whatever is refused midway, the whole stands once."""

from collections.abc import Callable

import pytest
from aiohttp import ClientSession
from redis.asyncio import Redis

from adapters.errors import AdapterError, ReplyStoppedError, UncertainError
from adapters.slack.calls import SlackCalls
from adapters.slack.stream import SlackReplyStream
from adapters.types import Audience, Citation, Person, Reply, ThreadId, Visibility
from bot.breakers import Circuit
from bot.queue.limits import SharedLimiter
from tests.servers.slack import ANN, CHANNEL, DIRECT, SlackServer

PIECES = ("You have **30 days** of leave. [1]", " They expire in March. [1]", " Plan ahead. [1]")
SOURCE = Citation(
    number=1, title="Leave", heading="Days", url="https://docs.example/leave#days", quote="30"
)
WHOLE = Reply(text="".join(PIECES), citations=(SOURCE,))
APOLOGY = Reply(text="Something went wrong. (Error id `abcd`)")


def _closed_to_us() -> AdapterError:
    return AdapterError("slack", "circuit_open")


Begin = Callable[..., SlackReplyStream]


@pytest.fixture
def begin(slack: SlackServer, redis: Redis, slack_session: ClientSession) -> Begin:
    def stream(
        channel: str = CHANNEL, gap_s: float = 0.0, status_gap_s: float = 60.0
    ) -> SlackReplyStream:
        person = Person(id=ANN, workspace=slack.workspace.team)
        is_private = channel == DIRECT
        thread = ThreadId(
            platform="slack", workspace=slack.workspace.team, channel=channel, thread="1.1"
        )
        calls = SlackCalls(
            slack.bot_token,
            slack.api_url,
            session=slack_session,
            limiter=SharedLimiter(redis),
            guard=Circuit("slack", failures=UncertainError, when_open=_closed_to_us, threshold=99),
            workspace=slack.workspace.team,
        )

        async def find(known: frozenset[str]) -> tuple[str, ...]:
            return tuple(m.ts for m in slack.messages() if m.ts not in known)

        return SlackReplyStream(
            calls=calls,
            thread=thread,
            audience=Audience(
                visibility=Visibility.PERSON if is_private else Visibility.CHANNEL, person=person
            ),
            find=find,
            append_gap_s=gap_s,
            update_gap_s=gap_s,
            status_gap_s=status_gap_s,
            look_after_s=(0.01, 0.01),
        )

    return stream


@pytest.mark.parametrize("channel", [CHANNEL, DIRECT])
async def test_sentences_are_streamed_and_sources_come_last(
    begin: Begin, slack: SlackServer, channel: str
) -> None:
    stream = begin(channel)
    await stream.progress("is searching\u2026")
    for piece in PIECES:
        await stream.append(piece)
    sent = await stream.finish(WHOLE)

    (message,) = slack.messages()
    assert sent.messages == (message.ts,)
    assert message.markdown == WHOLE.text
    assert message.links == [SOURCE.url]
    assert slack.methods() == [
        "assistant.threads.setStatus",
        "chat.startStream",
        "chat.appendStream",
        "chat.appendStream",
        "chat.stopStream",
    ]
    assert len(slack.connections) == 1
    assert slack.violations == []


async def test_pieces_that_come_fast_share_a_call(begin: Begin, slack: SlackServer) -> None:
    stream = begin(gap_s=60)
    for piece in PIECES:
        await stream.append(piece)
    await stream.finish(WHOLE)

    assert slack.methods() == ["chat.startStream", "chat.stopStream"]
    assert slack.messages()[0].markdown == WHOLE.text


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize(
    "failure",
    [
        {"error": "message_not_in_streaming_state"},
        {"error": "internal_error", "status": 500, "times": 9},
        {"error": "ratelimited", "status": 429, "retry_after": 1, "times": 2},
    ],
    ids=lambda failure: str(failure["error"]),
)
async def test_a_refusal_midway_ends_in_one_whole_message(
    begin: Begin, slack: SlackServer, method: str, failure: dict[str, object]
) -> None:
    slack.fail(method, **failure)
    stream = begin()
    for piece in PIECES:
        await stream.append(piece)
    await stream.finish(WHOLE)

    (message,) = slack.messages()
    assert message.words.count("30 days") == 1
    assert message.words.count("Plan ahead") == 1
    assert message.links == [SOURCE.url]
    assert slack.violations == []


async def test_an_apology_replaces_what_was_streamed(begin: Begin, slack: SlackServer) -> None:
    stream = begin()
    await stream.append(PIECES[0])
    await stream.finish(APOLOGY)

    (message,) = slack.messages()
    assert "30 days" not in message.words
    assert "Something went wrong" in message.words
    assert not message.is_streaming


async def test_a_ping_in_two_pieces_is_no_ping(begin: Begin, slack: SlackServer) -> None:
    stream = begin()
    for piece in ("Hello <", "!channel> and @", "here", " all"):
        await stream.append(piece)
    await stream.finish(Reply(text="Hello <!channel> and @here all"))

    assert slack.violations == []
    assert "channel" in slack.messages()[0].markdown


async def test_a_pressed_stop_is_told_to_who_writes(begin: Begin, slack: SlackServer) -> None:
    stream = begin()
    await stream.append(PIECES[0])
    slack.fail("chat.appendStream", error="stopped_by_user")

    with pytest.raises(ReplyStoppedError):
        await stream.append(PIECES[1])
    await stream.finish(Reply(text=f"{PIECES[0]}\n\n_Stopped._", citations=(SOURCE,)))
    (message,) = slack.messages()
    assert "Stopped." in message.words


async def test_a_slack_that_takes_nothing_is_an_error(begin: Begin, slack: SlackServer) -> None:
    for method in ("chat.startStream", "chat.postMessage"):
        slack.fail(method, error="not_in_channel", times=99)
    stream = begin()

    with pytest.raises(AdapterError) as refused:
        await stream.append(PIECES[0])
    assert refused.value.code == "not_in_channel"


async def test_a_status_that_nobody_could_read_is_left_out(
    begin: Begin, slack: SlackServer
) -> None:
    for gap_s in (60.0, 0.01):
        stream = begin(status_gap_s=gap_s)
        await stream.progress("is searching\u2026")
        await stream.progress("is reading\u2026")
        if gap_s < 1:
            await slack.until(lambda: len(slack.workspace.statuses) == 3)
        await stream.append(PIECES[0])
        await stream.finish(WHOLE)

    assert [status for _, _, status in slack.workspace.statuses if status] == [
        "is searching\u2026",
        "is searching\u2026",
        "is reading\u2026",
    ]


async def test_a_status_that_is_refused_changes_nothing(begin: Begin, slack: SlackServer) -> None:
    slack.fail("assistant.threads.setStatus", error="missing_scope", times=99)
    stream = begin()
    await stream.progress("is searching\u2026")
    await stream.append(PIECES[0])
    await stream.finish(WHOLE)

    assert slack.messages()[0].markdown == WHOLE.text
