"""Turns text into BM25 term weights; the index itself supplies how rare each term is."""

import asyncio
from collections.abc import Sequence

from qdrant_edge import Bm25, Bm25Config

from knowledge.types import SparseVector

_MEAN_TERMS = 100.0  # of a chunk, without stop words: see docs/performance.md

_MAX_TITLES = 10_000


class SparseEncoder:
    """English stop words and stemming; other languages' words are kept as they are.

    Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
    """

    def __init__(self) -> None:
        self._bm25 = Bm25(Bm25Config(avg_len=_MEAN_TERMS, language="english", ascii_folding=True))
        self._titles: dict[str, frozenset[int]] = {}

    async def encode_documents(self, texts: Sequence[str]) -> list[SparseVector]:
        """Return the term weights of each of `texts`, off the event loop."""
        return await asyncio.to_thread(lambda: [self._document(text) for text in texts])

    def encode_query(self, text: str) -> SparseVector:
        """Return the terms of a question, each with weight 1; takes microseconds."""
        vector = self._bm25.embed_query(text)
        return SparseVector(indices=tuple(vector.indices), values=tuple(vector.values))

    def encode_query_with(self, text: str, names: frozenset[int]) -> SparseVector:
        """Return the same with the terms that `names` number."""
        vector = self.encode_query(text)
        more = tuple(sorted(names.difference(vector.indices)))
        return SparseVector(
            indices=(*vector.indices, *more), values=(*vector.values, *(1.0 for _ in more))
        )

    def terms(self, text: str) -> frozenset[int]:
        """Return the terms of `text`, numbered as in the vectors; takes about 50 microseconds."""
        return frozenset(self._bm25.embed_query(text).indices)

    def title_terms(self, title: str) -> frozenset[int]:
        """Return the terms of a title, which comes again and again."""
        found = self._titles.get(title)
        if found is None:
            if len(self._titles) >= _MAX_TITLES:
                self._titles.clear()
            found = self._titles[title] = self.terms(title)
        return found

    def _document(self, text: str) -> SparseVector:
        vector = self._bm25.embed_document(text)
        return SparseVector(indices=tuple(vector.indices), values=tuple(vector.values))
