"""What must not be asked or answered ends kindly; a secret is told of to its writer alone."""

from pathlib import Path

from bot.loading import Models
from bot.record.entry import Entry
from bot.record.query import Query
from tests.running import Running, running
from tests.servers.openai import Answer, ModelServer
from tests.servers.slack import SlackServer
from tests.servers.slack.people import ANN

LEAVE = "How many days of annual leave do I get?"
GOOD = "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] "
TOKEN = "ghp_a8Sd7f6G5h4J3k2L1qWeRtYuIoP0zXcVbNm9"


async def ledger_of(citewell: Running) -> list[Entry]:
    while (await citewell.parts.durable.mailbox.counts())["open"]:
        await citewell.slack.until(lambda: True)
    return [entry async for entry in citewell.parts.durable.ledger.find(Query())]


async def test_a_person_in_need_is_pointed_to_people_and_nothing_is_asked_of_the_model(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    async with running(sample_dir, models, slack, model=model) as citewell:
        ts = await citewell.people.tell("I want to kill myself")
        (reply,) = await slack.replies(ts)
        (entry,) = await ledger_of(citewell)

    assert "findahelpline.com" in reply.words
    assert "Error id" not in reply.words
    assert (entry.outcome, entry.fired) == ("refused", {"moderation:self_harm": 1})
    assert model.chats == []


async def test_an_answer_that_turns_bad_is_taken_back(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    model.script = Answer(text=GOOD + "All immigrants should be shot. [1]")
    async with running(sample_dir, models, slack, model=model) as citewell:
        ts = await citewell.people.mention(LEAVE)
        await slack.replies(ts)
        (entry,) = await ledger_of(citewell)
        (reply,) = await slack.replies(ts)

    assert "so I took it back" in reply.words
    assert "30 days" not in reply.words
    assert (entry.outcome, entry.fired) == ("refused", {"moderation:hate": 1})


async def test_the_providers_endpoint_judges_questions_and_answers_masked(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    model.flags = {"forbidden fruit": "illicit/violent", "paid annual": "hate"}
    model.script = Answer(text=GOOD)
    async with running(sample_dir, models, slack, model=model, moderation="openai") as citewell:
        asked = await citewell.people.mention("Mail ann@example.org about the forbidden fruit")
        (first,) = await slack.replies(asked)
        answered = await citewell.people.mention(LEAVE)
        (second,) = await slack.replies(answered)
        fired = [dict(entry.fired) for entry in await ledger_of(citewell)]

    assert "hurting anybody" in first.words
    assert "so I took it back" in second.words
    assert fired == [{"moderation:hate": 1}, {"moderation:violence": 1}]
    assert not model.has_seen("ann@example.org")
    assert model.violations == []


async def test_whoever_writes_a_secret_is_told_alone_and_it_is_kept_nowhere(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    model.script = Answer(text=GOOD)
    async with running(sample_dir, models, slack, model=model) as citewell:
        ts = await citewell.people.mention(f"My token is {TOKEN}. {LEAVE}")
        (reply,) = await slack.replies(ts)
        (entry,) = await ledger_of(citewell)
        await slack.until(lambda: "chat.postEphemeral" in [call.method for call in slack.calls])
    (told,) = [call for call in slack.calls if call.method == "chat.postEphemeral"]

    assert told.args["user"] == ANN
    assert "change it now" in str(told.args)
    assert "30 days" in reply.words
    assert entry.fired == {"secret": 1}
    assert not model.has_seen(TOKEN)
    assert TOKEN not in str(slack.calls)
