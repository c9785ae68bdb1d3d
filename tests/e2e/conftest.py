"""Citewell, running against Slack over each transport."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.loading import Models
from tests.running import Running, running
from tests.servers.slack import SlackServer


@pytest.fixture(params=["http", "socket"])
async def citewell(
    request: pytest.FixtureRequest, sample_dir: Path, models: Models, slack: SlackServer
) -> AsyncIterator[Running]:
    """Citewell with the sample company and the offline model, over both transports."""
    async with running(sample_dir, models, slack, has_socket=request.param == "socket") as it:
        yield it
    assert slack.violations == []
