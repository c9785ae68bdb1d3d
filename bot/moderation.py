"""Declines what must not be asked, and what must not be answered, before anybody sees it."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import structlog

from bot.errors import DeclinedError
from bot.ports import ChatModel, Redactor
from bot.record import notes
from bot.record.notes import Fired
from bot.segments import Segmenter
from bot.types import ModelChunk, Prompt
from guardrails.moderation import HATE, SELF_HARM, SEXUAL_MINORS, VIOLENCE
from guardrails.ports import Moderator
from guardrails.types import Placeholders, Redaction

log = structlog.get_logger(__name__)

_OTHER = "I can't help with that here. If you meant something else, please ask in other words."
_REPLIES = {
    SELF_HARM: (
        "I'm only a program that looks things up, and this is too important for me. If you may be "
        "in danger, please call your local emergency number now, or speak to somebody you trust: "
        "a friend, a doctor, a colleague. https://findahelpline.com lists people in your country "
        "who listen, free and at any hour. You don't have to carry this alone."
    ),
    VIOLENCE: (
        "I can't help with hurting anybody. If somebody is in danger, please call your local "
        "emergency number; for trouble at work, your manager or HR is there to listen."
    ),
    SEXUAL_MINORS: "I can't help with that.",
    HATE: (
        "I don't answer what runs people down for who they are. If you meant something else, "
        "please ask in other words."
    ),
}
_WITHHELD = "I had begun an answer that I should not give, so I took it back."


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
    reply = _REPLIES.get(verdict.reason, _OTHER)
    raise DeclinedError(f"{_WITHHELD} {reply}" if is_answer else reply)
