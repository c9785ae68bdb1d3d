"""Versions, as paths and questions name them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.versions import asked_version, lineage_of, versions_of


@pytest.mark.parametrize(
    ("path", "family", "tree", "tree_version", "series_version"),
    [
        ("docs/usage/gateway.md", "docs/usage/gateway.md", "", (), ()),
        ("v1.8-docs/usage/gateway.md", "docs/usage/gateway.md", "docs", (1, 8), ()),
        ("docs/v2/api.md", "docs/api.md", "docs", (2,), ()),
        ("docs/1.10/a.md", "docs/a.md", "docs", (1, 10), ()),
        ("2024/holidays.md", "holidays.md", "", (2024,), ()),
        ("notes/release-notes-1.14.md", "notes/release-notes.md", "", (), (1, 14)),
        ("notes/upgrading-1.10-1.11.md", "notes/upgrading.md", "", (), (1, 11)),
        ("policies/expenses-2026.md", "policies/expenses.md", "", (), (2026,)),
        ("minutes/2024-05-01.md", "minutes/.md", "", (), (2024, 5, 1)),
        ("18f/ipv4-and-web2.md", "18f/ipv4-and-web2.md", "", (), ()),
        ("https://x.example/a#step-2", "https://x.example/a#step-2", "", (), ()),
    ],
)
def test_a_place_says_which_version_it_is_of(
    path: str,
    family: str,
    tree: str,
    tree_version: tuple[int, ...],
    series_version: tuple[int, ...],
) -> None:
    lineage = lineage_of(path)

    assert (lineage.family, lineage.tree) == (family, tree)
    assert (lineage.tree_version, lineage.series_version) == (tree_version, series_version)


@pytest.mark.parametrize(
    ("question", "version", "rest"),
    [
        ("In version 1.8: is the key rotated?", "1.8", "is the key rotated?"),
        ("Is the key rotated in v1.8?", "1.8", "Is the key rotated ?"),
        ("What did release 2.0.1 bring?", "2.0.1", "What did bring?"),
        ("Which Gateway API version should I install?", "", None),
        ("Is it still alpha since version 1.15?", "", None),
        ("May I take 1.5 hours off in 2024?", "", None),
        ("version 2", "", None),
    ],
)
def test_a_question_says_which_version_it_asks_about(
    question: str, version: str, rest: str | None
) -> None:
    found, left = asked_version(question)

    assert found == version
    assert " ".join(left.split()) == (question if rest is None else rest)


def test_a_document_can_be_asked_for_by_any_start_of_its_version() -> None:
    assert versions_of("docs/1.8.2/a.md", "") == ("1", "1.8", "1.8.2")
    assert versions_of("docs/a.md", "v3.1 (superseded)") == ("3", "3.1")
    assert versions_of("docs/a.md", "current") == ()


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_path_and_any_question_can_be_read(path: str, question: str) -> None:
    lineage = lineage_of(path)
    versions_of(path, question)
    version, rest = asked_version(question)

    assert len(lineage.family) <= len(path) + 1
    assert not version or rest.strip()
