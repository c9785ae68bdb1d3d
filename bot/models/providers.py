"""Makes the chat model and the embeddings that the settings name."""

from langchain.chat_models import init_chat_model
from langchain.embeddings import init_embeddings
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel

from bot.models.offline import OfflineChatModel

OFFLINE = "offline"


def chat_model(
    name: str,
    *,
    api_key: str | None,
    base_url: str | None,
    timeout_s: float,
    retries: int,
    embeddings: Embeddings,
) -> BaseChatModel:
    """Return the model that `name` (`offline`, or `PROVIDER:MODEL`) stands for.

    Raises:
        ValueError, ImportError: The provider is not known, or its package is not installed.
    """
    if name == OFFLINE:
        return OfflineChatModel(embeddings=embeddings)
    if not name.startswith("openai:"):
        return init_chat_model(name, timeout=timeout_s, max_retries=retries)
    return init_chat_model(
        name, timeout=timeout_s, max_retries=retries, api_key=api_key, base_url=base_url,
        stream_usage=True,
    )  # fmt: skip


def embedding_model(name: str, *, api_key: str | None, base_url: str | None) -> Embeddings:
    """Return the embeddings that `name` (`PROVIDER:MODEL`) stands for.

    Raises:
        ValueError, ImportError: The provider is not known, or its package is not installed.
    """
    if name.startswith("openai:"):
        return init_embeddings(name, api_key=api_key, base_url=base_url)
    return init_embeddings(name)
