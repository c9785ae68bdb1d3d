"""Turns the model's stream into what a person sees: checked, cited, with their own data back."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

from adapters.errors import ReplyStoppedError
from adapters.ports import ReplyStream
from adapters.types import Citation
from bot.language.texts import said
from bot.ports import SupportJudge
from bot.prompts.library import NO_ANSWER
from bot.steps.citing import CarriedSegment, CheckedSegment, CitationCheck, Unsupported, citation
from bot.steps.segments import Segmenter
from bot.types import Answer, Evidence, ModelChunk, Outcome, Usage
from guardrails.placeholders import restore
from guardrails.types import Placeholders
from knowledge.types import Passage

_CLOSEST = 3
_DISAGREES = re.compile(r"\b(?:contradict|disagree|widersprech|contredi|contradic)", re.IGNORECASE)


async def nothing_written() -> AsyncIterator[ModelChunk]:
    """Yield nothing: what stands for a model that is not asked."""
    nothing: tuple[ModelChunk, ...] = ()
    for chunk in nothing:
        yield chunk


class Draft:
    """Writes one answer, sentence by sentence; nothing is shown before it passed the checks."""

    def __init__(
        self,
        evidence: tuple[Evidence, ...],
        placeholders: Placeholders,
        reply: ReplyStream,
        judge: SupportJudge | None = None,
        unsupported: Unsupported = Unsupported.REMOVE,
    ) -> None:
        self._evidence = evidence
        self._placeholders = placeholders
        self._reply = reply
        self._judge = judge
        self._check = CitationCheck(evidence, self._restored, unsupported)
        self._held: list[str] = []  # what claims nothing waits for the first sentence that does
        self._shown: list[str] = []
        self._gap = ""
        self._bare: list[str] = []
        self._usage = Usage()
        self._is_cut_short = False

    @property
    def masked(self) -> str:
        """What was shown, without personal data and citation marks: fit to be remembered."""
        return "".join(self._bare).strip() if self._shown else said("nothing_found")

    async def write(
        self, chunks: AsyncIterator[ModelChunk], *, redactions: Mapping[str, int]
    ) -> Answer:
        """Show the stream's sentences as they pass and return the whole.

        Raises:
            ModelUnavailableError, ModelRefusedError: From the model.
            AdapterError: The platform refused.
        """
        outcome = await self._outcome(chunks) if self._evidence else Outcome.NO_EVIDENCE
        found = outcome is not Outcome.NO_EVIDENCE
        return Answer(
            text=self._text(outcome),
            outcome=outcome,
            citations=self._check.citations if found else (),
            closest=() if found else self._closest(),
            redactions=redactions,
            usage=self._usage,
            removed=self._check.removed,
        )

    async def _outcome(self, chunks: AsyncIterator[ModelChunk]) -> Outcome:
        try:
            async with aclosing(self._segments(chunks)) as segments:
                async for segment in segments:
                    checked = None if NO_ANSWER in segment else await self._checked(segment)
                    if checked is not None:
                        await self._show(checked)
            await self._say_if_sources_disagree()
        except ReplyStoppedError:
            return Outcome.STOPPED
        return Outcome.ANSWERED if self._shown else Outcome.NO_EVIDENCE

    async def _checked(self, segment: str) -> CheckedSegment | None:
        # Off the loop: a long segment beside many passages takes some milliseconds.
        carried = await asyncio.to_thread(self._check.carried, segment)
        if carried is None:
            return None
        if not await self._is_upheld(carried):
            carried = self._check.doubted(carried.bare)
            if carried is None:
                return None
        return await asyncio.to_thread(self._check.numbered, carried)

    async def _is_upheld(self, carried: CarriedSegment) -> bool:
        if self._judge is None or not carried.sources:
            return True
        return await self._judge.carries(carried.bare.strip(), carried.passages)

    async def _segments(self, chunks: AsyncIterator[ModelChunk]) -> AsyncGenerator[str, None]:
        segmenter = Segmenter()
        async for chunk in chunks:
            self._usage = chunk.usage or self._usage
            self._is_cut_short = self._is_cut_short or chunk.is_cut_short
            for segment in segmenter.feed(chunk.text):
                yield segment
        if not self._is_cut_short:
            for segment in segmenter.close():
                yield segment

    async def _show(self, checked: CheckedSegment) -> None:
        self._bare.append(checked.bare)
        self._held.append(self._restored(checked.marked))
        if not (checked.numbers or self._shown):
            return
        text = self._gap + "".join(self._held)
        self._held.clear()
        visible = text.rstrip()
        self._gap = text[len(visible) :]
        self._shown.append(visible)
        await self._reply.append(visible)

    async def _say_if_sources_disagree(self) -> None:
        is_said = any(_DISAGREES.search(text) for text in self._bare)
        if is_said or not self._shown:
            return
        note = await asyncio.to_thread(self._check.contradiction)
        if note is not None:
            self._gap = "\n\n"
            await self._show(note)

    def _text(self, outcome: Outcome) -> str:
        if outcome is Outcome.NO_EVIDENCE:
            return said("nothing_found")
        text = "".join(self._shown)
        if outcome is Outcome.STOPPED:
            return f"{text}\n\n{said('stopped')}".strip()
        return f"{text}\n\n{said('cut_short')}" if self._is_cut_short else text

    def _closest(self) -> tuple[Citation, ...]:
        """Return the sources nearest to a question that they don't answer, one a document."""
        nearest: dict[str, Passage] = {}
        for item in (each for each in self._evidence if not each.is_attached):
            nearest.setdefault(item.passage.location, item.passage)
        passages = list(nearest.values())[:_CLOSEST]
        return tuple(citation(p, number, "") for number, p in enumerate(passages, start=1))

    def _restored(self, text: str) -> str:
        return restore(text, self._placeholders)
