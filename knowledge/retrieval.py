"""Finds passages for a question: by meaning and by words at once, among what may be read."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langchain_core.embeddings import Embeddings

from knowledge.neighbours import NOTHING, Joining, joined, wanted
from knowledge.ports import VectorIndex
from knowledge.ranking import Candidate, asked_first, current_first, rescored
from knowledge.repeats import repeats_last
from knowledge.sparse import SparseEncoder
from knowledge.types import ALL, Finding, HybridQuery, Passage, Phrasing, Principal, Scope
from knowledge.versions import asked_version

_PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]*?)(?:_\d+)?>")
_MAX_CHARS = 4000  # the embedding reads fewer; a longer question would only cost time
_POOL = 40  # candidates that are looked at; more cost time and change little
_JUDGED = 6  # passages that the verdict looks at: as many as an answer is given


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """When what was found is no evidence; the cosines are those of one embedding model.

    `least` is the cosine that the best passage must reach, and `least_with_unknown` the one where
    a word of the question stands in no candidate. With 0 nothing is ever too little.
    """

    least: float = 0.0
    least_with_unknown: float = 0.0


MINILM_THRESHOLD = Threshold(least=0.28, least_with_unknown=0.35)
"""Calibrated to refuse few answerable questions beside what a model declines: docs/retrieval.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What is done with what the index found; each can be switched off to measure it."""

    uses_titles: bool = True
    prefers_current: bool = True
    folds_repeats: bool = True
    joining: Joining = NOTHING
    threshold: Threshold = Threshold()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pool:
    """What one wording found: passages with their scores, and which fit the asked version."""

    passages: tuple[Passage, ...]
    matching: frozenset[str]
    asked: frozenset[int]
    held: frozenset[int]


class HybridRetriever:
    """Embeds each wording of a question both ways, asks the index, and orders what it gives."""

    def __init__(
        self,
        index: VectorIndex,
        embeddings: Embeddings,
        sparse: SparseEncoder,
        ranking: Ranking | None = None,
    ) -> None:
        self._index = index
        self._embeddings = embeddings
        self._sparse = sparse
        self._ranking = ranking or Ranking()

    async def retrieve(
        self, question: str, *, readers: frozenset[Principal], limit: int
    ) -> tuple[Passage, ...]:
        """Return at most `limit` passages that one of `readers` may read, best first.

        Raises:
            KnowledgeUnavailableError: The index did not answer in time.
        """
        found = await self.find((Phrasing(text=question),), readers=readers, limit=limit)
        return found.passages

    async def find(
        self,
        phrasings: Sequence[Phrasing],
        *,
        readers: frozenset[Principal],
        limit: int,
        scope: Scope = ALL,
    ) -> Finding:
        """Return at most `limit` passages for a question in several wordings, best first.

        A passage's scores add up, each with its wording's weight; the best ones go on to the text
        around them. Raises as `retrieve` does.
        """
        wordings = [(phrasing, searchable(phrasing.text)[:_MAX_CHARS]) for phrasing in phrasings]
        asked = [(phrasing, text) for phrasing, text in wordings if text]
        if not asked or not readers:
            return Finding(passages=(), is_enough=False)
        pools = await asyncio.gather(
            *(
                self._pool(text, phrasing.names, readers, scope, max(limit, _POOL))
                for phrasing, text in asked
            )
        )
        passages = self._ordered(pools, [phrasing.weight for phrasing, _ in asked])
        is_enough = self._is_enough(passages[:_JUDGED], pools)
        shown = await self._joined(passages[:limit], readers)
        return Finding(passages=shown, is_enough=is_enough)

    async def _joined(
        self, passages: tuple[Passage, ...], readers: frozenset[Principal]
    ) -> tuple[Passage, ...]:
        joining = self._ranking.joining
        ids = wanted(passages, joining)
        if not ids:
            return passages
        around = await self._index.passages(ids, readers=readers)
        return joined(passages, around, joining)

    async def _pool(
        self,
        text: str,
        names: frozenset[int],
        readers: frozenset[Principal],
        scope: Scope,
        depth: int,
    ) -> _Pool:
        version, rest = asked_version(text) if self._ranking.prefers_current else ("", text)
        query = HybridQuery(
            dense=tuple(await self._embeddings.aembed_query(rest)),
            sparse=self._sparse.encode_query_with(rest, names),
            scope=scope,
        )
        searches = [self._index.search(query, readers=readers, limit=depth)]
        if version:
            fitting = replace(query, version=version)
            searches.append(self._index.search(fitting, readers=readers, limit=depth))
        first, *more = await asyncio.gather(*searches)
        matching = frozenset(passage.location for found in more for passage in found)
        best = {passage.chunk_id: passage for passage in first}
        for passage in (passage for found in more for passage in found):
            if passage.chunk_id not in best or best[passage.chunk_id].score < passage.score:
                best[passage.chunk_id] = passage
        asked = frozenset(query.sparse.indices)
        pool = await asyncio.to_thread(self._scored, tuple(best.values()), matching, asked)
        return replace(pool, asked=pool.asked - names)  # whoever asks may stand in no document

    def _scored(
        self, passages: Sequence[Passage], matching: frozenset[str], asked: frozenset[int]
    ) -> _Pool:
        candidates = [
            Candidate(
                passage=passage,
                words=self._sparse.terms(passage.embedded_text),
                title_words=self._sparse.title_terms(passage.title),
            )
            for passage in passages
        ]
        scores = rescored(candidates, asked) if self._ranking.uses_titles else {}
        return _Pool(
            passages=tuple(replace(p, score=scores.get(p.chunk_id, p.score)) for p in passages),
            matching=matching,
            asked=asked,
            held=frozenset().union(*(candidate.words for candidate in candidates)),
        )

    def _ordered(self, pools: Sequence[_Pool], weights: Sequence[float]) -> tuple[Passage, ...]:
        scores: dict[str, float] = defaultdict(float)
        similar: dict[str, float] = defaultdict(float)
        known: dict[str, Passage] = {}
        for pool, weight in zip(pools, weights, strict=True):
            for passage in pool.passages:
                scores[passage.chunk_id] += weight * passage.score
                similar[passage.chunk_id] = max(similar[passage.chunk_id], passage.similarity)
                known[passage.chunk_id] = passage
        passages = [
            replace(passage, score=scores[name], similarity=similar[name])
            for name, passage in known.items()
        ]
        passages.sort(key=lambda passage: -passage.score)
        matching = frozenset().union(*(pool.matching for pool in pools))
        ordered = tuple(passages)
        if matching:
            ordered = asked_first(passages, matching)
        elif self._ranking.prefers_current:
            ordered = current_first(passages)
        return repeats_last(ordered, matching) if self._ranking.folds_repeats else ordered

    def _is_enough(self, best: Sequence[Passage], pools: Sequence[_Pool]) -> bool:
        threshold = self._ranking.threshold
        nearest = max((passage.similarity for passage in best), default=-1.0)
        held = frozenset().union(*(pool.held for pool in pools))
        has_unknown = bool(pools[0].asked - held)
        return nearest >= (threshold.least_with_unknown if has_unknown else threshold.least)


def searchable(question: str) -> str:
    """Return `question` with placeholders as plain words: `<PHONE_NUMBER_1>` finds nothing."""
    plain = _PLACEHOLDER.sub(lambda found: found[1].replace("_", " ").lower(), question)
    return " ".join(plain.split())
