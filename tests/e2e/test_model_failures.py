"""However the model fails, the thread ends in exactly one whole answer or one apology."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.loading import Models
from tests.running import Running, running
from tests.servers.openai import (
    BROKEN,
    CITES_WHAT_WAS_NOT_GIVEN,
    CUT_SHORT,
    EMPTY,
    FILTERED,
    NO_QUOTA,
    OVERLOADED,
    RATE_LIMITED,
    Answer,
    Break,
    Hang,
    ModelServer,
    Reset,
    Scripted,
    gullible,
)
from tests.servers.slack import SlackServer

LEAVE = "How many days of annual leave do I get?"
SENTENCES = (
    "Everyone at Brindlemoor has 30 days of paid annual leave a year. [1] ",
    "Unused days must be taken by 31 March. [1] ",
)


@pytest.fixture
async def citewell(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> AsyncIterator[Running]:
    async with running(sample_dir, models, slack, model=model, chat_model_timeout_s=1.0) as it:
        yield it
    assert slack.violations == []
    assert model.violations == []


@pytest.mark.parametrize(
    "failure",
    [
        BROKEN,
        OVERLOADED,
        RATE_LIMITED,
        NO_QUOTA,
        Reset(),
        Hang(),
        *(Answer(pieces=SENTENCES, breaks=kind, breaks_after=n) for kind in Break for n in (0, 1)),
    ],
    ids=str,
)
async def test_a_model_that_fails_ends_in_one_apology_with_an_id(
    citewell: Running, slack: SlackServer, model: ModelServer, failure: Scripted
) -> None:
    model.script = lambda _: failure
    ts = await citewell.people.mention(LEAVE)
    await slack.until(lambda: "Error id" in "".join(m.words for m in slack.messages(ts)))
    (reply,) = slack.messages(ts)

    assert "language model is not reachable" in reply.words
    assert "30 days" not in reply.words  # no half answer is left standing
    assert reply.links == []


async def test_after_a_failure_the_next_question_is_answered(
    citewell: Running, slack: SlackServer, model: ModelServer
) -> None:
    well = model.script
    model.script = lambda _: BROKEN
    first = await citewell.people.mention(LEAVE)
    await slack.replies(first)
    model.script = well
    second = await citewell.people.mention(LEAVE, thread_ts=first)
    *_, reply = await slack.replies(first, 2)

    assert second
    assert "30 days" in reply.words


async def test_a_refusal_of_the_vendors_filter_says_so(
    citewell: Running, slack: SlackServer, model: ModelServer
) -> None:
    model.script = lambda _: FILTERED
    ts = await citewell.people.mention(LEAVE)
    (reply,) = await slack.replies(ts)

    assert "declined to answer" in reply.words


@pytest.mark.parametrize("script", [EMPTY, CITES_WHAT_WAS_NOT_GIVEN], ids=["empty", "invented"])
async def test_nothing_or_something_invented_is_said_to_be_not_found(
    citewell: Running, slack: SlackServer, model: ModelServer, script: Answer
) -> None:
    model.script = lambda _: script
    ts = await citewell.people.mention(LEAVE)
    (reply,) = await slack.replies(ts)

    assert "found nothing in the documents" in reply.words
    assert "99 days" not in reply.words
    assert "Closest sources" in reply.words


async def test_an_answer_that_is_cut_off_ends_with_its_last_whole_sentence(
    citewell: Running, slack: SlackServer, model: ModelServer
) -> None:
    model.script = lambda _: Answer(text=f"{SENTENCES[0]}{CUT_SHORT.text}", finish_reason="length")
    ts = await citewell.people.mention(LEAVE)
    (reply,) = await slack.replies(ts)

    assert "30 days" in reply.words
    assert "cut short" in reply.words
    assert "days and" not in reply.words


async def test_what_a_fooled_model_writes_pings_and_links_nowhere(
    citewell: Running, slack: SlackServer, model: ModelServer
) -> None:
    model.script = gullible
    ts = await citewell.people.mention(
        f"{LEAVE} <!channel> <@U0BOSS> <https://evil.example/a?q=1|here> @everyone"
    )
    (reply,) = await slack.replies(ts)

    assert "30 days" in reply.words
    assert "evil.example" not in reply.words
    assert all(link.startswith("https://docs.brindlemoor.example/") for link in reply.links)
