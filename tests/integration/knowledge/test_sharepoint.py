"""SharePoint's files are read by those whom they are shared with, and by Graph's own deltas."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch, KnowsMembers, Source
from knowledge.ingestion.sources.configuration import SharePointConfig
from knowledge.ingestion.sources.graphpermissions import GraphReaders, Permission
from knowledge.ingestion.sources.opening import open_source
from knowledge.types import EVERYONE, Principal, SourceDocument
from tests.servers.graph import CLIENT, SECRET, TENANT, Graph, Item, link, person

ANN, BEN = person("Ann@acme.example"), person("ben@acme.example", "owner")
ANN_READS, BEN_READS = (Principal(f"user:email:{who}@acme.example") for who in ("ann", "ben"))


GUID = "11111111-2222-3333-4444-555555555555"
ENTRA = Principal(f"group:sp/{GUID}")


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with Graph() as graph:
        graph.items |= {
            "hr": Item(name="HR", content=None, shared=[ANN, BEN]),
            "f1": Item(name="pay.csv", parent="hr"),
            "f2": Item(name="notes.txt", shared=[link("organization"), ANN, BEN]),
            "f3": Item(name="film.mp4"),
            "deep": Item(name="Deep", parent="hr", content=None),
            "f4": Item(name="bands.md", parent="deep"),
            "f5": Item(name="own.md", hides_permissions=True),
        }
        yield graph
        assert graph.violations == []


@pytest.fixture
async def source(graph: Graph, tmp_path: Path) -> AsyncIterator[Source]:
    source = open_source("sp", config(graph), tmp_path)
    yield source
    await source.close()


def config(graph: Graph, secret: str = SECRET) -> SharePointConfig:
    values: dict[str, object] = {
        "kind": "sharepoint",
        "tenant": TENANT,
        "client_id": CLIENT,
        "client_secret": "${SECRET}",
        "sites": ["https://acme.sharepoint.com/sites/eng"],
        "api_url": graph.url("/v1.0"),
        "login_url": graph.url("/login"),
        "file_hosts": ["127.0.0.1"],
        "site_groups": {"Eng Visitors": GUID},
    }
    return SharePointConfig.model_validate(values, context={"environment": {"SECRET": secret}})


async def batches(source: Source, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


def found(listed: list[Batch]) -> dict[str, SourceDocument]:
    return {f.location.rpartition("/")[2]: f for batch in listed for f in batch.documents}


def gone(listed: list[Batch]) -> list[str]:
    return [location for batch in listed for location in batch.gone]


async def test_files_are_listed_over_pages_with_whom_they_are_shared_with(
    source: Source, tmp_path: Path
) -> None:
    listed = await batches(source)
    files = found(listed)

    assert set(files) == {"f1", "f2", "f4", "f5"}
    assert [name for batch in listed for name in batch.unsupported] == ["film.mp4"]
    assert files["f1"].readers == files["f4"].readers == {ANN_READS, BEN_READS}
    assert files["f2"].readers == {EVERYONE, ANN_READS, BEN_READS}
    assert "shared with nobody" in files["f5"].problem
    assert files["f1"].location == "source:sp/b!1/f1"
    assert (await source.fetch(files["f1"], tmp_path)).read_bytes() == b"words"


async def test_only_changes_are_told_the_next_time(source: Source, graph: Graph) -> None:
    first = await batches(source)
    graph.change("f2", Item(name="notes.txt", content=b"others", shared=[ANN]))
    graph.change("f1", None)
    graph.change("f6", Item(name="new.md", shared=[BEN]))
    second = await batches(source, first[-1].cursor)
    third = await batches(source, second[-1].cursor)

    assert set(found(second)) == {"f2", "f6"}
    assert found(second)["f2"].version != found(first)["f2"].version
    assert gone(second) == ["source:sp/b!1/f1"]
    assert (found(third), gone(third)) == ({}, [])


async def test_a_folder_that_is_shared_with_fewer_changes_all_that_is_below_it(
    source: Source, graph: Graph
) -> None:
    first = await batches(source)
    graph.change("hr", Item(name="HR", content=None, shared=[BEN]))
    second = await batches(source, first[-1].cursor)
    graph.change("hr", Item(name="People", content=None, shared=[BEN]))
    third = await batches(source, second[-1].cursor)

    assert set(found(second)) == {"f1", "f4"}
    assert all(file.readers == {BEN_READS} for file in found(second).values())
    assert found(third) == {}  # a new name changes nobody's reading


async def test_a_folder_that_was_moved_is_walked_also_by_a_process_that_never_saw_it(
    source: Source, graph: Graph, tmp_path: Path
) -> None:
    first = await batches(source)
    graph.change("deep", Item(name="Deep", content=None))
    graph.items["root"].shared = [BEN]
    other = open_source("sp", config(graph), tmp_path)
    second = found(await batches(other, first[-1].cursor))
    await other.close()

    assert {name: f.readers for name, f in second.items()} == {"f4": {BEN_READS}}


async def test_a_walk_that_was_cut_is_walked_again(source: Source, graph: Graph) -> None:
    first = await batches(source)
    graph.change("hr", Item(name="HR", content=None, shared=[BEN]))
    async for batch in source.changes(first[-1].cursor):
        assert batch.cursor == first[-1].cursor
        break
    again = await batches(source, first[-1].cursor)

    assert set(found(again)) == {"f1", "f4"}


async def test_a_listing_goes_on_from_its_cursor_and_tells_what_changed_meanwhile(
    source: Source, graph: Graph
) -> None:
    first, *_ = await batches(source)
    graph.change("f2", Item(name="notes.txt", content=b"others", shared=[ANN]))
    rest = await batches(source, first.cursor)
    later = await batches(source, rest[-1].cursor)

    assert set(found([first])) | set(found(rest)) == {"f1", "f2", "f4", "f5"}
    assert set(found(later)) == {"f2"}


async def test_a_cursor_that_is_too_old_asks_for_everything(source: Source, graph: Graph) -> None:
    listed = await batches(source)
    graph.oldest_change = 1

    for cursor in (listed[-1].cursor, "{}"):
        with pytest.raises(CursorExpiredError):
            await batches(source, cursor)


async def test_what_is_gone_when_its_turn_comes_is_gone(
    source: Source, graph: Graph, tmp_path: Path
) -> None:
    files = found(await batches(source))
    del graph.items["f1"]

    with pytest.raises(DocumentGoneError):
        await source.fetch(files["f1"], tmp_path)


async def test_a_file_is_not_fetched_from_a_host_that_nobody_named(
    graph: Graph, tmp_path: Path
) -> None:
    about = config(graph).model_copy(update={"file_hosts": ["sharepoint.com"]})
    source = open_source("sp", about, tmp_path)
    files = found(await batches(source))

    with pytest.raises(SourceError, match="`file_hosts`"):
        await source.fetch(files["f1"], tmp_path)
    await source.close()


async def test_a_token_that_expired_is_renewed_and_limits_are_waited_for(
    source: Source, graph: Graph
) -> None:
    listed = await batches(source)
    graph.expire()
    graph.busy_times = 2
    graph.change("f2", Item(name="notes.txt", shared=[ANN]))

    assert set(found(await batches(source, listed[-1].cursor))) == {"f2"}
    assert graph.granted == 2


async def test_who_is_in_a_group_is_told_by_address_over_pages(
    source: Source, graph: Graph
) -> None:
    graph.members = {GUID: ["ann@acme.example", "", "ben@acme.example", "cy@acme.example"]}
    assert isinstance(source, KnowsMembers)
    members = await source.members([ENTRA, Principal("group:sp/hidden")])

    assert members == {ENTRA: {"ann@acme.example", "ben@acme.example", "cy@acme.example"}}


async def test_a_secret_that_expired_is_named(graph: Graph, tmp_path: Path) -> None:
    source = open_source("sp", config(graph, "old"), tmp_path)

    with pytest.raises(SourceError, match="`client_secret` has not expired") as refused:
        await batches(source)
    await source.close()
    assert not refused.value.is_temporary


LOGIN = "i:0#.f|membership|"


@pytest.mark.parametrize(
    ("permission", "readers"),
    [
        (link("anonymous"), {"public"}),
        (link("anonymous", hasPassword=True), set()),
        (link("organization", expirationDateTime="2020-01-01T00:00:00Z"), set()),
        (link("organization", expirationDateTime="0001-01-01T00:00:00Z"), {"everyone"}),
        (link("users", ANN), {"user:email:ann@acme.example"}),
        (link("existingAccess"), set()),
        (link("something new"), set()),
        ({"roles": ["sp.limited access"], "grantedToV2": ANN["grantedToV2"]}, set()),
        ({"roles": ["read"]}, set()),
        ({"group": {"id": GUID, "email": "HR@acme.example"}}, {ENTRA}),
        ({"group": {"displayName": "HR"}}, set()),
        ({"siteGroup": {"displayName": "Eng visitors"}}, {ENTRA}),
        ({"siteGroup": {"displayName": "All of us"}}, {"everyone"}),
        ({"siteGroup": {"displayName": "Owners"}}, set()),
        ({"siteUser": {"loginName": f"c:0t.c|tenant|{GUID}"}}, {ENTRA}),
        (
            {"siteUser": {"loginName": f"c:0-.f|rolemanager|spo-grid-all-users/{GUID}"}},
            {"everyone"},
        ),
        ({"siteUser": {"loginName": f"{LOGIN}Ann@acme.example"}}, {"user:email:ann@acme.example"}),
        (
            {"user": {"id": "7"}, "siteUser": {"loginName": f"{LOGIN}b_x.com#EXT#@acme.example"}},
            {"user:microsoft:7"},
        ),
        ({"application": {"id": "an app"}}, set()),
    ],
)
def test_a_permission_names_its_readers_and_what_is_unknown_names_nobody(
    permission: dict[str, Any], readers: set[str]
) -> None:
    whole = permission if "roles" in permission else {"roles": ["read"], "grantedToV2": permission}

    names = GraphReaders("sp", {"Eng Visitors": GUID, "All of us": "everyone"})

    assert names.of([Permission.model_validate(whole)]) == readers
