"""Of each connector is tried what makes a sync hold: a test of each stands here by name."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest

from knowledge.ingestion.sources.configuration import SourceConfig

ROOT = Path(__file__).parents[2]
PROMISES = ("paging", "limits", "deletion", "rights", "resume")
SYNC = "tests/integration/bot/test_syncing.py"
CHANGED_BY_FILE = (
    f"{SYNC}::test_who_may_read_a_source_without_rights_of_its_own_changes_with_the_file"
)
"""Where a source tells nothing of readers, `readers` in the file does: the same for all of them."""
GONE_AND_NEW = f"{SYNC}::test_what_is_new_changed_and_gone_is_all_that_is_done"


def tried(module: str, *names: str) -> Mapping[str, str]:
    where = f"tests/integration/knowledge/test_{module}.py"
    full = [name if "::" in name or not name else f"{where}::test_{name}" for name in names]
    return dict(zip(PROMISES, full, strict=True))


TRIED: Mapping[str, Mapping[str, str]] = {
    "folder": {  # it has neither pages nor limits
        "deletion": GONE_AND_NEW,
        "rights": f"{SYNC}::test_a_change_of_readers_is_a_change",
        "resume": f"{SYNC}::test_a_server_syncs_when_it_is_time_and_stops_in_the_middle",
    },
    "website": tried(
        "website",
        "batches_are_bounded_and_what_is_of_no_kind_is_named",
        "a_busy_server_is_asked_again_and_a_broken_page_is_not_taken_for_gone",
        "a_page_that_is_gone_is_listed_no_more",
        CHANGED_BY_FILE,
        "a_crawl_that_was_cut_asks_again_for_nothing_that_it_has",
    ),
    "git": tried(
        "git",
        "many_files_are_listed_in_batches_and_a_cut_listing_is_begun_again",
        "a_busy_server_is_asked_again_and_one_that_stays_busy_another_time",
        "what_changed_is_all_that_is_listed_the_next_time",
        "folder_files_name_readers_and_a_change_of_one_lists_everything",
        "many_files_are_listed_in_batches_and_a_cut_listing_is_begun_again",
    ),
    "confluence": tried(
        "confluence",
        "all_pages_of_the_space_are_listed_over_several_requests",
        "a_rate_limit_is_waited_for_and_an_expired_token_is_named",
        "a_page_that_is_gone_is_listed_no_more",
        "a_change_of_restrictions_is_seen_without_a_new_version",
        "a_listing_goes_on_from_its_cursor_with_what_is_restricted_above",
    ),
    "jira": tried(
        "jira",
        "issues_are_listed_over_pages_and_read_with_their_comments",
        "limits_are_waited_for_and_an_expired_token_is_named_not_taken_for_no_issues",
        "a_deleted_issue_is_listed_no_more",
        "who_may_read_changes_without_a_change_of_the_issues",
        "a_listing_goes_on_from_its_cursor",
    ),
    "sharepoint": tried(
        "sharepoint",
        "files_are_listed_over_pages_with_whom_they_are_shared_with",
        "a_token_that_expired_is_renewed_and_limits_are_waited_for",
        "only_changes_are_told_the_next_time",
        "a_folder_that_is_shared_with_fewer_changes_all_that_is_below_it",
        "a_listing_goes_on_from_its_cursor_and_tells_what_changed_meanwhile",
    ),
    "google-drive": tried(
        "google_drive",
        "files_are_listed_with_whom_they_are_shared_with",
        "a_token_that_expired_is_renewed_and_limits_are_waited_for",
        "only_changes_are_told_the_next_time_also_those_of_permissions",
        "only_changes_are_told_the_next_time_also_those_of_permissions",
        "a_listing_goes_on_from_its_cursor_and_then_tells_what_changed_meanwhile",
    ),
    "github": tried(
        "github",
        "everything_but_pull_requests_is_listed_over_many_pages",
        "limits_are_kept_and_refusals_are_named",
        "what_was_deleted_meanwhile_is_gone",
        CHANGED_BY_FILE,
        "a_listing_that_was_cut_goes_on_and_misses_nothing",
    ),
    "notion": tried(
        "notion",
        "all_pages_are_listed_and_then_only_what_was_edited",
        "a_rate_limit_is_waited_for_and_an_expired_token_is_named",
        "what_is_in_the_trash_or_not_shared_any_more_is_gone",
        "what_is_in_the_trash_or_not_shared_any_more_is_gone",
        "a_listing_that_was_cut_misses_nothing",
    ),
    "slack": tried(
        "slack_channels",
        "answered_threads_are_listed_over_pages_with_their_permalinks",
        "limits_are_waited_for_and_refusals_are_named",
        "edits_and_deletions_are_noticed",
        "a_channel_that_becomes_private_or_that_the_bot_must_leave_is_read_by_others",
        "a_listing_goes_on_from_its_cursor_and_ends_in_none",
    ),
    "s3": tried(
        "s3",
        "objects_are_listed_over_pages_and_fetched_whatever_their_keys",
        "limits_are_waited_for_and_refusals_are_named",
        "a_changed_object_has_another_version_and_a_deleted_one_is_gone",
        CHANGED_BY_FILE,
        "a_listing_goes_on_after_the_last_key",
    ),
}


def kinds() -> set[str]:
    union, *_ = get_args(SourceConfig)
    return {get_args(config.model_fields["kind"].annotation)[0] for config in get_args(union)}


def test_every_kind_of_source_has_a_test_of_each_promise() -> None:
    assert set(TRIED) == kinds()
    assert all(set(tests) == set(PROMISES) for kind, tests in TRIED.items() if kind != "folder")


@pytest.mark.parametrize("kind", sorted(TRIED))
def test_the_tests_that_are_named_are_there(kind: str) -> None:
    for test in TRIED[kind].values():
        path, _, name = test.partition("::")
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), test


def test_the_page_on_sources_has_a_row_for_each_kind() -> None:
    page = (ROOT / "docs/sources.md").read_text()
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))

    assert rows == kinds()
