"""Each place in Teams where people meet Citewell gives a cited answer, as far as Teams goes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.breakers import CircuitState
from bot.cli.teams import COMMANDS
from bot.errors import ModelUnavailableError
from bot.loading import Models
from tests.running_teams import RunningTeams, running_teams
from tests.servers.openai import Answer, Gate, ModelServer
from tests.servers.teams import BEN, CHANNEL, GROUP, PERSONAL, TeamsServer

LEAVE = "How many days of annual leave do I get?"
LEAVE_URL = "https://docs.brindlemoor.example/handbook/leave/#how-many-days-you-get"
STOPPED = "Content stream was canceled by user."
CARRY = "And how many of them can I carry over?"


@pytest.fixture
async def citewell(
    sample_dir: Path, models: Models, teams: TeamsServer
) -> AsyncIterator[RunningTeams]:
    async with running_teams(sample_dir, models, teams) as it:
        yield it
    assert teams.violations == []


async def test_a_personal_chat_streams_and_ends_with_citations_label_and_thumbs(
    citewell: RunningTeams,
) -> None:
    await citewell.people.tell(LEAVE)
    (reply,) = await citewell.teams.replies(conversation=PERSONAL)

    assert reply.was_streamed
    assert reply.informed[0].startswith("Is searching the documents")
    assert "30 days" in reply.text
    assert "[1]" in reply.text
    (cited, *_) = reply.citations
    assert cited["position"] == 1
    assert cited["appearance"]["url"] == LEAVE_URL
    assert "30 days" in cited["appearance"]["abstract"]
    assert reply.entities[0]["additionalType"] == ["AIGeneratedContent"]
    assert reply.channel_data == {"feedbackLoop": {"type": "default"}}
    assert "Annual leave \u203a How many days you get" in reply.words


async def test_teams_menu_offers_what_everybody_may_command(citewell: RunningTeams) -> None:
    commands = citewell.parts.durable.administration.commands

    assert commands.for_everybody() == COMMANDS


async def test_a_mention_in_a_channel_is_answered_in_its_thread_as_one_message(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    root = await citewell.people.mention(LEAVE)
    (reply,) = await teams.replies(root)

    assert (reply.conversation, reply.was_streamed, reply.edits) == (CHANNEL, False, 0)
    assert "30 days" in reply.text
    assert reply.links[0] == LEAVE_URL
    assert reply.citations
    assert reply.channel_data == {"feedbackLoop": {"type": "default"}}


async def test_a_follow_up_in_the_thread_needs_no_mention_where_teams_delivers_it(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    root = await citewell.people.mention(LEAVE)
    await teams.replies(root)
    await citewell.people.say(CARRY, root=root)
    _, second = await teams.replies(root, 2)

    assert "eight unused days" in second.text


async def test_a_group_chat_is_answered_when_we_are_mentioned_and_only_then(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    await citewell.people.mention(LEAVE, conversation=GROUP)
    (first,) = await teams.replies(conversation=GROUP)
    await citewell.people.say("Who brings the cake?", conversation=GROUP)
    await citewell.people.mention(CARRY, conversation=GROUP, user=BEN)
    replies = await teams.replies(conversation=GROUP, count=2)

    assert "30 days" in first.text
    assert not first.was_streamed
    assert (GROUP, "") in teams.workspace.typing
    assert len(replies) == 2
    assert "eight unused days" in replies[1].text


async def test_an_installation_is_greeted_once_with_prompts_and_a_prompt_is_answered(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    await citewell.people.install()
    (greeting,) = await teams.replies(conversation=PERSONAL)
    (card,) = greeting.cards
    prompt = card["actions"][0]["data"]["msteams"]
    await citewell.people.tell(prompt["value"])
    replies = await teams.replies(conversation=PERSONAL, count=2)

    assert "Hello, I'm Citewell" in greeting.words
    assert "documents that you may read: files (" in greeting.words
    assert "remembered for 7 days" in greeting.words
    assert prompt["type"] == "imBack"
    assert [action["title"] for action in card["actions"]][-2:] == ["Help", "My home"]
    assert len(card["actions"]) == 5
    assert len(replies) == 2
    assert replies[1].links


async def test_what_is_not_to_us_is_left_alone(citewell: RunningTeams, teams: TeamsServer) -> None:
    people, bot = citewell.people, teams.workspace.bot
    await people.say("Who has the key?")
    await people.say("just us two here", root="1700000000000")
    await people.say(LEAVE, user=bot)
    await people.say(LEAVE, user="28:another-bot", conversation=PERSONAL)
    await people.say(LEAVE, conversation=PERSONAL, type="messageReaction")
    root = await people.mention(LEAVE)
    await teams.replies(root)
    to_ben = {"type": "mention", "mentioned": {"id": BEN}, "text": "<at>Ben</at>"}
    await people.say("<at>Ben</at> can you look?", root=root, entities=[to_ben])
    await people.mention(CARRY, root=root)
    await teams.replies(root, 2)

    assert {message.root for message in teams.messages()} == {root}
    assert len(teams.messages(root)) == 2


async def test_commands_are_answered_as_messages_and_once(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    activity = citewell.people.activity("/citewell status")
    for _ in range(3):
        await citewell.people.deliver(activity)
    await citewell.people.tell("help")
    status, help_text = await teams.replies(conversation=PERSONAL, count=2)

    assert "passages indexed" in status.text
    assert "language model" in help_text.text
    assert len(teams.messages()) == 2


async def test_a_question_is_changed_while_it_waits_and_one_taken_back_is_not_answered(
    sample_dir: Path, models: Models, teams: TeamsServer, model: ModelServer
) -> None:
    gate = Gate()
    text = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1]"
    model.script = lambda _: Answer(text=text, gate=gate)
    async with running_teams(sample_dir, models, teams, model=model) as citewell:
        people = citewell.people
        root = await people.mention(LEAVE)
        await gate.until_held()
        where = {"conversation": CHANNEL, "root": root}
        changed = await people.say("What about Berlin?", user=BEN, root=root)
        gone = await people.say("And Paris?", root=root)
        await people.edit(changed, "What about Hamburg?", user=BEN, **where)
        await people.take_back(gone, **where)
        gate.open()
        await teams.replies(root, 2)
        asked = " ".join(str(chat.body) for chat in model.chats)

    assert "Hamburg" in asked
    assert "Berlin" not in asked
    assert "Paris" not in asked


async def test_a_very_long_answer_is_split_within_the_limits(
    sample_dir: Path, models: Models, teams: TeamsServer, model: ModelServer
) -> None:
    sentence = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] "
    model.script = lambda _: Answer(text=sentence * 400, chunk_chars=400)
    async with running_teams(sample_dir, models, teams, model=model) as citewell:
        root = await citewell.people.mention(LEAVE)
        await teams.until(lambda: any(m.cards for m in teams.messages(root)))
    replies = teams.messages(root)

    assert len(replies) > 1
    assert sum(reply.text.count("30 days") for reply in replies) == 400
    assert teams.violations == []


async def test_stop_ends_the_answer_where_it_stands(
    sample_dir: Path, models: Models, teams: TeamsServer, model: ModelServer
) -> None:
    gate = Gate()
    pieces = ("Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] ",) * 3
    last = ("Unused days must be taken by 31 March. [1]",)
    model.script = lambda _: Answer(pieces=pieces + last, gate=gate)
    gate.let_through(2)
    async with running_teams(
        sample_dir, models, teams, model=model, limits_factor=1000
    ) as citewell:
        teams._has_rate_limits = False
        await citewell.people.tell(LEAVE)
        await teams.until(teams.messages)
        citewell.people.press_stop()
        gate.open()
        (reply,) = await teams.replies(conversation=PERSONAL)

    assert "30 days" in reply.text
    assert "Stopped." in reply.text
    assert "31 March" not in reply.text


@pytest.mark.parametrize("is_stopped", [True, False], ids=["stopped", "too late"])
async def test_a_stream_that_ends_before_the_first_word_hangs_nothing_and_fails_no_circuit(
    sample_dir: Path, models: Models, teams: TeamsServer, model: ModelServer, *, is_stopped: bool
) -> None:
    gate = Gate()
    pieces = ("Everyone at Brindlemoor has 30 days of paid annual leave a year. [1]",)
    model.script = lambda _: Answer(pieces=pieces, gate=gate)
    async with running_teams(
        sample_dir, models, teams, model=model, limits_factor=1000
    ) as citewell:
        teams._has_rate_limits = False
        await citewell.people.tell(LEAVE)
        await model.until(lambda: bool(model.chats))
        await teams.until(lambda: any(m.is_streaming for m in teams.workspace.messages))
        if is_stopped:
            citewell.people.press_stop()
        else:
            teams.workspace.stream_limit_s = 0.0
        gate.open()
        await nothing_open(citewell)
        circuits = citewell.parts.durable.circuits
        states = {circuits.teams.state, circuits.model.state}
        shown = [m.text for m in teams.messages(conversation=PERSONAL)]

    assert states == {CircuitState.CLOSED}
    assert sum("30 days" in text for text in shown) == (0 if is_stopped else 1)
    assert teams.violations == []


async def test_while_the_model_is_left_alone_a_stopped_stream_hangs_nothing(
    sample_dir: Path, models: Models, teams: TeamsServer, model: ModelServer
) -> None:
    async with running_teams(
        sample_dir, models, teams, model=model, limits_factor=1000
    ) as citewell:
        teams._has_rate_limits = False
        circuits = citewell.parts.durable.circuits
        while circuits.model.state is CircuitState.CLOSED:
            with pytest.raises(ModelUnavailableError), circuits.model.guard():
                raise ModelUnavailableError("timeout")
        teams.fail("post", status=403, code="ContentStreamNotAllowed", words=STOPPED, times=2)
        await citewell.people.tell(LEAVE)
        await nothing_open(citewell)
        asked = len(model.chats)
        first = circuits.teams.state
        await citewell.people.tell(LEAVE)
        await nothing_open(citewell)

    assert asked == 0
    assert first is CircuitState.CLOSED
    assert teams.messages(conversation=PERSONAL)[-1].text
    assert teams.violations == []


async def nothing_open(citewell: RunningTeams) -> None:
    """Return when all that was asked has an outcome."""
    async with asyncio.timeout(60):
        while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
