"""How a chunk is stored beside its vectors, the same in every index."""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel

from knowledge.types import Chunk, Passage, PersonalSpan, Principal
from knowledge.versions import versions_of

DENSE = "dense"
SPARSE = "sparse"
PREFETCH = 40
"""How many candidates each kind of search gives to the fusion (distribution-based: the scores are
normalised by their mean and three standard deviations, then added): see docs/performance.md."""


class Payload(BaseModel, frozen=True):
    """One chunk's payload; `position` 0 stands for its document."""

    location: str
    position: int
    document_id: str
    content_hash: str
    title: str
    heading_path: tuple[str, ...]
    url: str
    text: str
    readers: tuple[str, ...]
    updated: str = ""
    superseded: bool = False
    personal: tuple[tuple[str, int, int], ...] = ()
    versions: tuple[str, ...] = ()


def payload_of(chunk: Chunk) -> dict[str, object]:
    """Return what is stored of `chunk`: JSON values only."""
    document = chunk.document
    payload = Payload(
        location=document.location,
        position=chunk.position,
        document_id=document.id,
        content_hash=document.content_hash,
        title=document.title,
        heading_path=chunk.heading_path,
        url=chunk.url,
        text=chunk.text,
        readers=tuple(sorted(document.readers)),
        updated=document.updated,
        superseded=document.superseded,
        personal=tuple((span.type, span.start, span.end) for span in chunk.personal),
        versions=versions_of(document.id, document.version),
    )
    return payload.model_dump(mode="json")


def cosines(asked: Sequence[float], vectors: Sequence[object]) -> list[float]:
    """Return the cosine of a question's vector to the dense one of each point's vectors."""
    if not vectors:
        return []
    dense = [v.get(DENSE) if isinstance(v, Mapping) else None for v in vectors]
    nothing = [0.0] * len(asked)
    chunks = np.array([v if isinstance(v, list) else nothing for v in dense], dtype=np.float32)
    question = np.array(asked, dtype=np.float32)
    lengths = np.linalg.norm(chunks, axis=1) * np.linalg.norm(question)
    found: list[float] = (chunks @ question / np.maximum(lengths, 1e-9)).tolist()
    return found


def passage_of(
    chunk_id: str, stored: Mapping[str, object], score: float, similarity: float = 0.0
) -> Passage:
    """Return what was stored as a passage.

    Raises:
        ValueError: The payload is not of our form.
    """
    payload = Payload.model_validate(stored)
    return Passage(
        chunk_id=chunk_id,
        document_id=payload.document_id,
        location=payload.location,
        position=payload.position,
        title=payload.title,
        heading_path=payload.heading_path,
        url=payload.url,
        text=payload.text,
        readers=frozenset(Principal(reader) for reader in payload.readers),
        score=score,
        updated=payload.updated,
        superseded=payload.superseded,
        personal=tuple(PersonalSpan(type=t, start=s, end=e) for t, s, e in payload.personal),
        similarity=similarity,
    )
