"""Which stretches of attached files go into the prompt: all, or those nearest to the question."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from langchain_core.embeddings import Embeddings

from bot.attached.store import KeptFile
from bot.types import ATTACHED
from guardrails.placeholders import mask_for_good
from guardrails.types import Finding
from knowledge.ports import PersonalDataFinder
from knowledge.retrieval import searchable
from knowledge.sparse import SparseEncoder
from knowledge.types import Passage, Principal

_CHARS_PER_TOKEN = 4
_MAX_CANDIDATES = 24
"""Pieces of a long file that are looked at by meaning: each costs some 30 ms of a core."""
_MAX_QUESTION_CHARS = 4_000
_NOBODY = frozenset({Principal("attached")})


class PieceChooser:
    """Chooses within a budget of tokens; personal data is marked in whatever is chosen.

    Where files are longer than the budget, the pieces that share the rarest words with the
    question, and how each file begins, are compared with it by meaning. What is embedded was
    masked before: an embedding model may be somebody else's.
    """

    def __init__(
        self,
        embeddings: Embeddings,
        sparse: SparseEncoder,
        personal: PersonalDataFinder,
        *,
        max_tokens: int,
    ) -> None:
        self._embeddings = embeddings
        self._sparse = sparse
        self._personal = personal
        self._max_chars = max_tokens * _CHARS_PER_TOKEN

    async def choose(
        self, files: Sequence[KeptFile], question: str, *, is_compared: bool = False
    ) -> tuple[Passage, ...]:
        """Return the passages for the prompt, file by file, in the order in which they stand.

        Where it `is_compared`, each has the similarity of its meaning to the question's, however
        short the files are.
        """
        passages = [passage for file in files for passage in _passages(file)]
        if not is_compared and sum(map(_size, passages)) <= self._max_chars:
            return await self._marked(passages)
        asked = searchable(question)[:_MAX_QUESTION_CHARS]
        candidates = await self._marked(self._candidates(passages, asked))
        if asked and candidates:
            candidates = await self._nearest_first(candidates, asked)
        left = self._max_chars
        chosen: set[str] = set()
        for passage in candidates:
            left -= _size(passage)
            if left < 0:
                break
            chosen.add(passage.chunk_id)
        marked = {passage.chunk_id: passage for passage in candidates}
        return tuple(marked[p.chunk_id] for p in passages if p.chunk_id in chosen)

    def _candidates(self, passages: Sequence[Passage], asked: str) -> list[Passage]:
        wanted = self._sparse.terms(asked) if asked else frozenset[int]()
        held = [self._sparse.terms(passage.embedded_text) & wanted for passage in passages]
        counts = Counter(term for terms in held for term in terms)
        rarity = {term: math.log(1 + len(passages) / (1 + n)) for term, n in counts.items()}
        # What shares no word with the question comes in its order: the beginning says what it is.
        order = sorted(
            range(len(passages)),
            key=lambda n: (
                passages[n].position != 0,
                -sum(rarity[term] for term in held[n]),
                passages[n].position,
            ),
        )
        return [passages[n] for n in order[:_MAX_CANDIDATES]]

    async def _nearest_first(self, passages: Sequence[Passage], asked: str) -> tuple[Passage, ...]:
        question = np.array(await self._embeddings.aembed_query(asked), dtype=np.float32)
        texts = [_masked(passage) for passage in passages]
        vectors = np.array(await self._embeddings.aembed_documents(texts), dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(question)
        near = (vectors @ question / np.maximum(lengths, 1e-9)).tolist()
        found = [replace(p, similarity=s) for p, s in zip(passages, near, strict=True)]
        return tuple(sorted(found, key=lambda passage: -passage.similarity))

    async def _marked(self, passages: Sequence[Passage]) -> tuple[Passage, ...]:
        """Return `passages` with where personal data and secrets stand in them."""
        if not passages:
            return ()
        spans = await self._personal.find([passage.text for passage in passages])
        return tuple(replace(p, personal=s) for p, s in zip(passages, spans, strict=True))


def _passages(file: KeptFile) -> list[Passage]:
    location = f"{ATTACHED}{file.id}"
    return [
        Passage(
            chunk_id=f"{location}:{position}",
            document_id=location,
            location=location,
            position=position,
            title=f"{file.name} (attached)",
            heading_path=piece.heading_path,
            url=file.url or location,
            text=piece.text,
            readers=_NOBODY,
            score=0.0,
        )
        for position, piece in enumerate(file.pieces)
    ]


def _size(passage: Passage) -> int:
    return len(passage.text) + sum(map(len, passage.heading_path))


def _masked(passage: Passage) -> str:
    found = [Finding(type=s.type, start=s.start, end=s.end, score=1.0) for s in passage.personal]
    return mask_for_good(passage.text, found)[0]
