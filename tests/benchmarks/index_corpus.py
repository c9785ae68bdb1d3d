"""Made-up passages for the index's benchmark: near vectors, words as texts have them, readers."""

import uuid
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from knowledge.types import (
    EVERYONE,
    Chunk,
    ChunkRecord,
    Document,
    HybridQuery,
    Principal,
    Section,
    SparseVector,
)

DIMENSIONS = 384
PUBLIC = Principal("public")
_CHUNKS_A_DOCUMENT = 10
_TOPICS = 200
_COMMONEST = 10  # rank of the commonest word: those before it are stop words
_WORDS_A_CHUNK = 100
_WORDS_A_QUESTION = 6
_MEAN_WORDS = 100.0
_K, _B = 1.2, 0.75
_GROUPS = 200
_GROUPS_OF_ONE = 8
_PEOPLE = 2_000
_HEAPS_K, _HEAPS_BETA = 44.0, 0.49


class Corpus:
    """Chunks of made-up topics, and questions about them.

    Words follow Zipf's law, over a vocabulary that grows with the text by Heaps' law (constants
    of the RCV1 collection: Manning, Raghavan and Schütze, "Introduction to Information Retrieval",
    5.1), weighed as BM25 does. Of ten documents four are for everyone, one is public, four are for
    one of 200 groups and one for three people.
    """

    def __init__(self, chunks: int) -> None:
        self._random = np.random.default_rng(chunks)
        self._topics = self._random.normal(size=(_TOPICS, DIMENSIONS))
        self._vocabulary = _HEAPS_K * (chunks * _WORDS_A_CHUNK) ** _HEAPS_BETA
        self._chunks = chunks

    def documents(self) -> Iterator[tuple[str, list[ChunkRecord]]]:
        """Yield documents with their location."""
        for number in range(self._chunks // _CHUNKS_A_DOCUMENT):
            location = f"source:wiki-{number % 7}/{number}"
            document = Document(
                id=str(number),
                location=location,
                url=f"https://wiki.example/{number}",
                title=f"Page {number}",
                sections=(Section(heading_path=(), anchor="", text="words"),),
                readers=self._readers(number),
                content_hash=str(number),
            )
            yield location, [self._record(document, n) for n in range(_CHUNKS_A_DOCUMENT)]

    def question(self) -> HybridQuery:
        """Return a question about one of the topics."""
        drawn = np.unique(self._drawn(_WORDS_A_QUESTION))
        words = SparseVector(indices=tuple(drawn.tolist()), values=(1.0,) * len(drawn))
        return HybridQuery(dense=self._vector(), sparse=words)

    def asker(self) -> frozenset[Principal]:
        """Return what one person of the company may read."""
        groups = self._random.choice(_GROUPS, size=_GROUPS_OF_ONE, replace=False)
        person = Principal(f"user:T1:{self._random.integers(_PEOPLE)}")
        return frozenset({PUBLIC, EVERYONE, person, *(Principal(f"group:{n}") for n in groups)})

    def _readers(self, number: int) -> frozenset[Principal]:
        kind = number % 10
        if kind < 4:
            return frozenset({EVERYONE})
        if kind < 8:
            return frozenset({Principal(f"group:{self._random.integers(_GROUPS)}")})
        if kind == 8:
            people = self._random.integers(_PEOPLE, size=3).tolist()
            return frozenset(Principal(f"user:T1:{n}") for n in people)
        return frozenset({PUBLIC})

    def _record(self, document: Document, position: int) -> ChunkRecord:
        chunk = Chunk(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{document.location}#{position}")),
            position=position,
            document=document,
            heading_path=("A heading",),
            url=document.url,
            text="A passage of about the usual length. " * 20,
        )
        found, counts = np.unique(self._drawn(_WORDS_A_CHUNK), return_counts=True)
        weights = counts * (_K + 1) / (counts + _K * (1 - _B + _B * _WORDS_A_CHUNK / _MEAN_WORDS))
        words = SparseVector(indices=tuple(found.tolist()), values=tuple(weights.tolist()))
        return ChunkRecord(chunk=chunk, dense=self._vector(), sparse=words)

    def _vector(self) -> tuple[float, ...]:
        topic = self._topics[self._random.integers(_TOPICS)]
        vector: NDArray[np.float64] = topic + self._random.normal(size=DIMENSIONS)
        return tuple((vector / np.linalg.norm(vector)).tolist())

    def _drawn(self, count: int) -> NDArray[np.int64]:
        ranks = np.exp(self._random.uniform(np.log(_COMMONEST), np.log(self._vocabulary), count))
        return ranks.astype(np.int64)
