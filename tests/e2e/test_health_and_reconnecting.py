"""Citewell says how it is, and comes back when Slack closes its socket."""

from pathlib import Path

import aiohttp

from bot.loading import Models
from tests.running import running
from tests.servers.slack import SlackServer

LEAVE = "How many days of annual leave do I get?"


async def test_health_names_each_part(sample_dir: Path, models: Models, slack: SlackServer) -> None:
    async with running(sample_dir, models, slack) as citewell, aiohttp.ClientSession() as session:
        base = citewell.url.removesuffix("/slack/events")
        async with session.get(f"{base}/livez") as alive:
            assert alive.status == 200
        async with session.get(f"{base}/readyz") as ready:
            parts = (await ready.json())["parts"]
            assert (ready.status, parts) == (200, {"redis": "ok", "index": "ok", "slack": "ok"})
        slack.fail("auth.test", error="account_inactive")
        async with session.get(f"{base}/readyz") as not_ready:
            parts = (await not_ready.json())["parts"]
            assert (not_ready.status, parts["slack"]) == (503, "unavailable")


async def test_a_closed_socket_is_opened_again(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with running(sample_dir, models, slack, has_socket=True) as citewell:
        first = await citewell.people.mention(LEAVE)
        await slack.replies(first)
        await slack.disconnect_sockets()
        second = await citewell.people.mention(LEAVE)
        (reply,) = await slack.replies(second)

        assert "30 days" in reply.words
        assert slack.violations == []
