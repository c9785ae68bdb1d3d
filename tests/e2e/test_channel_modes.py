"""When Citewell speaks in a channel: as its mode says, and only when a message is for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.loading import Models
from bot.record.entry import Entry
from bot.record.query import Query
from tests.running import Running, running
from tests.servers.openai import Answer, Gate, ModelServer
from tests.servers.slack import ANN, BEN, CHANNEL, SlackServer

LEAVE = "How many days of annual leave do I get?"
CARRY_OVER = "And how many of them can I carry over?"
SECRET = f"xoxb-240412345678-{'7' * 12}-abcdEFGH12345678abcdEFGH"
UNKNOWN = "How many moons does the planet Zorgon have?"


@asynccontextmanager
async def in_mode(
    mode: str,
    data_dir: Path,
    models: Models,
    *,
    has_socket: bool = False,
    model: ModelServer | None = None,
) -> AsyncIterator[Running]:
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(
            data_dir,
            models,
            slack,
            has_socket=has_socket,
            model=model,
            limits_factor=1000,
            channel_mode=mode,
        ) as citewell,
    ):
        yield citewell
        assert slack.violations == []


async def settled(citewell: Running) -> None:
    """Return when nothing that was taken is still to be answered."""
    async with asyncio.timeout(60):
        while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def recorded(citewell: Running) -> list[Entry]:
    """Return what the ledger has, the newest first."""
    return [entry async for entry in citewell.parts.durable.ledger.find(Query())]


async def test_in_mention_mode_only_a_mention_is_answered(sample_dir: Path, models: Models) -> None:
    async with in_mode("mention", sample_dir, models) as citewell:
        ts = await citewell.people.mention(LEAVE)
        await citewell.slack.replies(ts)
        await citewell.people.say(CARRY_OVER, thread_ts=ts)
        await citewell.people.mention(CARRY_OVER, thread_ts=ts)
        await citewell.slack.replies(ts, 2)
        await settled(citewell)

        assert len(citewell.slack.messages()) == 2


async def test_in_thread_mode_people_may_talk_with_each_other(
    sample_dir: Path, models: Models
) -> None:
    async with in_mode("thread", sample_dir, models) as citewell:
        people = citewell.people
        await people.say(LEAVE)  # to the channel: of no concern here
        ts = await people.mention(LEAVE)
        await citewell.slack.replies(ts)
        await people.say("oh nice, more than I thought", user=BEN, thread_ts=ts)
        await people.say("did you take all of yours?", user=BEN, thread_ts=ts)
        await people.say("not yet, and you?", thread_ts=ts)
        await people.say(f"<@{BEN}> shall we plan it?", thread_ts=ts)
        await settled(citewell)
        silent = list(citewell.slack.messages())
        await people.mention(CARRY_OVER, thread_ts=ts)
        _, second = await citewell.slack.replies(ts, 2)
        await people.say("in which month do they expire?", thread_ts=ts)
        await citewell.slack.replies(ts, 3)
        await settled(citewell)

        assert len(silent) == 1
        assert [entry.judged for entry in await recorded(citewell)] == [
            "question",
            "mentioned",
            "mentioned",
        ]
        assert "eight unused days" in second.words


async def test_people_who_began_to_talk_while_an_answer_is_written_are_left_alone(
    sample_dir: Path, models: Models, model: ModelServer
) -> None:
    gate = Gate()
    text = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1]"
    model.script = lambda _: Answer(text=text, gate=gate)
    async with in_mode("thread", sample_dir, models, model=model) as citewell:
        people = citewell.people
        ts = await people.mention(LEAVE)
        await gate.until_held()
        await people.say("did you take all of yours?", user=BEN, thread_ts=ts)
        gate.open()
        await citewell.slack.replies(ts)
        await settled(citewell)
        await people.say("not yet, and you?", thread_ts=ts)
        await settled(citewell)

        assert len(citewell.slack.messages()) == 1


async def test_in_auto_answer_mode_what_the_documents_answer_is_answered(
    sample_dir: Path, models: Models
) -> None:
    async with in_mode("auto-answer", sample_dir, models, has_socket=True) as citewell:
        ts = await citewell.people.say(f"Hi all, {LEAVE}")
        (reply,) = await citewell.slack.replies(ts)
        await settled(citewell)
        await citewell.people.say(CARRY_OVER, thread_ts=ts)
        _, second = await citewell.slack.replies(ts, 2)

        assert "30 days" in reply.words
        assert reply.links
        assert "eight unused days" in second.words


async def test_in_auto_answer_mode_nothing_is_seen_of_what_can_not_be_answered(
    sample_dir: Path, models: Models
) -> None:
    async with in_mode("auto-answer", sample_dir, models) as citewell:
        asked = await citewell.people.say(UNKNOWN)
        await citewell.people.say("anyone up for lunch?")
        await citewell.people.say(f"<@{BEN}> {LEAVE}")
        await citewell.people.say("FYI the office is closed on Monday")
        await settled(citewell)
        mailbox, workspace = citewell.parts.durable.mailbox, citewell.slack.workspace
        await citewell.people.say("And how many rings?", thread_ts=asked)

        kept = [key async for key in citewell.parts.redis.scan_iter(f"citewell:*{asked}*")]
        (entry,) = await recorded(citewell)

        assert citewell.slack.messages() == []
        assert workspace.statuses == []
        assert workspace.private == []
        assert (entry.outcome, entry.judged) == ("silent", "question")
        assert not [key for key in kept if b"turns" in key or b"placeholders" in key]
        assert await mailbox.counts() == {"open": 0, "dead": 0}


async def test_a_secret_that_was_said_to_others_is_spoken_of_to_nobody(
    sample_dir: Path, models: Models
) -> None:
    async with in_mode("auto-answer", sample_dir, models) as citewell:
        await citewell.people.say(f"How do I open the Zorgon moons with {SECRET}?")
        await settled(citewell)
        (entry,) = await recorded(citewell)

        assert entry.fired["secret"] == 1
        assert entry.outcome == "silent"
        assert citewell.slack.workspace.private == []


async def test_a_failure_is_not_shown_where_nobody_asked(sample_dir: Path, models: Models) -> None:
    async with in_mode("auto-answer", sample_dir, models) as citewell:
        await citewell.people.say("How do I get " + "a very " * 1500 + "long badge?")
        await settled(citewell)

        assert citewell.slack.messages() == []
        assert citewell.slack.workspace.statuses == []


async def test_where_it_is_off_a_mention_gets_one_private_word(
    sample_dir: Path, models: Models
) -> None:
    async with in_mode("off", sample_dir, models) as citewell:
        workspace = citewell.slack.workspace
        await citewell.people.say(LEAVE)
        await citewell.people.mention(LEAVE)
        await citewell.slack.until(lambda: workspace.private)
        await citewell.people.mention(LEAVE)
        direct = await citewell.people.tell(LEAVE)
        await citewell.slack.replies(direct)
        await settled(citewell)

        assert {message.thread_ts for message in citewell.slack.messages()} == {direct}
        ((channel, person, words),) = workspace.private
        assert (channel, person) == (CHANNEL, ANN)
        assert "switched off" in words


async def test_nobody_is_looked_up_for_what_no_mode_wants(sample_dir: Path, models: Models) -> None:
    async with in_mode("thread", sample_dir, models) as citewell:
        people = citewell.people
        event = people.event("message", LEAVE, user=ANN, channel=CHANNEL, ts="1780000009.000001")
        done = await people.deliver_once({**event, "channel_type": "channel"}, event_id="EvOver")

        assert done.status == 200
        assert "users.info" not in citewell.slack.methods()
