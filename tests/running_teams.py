"""Runs Citewell's real parts in the test's own process, against the strict Teams."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.serving import receiving
from bot.loading import Models
from bot.settings import Settings
from bot.wiring import Parts, open_parts
from tests.running import free_port, settings_for
from tests.servers.openai import ModelServer
from tests.servers.teams import TeamsPeople, TeamsServer


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTeams:
    """Citewell, connected to a Teams of the tests' own."""

    parts: Parts
    teams: TeamsServer
    people: TeamsPeople
    settings: Settings
    url: str


def teams_settings(teams: TeamsServer) -> dict[str, object]:
    """Return the settings that an operator would take from the app's registration."""
    return {
        "microsoft_app_id": teams.app_id,
        "microsoft_app_password": teams.password,
        "microsoft_app_type": "SingleTenant",
        "microsoft_app_tenant_id": teams.workspace.tenant,
    }


@asynccontextmanager
async def running_teams(
    data_dir: Path,
    models: Models,
    teams: TeamsServer,
    *,
    model: ModelServer | None = None,
    **given: object,
) -> AsyncIterator[RunningTeams]:
    """Run Citewell on the index in `data_dir`, with Teams behind the proxy of the environment."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/messages"
    vendor = (
        {}
        if model is None
        else {
            "openai_api_key": model.api_key,
            "openai_base_url": model.base_url,
            "chat_model_retries": 0,
        }
    )
    settings = settings_for(data_dir, **{**teams_settings(teams), "port": port, **vendor, **given})
    async with AsyncExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in teams.environment.items():
            environment.setenv(name, value)
        parts = await stack.enter_async_context(
            open_parts(settings, is_serving=True, models=models)
        )
        await stack.enter_async_context(receiving(settings, parts.durable, parts.index))
        people = TeamsPeople(teams, url)
        yield RunningTeams(parts=parts, teams=teams, people=people, settings=settings, url=url)
