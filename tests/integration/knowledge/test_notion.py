"""Notion's pages are listed by when they were edited, and become Markdown."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from knowledge.errors import DocumentGoneError, SourceError, UnreadableDocumentError
from knowledge.ingestion.parsing import markdown
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.notion import NotionSource
from knowledge.types import EVERYONE
from tests.servers.notion import TOKEN, Notion, Page, rich


def moment(minutes: int) -> str:
    return f"2026-03-01T10:{minutes:02}:00.000Z"


@pytest.fixture
async def notion() -> AsyncIterator[Notion]:
    async with Notion() as notion:
        notion.pages = {f"p{n}": Page(title=f"Page {n}", edited=moment(n)) for n in range(10)}
        yield notion
        assert notion.violations == []


@pytest.fixture
async def source(notion: Notion) -> AsyncIterator[NotionSource]:
    source = NotionSource("notes", notion.url(), token=TOKEN, readers=frozenset({EVERYONE}))
    yield source
    await source.close()


async def batches(source: NotionSource, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


def refs(listed: list[Batch]) -> set[str]:
    return {found.ref for batch in listed for found in batch.documents}


async def test_all_pages_are_listed_and_then_only_what_was_edited(
    source: NotionSource, notion: Notion
) -> None:
    first = await batches(source)
    notion.pages["p2"].edited = moment(30)
    notion.pages["p3"].edited, notion.pages["p3"].is_in_trash = moment(31), True
    second = await batches(source, first[-1].cursor)

    assert refs(first) == set(notion.pages)
    assert refs(second) == {"p2", "p9"}  # the last minute is asked for again
    assert [gone for batch in second for gone in batch.gone] == ["source:notes/p3"]


async def test_a_listing_that_was_cut_misses_nothing(source: NotionSource, notion: Notion) -> None:
    whole = await batches(source)
    for cut in range(len(whole)):
        rest = await batches(source, whole[cut].cursor)

        assert refs(whole[: cut + 1]) | refs(rest) == set(notion.pages)


async def test_blocks_become_markdown_in_their_order(
    source: NotionSource, notion: Notion, tmp_path: Path
) -> None:
    cells = [[[{"plain_text": cell}] for cell in row] for row in (("Plan", "EUR"), ("Team", "12"))]
    notion.pages["p1"].blocks = [
        ("paragraph", rich("Hello there"), []),
        ("heading_1", rich("Prices"), []),
        ("table", {}, [("table_row", {"cells": row}, []) for row in cells]),
        ("heading_2", rich("How to"), []),
        (
            "bulleted_list_item",
            rich("First step"),
            [("paragraph", rich("in detail"), [])],
        ),
        ("to_do", {**rich("Ask Ann"), "checked": True}, []),
        ("code", {**rich("make run"), "language": "shell"}, []),
        ("image", {"caption": [{"plain_text": "A ship"}]}, []),
    ]
    listed = {f.ref: f for batch in await batches(source) for f in batch.documents}
    parsed = markdown.parse((await source.fetch(listed["p1"], tmp_path)).read_bytes())

    assert (parsed.title, parsed.metadata["updated"]) == ("Page 1", "2026-03-01")
    assert [(s.heading_path, s.text) for s in parsed.sections] == [
        ((), "Hello there"),
        (("Prices",), "| Plan | EUR |\n| --- | --- |\n| Team | 12 |"),
        (
            ("Prices", "How to"),
            "- First step\n\n  in detail\n\n- Done: Ask Ann\n\n```shell\nmake run\n```\n\nA ship",
        ),
    ]


async def test_what_nests_without_end_is_refused(
    source: NotionSource, notion: Notion, tmp_path: Path
) -> None:
    block: tuple[str, dict[str, object], list[object]] = ("toggle", rich("deep"), [])
    for _ in range(14):
        block = ("toggle", rich("deep"), [block])
    notion.pages["p1"].blocks = [block]
    (page,) = [f for b in await batches(source) for f in b.documents if f.ref == "p1"]

    with pytest.raises(UnreadableDocumentError, match="nested more than 12 deep"):
        await source.fetch(page, tmp_path)


async def test_what_is_in_the_trash_or_not_shared_any_more_is_gone(
    source: NotionSource, notion: Notion, tmp_path: Path
) -> None:
    listed = {f.ref: f for batch in await batches(source) for f in batch.documents}
    notion.pages["p1"].is_in_trash = True
    del notion.pages["p2"]

    for ref in ("p1", "p2"):
        with pytest.raises(DocumentGoneError):
            await source.fetch(listed[ref], tmp_path)


async def test_what_was_edited_this_minute_is_looked_at_again(
    source: NotionSource, notion: Notion
) -> None:
    notion.pages["p1"].edited = datetime.now(UTC).isoformat(timespec="milliseconds")
    listed = {f.ref: f for batch in await batches(source) for f in batch.documents}

    assert (listed["p1"].version, listed["p2"].version) == ("", moment(2))


async def test_a_rate_limit_is_waited_for_and_an_expired_token_is_named(
    source: NotionSource, notion: Notion
) -> None:
    notion.busy_times = 3
    assert len(refs(await batches(source))) == 10

    notion.token = "renewed"
    with pytest.raises(SourceError, match="token is valid"):
        await batches(source)
