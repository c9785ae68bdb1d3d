"""Files are fetched from the platforms' own file hosts, and from nowhere else."""

import pytest

from adapters.slack.files import attachments_in as in_slack
from adapters.slack.files import is_of
from adapters.teams.files import attachments_in as in_teams
from adapters.teams.files import is_storage

API = "https://slack.com/api/"


@pytest.mark.parametrize(
    ("url", "api", "is_ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.pdf", API, True),
        ("https://files.slack.com/files-pri/T1-F1/a.pdf", "https://www.slack.com/api/", True),
        ("https://files.slack-gov.com/files-pri/T1-F1/a.pdf", "https://slack-gov.com/api/", True),
        ("https://files.slack-gov.com/files-pri/T1-F1/a.pdf", API, False),
        ("http://127.0.0.1:9/files-pri/T1-F1/a", "http://127.0.0.1:9/api/", True),
        ("http://files.slack.com/files-pri/T1-F1/a.pdf", API, False),
        ("https://files.slack.com.evil.example/a.pdf", API, False),
        ("https://files.slack.com@evil.example/a.pdf", API, False),
        ("https://evil@files.slack.com/a.pdf", API, False),
        ("https://files.slack.com:8443/a.pdf", API, False),
        ("https://drive.google.com/file/d/1", API, False),
        ("http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:9/api/", False),
        ("https://[half", API, False),
        ("", API, False),
    ],
)
def test_slacks_token_goes_to_slacks_file_host_alone(url: str, api: str, *, is_ours: bool) -> None:
    assert is_of(url, api) is is_ours


@pytest.mark.parametrize(
    ("url", "is_local", "is_ours"),
    [
        ("https://contoso-my.sharepoint.com/_layouts/15/download.aspx?tempauth=x", False, True),
        ("https://contoso.sharepoint.us/_layouts/15/download.aspx", False, True),
        ("http://contoso.sharepoint.com/a", False, False),
        ("https://contoso.sharepoint.com:8443/a", False, False),
        ("https://me:you@contoso.sharepoint.com/a", False, False),
        ("https://contoso.sharepoint.com.evil.example/a", False, False),
        ("https://evilsharepoint.com/a", False, False),
        ("https://10.0.0.1/a", False, False),
        ("http://127.0.0.1:5000/a", False, False),
        ("http://127.0.0.1:5000/a", True, True),
        ("https://contoso.sharepoint.com:99999/a", False, False),
    ],
)
def test_teams_files_come_from_sharepoint_alone(url: str, *, is_local: bool, is_ours: bool) -> None:
    assert is_storage(url, is_local=is_local) is is_ours


def test_at_most_twenty_files_are_taken_and_what_has_no_form_is_none() -> None:
    good = {"id": "F1", "name": None, "title": "Notes", "size": None, "extra": 1}
    odd = ["F1", None, {}, {"id": 7}, {"id": "F2", "mode": "tombstone"}]

    (found,) = in_slack([good, *odd])

    assert (found.ref, found.name, found.size_bytes) == ("F1", "Notes", 0)
    assert len(in_slack([good] * 100)) == 20
    assert len(in_teams([{"contentType": "image/png"}] * 100)) == 20
    assert in_teams([{"contentType": "text/html", "content": "<p>words</p>"}]) == ()
