"""Finds passages for a question: by meaning and by words at once, among what may be read."""

import re

from langchain_core.embeddings import Embeddings

from knowledge.ports import VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import HybridQuery, Passage, Principal

_PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]*?)(?:_\d+)?>")
_MAX_CHARS = 4000  # the embedding reads fewer; a longer question would only cost time


class HybridRetriever:
    """Embeds the question both ways and asks the index once."""

    def __init__(self, index: VectorIndex, embeddings: Embeddings, sparse: SparseEncoder) -> None:
        self._index = index
        self._embeddings = embeddings
        self._sparse = sparse

    async def retrieve(
        self, question: str, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        """Return at most `limit` passages that one of `readers` may read, best first.

        Raises:
            KnowledgeUnavailableError: The index did not answer in time.
        """
        text = searchable(question)[:_MAX_CHARS]
        if not text or not readers:
            return ()
        query = HybridQuery(
            dense=tuple(await self._embeddings.aembed_query(text)),
            sparse=self._sparse.encode_query(text),
        )
        return await self._index.search(query, readers=readers, limit=limit)


def searchable(question: str) -> str:
    """Return `question` with placeholders as plain words: `<PHONE_NUMBER_1>` finds nothing."""
    plain = _PLACEHOLDER.sub(lambda found: found[1].replace("_", " ").lower(), question)
    return " ".join(plain.split())
