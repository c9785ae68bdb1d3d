"""Who we are to Microsoft, by secret and by managed identity, and what the doctor says of it."""

from pathlib import Path

import pytest

from adapters.errors import AdapterError
from adapters.teams.connector import AppTokens, Credentials
from bot.doctor.teams import examine_teams
from tests.running import free_port, settings_for
from tests.running_teams import teams_settings
from tests.servers.teams import TeamsServer
from tests.servers.teams.identities import HEADER, Identities, identities

WHERE = ["machine", "app service"]


def _placed(monkeypatch: pytest.MonkeyPatch, server: Identities, where: str) -> None:
    """Let this process run where a managed identity is assigned."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    if where == "machine":
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
    else:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", HEADER)


@pytest.mark.parametrize("where", WHERE)
async def test_a_managed_identity_is_given_its_token_once(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async with identities(f"id-{where}") as server:
        _placed(monkeypatch, server, where)
        tokens = AppTokens(Credentials(app_id=f"id-{where}", is_managed_identity=True))

        assert [await tokens.token() for _ in range(3)] == ["a token of this identity"] * 3
        assert server.asked == [where]


@pytest.mark.parametrize("where", WHERE)
async def test_an_identity_that_is_not_assigned_here_is_refused(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    async with identities("another") as server:
        _placed(monkeypatch, server, where)
        tokens = AppTokens(Credentials(app_id=f"not-{where}", is_managed_identity=True))

        with pytest.raises(AdapterError) as refused:
            await tokens.token()
    assert refused.value.code == "credentials_refused"


async def test_the_doctor_finds_teams_well_and_says_how_to_mend_what_is_not(
    monkeypatch: pytest.MonkeyPatch, teams: TeamsServer, tmp_path: Path
) -> None:
    for name, value in teams.environment.items():
        monkeypatch.setenv(name, value)
    given = {**teams_settings(teams), "port": free_port()}
    well = await examine_teams(settings_for(tmp_path, **given))
    given["microsoft_app_password"] = "an old secret"
    teams.are_keys_there = False
    ill = {c.part: c for c in await examine_teams(settings_for(tmp_path, **given))}

    assert [check.part for check in well] == [
        "teams token",
        "teams keys",
        "teams clock",
        "teams endpoint",
        "teams tenants",
    ]
    assert all(check.is_ok for check in well), well
    assert "nothing listens" in well[3].found
    assert well[4].found == teams.workspace.tenant
    assert not ill["teams token"].is_ok
    assert "new client secret" in ill["teams token"].fix
    assert not ill["teams keys"].is_ok
    assert "HTTPS_PROXY" in ill["teams keys"].fix
    assert await examine_teams(settings_for(tmp_path)) == []


async def test_the_doctor_says_that_something_else_listens(
    monkeypatch: pytest.MonkeyPatch, teams: TeamsServer, tmp_path: Path
) -> None:
    for name, value in teams.environment.items():
        monkeypatch.setenv(name, value)
    async with identities("any") as other:
        port = int(other.url.rsplit(":", 1)[1])
        given = {**teams_settings(teams), "port": port}
        checks = {c.part: c for c in await examine_teams(settings_for(tmp_path, **given))}

    assert not checks["teams endpoint"].is_ok
    assert "something else listens" in checks["teams endpoint"].found
