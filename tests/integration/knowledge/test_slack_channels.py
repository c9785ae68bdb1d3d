"""Threads in which people answered each other are knowledge for those who may read the channel."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch, KnowsMembers, Source
from knowledge.ingestion.sources.configuration import SlackConfig
from knowledge.ingestion.sources.opening import open_source
from knowledge.types import EVERYONE, Principal, SourceDocument
from tests.servers.slackchannels import BOT, TOKEN, Channel, SlackChannels, a_user

INSIDE = {Principal("channel:slack:T1:C0ASK"), Principal("group:talk/C0ASK")}
HELP, ASK = "C0HELP", "C0ASK"


@pytest.fixture
async def slack() -> AsyncIterator[SlackChannels]:
    async with SlackChannels() as slack:
        slack.channels = {
            HELP: Channel(name="help"),
            ASK: Channel(name="board", is_private=True, people=["U1", "U2"]),
        }
        yield slack
        assert slack.violations == []


@pytest.fixture
async def source(slack: SlackChannels, tmp_path: Path) -> AsyncIterator[Source]:
    source = opened(slack, tmp_path)
    yield source
    await source.close()


def opened(slack: SlackChannels, folder: Path, **about: object) -> Source:
    values = {"kind": "slack", "channels": [HELP, ASK], "pause": "0s", "api_url": slack.url("/api")}
    context = {"environment": {"TOKEN": TOKEN}}
    config = SlackConfig.model_validate({**values, "token": "${TOKEN}", **about}, context=context)
    return open_source("talk", config, folder)


def thread(
    slack: SlackChannels, question: str, *answers: str, channel: str = HELP, **about: float
) -> str:
    ts = slack.write(channel, "U1", question, **about)  # type: ignore[arg-type]
    for answer in answers:
        slack.write(channel, "U2", answer, thread=ts, **about)  # type: ignore[arg-type]
    return ts


async def batches(source: Source, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


def found(listed: list[Batch]) -> dict[str, SourceDocument]:
    return {f.ref.partition("/")[2]: f for batch in listed for f in batch.documents}


async def text_of(source: Source, ts: str, folder: Path) -> str:
    document = found(await batches(source))[ts]
    return (await source.fetch(document, folder)).read_text().partition("---\n\n")[2]


async def test_answered_threads_are_listed_over_pages_with_their_permalinks(
    source: Source, slack: SlackChannels, tmp_path: Path
) -> None:
    answered = [thread(slack, f"How do I deploy {n}?", "Run make.") for n in range(5)]
    thread(slack, "Nobody knows?")
    slack.write(HELP, "U2", "joined", subtype="channel_join")
    listed = found(await batches(source))
    first = listed[answered[0]]

    assert set(listed) == set(answered)
    assert first.id == "#help: How do I deploy 0?"
    assert (
        first.url == f"https://acme.slack.example/archives/C0HELP/p{answered[0].replace('.', '')}"
    )
    assert await text_of(source, answered[0], tmp_path) == (
        f"How do I deploy 0?\n\nReply, {first_date(first)}: Run make."
    )


def first_date(document: SourceDocument) -> str:
    return f"{datetime.fromtimestamp(float(document.ref.partition('/')[2]), UTC):%Y-%m-%d}"


async def test_what_the_bot_or_an_app_wrote_is_no_knowledge(
    source: Source, slack: SlackChannels, tmp_path: Path
) -> None:
    asked = thread(slack, f"<@{BOT}> how do I deploy?")
    slack.write(HELP, BOT, "With magic.", thread=asked, bot_id="B1")
    corrected = thread(slack, f"<@{BOT}> where is the key?", "In the safe.")
    slack.write(HELP, BOT, "Under the mat.", thread=corrected, bot_id="B1")
    by_app = slack.write(HELP, "U9", "It is down.", bot_id="B9")
    slack.write(HELP, "U2", "Restarted it.", thread=by_app)
    listed = found(await batches(source))
    text = await text_of(source, corrected, tmp_path)

    assert set(listed) == {corrected}
    assert text.startswith("where is the key?")
    assert "In the safe." in text
    assert "mat" not in text


async def test_markup_is_read_and_names_nobody(
    source: Source, slack: SlackChannels, tmp_path: Path
) -> None:
    said = "Ask <@U7|ann>, see <https://x.example/a|the page> &amp; <#C0OPS|ops> <!here>"
    ts = thread(slack, said, "<https://y.example>")
    text = await text_of(source, ts, tmp_path)

    assert text.startswith("Ask @colleague, see [the page](https://x.example/a) & #ops @here")
    assert text.endswith("https://y.example")


async def test_a_public_channel_is_for_everyone_and_a_private_one_for_its_members(
    source: Source, slack: SlackChannels
) -> None:
    public, private = thread(slack, "A?", "B."), thread(slack, "C?", "D.", channel=ASK)
    others: list[dict[str, object]] = [
        {"is_restricted": True},
        {"team_id": "T2"},
        {"deleted": True},
        {"is_bot": True},
        {"is_email_confirmed": False},
    ]
    slack.users = {"U1": a_user("ann@acme.example")} | {
        f"U{n}": a_user(f"no{n}@acme.example", **about) for n, about in enumerate(others, start=3)
    }
    slack.channels[ASK].people = ["U1", *[f"U{n}" for n in range(2, 8)]]
    listed = found(await batches(source))
    assert isinstance(source, KnowsMembers)
    members = await source.members([Principal("group:talk/C0ASK"), Principal("group:talk/C0OTHER")])

    assert listed[public].readers == {EVERYONE}
    assert listed[private].readers == INSIDE
    assert members == {Principal("group:talk/C0ASK"): {"ann@acme.example"}}


async def test_a_channel_that_becomes_private_or_that_the_bot_must_leave_is_read_by_others(
    source: Source, slack: SlackChannels
) -> None:
    ts = thread(slack, "C?", "D.", channel=ASK)
    slack.channels[ASK].is_private = False
    before = found(await batches(source))
    slack.channels[ASK].is_private = True
    after = found(await batches(source))
    slack.channels[ASK].is_member = False
    left = await batches(source)
    del slack.channels[ASK]
    gone = await batches(source)

    assert before[ts].readers == {EVERYONE}
    assert after[ts].readers == INSIDE
    for listed in (left, gone):
        assert found(listed) == {}
        assert [each for batch in listed for each in batch.unsupported] == [
            "channel C0ASK: invite the bot to it"
        ]


async def test_edits_and_deletions_are_noticed(
    source: Source, slack: SlackChannels, tmp_path: Path
) -> None:
    old, new, gone = (thread(slack, "A?", "B.", age_days=n) for n in (30, 1, 20))
    before = found(await batches(source))
    messages = slack.channels[HELP].messages
    messages[old].edited = "1.0"
    slack.write(HELP, "U3", "Also C.", thread=old, age_days=29)
    del messages[gone]
    after = found(await batches(source))

    assert before[old].version != after[old].version
    assert before[new].version == ""  # its replies may have been edited
    assert gone not in after
    with pytest.raises(DocumentGoneError):
        await source.fetch(before[gone], tmp_path)


async def test_a_thread_whose_answer_was_taken_back_is_empty(
    source: Source, slack: SlackChannels, tmp_path: Path
) -> None:
    ts = thread(slack, "A?", "B.")
    before = found(await batches(source))[ts]
    messages = slack.channels[HELP].messages
    del messages[next(each for each in messages if messages[each].thread == ts)]

    assert (await source.fetch(before, tmp_path)).read_text().endswith("---\n\n")


async def test_a_listing_goes_on_from_its_cursor_and_ends_in_none(
    source: Source, slack: SlackChannels
) -> None:
    inside = [thread(slack, f"{n}?", "B.") for n in range(3)]
    beside = thread(slack, "C?", "D.", channel=ASK)
    first, *_ = whole = await batches(source)
    rest = await batches(source, first.cursor)

    assert set(found([first])) == set(inside[1:])
    assert set(found(rest)) == {inside[0], beside}
    assert whole[-1].cursor == ""
    slack.has_expired_cursors = True
    for cursor in (first.cursor, "{}", first.cursor.replace(HELP, "C0OTHER")):
        with pytest.raises(CursorExpiredError):
            await batches(source, cursor)


async def test_what_is_older_than_asked_for_is_left_out(
    slack: SlackChannels, tmp_path: Path
) -> None:
    thread(slack, "A?", "B.", age_days=40)
    kept = thread(slack, "C?", "D.", age_days=5)
    source = opened(slack, tmp_path, days=30)

    assert set(found(await batches(source))) == {kept}
    await source.close()


async def test_limits_are_waited_for_and_refusals_are_named(
    source: Source, slack: SlackChannels
) -> None:
    ts = thread(slack, "A?", "B.")
    slack.busy_times = 3
    assert set(found(await batches(source))) == {ts}

    slack.lacks = "channels:read"
    with pytest.raises(SourceError, match="lacks the scope channels:read"):
        await batches(source)
    slack.lacks, slack.token = "", "renewed"
    with pytest.raises(SourceError, match="check that the token is valid"):
        await batches(source)
