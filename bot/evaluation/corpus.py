"""Indexes a golden set's corpus in an index of its own, with the parts that ingestion uses."""

import asyncio
import hashlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from langchain_core.embeddings import Embeddings

from bot.evaluation.cases import CorpusLine
from knowledge.indexes.payload import payload_of
from knowledge.ingestion.chunking import chunks_of
from knowledge.ingestion.parsing.markdown import parse_body
from knowledge.ports import VectorIndex
from knowledge.sparse import SparseEncoder
from knowledge.types import EVERYONE, Chunk, ChunkRecord, Document

_GROUP_CHUNKS = 64
_SUPERSEDED = "superseded"
_DIGEST_CHARS = 20
_MAX_KEPT = 8

OpenIndex = Callable[[Path], AbstractAsyncContextManager[VectorIndex]]
"""Opens the index in a folder, made where there is none, and closes it at the end."""

Progress = Callable[[int, int], object]
"""Called as passages are indexed: how many are done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedCorpus:
    """An open index of a corpus; `twins` maps each document to the first one with its text."""

    index: VectorIndex
    digest: str
    documents: int
    passages: int
    twins: dict[str, str]


@asynccontextmanager
async def indexed(
    corpus: Sequence[CorpusLine],
    *,
    cache: Path,
    open_index: OpenIndex,
    embeddings: Embeddings,
    model: str,
    on_progress: Progress,
) -> AsyncIterator[IndexedCorpus]:
    """Open an index of `corpus`; one that the same code made of it before is taken from `cache`.

    The run works on a copy in a folder of its own, so that several can run at once. `model` names
    the embedding model: it is part of what makes an index the same.

    Raises:
        IndexMismatchError: The cached index can't be read; the message names its folder.
    """
    chunks = [chunk for line in corpus for chunk in chunks_of(_document(line))]
    digest = _digest(chunks, model)
    kept = cache / digest[:_DIGEST_CHARS]
    await asyncio.to_thread(cache.mkdir, parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="run-", dir=cache) as scratch:
        folder = Path(scratch) / "index"
        if not kept.exists():
            async with open_index(folder) as index:
                await _fill(index, chunks, embeddings, on_progress)
            await asyncio.to_thread(_keep, folder, kept)
        await asyncio.to_thread(shutil.copytree, kept, folder, dirs_exist_ok=True)
        async with open_index(folder) as index:
            yield IndexedCorpus(
                index=index,
                digest=digest,
                documents=len(corpus),
                passages=len(chunks),
                twins=twins_of(corpus),
            )


def _keep(folder: Path, kept: Path) -> None:
    """Move a finished index into the cache; the one used longest ago goes when it is full."""
    if not kept.exists():  # else another run was first, with the same
        folder.rename(kept)
    others = (path for path in kept.parent.iterdir() if not path.name.startswith("run-"))
    by_age = sorted((path for path in others if path != kept), key=lambda p: p.stat().st_mtime)
    for oldest in by_age[: max(0, len(by_age) + 1 - _MAX_KEPT)]:
        shutil.rmtree(oldest, ignore_errors=True)


def twins_of(corpus: Sequence[CorpusLine]) -> dict[str, str]:
    """Return, for each document, the first one whose text reads the same, spaces apart."""
    first: dict[str, str] = {}
    return {line.id: first.setdefault(" ".join(line.text.split()), line.id) for line in corpus}


def _document(line: CorpusLine) -> Document:
    parsed = parse_body(line.text, title=line.title)
    return Document(
        id=line.id,
        location=f"corpus:///{line.id}",
        url=line.url or f"corpus:///{line.id}",
        title=parsed.title,
        sections=parsed.sections,
        readers=frozenset({EVERYONE}),
        content_hash=hashlib.sha256(line.text.encode()).hexdigest(),
        updated=line.updated,
        version=line.version,
        superseded=line.superseded or _SUPERSEDED in line.version.lower(),
    )


def _digest(chunks: Sequence[Chunk], model: str) -> str:
    """Return a hash of the model and of all that is stored: other chunks, another index."""
    digest = hashlib.sha256(model.encode())
    for chunk in chunks:
        stored = json.dumps(payload_of(chunk), sort_keys=True)
        digest.update(f"\n{stored}\n{chunk.embedded_text}".encode())
    return digest.hexdigest()


async def _fill(
    index: VectorIndex, chunks: Sequence[Chunk], embeddings: Embeddings, on_progress: Progress
) -> None:
    sparse = SparseEncoder()
    by_document: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        by_document.setdefault(chunk.document.location, []).append(chunk)
    waiting: list[tuple[str, list[Chunk]]] = []
    done = 0
    for location, of_document in by_document.items():
        waiting.append((location, of_document))
        if sum(len(held) for _, held in waiting) >= _GROUP_CHUNKS:
            done += await _write(index, waiting, embeddings, sparse)
            on_progress(done, len(chunks))
            waiting = []
    done += await _write(index, waiting, embeddings, sparse)
    on_progress(done, len(chunks))


async def _write(
    index: VectorIndex,
    waiting: Sequence[tuple[str, list[Chunk]]],
    embeddings: Embeddings,
    sparse: SparseEncoder,
) -> int:
    chunks = [chunk for _, held in waiting for chunk in held]
    texts = [chunk.embedded_text for chunk in chunks]
    dense = await embeddings.aembed_documents(texts)
    words = await sparse.encode_documents(texts)
    records = {
        chunk.id: ChunkRecord(chunk=chunk, dense=tuple(vector), sparse=weights)
        for chunk, vector, weights in zip(chunks, dense, words, strict=True)
    }
    for location, held in waiting:
        await index.replace(location, [records[chunk.id] for chunk in held])
    return len(chunks)
