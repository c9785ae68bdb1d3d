"""An index is made anew beside the live one, kept in a file, and taken from one."""

import asyncio
import shutil
import zipfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from docket import Docket
from langchain_core.embeddings import Embeddings
from redis.asyncio import Redis

from bot.crypto import Cipher
from bot.queue.handover import HandedOverIndex, serve_index
from bot.queue.work import working
from bot.syncing.titles import LearningIndex, TitleStore
from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError, SnapshotError
from knowledge.indexes.edge import EdgeIndex
from knowledge.ports import RebuildableIndex
from knowledge.rebuilding import Rebuilt, rebuild
from knowledge.snapshots import restore, snapshot
from knowledge.sparse import SparseEncoder
from knowledge.types import ChunkRecord, Passage
from tests.contracts.vector_index import ALL, SIZE, a_query, a_record

QUERY = a_query((1, 0.21, 0.1, 0))
PLACES = [f"source:wiki/{number:02}" for number in range(40)]


class Counted(Embeddings):
    """Embeds a text as its length, on one axis; may do something between two batches."""

    def __init__(self, axis: int = 1, *, breaks_after: int = 1_000) -> None:
        self.texts: list[str] = []
        self._axis = axis
        self._left = breaks_after

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self._left -= 1
        if self._left < 0:
            raise KnowledgeUnavailableError("killed")
        self.texts += texts
        return [[float(n == self._axis) for n in range(SIZE)] for _ in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


async def filled(path: Path, places: Sequence[str] = PLACES) -> EdgeIndex:
    index = await EdgeIndex.open(path, embedding="test", size=SIZE)
    for number, place in enumerate(places):
        records = [a_record(place, n, (1, number / 40, n, 0), words=(1, 5 + n)) for n in range(3)]
        await index.replace(place, records)
    return index


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[EdgeIndex]:
    index = await filled(tmp_path / "index")
    yield index
    await index.close()


async def rebuilt(index: RebuildableIndex, embeddings: Embeddings) -> Rebuilt:
    return await rebuild(
        index,
        embedding="test",
        size=SIZE,
        embeddings=embeddings,
        sparse=SparseEncoder(),
        on_progress=lambda *_: None,
    )


def shown(found: Sequence[Passage]) -> list[tuple[str, float, str]]:
    return [(passage.chunk_id, round(passage.score, 5), passage.text) for passage in found]


async def test_every_passage_is_embedded_anew_and_found_by_its_new_vector(
    index: EdgeIndex,
) -> None:
    done = await rebuilt(index, Counted(axis=3))
    found = await index.search(a_query((0, 0, 0, 1)), readers=ALL, limit=200)

    assert done == Rebuilt(made=len(PLACES), kept=0)
    assert await index.count() == 3 * len(PLACES)
    assert {round(passage.similarity, 3) for passage in found} == {1.0}


async def test_an_interrupted_rebuilding_goes_on_where_it_was_and_the_old_index_answered(
    index: EdgeIndex,
) -> None:
    with pytest.raises(KnowledgeUnavailableError):
        await rebuilt(index, Counted(breaks_after=1))
    before = await index.search(QUERY, readers=ALL, limit=5)
    done = await rebuilt(index, Counted())

    assert before[0].similarity > 0.9
    assert done == Rebuilt(made=8, kept=32)


async def test_what_is_written_during_a_rebuilding_is_in_the_new_index(index: EdgeIndex) -> None:
    fresh = a_record("source:wiki/new", 0, (1, 0, 0, 0))
    changed = a_record(PLACES[0], 0, (1, 0, 0, 0), content_hash="h2")

    class Meanwhile(Counted):
        async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
            if not self.texts:
                await index.replace("source:wiki/new", [fresh])
                await index.replace(PLACES[0], [changed])
                await index.remove([PLACES[1]])
            return self.embed_documents(texts)

    await rebuilt(index, Meanwhile())
    documents = await index.documents()

    assert documents["source:wiki/new"] == "h1"
    assert documents[PLACES[0]] == "h2"
    assert PLACES[1] not in documents


async def test_a_guest_rebuilds_its_owners_index_and_one_of_another_model_is_refused(
    index: EdgeIndex, docket: Docket, valkey_url: str, cipher: Cipher
) -> None:
    serve_index(docket, index, cipher, embedding="test")
    async with working(docket, concurrency=4), Docket(docket.name, valkey_url) as queue:
        done = await rebuilt(HandedOverIndex(queue, cipher, embedding="test"), Counted(axis=3))
        stranger = HandedOverIndex(queue, cipher, embedding="another")
        with pytest.raises(IndexMismatchError, match="CITEWELL_EMBEDDING_MODEL"):
            await stranger.search(QUERY, readers=ALL, limit=5)
    found = await index.search(a_query((0, 0, 0, 1)), readers=ALL, limit=1)

    assert done.made == len(PLACES)
    assert found[0].similarity == pytest.approx(1)


async def test_a_restored_index_finds_the_same(index: EdgeIndex, tmp_path: Path) -> None:
    file = tmp_path / "index.snapshot"
    await snapshot(index, file, embedding="test", size=SIZE, on_progress=lambda *_: None)
    empty = await EdgeIndex.open(tmp_path / "empty", embedding="test", size=SIZE)
    await restore(empty, file, embedding="test", size=SIZE, on_progress=lambda *_: None)
    before, after = [await held.search(QUERY, readers=ALL, limit=20) for held in (index, empty)]
    documents = await empty.documents()
    await empty.close()

    assert documents == await index.documents()
    assert shown(after) == shown(before)
    assert file.stat().st_mode & 0o077 == 0


async def test_a_snapshot_is_of_one_moment_though_documents_change_while_it_is_written(
    index: EdgeIndex, tmp_path: Path
) -> None:
    file = tmp_path / "index.snapshot"

    class ChangedWhileRead(LearningIndex):
        async def records(self, locations: Sequence[str]) -> tuple[ChunkRecord, ...]:
            found = await super().records(locations)
            if len(locations) == len(PLACES):
                record = a_record(PLACES[0], 0, (1, 0, 0, 0), content_hash="h2")
                await index.replace(PLACES[0], [record])
                await index.remove([PLACES[1]])
            return found

    changing = ChangedWhileRead(index, TitleStore(Redis()))  # nothing is written
    manifest = await snapshot(
        changing, file, embedding="test", size=SIZE, on_progress=lambda *_: None
    )
    empty = await EdgeIndex.open(tmp_path / "empty", embedding="test", size=SIZE)
    await restore(empty, file, embedding="test", size=SIZE, on_progress=lambda *_: None)
    documents = await empty.documents()
    await empty.close()

    assert documents == manifest.documents == await index.documents()
    assert documents[PLACES[0]] == "h2"


async def test_another_models_and_damaged_snapshots_are_refused_and_change_nothing(
    index: EdgeIndex, tmp_path: Path
) -> None:
    file, short, altered = (tmp_path / name for name in ("whole", "short", "altered"))
    await snapshot(index, file, embedding="test", size=SIZE, on_progress=lambda *_: None)
    content = await asyncio.to_thread(file.read_bytes)
    await asyncio.to_thread(short.write_bytes, content[: len(content) // 2])
    await asyncio.to_thread(_altered, file, altered)

    for wrong, model, words in (
        (file, "other", "CITEWELL_EMBEDDING_MODEL=test"),
        (short, "test", "damaged"),
        (altered, "test", "damaged"),
        (tmp_path / "none", "test", "not there"),
    ):
        with pytest.raises(SnapshotError, match=words):
            await restore(index, wrong, embedding=model, size=SIZE, on_progress=lambda *_: None)
    assert await index.count() == 3 * len(PLACES)


def _altered(file: Path, to: Path) -> None:
    """Copy a snapshot with one passage's words changed; the archive itself is sound."""
    shutil.copy(file, to)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"text 0", b"test 0", 1))
