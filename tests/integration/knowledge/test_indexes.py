"""Both indexes keep the contract; the embedded one also survives being closed and is one's own."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient
from qdrant_client.models import Distance, SparseVectorParams, VectorParams
from structlog.testing import capture_logs

from knowledge.errors import IndexMismatchError, KnowledgeUnavailableError
from knowledge.indexes.edge import EdgeIndex
from knowledge.indexes.server import ServerIndex
from tests.contracts.vector_index import ALL, SIZE, VectorIndexContract, a_query, a_record


class TestEdgeIndex(VectorIndexContract):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[EdgeIndex]:
        index = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
        yield index
        await index.close()


class TestServerIndex(VectorIndexContract):
    @pytest.fixture
    async def index(self) -> AsyncIterator[ServerIndex]:
        client = AsyncQdrantClient(":memory:")
        index = await ServerIndex.on(client, embedding="test", size=SIZE)
        yield index
        await index.close()


async def test_an_embedded_index_is_there_after_it_was_closed(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
    await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0))])
    await index.close()
    again = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)

    assert len(await again.search(a_query((1, 0, 0, 0)), readers=ALL, limit=5)) == 1
    await again.close()


async def test_another_embedding_model_gets_another_index(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, embedding="one", size=SIZE)
    await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0))])
    await index.close()
    other = await EdgeIndex.open(tmp_path, embedding="two", size=SIZE)

    assert await other.count() == 0
    await other.close()


async def test_a_second_process_can_not_open_it(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
    with pytest.raises(IndexMismatchError):
        await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
    await index.close()


async def test_an_index_that_grew_gets_its_graph_at_the_next_start_and_finds_the_same(
    tmp_path: Path,
) -> None:
    index = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
    for number in range(300):
        place = f"file:///{number}"
        await index.replace(place, [a_record(place, 0, (1, number / 50, number % 7, 1))])
    query = a_query((1, 3, 2, 1), (1,))
    before = await index.search(query, readers=ALL, limit=10)
    await index.close()
    with capture_logs() as logs:
        grown = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE, graph_from=200)
    after = await grown.search(query, readers=ALL, limit=10)
    await grown.close()

    assert [line["event"] for line in logs] == ["index_graph_begun"]
    assert [passage.chunk_id for passage in after] == [passage.chunk_id for passage in before]


async def test_what_took_the_live_ones_place_is_there_at_the_next_start_and_alone(
    tmp_path: Path,
) -> None:
    index = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
    await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0))])
    for _ in range(2):
        beside = await index.begin("test", SIZE)
        await beside.replace("file:///a", [a_record("file:///a", 0, (0, 1, 0, 0))])
        assert await index.switch("test")
    await index.close()
    again = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
    (found,) = await again.search(a_query((0, 1, 0, 0)), readers=ALL, limit=5)
    await again.close()

    assert found.similarity == pytest.approx(1)
    assert sorted(await asyncio.to_thread(os.listdir, tmp_path)) == ["test.live", "test@3"]


async def test_a_switch_leaves_those_who_search_meanwhile_an_answer(tmp_path: Path) -> None:
    index = await EdgeIndex.open(tmp_path, embedding="test", size=SIZE)
    record = a_record("file:///a", 0, (1, 0, 0, 0))
    await index.replace("file:///a", [record])
    await (await index.begin("test", SIZE)).replace("file:///a", [record])
    query = a_query((1, 0, 0, 0))
    async with asyncio.TaskGroup() as group:
        searches = [group.create_task(index.search(query, readers=ALL, limit=5)) for _ in range(50)]
        switched = group.create_task(index.switch("test"))
    await index.close()

    assert switched.result()
    assert {len(search.result()) for search in searches} == {1}


@pytest.mark.parametrize("name", ["citewell-test", "citewell-test_1"])
async def test_a_collection_of_the_time_before_aliases_or_made_by_hand_is_used(name: str) -> None:
    client = AsyncQdrantClient(":memory:")
    await client.create_collection(
        name,
        vectors_config={"dense": VectorParams(size=SIZE, distance=Distance.COSINE)},
        sparse_vectors_config={"words": SparseVectorParams()},
    )
    index = await ServerIndex.on(client, embedding="test", size=SIZE)
    (alias,) = (await client.get_aliases()).aliases
    await index.close()

    assert (alias.alias_name, alias.collection_name) == ("citewell-test_live", name)


async def test_a_collection_of_another_size_is_refused() -> None:
    client = AsyncQdrantClient(":memory:")
    await ServerIndex.on(client, embedding="test", size=SIZE)

    with pytest.raises(IndexMismatchError, match="CITEWELL_EMBEDDING_MODEL"):
        await ServerIndex.on(client, embedding="test", size=8)


async def test_a_server_that_is_away_is_said_so() -> None:
    with pytest.raises(KnowledgeUnavailableError):
        await ServerIndex.connect("http://127.0.0.1:9", api_key=None, embedding="t", size=SIZE)
