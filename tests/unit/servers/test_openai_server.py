"""The model stand-in answers and refuses as the API does."""

import math
from typing import Any

import httpx
import openai
import pytest

from tests.servers.openai import (
    Answer,
    ModelServer,
)
from tests.servers.openai.clients import MODEL, PROMPT, langchain, post, read, text_of


async def test_the_obedient_reader_answers_from_the_first_passage_and_cites_it(
    model: ModelServer,
) -> None:
    chunks = await read(langchain(model))

    assert text_of(chunks) == (
        "You get 30 days of leave a year. [1] Ask your lead two weeks ahead. [1]"
    )
    assert len(chunks) > 5
    assert model.violations == []


async def test_a_stream_ends_with_its_reason_and_its_usage(model: ModelServer) -> None:
    chunks = await read(langchain(model))

    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.response_metadata["finish_reason"] == "stop"
    assert whole.usage_metadata["input_tokens"] == math.ceil(len(PROMPT) / 4)
    assert whole.usage_metadata["output_tokens"] > 0


async def test_an_answer_without_a_stream_says_the_same(model: ModelServer) -> None:
    streamed = text_of(await read(langchain(model)))

    whole = await langchain(model).ainvoke(PROMPT)

    assert whole.text == streamed
    assert whole.response_metadata["finish_reason"] == "stop"
    assert whole.usage_metadata is not None


async def test_the_sdk_reads_role_deltas_reason_and_usage(
    model: ModelServer, sdk: openai.AsyncOpenAI
) -> None:
    model.script = Answer(text="Thirty days. [1]", chunk_chars=4)

    stream = await sdk.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "hi"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    events = [event async for event in stream]

    assert events[0].choices[0].delta.role == "assistant"
    assert [event.choices[0].delta.content for event in events[1:5]] == [
        "Thir", "ty d", "ays.", " [1]",
    ]  # fmt: skip
    assert events[5].choices[0].finish_reason == "stop"
    assert events[6].choices == []
    assert events[6].usage is not None


async def test_usage_is_sent_only_when_asked_for(
    model: ModelServer, sdk: openai.AsyncOpenAI
) -> None:
    stream = await sdk.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "hi"}], stream=True
    )

    assert [event async for event in stream if event.usage is not None] == []


async def test_the_models_are_listed(model: ModelServer, sdk: openai.AsyncOpenAI) -> None:
    listed = [entry.id async for entry in sdk.models.list()]

    assert MODEL in listed


async def test_everything_that_was_sent_is_kept(model: ModelServer) -> None:
    await read(langchain(model), 'Ask "Jürgen" \u2603')

    assert model.chats[0].json["stream"] is True
    assert model.has_seen('Ask "Jürgen" \u2603') is False  # the quotes are escaped
    assert model.has_seen("Jürgen")
    assert model.has_seen(model.api_key)
    assert not model.has_seen("Johann")


async def test_escaped_letters_are_seen_too(model: ModelServer) -> None:
    headers = {"Authorization": f"Bearer {model.api_key}", "Content-Type": "application/json"}
    body = b'{"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "J\\u00fcrgen"}]}'
    async with httpx.AsyncClient(timeout=5) as client:
        await client.post(f"{model.base_url}/chat/completions", content=body, headers=headers)

    assert model.has_seen("Jürgen")


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"model": None}, 400, "invalid_type", "model"),
        ({"model": "gpt-0"}, 404, "model_not_found", None),
        ({"messages": []}, 400, "invalid_value", "messages"),
        ({"messages": "hi"}, 400, "invalid_type", "messages"),
        ({"messages": [{"role": "robot", "content": "hi"}]}, 400, "invalid_value", "messages[0]"),
        ({"messages": [{"role": "user"}]}, 400, "missing_required_parameter", None),
        ({"messages": [{"role": "user", "content": 7}]}, 400, "invalid_type", None),
        ({"temperature": "warm"}, 400, "invalid_type", "temperature"),
        ({"temperature": 3}, 400, "invalid_value", "temperature"),
        ({"stream": "yes"}, 400, "invalid_type", "stream"),
        ({"stream_options": {"include_usage": True}}, 400, None, "stream_options"),
        ({"timeout_s": 5}, 400, "unknown_parameter", "timeout_s"),
        ({"n": 2}, 400, "invalid_value", "n"),
    ],
)
async def test_a_wrong_request_is_refused_in_openais_words(
    model: ModelServer, change: dict[str, Any], status: int, code: str | None, param: str | None
) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}]} | change

    response = await post(model, body)

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert param in (None, error["param"])
    assert error["type"] == "invalid_request_error"
    assert [violation.code for violation in model.violations] == [code]


async def test_a_body_that_is_not_json_is_refused(model: ModelServer) -> None:
    headers = {"Authorization": f"Bearer {model.api_key}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(timeout=5) as client:
        response = await client.post(
            f"{model.base_url}/chat/completions", content=b"{", headers=headers
        )

    assert response.status_code == 400
    assert model.requests[0].body == b"{"
    assert model.requests[0].json is None


async def test_unknown_paths_and_methods_are_refused(model: ModelServer) -> None:
    assert (await post(model, {}, "/responses")).status_code == 404
    assert (await post(model, {}, "/models")).status_code == 405
    assert len(model.violations) == 2


async def test_a_prompt_beyond_the_context_is_refused() -> None:
    async with ModelServer(context_tokens=10) as model:
        with pytest.raises(openai.BadRequestError, match="maximum context length"):
            await read(langchain(model))


@pytest.mark.parametrize("key", ["sk-wrong", ""])
async def test_a_wrong_or_missing_key_is_refused(model: ModelServer, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(timeout=5) as client:
        response = await client.get(f"{model.base_url}/models", headers=headers)

    assert response.status_code == 401
    assert model.violations[0].status == 401
