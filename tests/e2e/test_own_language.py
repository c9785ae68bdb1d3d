"""People are answered in their own language, by the model that their channel is given."""

import asyncio
from pathlib import Path

import pytest

from bot.controls.chatconfig import ChannelConfig, Role
from bot.controls.usage import TOKENS, UsageBook
from bot.language.manner import Tier
from bot.loading import Models
from bot.record.query import Query
from tests.running import Running, running
from tests.running_teams import running_teams
from tests.servers.openai import Answer, ModelServer
from tests.servers.openai.requests import ChatRequest
from tests.servers.slack import ANN, CHANNEL, SlackServer
from tests.servers.teams import PERSONAL, TeamsServer

GERMAN = "Wie viele Tage Jahresurlaub bekomme ich?"
ENGLISH = "How many days of annual leave do I get?"
ANSWER = "Alle bei Brindlemoor haben 30 Tage bezahlten Jahresurlaub. [1]"
UNKNOWN = "Combien de lunes la planète Zorgon a-t-elle ?"


def polyglot(request: ChatRequest) -> Answer:
    """Translate what is to be translated, and answer in the language that is asked for."""
    asked = request.last_user_text
    if "<passage" not in asked:
        return Answer(text=f"{GERMAN}\n{ENGLISH}" if GERMAN in asked else "Zorgon?\nZorgon?")
    return Answer(text=ANSWER if "30 days" in asked else "NO_ANSWER")


def prompts(model: ModelServer) -> list[ChatRequest]:
    """Return the prompts for answers."""
    asked = [ChatRequest.model_validate(chat.json) for chat in model.chats]
    return [request for request in asked if "<passage" in request.last_user_text]


@pytest.mark.parametrize("transport", ["http", "socket"])
async def test_question_answer_and_our_own_words_are_in_the_person_s_language(
    transport: str, sample_dir: Path, models: Models, model: ModelServer
) -> None:
    model.script = polyglot
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(
            sample_dir, models, slack, has_socket=transport == "socket", model=model,
            limits_factor=1000,
        ) as citewell,
    ):  # fmt: skip
        ts = await citewell.people.mention(GERMAN)
        (answer,) = await slack.replies(ts)
        await citewell.people.mention("ok :thumbsup: ???", thread_ts=ts)
        (_, thanks) = await slack.replies(ts, 2)
        ts = await citewell.people.mention(UNKNOWN)
        (nothing,) = await slack.replies(ts)
        (asked, *_) = prompts(model)
        async with asyncio.timeout(30):
            while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        book = UsageBook(citewell.parts.redis)
        counted = await book.today("workspace", f"slack:{slack.workspace.team}")
        entries = [e async for e in citewell.parts.durable.ledger.find(Query())]
        of_answers = sum(e.input_tokens + e.output_tokens for e in entries)

        assert "30 Tage bezahlten" in answer.words
        assert "Quellen" in answer.words
        assert "30 days" in asked.last_user_text, "the English page was found"
        assert "Answer in German." in str(asked.messages[0].content)
        assert "Gern geschehen" in thanks.words, "the thread's language, where the words tell none"
        assert "Je n'ai rien trouv" in nothing.words
        assert counted[TOKENS] > of_answers > 0, "to translate the questions took tokens as well"
        assert slack.violations == []
        assert model.violations == []


async def made_admin(citewell: Running) -> str:
    """Let Ann set the channel; returns its key."""
    team = citewell.slack.workspace.team
    await citewell.parts.durable.administration.store.change(
        "test",
        "rights",
        lambda c: c.model_copy(update={"rights": {f"user:slack:{team}:{ANN}": Role.ADMIN}}),
    )
    return f"slack:{team}:{CHANNEL}"


async def test_a_channel_has_a_language_and_a_model_of_its_own(
    sample_dir: Path, models: Models, model: ModelServer
) -> None:
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(
            sample_dir, models, slack, model=model, limits_factor=1000,
            strong_model="openai:gpt-4.1-nano",
        ) as citewell,
    ):  # fmt: skip
        key = await made_admin(citewell)
        people, store = citewell.people, citewell.parts.durable.administration.store
        refused = await people.command("channel language klingon")
        for words in ("language fr", "tier high", "suggestions off"):
            assert "Done" in str((await people.command(f"channel {words}"))["text"])
        shown = str((await people.command("channel"))["text"])
        set_so = (await store.current()).config.channel(key)
        (reply,) = await slack.replies(await people.mention(ENGLISH))
        direct = await people.tell(ENGLISH)
        await slack.replies(direct)
        while (await citewell.parts.durable.mailbox.counts())["open"]:
            await slack.until(lambda: True)
        newest, first = [e async for e in citewell.parts.durable.ledger.find(Query())]
        of_models = str((await people.command("usage 1 model"))["text"])
        circuits = [c.part for c in citewell.parts.durable.in_use(answers=True)]

        assert "Say auto or one of en, de" in str(refused["text"])
        assert "language: fr" in shown
        assert "tier: high" in shown
        assert set_so == ChannelConfig(language="fr", tier=Tier.HIGH, suggestions=False)
        assert "Answer in French." in str(prompts(model)[0].messages[0].content)
        assert "Sources" in reply.words
        assert [r.model for r in prompts(model)] == ["gpt-4.1-nano", "gpt-4.1-mini"]
        assert (first.model, newest.model) == ("openai:gpt-4.1-nano", "openai:gpt-4.1-mini")
        assert "openai:gpt-4.1-nano" in of_models
        assert "openai:gpt-4.1-mini" in of_models
        assert "strong_model" in circuits


async def test_a_stronger_model_that_nobody_named_is_refused_with_the_way_to_name_it(
    sample_dir: Path, models: Models
) -> None:
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(sample_dir, models, slack, limits_factor=1000) as citewell,
    ):
        await made_admin(citewell)
        refused = str((await citewell.people.command("channel tier high"))["text"])

        assert "CITEWELL_STRONG_MODEL" in refused
        assert "Nothing was changed" in refused


async def test_teams_speaks_the_person_s_language_too(sample_dir: Path, models: Models) -> None:
    async with (
        TeamsServer(has_rate_limits=False) as teams,
        running_teams(sample_dir, models, teams, limits_factor=1000) as citewell,
    ):
        await citewell.people.tell("Danke!")
        await citewell.people.tell("¿Cuántas lunas tiene el planeta Zorgon?")
        thanks, nothing = await teams.replies(conversation=PERSONAL, count=2)
        while (await citewell.parts.durable.mailbox.counts())["open"]:
            await teams.until(lambda: True)
        await citewell.people.tell("¿Qué puedes hacer?")
        await teams.until(lambda: any("soy Citewell" in m.words for m in teams.messages()))

        assert "Gern geschehen" in thanks.words
        assert "No encontr" in nothing.words
        assert teams.violations == []
