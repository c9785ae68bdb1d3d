"""Makes a follow-up stand alone: by the thread's own words, or with a model."""

import structlog

from bot.errors import BotError
from bot.followups import is_follow_up, joined
from bot.ports import ChatModel
from bot.prompts.library import PromptLibrary
from bot.types import Question, Turn
from knowledge.types import Phrasing

log = structlog.get_logger(__name__)

_MAX_CHARS = 1_000
_FOLLOW_UP_WEIGHT = 0.8  # of the wording with the question before it
_THREAD_WEIGHT = 0.4  # the same where the question seems to stand alone


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
    """Asks the model to rewrite a follow-up; falls back on the words when it can't."""

    def __init__(self, model: ChatModel, prompts: PromptLibrary) -> None:
        self._model = model
        self._prompts = prompts
        self._by_words = WordRewriter()

    async def rewrite(self, text: str, history: tuple[Turn, ...]) -> Question:
        by_words = await self._by_words.rewrite(text, history)
        if by_words.standalone == text:
            return by_words
        try:
            written = await self._written(text, history)
        except BotError as error:
            log.warning("rewrite_failed", error=type(error).__name__)
            return by_words
        return Question(text=text, standalone=written) if written else by_words

    async def _written(self, text: str, history: tuple[Turn, ...]) -> str:
        pieces: list[str] = []
        async for chunk in self._model.stream(self._prompts.rewrite(text, history)):
            pieces.append(chunk.text)
            if sum(map(len, pieces)) > _MAX_CHARS:
                return ""
        return " ".join("".join(pieces).split())
