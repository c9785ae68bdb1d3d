"""Jira's issues are read by those who may browse the project and are of the issue's level."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.errors import CursorExpiredError, DocumentGoneError, SourceError
from knowledge.ingestion.ports import Batch, KnowsMembers, Source
from knowledge.ingestion.sources.configuration import JiraConfig
from knowledge.ingestion.sources.opening import open_source
from knowledge.types import EVERYONE, Principal, SourceDocument
from tests.servers.jira import EMAIL, TOKEN, Issue, Jira

ANN, BEN = (Principal(f"user:email:{who}@example.org") for who in ("ann", "ben"))
CY = Principal("user:jira:cy")
HR = Principal("group:jira/hr")
DAY_S = 86_400.0


@pytest.fixture
async def jira() -> AsyncIterator[Jira]:
    async with Jira() as jira:
        jira.issues = {
            "1": Issue(summary="Deploys hang", age_s=9 * DAY_S),
            "2": Issue(summary="Pay is late", age_s=8 * DAY_S, level="7", reporter="cy"),
            "3": Issue(summary="Lights flicker", age_s=7 * DAY_S),
        }
        jira.levels = {"7": [{"type": "group", "parameter": "hr"}]}
        jira.groups = {"hr": ["ann", "cy"], "jira-users": ["ann", "ben"]}
        yield jira
        assert jira.violations == []


@pytest.fixture
async def source(jira: Jira, tmp_path: Path) -> AsyncIterator[Source]:
    source = opened(jira, tmp_path)
    yield source
    await source.close()


def opened(jira: Jira, folder: Path, **about: object) -> Source:
    values = {"kind": "jira", "url": jira.url(), "projects": ["ENG"], "email": EMAIL}
    context = {"environment": {"TOKEN": TOKEN}}
    config = JiraConfig.model_validate({**values, "token": "${TOKEN}", **about}, context=context)
    return open_source("jira", config, folder)


async def batches(source: Source, cursor: str = "") -> list[Batch]:
    return [batch async for batch in source.changes(cursor)]


def found(listed: list[Batch]) -> dict[str, SourceDocument]:
    return {f.ref: f for batch in listed for f in batch.documents}


async def readers(source: Source, issue: str = "1") -> set[str]:
    document = found(await batches(source))[issue]
    return set() if document.problem else set(document.readers)


async def test_issues_are_listed_over_pages_and_read_with_their_comments(
    source: Source, jira: Jira, tmp_path: Path
) -> None:
    jira.issues["1"].comments = [
        ("Restart the runner.", {}),
        ("For admins only.", {"visibility": {"type": "role", "value": "Administrators"}}),
        ("Not for customers.", {"jsdPublic": False}),
        *[(f"Also number {n}.", {}) for n in range(100)],
    ]
    files = found(await batches(source))
    text = (await source.fetch(files["1"], tmp_path)).read_text()

    assert {f.id for f in files.values()} == {
        "ENG-1 Deploys hang", "ENG-2 Pay is late", "ENG-3 Lights flicker",
    }  # fmt: skip
    assert files["1"].url == jira.url("/browse/ENG-1")
    assert "State: Done\n\nwords\n\n## Comment, " in text
    assert "{#comment-0}\n\nRestart the runner." in text
    assert "Also number 99." in text
    assert "For admins" not in text
    assert "Not for customers" not in text


async def test_only_what_changed_is_listed_the_next_time(source: Source, jira: Jira) -> None:
    first = await batches(source)
    jira.issues["3"] = Issue(summary="Lights are out", text="others")
    jira.issues["4"] = Issue(summary="A new one")
    second = found(await batches(source, first[-1].cursor))

    assert set(second) == {"3", "4"}
    assert second["3"].version != found(first)["3"].version


async def test_a_listing_goes_on_from_its_cursor(source: Source) -> None:
    first, *_ = await batches(source)
    rest = await batches(source, first.cursor)

    assert set(found([first])) == {"1", "2"}
    assert set(found(rest)) == {"2", "3"}  # what was changed at the same time is listed again
    with pytest.raises(CursorExpiredError):
        await batches(source, "[]")


async def test_who_may_read_changes_without_a_change_of_the_issues(
    source: Source, jira: Jira
) -> None:
    first = await batches(source)
    jira.browse = [{"type": "projectRole", "value": "10"}]
    jira.roles = {"10": [{"actorUser": {"accountId": "ben"}}]}
    second = await batches(source, first[-1].cursor)
    jira.roles["10"] = [{"actorGroup": {"name": "hr"}}, {"actorUser": {"accountId": "cy"}}]
    third = await batches(source, second[-1].cursor)
    same = await batches(source, third[-1].cursor)

    assert found(first)["1"].readers == {EVERYONE}
    assert found(second)["1"].readers == {BEN}
    assert found(third)["1"].readers == {HR, CY}
    assert set(found(same)) == {"3"}


async def test_an_issue_with_a_level_is_for_those_who_pass_both(source: Source, jira: Jira) -> None:
    assert await readers(source, "2") == {HR}

    jira.browse = [{"type": "applicationRole", "parameter": "jira-software"}]
    assert await readers(source, "2") == {ANN}

    jira.levels["7"] = [{"type": "reporter"}, {"type": "projectLead"}]
    assert await readers(source, "2") == {BEN}

    jira.browse.append({"type": "group", "parameter": "hr"})
    assert await readers(source, "2") == {BEN, CY}

    jira.levels = {}
    assert await readers(source, "2") == set()


@pytest.mark.parametrize(
    ("holder", "named"),
    [
        ({"type": "anyone"}, {"public"}),
        ({"type": "group", "parameter": "HR team"}, {"group:jira/HR%20team"}),
        ({"type": "user", "parameter": "ann"}, {ANN}),
        ({"type": "user", "parameter": "who left"}, set()),
        ({"type": "userCustomField", "parameter": "customfield_1"}, set()),
        ({"type": "sd.customer.portal.only"}, set()),
        ({"type": "something new"}, set()),
    ],
)
async def test_who_may_browse_may_read_and_what_is_unknown_names_nobody(
    source: Source, jira: Jira, holder: dict[str, str], named: set[str]
) -> None:
    jira.browse, jira.levels = [holder], {}

    assert await readers(source) == named


async def test_without_an_administrators_token_the_operator_says_who_may_see_a_project(
    jira: Jira, tmp_path: Path
) -> None:
    jira.is_administrator = False
    mirrored, told = opened(jira, tmp_path), opened(jira, tmp_path, readers=["group:eng"])
    with pytest.raises(SourceError, match="`readers` must say it"):
        await batches(mirrored)

    assert await readers(told, "1") == {"group:eng"}
    assert await readers(told, "2") == set()  # who is of its level is not told
    for source in (mirrored, told):
        await source.close()


async def test_who_is_in_a_group_is_told_by_address(source: Source, jira: Jira) -> None:
    jira.groups["hr"] += [f"p{n}" for n in range(60)]
    jira.people |= {f"p{n}": f"p{n}@example.org" for n in range(60)}
    gone = Principal("group:jira/gone")
    assert isinstance(source, KnowsMembers)
    members = await source.members([HR, gone])

    assert len(members[HR]) == 61  # cy's address is not told
    assert "ann@example.org" in members[HR]
    assert members[gone] == frozenset()


async def test_a_deleted_issue_is_listed_no_more(
    source: Source, jira: Jira, tmp_path: Path
) -> None:
    before = found(await batches(source))
    del jira.issues["1"]

    assert set(before) - set(found(await batches(source))) == {"1"}
    with pytest.raises(DocumentGoneError):
        await source.fetch(before["1"], tmp_path)


async def test_limits_are_waited_for_and_an_expired_token_is_named_not_taken_for_no_issues(
    source: Source, jira: Jira
) -> None:
    jira.busy_times = 3
    assert len(found(await batches(source))) == 3

    jira.token = "renewed"
    with pytest.raises(SourceError, match="check that the token is valid"):
        await batches(source)


async def test_a_project_that_is_not_there_is_named(jira: Jira, tmp_path: Path) -> None:
    source = opened(jira, tmp_path, projects=["NOPE"], readers=["everyone"])

    with pytest.raises(SourceError, match="NOPE: check `projects`"):
        await batches(source)
    await source.close()
