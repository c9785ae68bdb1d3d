"""Citewell says how it is, and comes back when Slack closes its socket."""

import asyncio
from pathlib import Path

import aiohttp

from bot.loading import Models
from tests.running import running
from tests.servers.openai import BROKEN, ModelServer
from tests.servers.slack import SlackServer

LEAVE = "How many days of annual leave do I get?"


async def test_health_names_each_part(sample_dir: Path, models: Models, slack: SlackServer) -> None:
    async with running(sample_dir, models, slack) as citewell, aiohttp.ClientSession() as session:
        base = citewell.url.removesuffix("/slack/events")
        async with session.get(f"{base}/livez") as alive:
            assert alive.status == 200
        async with session.get(f"{base}/readyz") as ready:
            parts = (await ready.json())["parts"]
            assert ready.status == 200
            assert parts == {part: {"state": "ok"} for part in ("redis", "index", "slack", "model")}
        slack.fail("auth.test", error="account_inactive")
        async with session.get(f"{base}/readyz") as not_ready:
            parts = (await not_ready.json())["parts"]
            assert not_ready.status == 503
            assert parts["slack"] == {"state": "unavailable", "reason": "account_inactive"}


async def test_a_model_that_keeps_failing_is_left_alone_and_seen_to_be(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    model.script = lambda _: BROKEN
    async with (
        running(sample_dir, models, slack, model=model) as citewell,
        aiohttp.ClientSession() as session,
    ):
        base = citewell.url.removesuffix("/slack/events")
        for _ in range(6):
            ts = await citewell.people.mention(LEAVE)
            (reply,) = await slack.replies(ts)
            assert "language model is not reachable" in reply.words
        while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
            await asyncio.sleep(0)  # a record is closed a moment after its reply shows
        asked = len(model.requests)
        async with session.get(f"{base}/readyz") as ready:
            health = await ready.json()
        async with session.get(f"{base}/metrics") as metrics:
            measured = await metrics.text()

    assert asked == 5
    assert (ready.status, health["status"]) == (200, "degraded")
    assert health["parts"]["model"]["reason"] == "circuit_open"
    assert 'citewell_circuit_open{part="model"} 1.0' in measured
    assert 'citewell_messages_total{state="failed"} 6.0' in measured
    assert 'citewell_kept_messages{list="open"} 0.0' in measured


async def test_a_second_model_writes_where_the_first_one_is_away(
    sample_dir: Path, models: Models, slack: SlackServer, model: ModelServer
) -> None:
    model.script = lambda _: BROKEN
    async with running(
        sample_dir, models, slack, model=model, fallback_model="offline"
    ) as citewell:
        ts = await citewell.people.mention(LEAVE)
        (reply,) = await slack.replies(ts)

    assert "30 days" in reply.words


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
