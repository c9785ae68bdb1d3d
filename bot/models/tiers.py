"""The model that writes is that of the channel's tier."""

from collections.abc import AsyncIterator

from bot.language.manner import Tier, manner
from bot.ports import ChatModel
from bot.types import ModelChunk, Prompt


class TieredModel:
    """One of two models, as the answer at hand wants it."""

    def __init__(self, standard: ChatModel, strong: ChatModel) -> None:
        self._standard = standard
        self._strong = strong

    @property
    def name(self) -> str:
        return self._chosen.name

    def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        return self._chosen.stream(prompt)

    @property
    def _chosen(self) -> ChatModel:
        return self._strong if manner().tier is Tier.HIGH else self._standard
