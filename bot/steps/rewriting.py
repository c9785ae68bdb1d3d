"""Makes a follow-up stand alone: by the thread's own words, or with a model."""

from dataclasses import replace

import structlog

from bot.errors import BotError
from bot.language.languages import language_of
from bot.language.manner import manner
from bot.ports import ChatModel, Rewriter
from bot.prompts.library import PromptLibrary
from bot.steps.followups import is_follow_up, joined
from bot.types import Prompt, Question, Turn
from knowledge.types import Phrasing

log = structlog.get_logger(__name__)

_MAX_CHARS = 2_000
_FOLLOW_UP_WEIGHT = 0.8  # of the wording with the question before it
_THREAD_WEIGHT = 0.4  # the same where the question seems to stand alone
_TRANSLATION_WEIGHT = 0.7  # of the wording in the documents' language
_LINES = 2


class WordRewriter:
    """Puts the question before it in front of a follow-up; needs no model.

    In a thread each question is searched as written and with the one before it: many that seem
    to stand alone do not. The weights were measured: see docs/retrieval.md.
    """

    async def rewrite(self, text: str, history: tuple[Turn, ...]) -> Question:
        if not history:
            return Question(text=text, standalone=text)
        in_thread = joined(history[-1].question, text)
        leans = is_follow_up(text)
        weight = _FOLLOW_UP_WEIGHT if leans else _THREAD_WEIGHT
        return Question(
            text=text,
            standalone=in_thread if leans else text,
            phrasings=(
                Phrasing(text=text, weight=1 - weight),
                Phrasing(text=in_thread, weight=weight),
            ),
        )


class ModelRewriter:
    """Asks the model to rewrite a follow-up; falls back on the words when it can't.

    A question in another language than the `documents` are in is said in theirs as well, in the
    same call, and searched in both: a passage in either is found. The weights were measured: see
    docs/retrieval.md.
    """

    def __init__(self, model: ChatModel, prompts: PromptLibrary, *, documents: str = "en") -> None:
        self._model = model
        self._prompts = prompts
        self._documents = documents
        self._by_words = WordRewriter()

    async def rewrite(self, text: str, history: tuple[Turn, ...]) -> Question:
        by_words = await self._by_words.rewrite(text, history)
        is_foreign = (await language_of(text) or manner().language) != self._documents
        if by_words.standalone == text and not is_foreign:
            return by_words
        try:
            if is_foreign:
                return await self._translated(by_words, text, history)
            written = await self._written(self._prompts.rewrite(text, history))
        except BotError as error:
            log.warning("rewrite_failed", error=type(error).__name__)
            return by_words
        standalone = " ".join(written.split())
        return Question(text=text, standalone=standalone) if standalone else by_words

    async def _translated(
        self, by_words: Question, text: str, history: tuple[Turn, ...]
    ) -> Question:
        prompt = self._prompts.translate(text, history, self._documents)
        lines = [line for line in (await self._written(prompt)).splitlines() if line.strip()]
        if len(lines) != _LINES:
            log.warning("rewrite_failed", error="not_two_lines")
            return by_words
        own, theirs = (" ".join(line.split()) for line in lines)
        return Question(
            text=text,
            standalone=own,
            phrasings=(
                Phrasing(text=theirs, weight=_TRANSLATION_WEIGHT),
                Phrasing(text=own, weight=1 - _TRANSLATION_WEIGHT),
            ),
        )

    async def _written(self, prompt: Prompt) -> str:
        pieces: list[str] = []
        async for chunk in self._model.stream(prompt):
            pieces.append(chunk.text)
            if sum(map(len, pieces)) > _MAX_CHARS:
                return ""
        return "".join(pieces)


class SpokenRewriter:
    """A rewriter whose questions say in which language they are to be answered."""

    def __init__(self, inner: Rewriter) -> None:
        self._inner = inner

    async def rewrite(self, text: str, history: tuple[Turn, ...]) -> Question:
        question = await self._inner.rewrite(text, history)
        how = manner()
        return replace(question, language=how.language if how.is_certain else "")
