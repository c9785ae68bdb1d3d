"""A repository is read by commit: only what changed between two of them is taken."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.errors import CursorExpiredError, SourceError, UnreadableDocumentError
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.git import GitSource
from knowledge.ingestion.sources.gitcommands import Remote
from knowledge.types import EVERYONE, Principal
from tests.servers.git import GitServer, Repository


@pytest.fixture
async def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "origin" / "docs")
    await repository.commit(
        readme_md="# Read me", docs__a_md="# A", docs__b_md="# B", docs__logo="x"
    )
    return repository


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[GitServer]:
    async with GitServer(tmp_path / "origin") as server:
        yield server


@pytest.fixture
def source(repository: Repository, server: GitServer, tmp_path: Path) -> GitSource:
    remote = Remote(
        address=server.url("docs/.git"),
        branch="main",
        username="x-access-token",
        token=server.token,
        pause_s=0.01,
    )
    return a_source(remote, tmp_path / "copy")


def a_source(remote: Remote, copy: Path, **given: str) -> GitSource:
    return GitSource("wiki", remote, readers=frozenset({EVERYONE}), work_dir=copy, **given)


async def listed(source: GitSource, cursor: str = "") -> Batch:
    batches = [batch async for batch in source.changes(cursor)]
    return replace(
        batches[-1], documents=tuple(found for batch in batches for found in batch.documents)
    )


def ids(batch: Batch) -> set[str]:
    return {found.id for found in batch.documents}


async def test_all_files_of_the_branch_are_listed_and_fetched(
    source: GitSource, repository: Repository, tmp_path: Path
) -> None:
    batch = await listed(source)
    (a,) = [found for found in batch.documents if found.id == "docs/a.md"]
    path = await source.fetch(a, tmp_path)

    assert ids(batch) == {"readme.md", "docs/a.md", "docs/b.md"}
    assert batch.unsupported == ("docs/logo",)
    assert batch.cursor == await repository.git("rev-parse", "HEAD")
    assert (path.suffix, path.read_text()) == (".md", "# A")
    assert a.url.endswith("/blob/main/docs/a.md")


async def test_what_changed_is_all_that_is_listed_the_next_time(
    source: GitSource, repository: Repository
) -> None:
    first = await listed(source)
    await repository.commit(docs__a_md="# A, again", docs__c_md="# C", docs__b_md=None)
    second = await listed(source, first.cursor)
    third = await listed(source, second.cursor)

    assert ids(second) == {"docs/a.md", "docs/c.md"}
    assert second.gone == ("source:wiki/docs/b.md",)
    assert (third.documents, third.gone, third.cursor) == ((), (), second.cursor)


async def test_a_rewritten_history_is_told_by_what_is_there(
    source: GitSource, repository: Repository
) -> None:
    first = await listed(source)
    await repository.commit(docs__a_md="# A2")
    await repository.git("commit", "--quiet", "--amend", "--message=other")
    second = await listed(source, first.cursor)

    assert ids(second) == {"docs/a.md"}
    with pytest.raises(CursorExpiredError):
        await listed(source, "0123456789012345678901234567890123456789")


async def test_folder_files_name_readers_and_a_change_of_one_lists_everything(
    source: GitSource, repository: Repository
) -> None:
    await repository.commit(**{"docs__.citewell.yaml": "readers: [group:hr]"})
    batch = await listed(source)
    readers = {found.id: found.readers for found in batch.documents}
    await repository.commit(**{"docs__.citewell.yaml": "readers: who knows"})
    unclear = await listed(source)

    assert readers["docs/a.md"] == {Principal("group:hr")}
    assert readers["readme.md"] == {EVERYONE}
    assert all(found.problem for found in unclear.documents if found.id != "readme.md")
    with pytest.raises(CursorExpiredError, match="who may read"):
        await listed(source, batch.cursor)


async def test_a_token_that_expired_is_named_and_a_branch_that_is_not_there(
    source: GitSource, server: GitServer, tmp_path: Path
) -> None:
    nowhere = Remote(
        address=server.url("docs/.git"), branch="nowhere", username="x-access-token",
        token=server.token,
    )  # fmt: skip
    with pytest.raises(SourceError, match="check `branch`"):
        await listed(a_source(nowhere, tmp_path / "other"))

    server.token = "gt-renewed"
    with pytest.raises(SourceError, match="check `token`") as refused:
        await listed(source)
    assert not refused.value.is_temporary
    assert "gt-valid" not in str(refused.value)


async def test_many_files_are_listed_in_batches_and_a_cut_listing_is_begun_again(
    source: GitSource, repository: Repository
) -> None:
    await repository.commit(**{f"many__{number}_md": "x" for number in range(600)})
    cut = await anext(source.changes(""))

    assert (len(cut.documents), cut.cursor) == (500, "")
    assert len((await listed(source, cut.cursor)).documents) == 603


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again_and_one_that_stays_busy_another_time(
    source: GitSource, server: GitServer, status: int
) -> None:
    server.busy_times, server.busy_status = 2, status
    assert len(ids(await listed(source))) == 3

    server.busy_times = 100
    with pytest.raises(SourceError, match="come back later") as busy:
        await listed(source)
    assert busy.value.is_temporary


async def test_another_machine_fetches_what_it_did_not_list(
    source: GitSource, server: GitServer, tmp_path: Path
) -> None:
    batch = await listed(source)
    remote = Remote(
        address=server.url("docs/.git"), branch="main", username="x-access-token",
        token=server.token,
    )  # fmt: skip
    path = await a_source(remote, tmp_path / "elsewhere").fetch(batch.documents[0], tmp_path)

    assert path.read_text().startswith("# ")


async def test_a_local_repository_a_folder_of_it_and_links_out_of_it(
    repository: Repository, tmp_path: Path
) -> None:
    (repository.folder / "docs" / "out.md").symlink_to("/etc/passwd")
    large = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n"
    await repository.commit(docs__large_md=large)
    source = a_source(Remote(address=str(repository.folder)), tmp_path / "copy", folder="docs")
    batch = await listed(source)
    (lfs,) = [found for found in batch.documents if found.id == "large.md"]

    assert ids(batch) == {"a.md", "b.md", "large.md"}
    with pytest.raises(UnreadableDocumentError, match="Git LFS"):
        await source.fetch(lfs, tmp_path)
