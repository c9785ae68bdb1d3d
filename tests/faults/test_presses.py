"""What was pressed is done once, although the process that took it is killed over it."""

import asyncio
from asyncio.subprocess import Process
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.processes import environment, said, start
from tests.running import free_port
from tests.servers.slack import ANN, SlackPeople, SlackServer
from tests.servers.slack.gestures import buttons_of, press

LEAVE = "How many days of annual leave do I get?"
POST, TELL = "chat.postMessage", "chat.postEphemeral"
RISKY = "prompts activate answer 4"


async def killed(process: Process) -> None:
    process.kill()
    await process.communicate()


async def states(redis: Redis) -> list[bytes | str | None]:
    """Return what is noted of each press."""
    keys = [key async for key in redis.scan_iter("citewell:pressed:*")]
    return await redis.mget(keys)


@pytest.mark.timeout(240)  # two processes that load their models
async def test_what_was_pressed_is_done_once_although_the_process_dies_in_between(
    redis: Redis, valkey_url: str, sample_dir: Path, tmp_path: Path
) -> None:
    port, let_go = free_port(), asyncio.Event()
    async with SlackServer(has_rate_limits=False) as slack:
        env = environment(
            sample_dir,
            REDIS_URL=valkey_url,
            SLACK_BOT_TOKEN=slack.bot_token,
            SLACK_SIGNING_SECRET=slack.signing_secret,
            SLACK_API_URL=slack.api_url,
            CITEWELL_PORT=str(port),
            CITEWELL_HUMAN_GROUP="slack:T0BRINDLE:S0PEOPLE",
            CITEWELL_TAKEOVER_S="2",
        )
        people = SlackPeople(slack, url=f"http://127.0.0.1:{port}/slack/events")
        slack.workspace.users[ANN] |= {"is_admin": True, "is_owner": True}
        first = await start("serve", cwd=tmp_path, env=env)
        await said(first, b"listening")
        ts = await people.mention(LEAVE)
        (reply,) = await slack.replies(ts)
        asks = people.shown(await people.command(RISKY))
        further = next(b for b in buttons_of(reply) if b.endswith("?"))
        for method in (POST, TELL):
            slack.fail(method, times=2, until=let_go)
        acks = [
            await press(people, reply, "Ask a human"),
            await press(people, reply, further),
            await press(people, reply, "up"),
            await press(people, asks, "Do it"),
        ]
        await slack.until(lambda: slack.held == {POST: 2, TELL: 2})
        before = [slack.messages(ts), list(slack.workspace.ephemerals)]
        await killed(first)
        second = await start("serve", cwd=tmp_path, env=env)
        await said(second, b"listening")
        told = slack.workspace.ephemerals
        await slack.until(lambda: len(told) >= 3, timeout_s=60)
        below = await slack.replies(ts, 4)
        async with asyncio.timeout(30):
            while await states(redis) != [b"done"] * 4:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        second.terminate()
        await second.communicate()
        let_go.set()

        words = "\n".join([*(each.words for each in below), *(each.words for each in told)])
        votes = await redis.hgetall("citewell:{feedback}:totals")
        assert [ack.status for ack in acks] == [200] * 4
        assert max(ack.ack_s for ack in acks) < 3
        assert before == [[reply], []]
        assert len(slack.messages(ts)) == 4
        assert words.count("A human, please") == 1
        assert words.count(f"asks: {further}") == 1
        assert votes == {b"up": b"1"}
        assert words.count("Noted: helpful") == 1
        assert words.count("after this was changed") == 1
        assert await redis.hget("citewell:{config}:current", "version") == b"1"
        assert slack.violations == []
