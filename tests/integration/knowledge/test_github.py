"""GitHub's issues and discussions are listed by what changed since the last time."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.parsing import markdown
from knowledge.ingestion.ports import Batch
from knowledge.ingestion.sources.github import GitHubSource
from knowledge.types import EVERYONE, SourceDocument
from tests.servers.github import TOKEN, Entry, GitHub


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    async with GitHub() as github:
        for number in range(1, 251):
            entry = Entry(number=number, title=f"Issue {number}", updated=moment(number // 3))
            github.issues[number] = entry
        github.issues[7].is_pull = True
        for number in range(301, 421):
            github.discussions[number] = Entry(
                number=number, title=f"Talk {number}", updated=moment(number)
            )
        yield github
        assert github.violations == []


@pytest.fixture
async def source(github: GitHub) -> AsyncIterator[GitHubSource]:
    source = a_source(github, "acme/larder")
    yield source
    await source.close()


def a_source(github: GitHub, repository: str) -> GitHubSource:
    return GitHubSource(
        "tracker", github.url(), repositories=(repository,), kinds=("issues", "discussions"),
        token=TOKEN, readers=frozenset({EVERYONE}),
    )  # fmt: skip


def moment(minutes: int) -> str:
    return f"2026-01-02T{minutes // 60:02}:{minutes % 60:02}:00Z"


async def batches(source: GitHubSource, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


def found(listed: list[Batch]) -> dict[str, SourceDocument]:
    return {f.ref.removeprefix("acme/larder/"): f for batch in listed for f in batch.documents}


async def test_everything_but_pull_requests_is_listed_over_many_pages(
    source: GitHubSource, github: GitHub
) -> None:
    listed = found(await batches(source))

    issues = {f"issues/{number}" for number in github.issues if number != 7}
    assert set(listed) == issues | {f"discussions/{number}" for number in github.discussions}
    assert listed["issues/9"].version == moment(3)


async def test_many_issues_changed_in_one_second_are_all_listed(
    source: GitHubSource, github: GitHub
) -> None:
    for entry in github.issues.values():
        entry.updated = moment(1)

    assert sum(1 for ref in found(await batches(source)) if ref.startswith("issues")) == 249


async def test_what_changed_since_is_all_that_is_listed_the_next_time(
    source: GitHubSource, github: GitHub
) -> None:
    first = await batches(source)
    github.issues[5].updated = moment(700)
    github.discussions[310].updated = moment(701)
    second = await batches(source, first[-1].cursor)

    assert {"issues/5", "discussions/310"} <= set(found(second))
    assert len(found(second)) <= 7  # those of the last second are listed again
    with pytest.raises(CursorExpiredError):
        await batches(source, "not a cursor")


async def test_a_listing_that_was_cut_goes_on_and_misses_nothing(
    source: GitHubSource, github: GitHub
) -> None:
    whole = await batches(source)
    for cut in range(len(whole)):
        begun, rest = whole[: cut + 1], await batches(source, whole[cut].cursor)

        assert set(found(begun)) | set(found(rest)) == set(found(whole))


async def test_comments_and_the_accepted_answer_have_anchors(
    source: GitHubSource, github: GitHub, tmp_path: Path
) -> None:
    github.issues[3].comments = [f"Comment {number}" for number in range(120)]
    github.discussions[302].answer = "Use the blue one."
    github.discussions[302].comments = ["Which one?"]
    listed = found(await batches(source))
    issue = markdown.parse((await source.fetch(listed["issues/3"], tmp_path)).read_bytes())
    talk = markdown.parse((await source.fetch(listed["discussions/302"], tmp_path)).read_bytes())

    assert issue.title == "Issue 3"
    assert issue.sections[0].text == "State: closed\n\nwords"
    assert (issue.sections[-1].anchor, issue.sections[-1].text) == (
        "issuecomment-119", "Comment 119",
    )  # fmt: skip
    assert [(s.heading_path, s.text) for s in talk.sections[1:]] == [
        (("Accepted answer, 2026-01-02",), "Use the blue one."),
        (("Comment, 2026-01-02",), "Which one?"),
    ]


async def test_what_was_deleted_meanwhile_is_gone(
    source: GitHubSource, github: GitHub, tmp_path: Path
) -> None:
    listed = found(await batches(source))
    del github.issues[3], github.discussions[302]

    for ref in ("issues/3", "discussions/302"):
        with pytest.raises(DocumentGoneError):
            await source.fetch(listed[ref], tmp_path)
    assert {"issues/3", "discussions/302"}.isdisjoint(found(await batches(source)))


async def test_limits_are_kept_and_refusals_are_named(source: GitHubSource, github: GitHub) -> None:
    github.busy_times = 2
    assert await batches(source)

    github.spent_until = str(int(time.time()) + 3_600)
    with pytest.raises(SourceError, match="come back later") as spent:
        await batches(source)
    github.spent_until, github.token = "", "renewed"
    with pytest.raises(SourceError, match="token is valid") as expired:
        await batches(source)

    assert (spent.value.is_temporary, expired.value.is_temporary) == (True, False)


async def test_a_repository_that_is_not_there_is_named(github: GitHub) -> None:
    source = a_source(github, "acme/other")

    with pytest.raises(SourceError, match="no repository acme/other"):
        await batches(source)
    await source.close()
