"""Writes an index to one file, as it was at one moment, and makes an index of such a file."""

import asyncio
import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ValidationError

from knowledge.errors import IndexBusyError, SnapshotError
from knowledge.indexes.payload import DENSE, payload_of, record_of
from knowledge.ports import RebuildableIndex, VectorIndex
from knowledge.rebuilding import write
from knowledge.types import ChunkRecord, SparseVector

_FORMAT = 1
_MANIFEST = "manifest.json"
_DOCUMENTS = 64
_PASSES = 10

Progress = Callable[[int, int], object]
"""Called as documents are done: how many, of how many."""


class Manifest(BaseModel, frozen=True):
    """What a snapshot holds: its documents by location and hash, and its parts by name and hash."""

    format: int
    embedding: str
    size: int
    made: str
    documents: Mapping[str, str]
    parts: Mapping[str, str]


class _Record(BaseModel, frozen=True):
    """A passage in a snapshot; `dense` are 32-bit floats, little-endian, in base64."""

    id: str
    payload: dict[str, object]
    dense: str
    words: tuple[int, ...]
    weights: tuple[float, ...]


async def snapshot(
    index: VectorIndex, file: Path, *, embedding: str, size: int, on_progress: Progress
) -> Manifest:
    """Write all of `index` to `file`, as it is when the last document is written.

    What changes meanwhile is written again, further down, until nothing changed in between.

    Raises:
        KnowledgeUnavailableError: The index did not answer in time.
        IndexBusyError: Documents changed faster than they could be written.
        SnapshotError: The file can't be written.
    """
    draft = file.with_name(f"{file.name}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as held:
                documents, parts = await _written(index, held, on_progress)
                manifest = Manifest(
                    format=_FORMAT,
                    embedding=embedding,
                    size=size,
                    made=datetime.now(UTC).isoformat(timespec="seconds"),
                    documents=documents,
                    parts=parts,
                )
                held.writestr(_MANIFEST, manifest.model_dump_json())
            os.fsync(raw.fileno())
        draft.replace(file)
    except OSError as error:
        raise SnapshotError(f"{file} can't be written ({error.strerror})") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


async def restore(
    index: RebuildableIndex,
    file: Path,
    *,
    embedding: str,
    size: int,
    on_progress: Progress,
    through: Callable[[VectorIndex], VectorIndex] = lambda beside: beside,
) -> Manifest:
    """Make `index` hold what `file` holds, and nothing else; it answers as before until then.

    What is written goes `through` a wrapper. Nothing changes unless the whole file is sound.

    Raises:
        SnapshotError: The file is none of ours, damaged, or of another embedding model.
        KnowledgeUnavailableError: The index did not answer in time.
    """
    manifest = await asyncio.to_thread(_checked, file, embedding, size)
    beside = await index.begin(embedding, size, is_fresh=True)
    writing = through(beside)
    for done, name in enumerate(manifest.parts, start=1):
        records = await asyncio.to_thread(_read, file, name)
        await write(writing, list({r.chunk.document.location: None for r in records}), records)
        on_progress(done, len(manifest.parts))
    held = await beside.documents()
    await writing.remove([location for location in held if location not in manifest.documents])
    if not await index.switch(embedding, manifest.documents):
        raise SnapshotError(f"{file} does not hold what it says; nothing was restored")
    return manifest


async def _written(
    index: VectorIndex, held: zipfile.ZipFile, on_progress: Progress
) -> tuple[Mapping[str, str], dict[str, str]]:
    written: Mapping[str, str] | None = None
    parts: dict[str, str] = {}
    for _ in range(_PASSES):
        wanted = await index.documents()
        if wanted == written:
            return wanted, parts
        there = written or {}
        late = [location for location, digest in wanted.items() if there.get(location) != digest]
        for start in range(0, len(late), _DOCUMENTS):
            records = await index.records(late[start : start + _DOCUMENTS])
            name = f"part-{len(parts) + 1:06}.jsonl"
            parts[name] = await asyncio.to_thread(_add, held, name, records)
            on_progress(min(start + _DOCUMENTS, len(late)), len(late))
        written = wanted
    raise IndexBusyError


def _add(held: zipfile.ZipFile, name: str, records: Sequence[ChunkRecord]) -> str:
    lines = (_line(record) for record in records)
    content = "".join(f"{line}\n" for line in lines).encode()
    held.writestr(name, content)
    return hashlib.sha256(content).hexdigest()


def _line(record: ChunkRecord) -> str:
    dense = np.array(record.dense, dtype="<f4").tobytes()
    return _Record(
        id=record.chunk.id,
        payload=payload_of(record.chunk),
        dense=base64.b64encode(dense).decode(),
        words=record.sparse.indices,
        weights=record.sparse.values,
    ).model_dump_json()


def _checked(file: Path, embedding: str, size: int) -> Manifest:
    """Return what `file` says that it holds, when all of it is there and fits."""
    damaged = f"{file} is damaged, or no snapshot of Citewell's; take another one"
    try:
        with zipfile.ZipFile(file) as held:
            manifest = Manifest.model_validate_json(held.read(_MANIFEST))
            if manifest.format != _FORMAT:
                raise SnapshotError(
                    f"{file} has form {manifest.format}, this version reads {_FORMAT}; restore it "
                    "with the version of Citewell that wrote it"
                )
            if (manifest.embedding, manifest.size) != (embedding, size):
                raise SnapshotError(
                    f"{file} was made with the embedding model {manifest.embedding} "
                    f"({manifest.size} values), and {embedding} ({size}) is set: set "
                    f"CITEWELL_EMBEDDING_MODEL={manifest.embedding}, restore, and then change the "
                    "model with `citewell index rebuild`"
                )
            for name, digest in manifest.parts.items():
                if hashlib.sha256(held.read(name)).hexdigest() != digest:
                    raise SnapshotError(damaged)
    except FileNotFoundError as error:
        raise SnapshotError(f"{file} is not there") from error
    except (OSError, zipfile.BadZipFile, ValidationError, KeyError, EOFError) as error:
        raise SnapshotError(damaged) from error
    return manifest


def _read(file: Path, name: str) -> list[ChunkRecord]:
    with zipfile.ZipFile(file) as held:
        return [*_records(held.read(name).decode().splitlines())]


def _records(lines: Sequence[str]) -> Iterator[ChunkRecord]:
    for line in lines:
        stored = _Record.model_validate(json.loads(line))
        vector = np.frombuffer(base64.b64decode(stored.dense), dtype="<f4").tolist()
        sparse = SparseVector(indices=stored.words, values=stored.weights)
        yield record_of(stored.id, stored.payload, {DENSE: vector}, sparse)
