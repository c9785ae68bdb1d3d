"""How long each step of an answer takes, measured around the ports."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from adapters.types import Audience, IncomingMessage, ThreadId
from bot.ports import (
    AttachmentReader,
    ChatModel,
    EvidenceReader,
    PlaceholderStore,
    Redactor,
    Retriever,
    Rewriter,
    ThreadMemory,
)
from bot.types import Attached, ModelChunk, Prompt, Question, Reading, Turn
from guardrails.types import Placeholders, Redaction
from knowledge.types import Finding, Passage

_steps: ContextVar[dict[str, float] | None] = ContextVar("steps", default=None)


@contextmanager
def timed_steps() -> Iterator[dict[str, float]]:
    """Collect the milliseconds of each step that runs inside, for whoever asks outside as well."""
    outer = _steps.get()
    steps: dict[str, float] = {} if outer is None else outer
    token = _steps.set(steps)
    try:
        yield steps
    finally:
        _steps.reset(token)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Add the time spent inside to the step `name`."""
    started = time.perf_counter()
    try:
        yield
    finally:
        steps = _steps.get()
        if steps is not None:
            spent_ms = (time.perf_counter() - started) * 1000
            steps[name] = round(steps.get(name, 0.0) + spent_ms, 2)


class TimedRedactor:
    """A redactor whose time counts as `redact`."""

    def __init__(self, inner: Redactor) -> None:
        self._inner = inner

    async def redact(
        self,
        text: str,
        known: Placeholders,
        *,
        names: Sequence[str] = (),
        workspace: str = "",
    ) -> Redaction:
        with step("redact"):
            return await self._inner.redact(text, known, names=names, workspace=workspace)


class TimedPlaceholders:
    """A store of placeholders whose time counts as `placeholders`."""

    def __init__(self, inner: PlaceholderStore) -> None:
        self._inner = inner

    async def load(self, thread: ThreadId) -> Placeholders:
        with step("placeholders"):
            return await self._inner.load(thread)

    async def save(self, thread: ThreadId, placeholders: Placeholders) -> None:
        with step("placeholders"):
            await self._inner.save(thread, placeholders)


class TimedMemory:
    """A thread memory whose time counts as `recall` and `remember`."""

    def __init__(self, inner: ThreadMemory) -> None:
        self._inner = inner

    async def recall(self, thread: ThreadId) -> tuple[Turn, ...]:
        with step("recall"):
            return await self._inner.recall(thread)

    async def remember(self, thread: ThreadId, turn: Turn) -> None:
        with step("remember"):
            await self._inner.remember(thread, turn)


class TimedRewriter:
    """A rewriter whose time counts as `rewrite`."""

    def __init__(self, inner: Rewriter) -> None:
        self._inner = inner

    async def rewrite(self, text: str, history: tuple[Turn, ...]) -> Question:
        with step("rewrite"):
            return await self._inner.rewrite(text, history)


class TimedRetriever:
    """A retriever whose time counts as `retrieve`."""

    def __init__(self, inner: Retriever) -> None:
        self._inner = inner

    async def retrieve(
        self, question: Question, *, audience: Audience, thread: ThreadId
    ) -> Finding:
        with step("retrieve"):
            return await self._inner.retrieve(question, audience=audience, thread=thread)


class TimedAttachments:
    """A reader of attached files whose time counts as `files`."""

    def __init__(self, inner: AttachmentReader) -> None:
        self._inner = inner

    async def read(self, message: IncomingMessage, question: Question) -> Attached:
        with step("files"):
            return await self._inner.read(message, question)


class TimedReader:
    """A reader of passages whose time counts as `read`."""

    def __init__(self, inner: EvidenceReader) -> None:
        self._inner = inner

    async def notice(self, question: str) -> None:
        with step("read"):
            await self._inner.notice(question)

    async def read(
        self, passages: Sequence[Passage], placeholders: Placeholders, *, workspace: str = ""
    ) -> Reading:
        with step("read"):
            return await self._inner.read(passages, placeholders, workspace=workspace)


class TimedModel:
    """A chat model whose time, without what is done between its pieces, counts as `model`."""

    def __init__(self, inner: ChatModel) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        pieces = aiter(self._inner.stream(prompt))
        while True:
            with step("model"):
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece
