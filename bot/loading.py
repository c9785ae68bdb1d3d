"""Loads what takes a second or more: the embedding model, the detector, and the chat models."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from langchain_core.embeddings import Embeddings

from bot.errors import StartError
from bot.guarding import guards_of
from bot.language import languages
from bot.models.langchain import LangChainModel
from bot.models.offline import OFFLINE, OfflineChatModel
from bot.models.providers import chat_model, embedding_model
from bot.prompts.library import PromptLibrary
from bot.record.noted import BesideModel
from bot.settings import Settings
from bot.steps.judging import ModelJudge
from guardrails.presidio import PresidioDetector
from knowledge.embedding import MiniLMEmbeddings, WordVectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What takes a second or more to load."""

    embeddings: Embeddings
    detector: PresidioDetector


async def load_models(settings: Settings) -> Models:
    """Load the embedding model and the detector side by side.

    Raises:
        StartError: One of them is not installed.
    """
    detector = guards_of(settings).detector
    embeddings, *_ = await asyncio.gather(
        _embeddings(settings), detector.warm_up(), asyncio.to_thread(languages.load)
    )
    return Models(embeddings=embeddings, detector=detector)


async def _embeddings(settings: Settings) -> Embeddings:
    if settings.embedding_model == "minilm":
        embeddings = MiniLMEmbeddings()
        await asyncio.to_thread(embeddings.load)
        return embeddings
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    url = str(settings.openai_base_url) if settings.openai_base_url else None
    try:
        return embedding_model(settings.embedding_model, api_key=key, base_url=url)
    except (ValueError, ImportError) as error:
        raise StartError(
            f"CITEWELL_EMBEDDING_MODEL: can't be used: {error} "
            "(example: CITEWELL_EMBEDDING_MODEL=minilm)"
        ) from error


def word_vectors(embeddings: Embeddings) -> Callable[[str], Awaitable[WordVectors]]:
    """Return what reads the meaning of words on this machine, whatever model embeds documents."""
    if isinstance(embeddings, MiniLMEmbeddings):
        return embeddings.aembed_words
    local = MiniLMEmbeddings()
    loading = asyncio.Lock()

    async def embed(text: str) -> WordVectors:
        async with loading:
            if not local.is_loaded:
                await asyncio.to_thread(local.load)
        return await local.aembed_words(text)

    return embed


def load_chat_model(settings: Settings, name: str, embeddings: Embeddings) -> LangChainModel:
    """Return the chat model that `name` stands for; the offline one quotes with `embeddings`.

    Raises:
        StartError: It can't be used.
    """
    key = settings.openai_api_key
    if name == OFFLINE:
        offline = OfflineChatModel(embeddings=embeddings)
        return LangChainModel(offline, name=name, timeout_s=settings.chat_model_timeout_s)
    try:
        model = chat_model(
            name,
            api_key=key.get_secret_value() if key else None,
            base_url=str(settings.openai_base_url) if settings.openai_base_url else None,
            timeout_s=settings.chat_model_timeout_s,
            retries=settings.chat_model_retries,
        )
    except (ValueError, ImportError) as error:
        raise StartError(
            f"CITEWELL_CHAT_MODEL: {name} can't be used: {error} "
            "(example: CITEWELL_CHAT_MODEL=openai:gpt-4.1-mini)"
        ) from error
    return LangChainModel(model, name=name, timeout_s=settings.chat_model_timeout_s)


def load_judge(
    settings: Settings, embeddings: Embeddings, prompts: PromptLibrary
) -> ModelJudge | None:
    """Return who gives a second opinion on each sentence; None where the settings name nobody.

    Raises:
        StartError: The model can't be used.
    """
    if not settings.judge_model:
        return None
    model = load_chat_model(settings, settings.judge_model, embeddings)
    return ModelJudge(BesideModel(model), prompts)
