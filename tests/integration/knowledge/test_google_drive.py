"""Google Drive's files are read by those whom they are shared with, and by its own changes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch, KnowsMembers, Source
from knowledge.ingestion.sources.configuration import GoogleDriveConfig
from knowledge.ingestion.sources.googleaccount import ServiceAccount
from knowledge.ingestion.sources.googledrive import SCOPE
from knowledge.ingestion.sources.opening import open_source
from knowledge.types import EVERYONE, Principal, SourceDocument
from tests.servers.googledrive import File, GoogleDrive

ANN = {"type": "user", "emailAddress": "Ann@Acme.example"}
HR = {"type": "group", "emailAddress": "hr@acme.example"}
COMPANY = {"type": "domain", "domain": "acme.example"}
STRANGERS = {"type": "domain", "domain": "other.example"}
ANN_READS = Principal("user:email:ann@acme.example")


@pytest.fixture
async def drive() -> AsyncIterator[GoogleDrive]:
    async with GoogleDrive() as drive:
        drive.files = {
            "f1": File(name="notes.txt", shared=[COMPANY]),
            "f2": File(name="Plan", kind="application/vnd.google-apps.document", shared=[ANN, HR]),
            "f3": File(name="film.mp4", kind="video/mp4", shared=[COMPANY]),
            "f4": File(name="pay.csv", is_in_drive=True, shared=[STRANGERS, ANN, HR]),
            "f5": File(name="own.md", is_in_drive=True, hides_permissions=True),
        }
        yield drive
        assert drive.violations == []


@pytest.fixture
async def source(drive: GoogleDrive, tmp_path: Path) -> AsyncIterator[Source]:
    settings = {
        "kind": "google-drive",
        "credentials": "${KEY}",
        "domain": "acme.example",
        "api_url": drive.url("/drive"),
        "directory_url": drive.url("/directory"),
        "identity_url": drive.url("/identity"),
    }
    secrets = {"environment": {"KEY": drive.key_file}}
    config = GoogleDriveConfig.model_validate(settings, context=secrets)
    source = open_source("drive", config, tmp_path)
    yield source
    await source.close()


async def batches(source: Source, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


def found(listed: list[Batch]) -> dict[str, SourceDocument]:
    return {f.location.rpartition("/")[2]: f for batch in listed for f in batch.documents}


def gone(listed: list[Batch]) -> list[str]:
    return [location for batch in listed for location in batch.gone]


async def test_files_are_listed_with_whom_they_are_shared_with(source: Source) -> None:
    listed = await batches(source)
    files = found(listed)

    assert set(files) == {"f1", "f2", "f4", "f5"}
    assert [name for batch in listed for name in batch.unsupported] == ["film.mp4"]
    assert files["f1"].readers == {EVERYONE}
    assert files["f2"].readers == {ANN_READS, Principal("group:drive/hr@acme.example")}
    assert files["f4"].readers == files["f2"].readers
    assert "shared with nobody" in files["f5"].problem


async def test_only_changes_are_told_the_next_time_also_those_of_permissions(
    source: Source, drive: GoogleDrive
) -> None:
    first = await batches(source)
    drive.change("f1", File(name="notes.txt", shared=[ANN]))
    drive.change("f6", File(name="new.txt", shared=[COMPANY]))
    drive.change("f4", None)
    drive.change("f2", File(name="Plan", shared=[ANN], is_trashed=True))
    second = await batches(source, first[-1].cursor)
    third = await batches(source, second[-1].cursor)

    assert set(found(second)) == {"f1", "f6"}
    assert found(second)["f1"].readers == {ANN_READS}
    assert found(second)["f1"].version == found(first)["f1"].version
    assert gone(second) == ["source:drive/f4", "source:drive/f2"]
    assert (found(third), gone(third)) == ({}, [])


async def test_a_listing_goes_on_from_its_cursor_and_then_tells_what_changed_meanwhile(
    source: Source, drive: GoogleDrive
) -> None:
    first, *_ = await batches(source)
    drive.change("f1", File(name="notes.txt", content=b"others", shared=[COMPANY]))
    rest = await batches(source, first.cursor)
    later = await batches(source, rest[-1].cursor)

    assert set(found([first])) | set(found(rest)) == {"f1", "f2", "f4", "f5"}
    assert set(found(later)) == {"f1"}


async def test_a_cursor_that_is_too_old_asks_for_everything(
    source: Source, drive: GoogleDrive
) -> None:
    listed = await batches(source)
    drive.oldest_change = 1

    for cursor in (listed[-1].cursor, "{}"):
        with pytest.raises(CursorExpiredError):
            await batches(source, cursor)


async def test_googles_own_kinds_come_as_office_files(source: Source, tmp_path: Path) -> None:
    files = found(await batches(source))

    assert (await source.fetch(files["f2"], tmp_path)).suffix == ".docx"
    assert (await source.fetch(files["f1"], tmp_path)).read_bytes() == b"words"


async def test_what_is_gone_when_its_turn_comes_is_gone(
    source: Source, drive: GoogleDrive, tmp_path: Path
) -> None:
    files = found(await batches(source))
    del drive.files["f1"]

    with pytest.raises(DocumentGoneError):
        await source.fetch(files["f1"], tmp_path)


async def test_a_token_that_expired_is_renewed_and_limits_are_waited_for(
    source: Source, drive: GoogleDrive
) -> None:
    await batches(source)
    drive.expire()
    drive.busy_times = 2
    await batches(source)

    assert drive.granted == 2


async def test_a_key_that_is_none_is_named() -> None:
    with pytest.raises(SourceError, match="`credentials`"):
        ServiceAccount('{"client_email": "x", "private_key": "secret"}', scope=SCOPE)


@pytest.mark.parametrize("is_administrator", [True, False])
async def test_who_is_in_a_group_is_told_over_pages_and_of_groups_within_it(
    source: Source, drive: GoogleDrive, *, is_administrator: bool
) -> None:
    drive.is_administrator = is_administrator
    drive.groups = {
        "hr@acme.example": ["ann@acme.example", "leads@acme.example", "board@acme.example"],
        "leads@acme.example": ["ben@acme.example", "cy@acme.example", "dee@acme.example"],
        "board@acme.example": ["eve@acme.example"],
    }
    drive.hidden_groups = {"board@acme.example"}
    seen = ["ann@acme.example", "ben@acme.example", "cy@acme.example", "dee@acme.example"]
    expected = {*seen, "eve@acme.example"} if is_administrator else set(seen)
    hr = Principal("group:drive/hr@acme.example")
    assert isinstance(source, KnowsMembers)

    assert await source.members([hr, Principal("group:drive/none@x.example")]) == {hr: expected}


async def test_suspended_people_are_in_no_group_and_a_missing_right_is_named(
    source: Source, drive: GoogleDrive
) -> None:
    hr = Principal("group:drive/hr@acme.example")
    drive.groups = {"hr@acme.example": ["ann@acme.example", "ben@acme.example"]}
    drive.suspended = {"ben@acme.example"}
    assert isinstance(source, KnowsMembers)
    assert await source.members([hr]) == {hr: {"ann@acme.example"}}

    drive.is_administrator, drive.hidden_groups = False, {"hr@acme.example"}
    with pytest.raises(SourceError, match="Groups Reader"):
        await source.members([hr])
