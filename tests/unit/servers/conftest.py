"""The model stand-in, running, and the vendor's own client for it."""

from collections.abc import AsyncIterator

import openai
import pytest

from tests.servers.openai import ModelServer


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with ModelServer() as server:
        yield server


@pytest.fixture
async def sdk(model: ModelServer) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=model.base_url, api_key=model.api_key, max_retries=0, timeout=5
    ) as client:
        yield client
