"""Declines what must not be asked, and what must not be answered, before anybody sees it."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import structlog

from bot.errors import DeclinedError
from bot.language.texts import said
from bot.ports import ChatModel, Redactor
from bot.record import notes
from bot.record.notes import Fired
from bot.steps.segments import Segmenter
from bot.types import ModelChunk, Prompt
from guardrails.moderation import HATE, SELF_HARM, SEXUAL_MINORS, VIOLENCE
from guardrails.ports import Moderator
from guardrails.types import Placeholders, Redaction

log = structlog.get_logger(__name__)

_REPLIES = {
    SELF_HARM: "declined_self_harm",
    VIOLENCE: "declined_violence",
    SEXUAL_MINORS: "declined_sexual_minors",
    HATE: "declined_hate",
}


class ModeratedRedactor:
    """A redactor of questions that judges each, masked, before anything of it is kept."""

    def __init__(self, inner: Redactor, moderator: Moderator) -> None:
        self._inner = inner
        self._moderator = moderator

    async def redact(
        self,
        text: str,
        known: Placeholders,
        *,
        names: Sequence[str] = (),
        workspace: str = "",
    ) -> Redaction:
        redaction = await self._inner.redact(text, known, names=names, workspace=workspace)
        if not redaction.blocked:
            await _judged(self._moderator, redaction.text, is_answer=False)
        return redaction


class ModeratedModel:
    """A model whose sentences are judged, masked, each before the piece goes on that ends it."""

    def __init__(self, inner: ChatModel, moderator: Moderator) -> None:
        self._inner = inner
        self._moderator = moderator

    @property
    def name(self) -> str:
        return self._inner.name

    async def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        segmenter = Segmenter()
        async with aclosing(_closable(self._inner.stream(prompt))) as chunks:
            async for chunk in chunks:
                # What shows sentences cuts them in the same way: it waits for this piece.
                for segment in segmenter.feed(chunk.text):
                    await _judged(self._moderator, segment, is_answer=True)
                yield chunk
        for segment in segmenter.close():
            await _judged(self._moderator, segment, is_answer=True)


async def _closable(chunks: AsyncIterator[ModelChunk]) -> AsyncGenerator[ModelChunk, None]:
    async for chunk in chunks:
        yield chunk


async def _judged(moderator: Moderator, text: str, *, is_answer: bool) -> None:
    """Return where `text` is fine.

    Raises:
        DeclinedError: It is not.
    """
    if not text.strip():
        return
    verdict = await moderator.judge(text, is_answer=is_answer)
    if verdict is None:
        return
    log.info("declined", kind=verdict.reason, is_answer=is_answer)
    notes.fired(Fired.MODERATION, verdict.reason)
    reply = said(_REPLIES.get(verdict.reason, "declined_other"))
    raise DeclinedError(said("withheld", why=reply) if is_answer else reply)
