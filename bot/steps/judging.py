"""A second opinion on each sentence: a model says whether its passages carry it."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.errors import BotError
from bot.ports import ChatModel
from bot.prompts.library import PromptLibrary

log = structlog.get_logger(__name__)

_TIMEOUT_S = 10.0
_MAX_CHARS = 200


class ModelJudge:
    """Asks a model; where it does not tell in ten seconds, what the checks said stands."""

    def __init__(self, model: ChatModel, prompts: PromptLibrary) -> None:
        self._model = model
        self._prompts = prompts

    async def carries(self, sentence: str, passages: Sequence[str]) -> bool:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                said = await self._said(sentence, passages)
        except (BotError, TimeoutError) as error:
            log.warning("judge_unavailable", error=type(error).__name__)
            return True
        return not said.strip(" *_\n\"'").upper().startswith("NO")

    async def _said(self, sentence: str, passages: Sequence[str]) -> str:
        said = ""
        async for chunk in self._model.stream(self._prompts.judge(sentence, passages)):
            said += chunk.text
            if len(said) > _MAX_CHARS:
                break
        return said
