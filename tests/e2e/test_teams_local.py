"""The local mode serves a tool on this machine, and nobody else."""

import json
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.loading import Models
from bot.settings import load_settings
from tests.running_teams import running_teams
from tests.servers.teams import PERSONAL, TeamsServer

LEAVE = "How many days of annual leave do I get?"
AN_ID = "22222222-2222-2222-2222-222222222222"
JSON = {"Content-Type": "application/json"}


async def test_a_tool_on_this_machine_is_answered_without_tokens_and_others_are_not(
    sample_dir: Path, models: Models, teams: TeamsServer
) -> None:
    teams.be_local()
    async with running_teams(
        sample_dir,
        models,
        teams,
        teams_local=True,
        microsoft_app_id="",
        microsoft_app_password=None,
    ) as citewell:
        people = citewell.people
        body = json.dumps({**people.activity(LEAVE), "channelId": "emulator"})
        far = json.dumps({**people.activity(LEAVE), "serviceUrl": "https://evil.example/"})
        refused = [
            await people.post_raw(body, {**JSON, "X-Forwarded-For": "203.0.113.9"}),
            await people.post_raw(body, {**JSON, "Host": "bot.example.com"}),
            await people.post_raw(body, {**JSON, "Origin": "https://evil.example"}),
            await people.post_raw(far, JSON),
        ]
        taken = await people.post_raw(body, JSON)
        (reply,) = await teams.replies(conversation=PERSONAL)

    assert [done.status for done in refused] == [403] * 4
    assert taken.status == 200
    assert "30 days" in reply.text
    assert reply.was_streamed


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"CITEWELL_TEAMS_LOCAL": "1", "CITEWELL_HOST": "192.0.2.1"}, "CITEWELL_TEAMS_LOCAL"),
        ({"CITEWELL_TEAMS_LOCAL": "1", "MICROSOFT_APP_ID": AN_ID}, "CITEWELL_TEAMS_LOCAL"),
        ({"MICROSOFT_APP_ID": AN_ID, "MICROSOFT_APP_TENANT_ID": AN_ID}, "MICROSOFT_APP_PASSWORD"),
        ({"MICROSOFT_APP_PASSWORD": "x"}, "MICROSOFT_APP_ID"),
        (
            {"MICROSOFT_APP_ID": AN_ID, "MICROSOFT_APP_PASSWORD": "x"},
            "MICROSOFT_APP_TENANT_ID",
        ),
        (
            {
                "MICROSOFT_APP_ID": AN_ID,
                "MICROSOFT_APP_PASSWORD": "x",
                "MICROSOFT_APP_TYPE": "MultiTenant",
            },
            "CITEWELL_TEAMS_TENANTS",
        ),
    ],
)
def test_settings_that_would_let_anybody_in_are_refused(
    given: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refused:
        load_settings(None)
    assert refused.value.problems[0].startswith(f"{told}: ")
