"""What every index must do, whichever it is."""

import uuid
from dataclasses import replace

from knowledge.ports import VectorIndex
from knowledge.types import (
    EVERYONE,
    Chunk,
    ChunkRecord,
    Document,
    HybridQuery,
    PersonalSpan,
    Principal,
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
) -> ChunkRecord:
    document = Document(
        id=location.removeprefix("file:///"),
        location=location,
        url=f"https://docs.example/{location[-1]}",
        title="A page",
        sections=(Section(heading_path=("Top",), anchor="top", text="words"),),
        readers=readers,
        content_hash=content_hash,
        updated="2026-01-01",
        superseded=True,
        version=version,
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
        self, index: VectorIndex
    ) -> None:
        await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0), words=(7,))])
        await index.replace("file:///b", [a_record("file:///b", 0, (0, 1, 0, 0), words=(8,))])
        await index.replace("file:///c", [a_record("file:///c", 0, (0, 0, 1, 0), words=(9,))])
        found = await index.search(a_query((0, 1, 0.1, 0), (8,)), readers=ALL, limit=2)

        assert next(passage.document_id for passage in found) == "b"
        assert len(found) == 2
        assert found[0].score >= found[1].score

    async def test_a_passage_comes_back_whole(self, index: VectorIndex) -> None:
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

    async def test_a_passage_says_how_near_its_meaning_is(self, index: VectorIndex) -> None:
        await index.replace("file:///a", [a_record("file:///a", 0, (1, 0, 0, 0))])
        await index.replace("file:///b", [a_record("file:///b", 0, (1, 1, 0, 0))])
        found = await index.search(a_query((2, 0, 0, 0), (1,)), readers=ALL, limit=5)
        similar = {passage.document_id: round(passage.similarity, 3) for passage in found}

        assert similar == {"a": 1.0, "b": 0.707}

    async def test_with_a_version_only_its_documents_are_found(self, index: VectorIndex) -> None:
        for place, version in (("file:///a", "1.8.2"), ("file:///b", "1.9"), ("file:///c", "")):
            await index.replace(place, [a_record(place, 0, (1, 0, 0, 0), version=version)])
        query = replace(a_query((1, 0, 0, 0), (1,)), version="1.8")
        found = await index.search(query, readers=ALL, limit=5)

        assert [passage.document_id for passage in found] == ["a"]

    async def test_nobody_finds_what_they_may_not_read(self, index: VectorIndex) -> None:
        secret = a_record("file:///s", 0, (1, 0, 0, 0), words=(7,), readers=frozenset({LEADERS}))
        await index.replace("file:///s", [secret])
        await index.replace("file:///o", [a_record("file:///o", 0, (0, 1, 0, 0), words=(8,))])
        query = a_query((1, 0, 0, 0), (7,))
        staff = await index.search(query, readers=frozenset({EVERYONE}), limit=10)
        leaders = await index.search(query, readers=ALL, limit=10)

        assert [passage.document_id for passage in staff] == ["o"]
        assert next(passage.document_id for passage in leaders) == "s"

    async def test_a_permitted_passage_is_found_behind_many_that_are_not(
        self, index: VectorIndex
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

    async def test_replacing_a_document_removes_what_is_gone(self, index: VectorIndex) -> None:
        first = [a_record("file:///a", n, (1, n, 0, 0)) for n in range(3)]
        await index.replace("file:///a", first)
        await index.replace("file:///a", first)
        assert await index.count() == 3
        await index.replace(
            "file:///a", [a_record("file:///a", 0, (1, 0, 0, 0), content_hash="h2")]
        )

        assert await index.count() == 1
        assert await index.documents() == {"file:///a": "h2"}

    async def test_documents_are_listed_and_removed(self, index: VectorIndex) -> None:
        for place in ("file:///a", "file:///b", "file:///c"):
            await index.replace(place, [a_record(place, n, (1, n, 0, 0)) for n in range(2)])
        await index.remove(["file:///a", "file:///b", "file:///unknown"])
        await index.remove([])

        assert await index.documents() == {"file:///c": "h1"}
        assert await index.count() == 2
