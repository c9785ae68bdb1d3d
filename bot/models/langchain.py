"""Any LangChain chat model behind our port, with time limits and our own errors."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import httpx
from langchain_core.exceptions import OutputParserException
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages import SystemMessage as System

from bot.errors import ModelRefusedError, ModelUnavailableError
from bot.types import ModelChunk, Prompt, PromptMessage, Usage

_ATTEMPTS = 2
_CUT_SHORT = frozenset({"length", "max_tokens", "MAX_TOKENS"})
_REFUSED = frozenset({"content_filter", "refusal", "SAFETY"})
_FAILURES = (
    httpx.HTTPError,
    OutputParserException,
    TimeoutError,
    OSError,
    ValueError,  # what is not JSON, or not of the form that the API promises
    TypeError,
    KeyError,
    AttributeError,
)


def _failures() -> tuple[type[Exception], ...]:
    import openai  # noqa: PLC0415 - a second of imports that the offline model does without

    return (openai.OpenAIError, *_FAILURES)


def _final_failures() -> tuple[type[Exception], ...]:
    import openai  # noqa: PLC0415

    return (openai.APIStatusError, TimeoutError)


class LangChainModel:
    """Streams from a LangChain chat model.

    `timeout_s` bounds the wait for each piece, the first one too. The vendor's client retries
    429, 5xx and connection errors before the first byte; a stream that breaks before its first
    piece is tried once more here, a later break is an error.
    """

    def __init__(self, model: BaseChatModel, *, name: str, timeout_s: float) -> None:
        self._model = model
        self._timeout_s = timeout_s
        self.name = name

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        messages = [_message(message) for message in prompt.messages]
        for attempt in range(1, _ATTEMPTS + 1):
            has_begun = False
            try:
                async with aclosing(self._chunks(messages)) as chunks:
                    async for chunk in chunks:
                        has_begun = has_begun or bool(chunk.text)
                        yield chunk
            except _failures() as error:
                is_final = isinstance(error, _final_failures())
                if has_begun or is_final or attempt == _ATTEMPTS:
                    raise ModelUnavailableError(type(error).__name__) from error
            else:
                return

    async def _chunks(self, messages: list[BaseMessage]) -> AsyncGenerator[ModelChunk, None]:
        end = ""
        usage = Usage(model=self.name)
        iterator = aiter(self._model.astream(messages))
        while (piece := await self._next(iterator)) is not None:
            usage = _usage(piece, usage)
            end = str(
                piece.response_metadata.get("finish_reason")
                or piece.response_metadata.get("stop_reason")
                or end
            )
            if piece.text:
                yield ModelChunk(text=piece.text)
        if end in _REFUSED:
            raise ModelRefusedError(end)
        if not end:
            raise ModelUnavailableError("the stream broke off")
        yield ModelChunk(text="", usage=usage, is_cut_short=end in _CUT_SHORT)

    async def _next(self, iterator: AsyncIterator[BaseMessage]) -> AIMessageChunk | None:
        async with asyncio.timeout(self._timeout_s):
            piece = await anext(iterator, None)
        return piece if isinstance(piece, AIMessageChunk) else None


def _message(message: PromptMessage) -> BaseMessage:
    if message.role == "system":
        return System(message.text)
    if message.role == "assistant":
        return AIMessage(message.text)
    return HumanMessage(message.text)


def _usage(piece: AIMessageChunk, usage: Usage) -> Usage:
    counted = piece.usage_metadata
    if counted is None:
        return usage
    return Usage(
        input_tokens=usage.input_tokens + counted["input_tokens"],
        output_tokens=usage.output_tokens + counted["output_tokens"],
        model=usage.model,
    )
