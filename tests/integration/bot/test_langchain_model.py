"""A model that fails, at whatever point, ends in one clear error of ours; a good one streams."""

from collections.abc import AsyncIterator

import pytest

from bot.errors import ModelRefusedError, ModelUnavailableError
from bot.models.langchain import LangChainModel
from bot.models.providers import chat_model
from bot.types import ModelChunk, Prompt, PromptMessage
from tests.servers.openai import (
    BROKEN,
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
    in_turn,
)

PROMPT = Prompt(
    id="test",
    version=1,
    messages=(
        PromptMessage(role="system", text="Answer."),
        PromptMessage(role="user", text="How long is the leave?"),
    ),
)
GOOD = Answer(text="The leave is 30 days. [1]")


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server
        assert server.violations == []


def model_on(server: ModelServer, *, timeout_s: float = 5) -> LangChainModel:
    name = "openai:gpt-4.1-mini"
    model = chat_model(
        name,
        api_key=server.api_key,
        base_url=server.base_url,
        timeout_s=timeout_s,
        retries=2,
    )
    return LangChainModel(model, name=name, timeout_s=timeout_s)


async def streamed(model: LangChainModel) -> list[ModelChunk]:
    return [chunk async for chunk in model.stream(PROMPT)]


async def test_a_stream_comes_piece_by_piece_with_its_usage(server: ModelServer) -> None:
    server.script = lambda _: GOOD
    chunks = await streamed(model_on(server))

    assert "".join(chunk.text for chunk in chunks) == GOOD.text
    assert len(chunks) > 2
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.input_tokens > 0
    assert usage.output_tokens > 0


@pytest.mark.parametrize(
    "first", [RATE_LIMITED, BROKEN, OVERLOADED, Reset(), Answer(text="x", breaks=Break.DROP)]
)
async def test_what_fails_before_the_first_word_is_tried_again(
    server: ModelServer, first: Scripted
) -> None:
    server.script = in_turn([first], then=lambda _: GOOD)

    chunks = await streamed(model_on(server))
    assert "".join(chunk.text for chunk in chunks) == GOOD.text


@pytest.mark.parametrize("failure", [RATE_LIMITED, BROKEN, OVERLOADED, NO_QUOTA, Reset()])
async def test_a_model_that_stays_down_is_unavailable(
    server: ModelServer, failure: Scripted
) -> None:
    server.script = lambda _: failure

    with pytest.raises(ModelUnavailableError):
        await streamed(model_on(server))
    assert len(server.chats) <= 6


@pytest.mark.parametrize("breaks", list(Break))
async def test_a_stream_that_breaks_in_its_middle_is_unavailable(
    server: ModelServer, breaks: Break
) -> None:
    server.script = lambda _: Answer(
        text="The leave is 30 days. [1]", breaks=breaks, breaks_after=1
    )

    with pytest.raises(ModelUnavailableError):
        await streamed(model_on(server, timeout_s=0.5))
    assert len(server.chats) == 1


async def test_a_model_that_hangs_is_given_up(server: ModelServer) -> None:
    server.script = lambda _: Hang()

    with pytest.raises(ModelUnavailableError):
        await streamed(model_on(server, timeout_s=0.3))


async def test_a_filtered_answer_is_a_refusal(server: ModelServer) -> None:
    server.script = lambda _: FILTERED

    with pytest.raises(ModelRefusedError):
        await streamed(model_on(server))


async def test_an_answer_that_grew_too_long_says_so(server: ModelServer) -> None:
    server.script = lambda _: CUT_SHORT

    assert (await streamed(model_on(server)))[-1].is_cut_short


async def test_an_empty_answer_is_empty(server: ModelServer) -> None:
    server.script = lambda _: EMPTY

    assert "".join(chunk.text for chunk in await streamed(model_on(server))) == ""
