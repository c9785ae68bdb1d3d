"""Makes a vendor's chat model and embeddings by the names that LangChain gives them."""

from langchain.chat_models import init_chat_model
from langchain.embeddings import init_embeddings
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel


def chat_model(
    name: str,
    *,
    api_key: str | None,
    base_url: str | None,
    timeout_s: float,
    retries: int,
) -> BaseChatModel:
    """Return the model that `name` (`PROVIDER:MODEL`) stands for.

    Raises:
        ValueError, ImportError: The provider is not known, or its package is not installed.
    """
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
        # Else it counts tokens with a table that it fetches from a third party; chunks are short.
        return init_embeddings(
            name, api_key=api_key, base_url=base_url, check_embedding_ctx_length=False
        )
    return init_embeddings(name)
