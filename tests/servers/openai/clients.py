"""What tests of the model stand-in share: clients, and a prompt of ours."""

from typing import Any

import httpx
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from tests.servers.openai.server import ModelServer

MODEL = "gpt-4.1-mini"
PROMPT = """<passage number="1" title="Leave" heading="Days">
# Leave
You get 30 days of leave a year. Ask your lead two weeks ahead. The kitchen is on floor 2.
| a | b |
</passage>
<passage number="2" title="Travel">
Trains are booked second class.
</passage>

<question>How many days of leave are there a year?</question>"""


def langchain(model: ModelServer, *, retries: int = 0, timeout_s: float = 5) -> ChatOpenAI:
    return ChatOpenAI(
        model=MODEL,
        base_url=model.base_url,
        api_key=SecretStr(model.api_key),
        max_retries=retries,
        timeout=timeout_s,
        stream_usage=True,
    )


async def read(client: ChatOpenAI, prompt: str = PROMPT) -> list[Any]:
    return [chunk async for chunk in client.astream(prompt)]


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk.text for chunk in chunks)


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def post(model: ModelServer, body: object, path: str = "/chat/completions") -> httpx.Response:
    headers = {"Authorization": f"Bearer {model.api_key}"}
    async with httpx.AsyncClient(timeout=5) as client:
        return await client.post(model.base_url + path, json=body, headers=headers)
