"""Ports that note for the ledger what passes through them, each with the form of what it wraps."""

from collections.abc import AsyncIterator, Sequence

from bot.ports import ChatModel, Redactor
from bot.record import notes
from bot.record.notes import Fired
from bot.types import ModelChunk, Prompt
from guardrails.placeholders import SECRET
from guardrails.types import Placeholders, Redaction


class NotedRedactor:
    """A redactor of questions: notes what it masked, and the types that may not be sent."""

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
        redaction = await self._inner.redact(text, known, names=names, workspace=workspace)
        notes.masked(redaction.counts.items())
        notes.fired(Fired.SECRET, count=redaction.counts.get(SECRET, 0))
        for kind in redaction.blocked:
            notes.fired(Fired.BLOCKED, kind)
        return redaction


class NotedModel:
    """The model that writes answers: notes which prompt it is given, before it is."""

    def __init__(self, inner: ChatModel) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        notes.asked(prompt.id, prompt.version, self._inner.name)
        return self._inner.stream(prompt)


class BesideModel:
    """A model that helps to answer, but does not write the answer: notes what it takes."""

    def __init__(self, inner: ChatModel) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        async for chunk in self._inner.stream(prompt):
            if chunk.usage is not None:
                usage = chunk.usage
                notes.spent(usage.model, usage.input_tokens, usage.output_tokens)
            yield chunk
