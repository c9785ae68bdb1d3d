"""What every index must do, whichever it is."""

import uuid
from dataclasses import replace

import pytest

from knowledge.indexes.payload import payload_of
from knowledge.ports import RebuildableIndex
from knowledge.types import (
    EVERYONE,
    Chunk,
    ChunkRecord,
    Document,
    HybridQuery,
    PersonalSpan,
    Principal,
    Scope,
    Section,
    SparseVector,
)

LEADERS = Principal("group:leadership")
ALL = frozenset({EVERYONE, LEADERS})
SIZE = 4


def a_record(
    location: str,
    position: int,
    dense: tuple[float, ...],
    *,
    words: tuple[int, ...] = (1,),
    readers: frozenset[Principal] = frozenset({EVERYONE}),
    content_hash: str = "h1",
    version: str = "",
    updated: str = "2026-01-01",
    thread: str = "",
) -> ChunkRecord:
    document = Document(
        id=location.removeprefix("file:///"),
        location=location,
        url=f"https://docs.example/{location[-1]}",
        title="A page",
        sections=(Section(heading_path=("Top",), anchor="top", text="words"),),
        readers=readers,
        content_hash=content_hash,
        updated=updated,
        superseded=True,
        version=version,
        thread=thread,
    )
    chunk = Chunk(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{location}#{position}")),
        position=position,
        document=document,
        heading_path=("Top",),
        url=f"{document.url}#top",
        text=f"text {position} of {location}",
        personal=(PersonalSpan(type="PERSON", start=0, end=4),),
    )
    sparse = SparseVector(indices=words, values=tuple(1.0 for _ in words))
    return ChunkRecord(chunk=chunk, dense=dense, sparse=sparse)


def a_query(dense: tuple[float, ...], words: tuple[int, ...] = ()) -> HybridQuery:
    return HybridQuery(
        dense=dense, sparse=SparseVector(indices=words, values=tuple(1.0 for _ in words))
    )


class VectorIndexContract:
    """Subclass it and give the fixture `index`; every test then runs on that index."""

    async def test_what_is_nearest_in_meaning_or_words_is_found_first(
        self, index: RebuildableIndex
    ) -> None:
        await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0), words=(7,))])
        await index.replace("file:///b", [a_record("file:///b", 0, (0, 1, 0, 0), words=(8,))])
        await index.replace("file:///c", [a_record("file:///c", 0, (0, 0, 1, 0), words=(9,))])
        found = await index.search(a_query((0, 1, 0.1, 0), (8,)), readers=ALL, limit=2)

        assert next(passage.document_id for passage in found) == "b"
        assert len(found) == 2
        assert found[0].score >= found[1].score

    async def test_a_passage_comes_back_whole(self, index: RebuildableIndex) -> None:
        record = a_record("file:///a", 0, (1, 0, 0, 0))
        await index.replace("file:///a", [record])
        (found,) = await index.search(a_query((1, 0, 0, 0)), readers=ALL, limit=5)

        assert found.chunk_id == record.chunk.id
        assert (found.title, found.heading_path) == ("A page", ("Top",))
        assert found.url == "https://docs.example/a#top"
        assert found.text == "text 0 of file:///a"
        assert found.readers == {EVERYONE}
        assert (found.updated, found.superseded) == ("2026-01-01", True)
        assert found.personal == (PersonalSpan(type="PERSON", start=0, end=4),)

    async def test_a_passage_says_how_near_its_meaning_is(self, index: RebuildableIndex) -> None:
        await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0))])
        await index.replace("file:///b", [a_record("file:///b", 0, (1, 1, 0, 0))])
        found = await index.search(a_query((2, 0, 0, 0), (1,)), readers=ALL, limit=5)
        similar = {passage.document_id: round(passage.similarity, 3) for passage in found}

        assert similar == {"a": 1.0, "b": 0.707}

    async def test_a_shelf_tells_what_may_be_read_and_nothing_of_the_rest(
        self, index: RebuildableIndex
    ) -> None:
        both = [a_record("file:///a", position, (1, 0, 0, 0)) for position in (0, 1)]
        await index.replace("file:///a", both)
        await index.replace("source:wiki/b", [a_record("source:wiki/b", 0, (1, 0, 0, 0))])
        closed = a_record("source:hr/c", 0, (1, 0, 0, 0), readers=frozenset({LEADERS}))
        await index.replace("source:hr/c", [closed])
        everyone = frozenset({EVERYONE})
        shelf = await index.shelf(readers=everyone, limit=10)
        narrow = await index.shelf(
            readers=ALL, limit=10, scope=Scope(sources=frozenset({"wiki", "hr"}))
        )

        assert shelf.documents == {"": 1, "wiki": 1}
        assert sorted(head.location for head in shelf.heads) == [
            "file:///a",
            "file:///a",
            "source:wiki/b",
        ]
        assert {(head.title, head.heading_path) for head in shelf.heads} == {("A page", ("Top",))}
        assert len((await index.shelf(readers=everyone, limit=2)).heads) == 2
        assert narrow.documents == {"wiki": 1, "hr": 1}

    async def test_with_a_version_only_its_documents_are_found(
        self, index: RebuildableIndex
    ) -> None:
        for place, version in (("file:///a", "1.8.2"), ("file:///b", "1.9"), ("file:///c", "")):
            await index.replace(place, [a_record(place, 0, (1, 0, 0, 0), version=version)])
        query = replace(a_query((1, 0, 0, 0), (1,)), version="1.8")
        found = await index.search(query, readers=ALL, limit=5)

        assert [passage.document_id for passage in found] == ["a"]

    async def test_nobody_finds_what_they_may_not_read(self, index: RebuildableIndex) -> None:
        secret = a_record("file:///s", 0, (1, 0, 0, 0), words=(7,), readers=frozenset({LEADERS}))
        await index.replace("file:///s", [secret])
        await index.replace("file:///o", [a_record("file:///o", 0, (0, 1, 0, 0), words=(8,))])
        query = a_query((1, 0, 0, 0), (7,))
        staff = await index.search(query, readers=frozenset({EVERYONE}), limit=10)
        leaders = await index.search(query, readers=ALL, limit=10)

        assert [passage.document_id for passage in staff] == ["o"]
        assert next(passage.document_id for passage in leaders) == "s"

    async def test_a_permitted_passage_is_found_behind_many_that_are_not(
        self, index: RebuildableIndex
    ) -> None:
        for number in range(60):
            place = f"file:///s{number}"
            await index.replace(
                place, [a_record(place, 0, (1, 0, 0, 0), readers=frozenset({LEADERS}))]
            )
        await index.replace("file:///o", [a_record("file:///o", 0, (0.1, 1, 0, 0), words=(8,))])
        found = await index.search(
            a_query((1, 0, 0, 0), (1,)), readers=frozenset({EVERYONE}), limit=5
        )

        assert [passage.document_id for passage in found] == ["o"]

    async def test_replacing_a_document_removes_what_is_gone(self, index: RebuildableIndex) -> None:
        first = [a_record("file:///a", n, (1, n, 0, 0)) for n in range(3)]
        await index.replace("file:///a", first)
        await index.replace("file:///a", first)
        assert await index.count() == 3
        await index.replace(
            "file:///a", [a_record("file:///a", 0, (1, 0, 0, 0), content_hash="h2")]
        )

        assert await index.count() == 1
        assert await index.documents() == {"file:///a": "h2"}

    async def test_documents_are_listed_and_removed(self, index: RebuildableIndex) -> None:
        for place in ("file:///a", "file:///b", "file:///c"):
            await index.replace(place, [a_record(place, n, (1, n, 0, 0)) for n in range(2)])
        await index.remove(["file:///a", "file:///b", "file:///unknown"])
        await index.remove([])

        assert await index.documents() == {"file:///c": "h1"}
        assert await index.count() == 2

    async def test_a_search_can_be_kept_to_sources_and_to_what_changed_lately(
        self, index: RebuildableIndex
    ) -> None:
        for place, updated in (
            ("source:wiki/a", "2026-03-01"),
            ("source:wiki/b", "2025-03-01"),
            ("source:drive/c", "2026-03-01"),
            ("source:wiki/d", ""),
        ):
            await index.replace(place, [a_record(place, 0, (1, 0, 0, 0), updated=updated)])
        scope = Scope(sources=frozenset({"wiki"}), since="2026-01-01")
        query = replace(a_query((1, 0, 0, 0), (1,)), scope=scope)
        found = await index.search(query, readers=ALL, limit=5)
        old = await index.shelf(readers=ALL, limit=5, scope=Scope(until="2026-01-01"))

        assert [passage.location for passage in found] == ["source:wiki/a"]
        assert old.documents == {"wiki": 1}
        assert [(head.location, head.modified[:10]) for head in old.heads] == [
            ("source:wiki/b", "2025-03-01")
        ]

    async def test_a_thread_is_no_source_for_itself(self, index: RebuildableIndex) -> None:
        here, elsewhere = "slack:T1:C1:1.0", "slack:T1:C1:2.0"
        for place, thread in (("file:///h", here), ("file:///e", elsewhere), ("file:///d", "")):
            await index.replace(place, [a_record(place, 0, (1, 0, 0, 0), thread=thread)])
        query = replace(a_query((1, 0, 0, 0), (1,)), scope=Scope(without_thread=here))
        found = await index.search(query, readers=ALL, limit=5)

        assert {passage.document_id for passage in found} == {"e", "d"}

    async def test_passages_are_read_by_id_by_those_who_may(self, index: RebuildableIndex) -> None:
        secret = a_record("file:///s", 0, (1, 0, 0, 0), readers=frozenset({LEADERS}))
        shown = a_record("file:///o", 0, (0, 1, 0, 0))
        for record in (secret, shown):
            await index.replace(record.chunk.document.location, [record])
        asked = [secret.chunk.id, shown.chunk.id, str(uuid.uuid4())]
        staff = await index.passages(asked, readers=frozenset({EVERYONE}))

        assert [(passage.document_id, passage.text) for passage in staff] == [
            ("o", "text 0 of file:///o")
        ]
        assert len(await index.passages(asked, readers=ALL)) == 2

    async def test_records_come_back_as_they_were_written(self, index: RebuildableIndex) -> None:
        written = [a_record("file:///a", n, (0.6, 0.8, 0, 0), version="1.8.2") for n in range(3)]
        await index.replace("file:///a", written)
        await index.replace("file:///b", [a_record("file:///b", 0, (1, 0, 0, 0))])
        read = await index.records(["file:///a", "file:///unknown"])

        assert [payload_of(record.chunk) for record in read] == [
            payload_of(record.chunk) for record in written
        ]
        assert [record.sparse for record in read] == [record.sparse for record in written]
        assert read[0].dense == pytest.approx(written[0].dense)

    async def test_what_is_built_beside_is_not_found_until_it_takes_the_live_ones_place(
        self, index: RebuildableIndex
    ) -> None:
        await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0))])
        beside = await index.begin("test", SIZE)
        assert not await index.switch("test")
        await beside.replace("file:///a", [a_record("file:///a", 0, (0, 1, 0, 0))])
        (before,) = await index.search(a_query((1, 0, 0, 0)), readers=ALL, limit=5)
        assert await index.switch("test")
        (after,) = await index.search(a_query((1, 0, 0, 0)), readers=ALL, limit=5)

        assert [before.similarity, after.similarity] == pytest.approx([1, 0])
        await index.replace("file:///b", [a_record("file:///b", 0, (0, 1, 0, 0))])
        assert await index.documents() == {"file:///a": "h1", "file:///b": "h1"}

    async def test_what_was_built_in_part_is_gone_on_with_or_thrown_away(
        self, index: RebuildableIndex
    ) -> None:
        record = a_record("file:///a", 0, (1, 0, 0, 0))
        await (await index.begin("test", SIZE)).replace("file:///a", [record])

        assert await (await index.begin("test", SIZE)).count() == 1
        assert await (await index.begin("test", SIZE, is_fresh=True)).count() == 0

    async def test_an_index_for_another_model_is_built_from_this_one_and_leaves_it_alone(
        self, index: RebuildableIndex
    ) -> None:
        await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0))])
        beside = await index.begin("other", 2)
        await beside.replace("file:///a", [a_record("file:///a", 0, (1, 0))])

        assert await index.switch("other")
        assert len(await index.search(a_query((1, 0, 0, 0)), readers=ALL, limit=5)) == 1
