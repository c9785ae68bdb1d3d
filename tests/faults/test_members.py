"""Any number of receivers and workers share one Redis, whatever transport and clock they have."""

from pathlib import Path

import pytest

from tests.faults.cluster import running_cluster
from tests.faults.load import Load, tagged
from tests.faults.outcomes import outcomes
from tests.servers.openai import ModelServer
from tests.servers.slack import CHANNEL, SlackPeople, SlackServer

LEAVE = "How many days of annual leave do I get, tag-paper-river?"


@pytest.mark.timeout(300)
async def test_several_socket_receivers_answer_once_and_one_may_die(
    sample_index: Path, tmp_path: Path, slack: SlackServer
) -> None:
    async with (
        ModelServer(script=tagged) as model,
        running_cluster(
            tmp_path, sample_index, slack, model, receivers=2, workers=1,
            SLACK_APP_TOKEN=slack.app_token,
        ) as cluster,
    ):  # fmt: skip
        people = SlackPeople(slack)
        await slack.connected(2)
        first = await people.mention(LEAVE)
        slack.sockets.reverse()  # the next event goes to the other receiver
        second = await people.mention(LEAVE)
        await slack.replies(first)
        await slack.replies(second)
        await cluster.receivers[0].kill()
        third = await people.mention(LEAVE)
        await slack.replies(third)

    assert [len(slack.messages(ts)) for ts in (first, second, third)] == [1, 1, 1]
    assert {m.channel for m in slack.messages()} == {CHANNEL}
    assert slack.violations == []


@pytest.mark.timeout(300)
async def test_clocks_that_are_hours_apart_lose_and_double_nothing(
    sample_index: Path, tmp_path: Path, slack: SlackServer
) -> None:
    async with (
        ModelServer(script=tagged) as model,
        running_cluster(
            tmp_path, sample_index, slack, model, receivers=1, workers=2,
            hours_off=(3.0, -3.0), CITEWELL_TAKEOVER_S="3",
        ) as cluster,
    ):  # fmt: skip
        load = Load(cluster, threads=4, channels=4)
        await load.run(12, a_second=4)
        await cluster.workers[0].kill()
        await slack.until(lambda: not outcomes(load.asked, slack).lost, timeout_s=90)
        found = outcomes(load.asked, slack)

    assert (found.lost, found.doubled, found.out_of_order) == ((), (), ())
    assert slack.violations == []
