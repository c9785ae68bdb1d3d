"""A worker that dies leaves nothing lost and nothing doubled: another one ends what it began."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.types import Addressed, Audience, IncomingMessage, Person, ThreadId, Visibility
from bot.loading import Models
from bot.queue.mailbox import DEAD, Mailbox
from tests.processes import environment, said, start
from tests.running import copied, free_port, running
from tests.servers.openai import Answer, Gate, ModelServer
from tests.servers.slack import ANN, CHANNEL, Message, SlackPeople, SlackServer

LEAVE = "How many days of annual leave do I get?"
PIECES = (
    "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] ",
    "Unused days must be taken by 31 March. [1] ",
    "Public holidays of the office come on top. [1]",
)
TAKEOVER_S = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    """A receiver that runs, and the settings with which workers are started beside it."""

    people: SlackPeople
    cwd: Path
    env: dict[str, str]

    async def worker(self) -> Process:
        """Start a worker and return when it works."""
        process = await start("worker", cwd=self.cwd, env=self.env)
        await said(process, b"working")
        return process


@pytest.fixture
async def receiving(
    sample_index: Path, data_dir: Path, slack: SlackServer, model: ModelServer, tmp_path: Path
) -> AsyncIterator[Receiving]:
    port = free_port()
    env = environment(
        copied(sample_index, data_dir),
        SLACK_BOT_TOKEN=slack.bot_token,
        SLACK_SIGNING_SECRET=slack.signing_secret,
        SLACK_API_URL=slack.api_url,
        OPENAI_API_KEY=model.api_key,
        OPENAI_BASE_URL=model.base_url,
        CITEWELL_PORT=str(port),
        CITEWELL_TAKEOVER_S=TAKEOVER_S,
    )
    process = await start("serve", "--receive-only", cwd=tmp_path, env=env)
    await said(process, b"listening")
    people = SlackPeople(slack, url=f"http://127.0.0.1:{port}/slack/events")
    yield Receiving(people=people, cwd=tmp_path, env=env)
    process.terminate()
    await asyncio.wait_for(process.communicate(), 60)
    assert slack.violations == []


@pytest.mark.parametrize("pieces_before_death", [0, 1, 2])
async def test_what_a_dead_worker_began_another_one_ends_in_the_same_reply(
    receiving: Receiving, slack: SlackServer, model: ModelServer, pieces_before_death: int
) -> None:
    gate = Gate()
    model.script = lambda _: Answer(pieces=PIECES, gate=gate)
    first = await receiving.worker()
    ts = await receiving.people.mention(LEAVE)
    for _ in range(pieces_before_death):
        await gate.until_held()
        gate.let_through()
    await gate.until_held()
    if pieces_before_death > 1:  # a sentence is shown once the next one has begun
        await slack.until(lambda: slack.messages(ts))
    first.kill()
    await first.communicate()
    gate.open()
    second = await receiving.worker()
    await slack.until(lambda: whole(slack.messages(ts)), timeout_s=60)
    second.terminate()
    await second.communicate()

    (reply,) = slack.messages(ts)
    assert reply.words.count("30 days") == 1
    assert reply.words.count("31 March") == 1


async def test_a_reply_whose_note_was_lost_is_found_and_replaced(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with running(sample_dir, models, slack, takeover_s=1) as citewell:
        root = await citewell.people.mention(LEAVE)
        (earlier,) = await slack.replies(root)
        message = a_mention(slack, LEAVE, thread_ts=root)
        mailbox = citewell.parts.durable.mailbox
        await let_go(mailbox, message)
        await mailbox.watch(message, after_s=0, max_open=9)
        await mailbox.accept(message)
        assert await mailbox.claim(message.thread)  # a worker began, and died before its note
        begun = slack.workspace.add(CHANNEL, root, text="half of", blocks=[])
        await slack.until(lambda: "30 days" in begun.words, timeout_s=60)

        assert slack.messages(root) == [earlier, begun]
        assert earlier.edits == 0


async def test_parts_of_a_long_reply_are_not_posted_twice(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with running(sample_dir, models, slack, takeover_s=1) as citewell:
        message = a_mention(slack, LEAVE)
        mailbox = citewell.parts.durable.mailbox
        await mailbox.watch(message, after_s=0, max_open=9)
        await mailbox.accept(message)
        claim = await mailbox.claim(message.thread)
        assert claim is not None
        parts = [
            slack.workspace.add(CHANNEL, message.message_id, text=f"part {n}", blocks=[])
            for n in range(3)
        ]
        await mailbox.note(claim, [parts[0].ts, parts[1].ts])  # and it died before the third note
        await slack.until(lambda: len(slack.messages()) == 1, timeout_s=60)

        assert slack.messages() == [parts[0]]
        assert "30 days" in parts[0].words


async def test_what_kills_every_worker_ends_in_an_apology(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with running(sample_dir, models, slack, takeover_s=1) as citewell:
        message = a_mention(slack, LEAVE)
        mailbox = citewell.parts.durable.mailbox
        await mailbox.accept(message)
        for _ in range(6):
            claim = await mailbox.claim(message.thread)
            assert claim is not None
            await citewell.parts.redis.delete(f"citewell:{{{message.thread}}}:lease")
        await mailbox.watch(message, after_s=0, max_open=9)
        (reply,) = await slack.replies(message.message_id)
        await let_go(mailbox, message)
        (record,) = await mailbox.records(DEAD, limit=9)

        assert "failed each time" in reply.words
        assert record.reason == "GivenUpError"
        assert record.error_id in reply.words


async def let_go(mailbox: Mailbox, message: IncomingMessage) -> None:
    """Return when nobody holds the thread: a record is closed a moment after its reply shows."""
    while (await mailbox.look(message.thread, message.message_id)).is_held:  # noqa: ASYNC110
        await asyncio.sleep(0)


def a_mention(slack: SlackServer, text: str, *, thread_ts: str = "") -> IncomingMessage:
    team = slack.workspace.team
    person = Person(id=ANN, workspace=team)
    ts = slack.workspace.next_ts()
    return IncomingMessage(
        event_id=f"Ev{ts}",
        message_id=ts,
        thread=ThreadId(platform="slack", workspace=team, channel=CHANNEL, thread=thread_ts or ts),
        person=person,
        audience=Audience(visibility=Visibility.CHANNEL, person=person),
        addressed=Addressed.MENTION,
        text=text,
        sent_at_s=float(ts),
    )


def whole(messages: list[Message]) -> bool:
    return bool(messages) and all(m.links and not m.is_streaming for m in messages)
