"""Makes an index anew beside the live one, which goes on answering, and puts it in its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from langchain_core.embeddings import Embeddings

from knowledge.errors import IndexBusyError
from knowledge.ports import RebuildableIndex, VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import ChunkRecord

_DOCUMENTS = 32
_PASSES = 10

Progress = Callable[[int, int], object]
"""Called as documents are done: how many, of how many in this pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuilding did: how many documents were made anew, and how many were there already."""

    made: int
    kept: int


async def rebuild(
    index: RebuildableIndex,
    *,
    embedding: str,
    size: int,
    embeddings: Embeddings,
    sparse: SparseEncoder,
    on_progress: Progress,
) -> Rebuilt:
    """Embed every passage of `index` anew, as `embedding` with `size` values, and switch to it.

    The texts come from the index itself, so no source is asked. What was done before an
    interruption stays done. What changes meanwhile is brought up in further passes.

    Raises:
        KnowledgeUnavailableError: The index did not answer in time.
        IndexBusyError: Documents changed faster than they could be brought up.
    """
    beside = await index.begin(embedding, size)
    made, kept = 0, -1
    for _ in range(_PASSES):
        wanted, held = await index.documents(), await beside.documents()
        await beside.remove([location for location in held if location not in wanted])
        late = [location for location, digest in wanted.items() if held.get(location) != digest]
        kept = len(wanted) - len(late) if kept < 0 else kept
        for start in range(0, len(late), _DOCUMENTS):
            group = late[start : start + _DOCUMENTS]
            records = await _embedded(await index.records(group), embeddings, sparse)
            await write(beside, group, records)
            on_progress(min(start + _DOCUMENTS, len(late)), len(late))
        made += len(late)
        if await index.switch(embedding):
            return Rebuilt(made=made, kept=kept)
    raise IndexBusyError


async def write(
    index: VectorIndex, locations: Sequence[str], records: Sequence[ChunkRecord]
) -> None:
    """Make `records` all that `index` has of these documents; they are in order of location."""
    found = {
        location: [*of_document]
        for location, of_document in groupby(records, key=lambda r: r.chunk.document.location)
    }
    for location in locations:
        if location in found:
            await index.replace(location, found[location])
    await index.remove([location for location in locations if location not in found])


async def _embedded(
    records: Sequence[ChunkRecord], embeddings: Embeddings, sparse: SparseEncoder
) -> list[ChunkRecord]:
    texts = [record.chunk.embedded_text for record in records]
    dense = await embeddings.aembed_documents(texts)
    words = await sparse.encode_documents(texts)
    return [
        replace(record, dense=tuple(vector), sparse=weights)
        for record, vector, weights in zip(records, dense, words, strict=True)
    ]
