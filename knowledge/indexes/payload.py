"""How a chunk is stored beside its vectors, the same in every index."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from pydantic import BaseModel, TypeAdapter

from knowledge.ingestion.sources.locations import source_of
from knowledge.types import (
    Chunk,
    ChunkRecord,
    Document,
    Head,
    HybridQuery,
    Passage,
    PersonalSpan,
    Principal,
    Scope,
    SparseVector,
)
from knowledge.versions import versions_of

DENSE = "dense"
SPARSE = "sparse"
PREFETCH = 40
"""How many candidates each kind of search gives to the fusion (distribution-based: the scores are
normalised by their mean and three standard deviations, then added): see docs/performance.md."""


KEYWORDS = ("location", "readers", "versions", "source", "thread")
INTEGERS = ("position",)
DATES = ("modified",)
"""The fields that queries filter by: each has an index of its own."""


HEAD = ("location", "title", "heading_path", "superseded", "modified")
"""The fields that a head is made of."""
MAX_SOURCES = 200
_HEAD = TypeAdapter(Head)


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
    source: str = ""
    modified: str | None = None
    thread: str = ""
    sensitivity: str = ""


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
        source=source_of(document.location),
        modified=moment(document.updated) or moment(document.modified) or None,
        thread=document.thread,
        sensitivity=document.sensitivity,
    )
    return payload.model_dump(mode="json")


def moment(written: str) -> str:
    """Return an ISO 8601 date or time as one in UTC; empty for anything else."""
    try:
        read = datetime.fromisoformat(written.strip())
    except ValueError:
        return ""
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


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
        modified=payload.modified or "",
        sensitivity=payload.sensitivity,
    )


def everything(scope: Scope) -> HybridQuery:
    """Return the query that asks for nothing but what `scope` holds."""
    return HybridQuery(dense=(), sparse=SparseVector(indices=(), values=()), scope=scope)


def head_of(stored: Mapping[str, object]) -> Head:
    """Return the head of what was stored, of which `HEAD` is enough.

    Raises:
        ValueError: The payload is not of our form.
    """
    named = {name: stored[name] for name in HEAD if stored.get(name) is not None}
    return _HEAD.validate_python(named)


def record_of(
    chunk_id: str, stored: Mapping[str, object], vectors: Mapping[str, object], sparse: SparseVector
) -> ChunkRecord:
    """Return what was stored as a record; its document comes without sections.

    Raises:
        ValueError: The payload or the vector is not of our form.
    """
    payload = Payload.model_validate(stored)
    dense = vectors.get(DENSE)
    if not isinstance(dense, list):
        raise ValueError("a chunk without a vector")  # noqa: TRY004 - of what is stored
    document = Document(
        id=payload.document_id,
        location=payload.location,
        url=payload.url.partition("#")[0],
        title=payload.title,
        sections=(),
        readers=frozenset(Principal(reader) for reader in payload.readers),
        content_hash=payload.content_hash,
        updated=payload.updated,
        superseded=payload.superseded,
        version=payload.versions[-1] if payload.versions else "",
        modified=payload.modified or "",
        thread=payload.thread,
        sensitivity=payload.sensitivity,
    )
    chunk = Chunk(
        id=chunk_id,
        position=payload.position,
        document=document,
        heading_path=payload.heading_path,
        url=payload.url,
        text=payload.text,
        personal=tuple(PersonalSpan(type=t, start=s, end=e) for t, s, e in payload.personal),
    )
    return ChunkRecord(chunk=chunk, dense=tuple(dense), sparse=sparse)


def in_order(records: Iterable[ChunkRecord]) -> tuple[ChunkRecord, ...]:
    """Return `records` document by document, each document's in order."""
    return tuple(sorted(records, key=lambda r: (r.chunk.document.location, r.chunk.position)))
