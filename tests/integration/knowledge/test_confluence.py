"""Confluence's pages come with whom they are restricted to, at every level above them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.confluence import ConfluenceSource
from knowledge.types import EVERYONE, Principal, SourceDocument
from tests.servers.confluence import EMAIL, TOKEN, Attached, Confluence, Page

ANN = {"accountId": "a1", "email": "Ann@Example.org"}
HIDDEN = {"accountId": "a:2"}
ANN_READS = Principal("user:email:ann@example.org")


@pytest.fixture
async def confluence() -> AsyncIterator[Confluence]:
    async with Confluence() as confluence:
        confluence.pages = {
            "1": Page(title="Home"),
            "2": Page(title="Deploys", parent="1"),
            "3": Page(title="Salaries", parent="1", groups=["HR team"]),
            "4": Page(title="Bands", parent="3"),
            "5": Page(title="Other", space="OPS"),
        }
        yield confluence
        assert confluence.violations == []


@pytest.fixture
async def source(confluence: Confluence) -> AsyncIterator[ConfluenceSource]:
    source = ConfluenceSource(
        "wiki", confluence.url("/wiki"), spaces=("ENG",), token=TOKEN, email=EMAIL,
        readers=frozenset({EVERYONE}), file_hosts=("127.0.0.1",),
    )  # fmt: skip
    yield source
    await source.close()


async def batches(source: ConfluenceSource, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


async def listed(source: ConfluenceSource, cursor: str = "") -> dict[str, SourceDocument]:
    return {f.ref: f for batch in await batches(source, cursor) for f in batch.documents}


async def test_all_pages_of_the_space_are_listed_over_several_requests(
    source: ConfluenceSource, confluence: Confluence, tmp_path: Path
) -> None:
    found = await listed(source)
    path = await source.fetch(found["2"], tmp_path)

    assert set(found) == {"1", "2", "3", "4"}
    assert found["2"].url == confluence.url("/wiki/spaces/ENG/pages/2")
    assert found["2"].location == "source:wiki/2"
    assert "<h1>Deploys</h1><p>words</p>" in path.read_text()


async def test_a_restriction_holds_for_what_is_below(source: ConfluenceSource) -> None:
    found = await listed(source)

    assert found["1"].readers == {EVERYONE}
    assert found["3"].readers == found["4"].readers == {Principal("group:wiki/HR%20team")}


async def test_a_change_of_restrictions_is_seen_without_a_new_version(
    source: ConfluenceSource, confluence: Confluence
) -> None:
    before = (await listed(source))["2"]
    confluence.pages["2"].people = [ANN, HIDDEN]
    after = (await listed(source))["2"]

    assert after.version == before.version
    assert after.readers == {ANN_READS, Principal("user:confluence:a:2")}


async def test_only_who_passes_every_level_may_read_and_else_nobody(
    source: ConfluenceSource, confluence: Confluence
) -> None:
    confluence.pages["3"].people = [ANN]
    confluence.pages["4"].people = [ANN, HIDDEN]
    both = (await listed(source))["4"]
    confluence.pages["4"].people = [HIDDEN]
    neither = (await listed(source))["4"]
    confluence.pages["2"].people = [{"type": "unknown"}]
    unknown = (await listed(source))["2"]

    assert both.readers == {ANN_READS}
    assert both.problem == ""
    assert "restricted to different people" in neither.problem
    assert "restricted" in unknown.problem


async def test_a_listing_goes_on_from_its_cursor_with_what_is_restricted_above(
    source: ConfluenceSource, confluence: Confluence
) -> None:
    first, *_ = await batches(source)
    confluence.asked.clear()
    rest = await listed(source, first.cursor)

    assert set(rest) == {"3", "4"}
    assert rest["4"].readers == {Principal("group:wiki/HR%20team")}
    confluence.has_expired_cursors = True
    with pytest.raises(CursorExpiredError):
        await listed(source, first.cursor)


async def test_a_page_that_is_gone_is_listed_no_more(
    source: ConfluenceSource, confluence: Confluence, tmp_path: Path
) -> None:
    before = await listed(source)
    del confluence.pages["2"]

    assert set(before) - set(await listed(source)) == {"2"}
    with pytest.raises(DocumentGoneError):
        await source.fetch(before["2"], tmp_path)


async def test_a_rate_limit_is_waited_for_and_an_expired_token_is_named(
    source: ConfluenceSource, confluence: Confluence
) -> None:
    confluence.busy_times = 3
    assert len(await listed(source)) == 4

    confluence.token = "renewed"
    with pytest.raises(SourceError, match="check that the token is valid") as refused:
        await listed(source)
    assert not refused.value.is_temporary


async def test_who_stays_busy_is_asked_again_another_time(
    source: ConfluenceSource, confluence: Confluence
) -> None:
    confluence.busy_times = 1_000
    with pytest.raises(SourceError, match="come back later") as busy:
        await listed(source)
    confluence.busy_times = 0

    assert busy.value.is_temporary


async def test_files_on_pages_are_documents_of_their_own_with_the_readers_of_the_page(
    source: ConfluenceSource, confluence: Confluence, tmp_path: Path
) -> None:
    confluence.attached = {
        "att1": Attached(name="bands.csv", page="4"),
        "att2": Attached(name="plan.md", page="2"),
        "att3": Attached(name="shot.png", page="2", media="image/png"),
        "att4": Attached(name="film.mp4", page="2", media="video/mp4"),
        "att5": Attached(name="other.md", page="5"),
    }
    first, *_ = whole = await batches(source)
    found = {f.location: f for batch in whole for f in batch.documents}
    bands, plan = found["source:wiki/att1"], found["source:wiki/att2"]
    resumed = {f.location: f for b in await batches(source, first.cursor) for f in b.documents}

    assert (bands.id, plan.id) == ("bands.csv (Bands)", "plan.md (Deploys)")
    assert bands.readers == {Principal("group:wiki/HR%20team")}
    assert resumed["source:wiki/att1"] == bands
    assert plan.readers == {EVERYONE}
    assert plan.url == confluence.url("/wiki/spaces/ENG/pages/2")
    assert "source:wiki/att5" not in found
    assert [name for batch in whole for name in batch.unsupported] == ["film.mp4"]
    assert (await source.fetch(bands, tmp_path)).read_bytes() == b"words"
    confluence.pages["2"].people = [ANN]
    narrowed = {f.location: f for b in await batches(source) for f in b.documents}
    del confluence.attached["att1"]

    assert narrowed["source:wiki/att2"].readers == {ANN_READS}
    with pytest.raises(DocumentGoneError):
        await source.fetch(bands, tmp_path)
