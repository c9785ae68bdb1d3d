"""Who gets no answer can call a human, and sees what became of it."""

import asyncio
from pathlib import Path

from bot.controls.chatconfig import Role
from bot.loading import Models
from tests.running import Running, running
from tests.running_teams import RunningTeams, running_teams
from tests.servers.desk import desk
from tests.servers.slack import BEN, CHANNEL, SlackServer
from tests.servers.slack.blocks import groups_called_in
from tests.servers.slack.gestures import buttons_of, press
from tests.servers.teams import BEN as TEAMS_BEN
from tests.servers.teams import CHANNEL as TEAMS_CHANNEL
from tests.servers.teams import TeamsServer

UNKNOWN = "How many moons does the planet Zorgon of jane.roe@example.com have?"
LEAVE = "How many days of annual leave do I get?"
GROUP = "slack:T0BRINDLE:S0PEOPLE"


async def counted(citewell: Running | RunningTeams) -> dict[str, float]:
    """Return how many requests reached each state."""
    shown = citewell.parts.durable.metrics.rendered({}, []).decode()
    lines = [line for line in shown.splitlines() if "human_requests_total{" in line]
    return {line.split('"')[1]: float(line.split()[-1]) for line in lines}


async def settled(citewell: Running | RunningTeams) -> None:
    """Return when nothing that was taken is still to be answered."""
    async with asyncio.timeout(60):
        while (await citewell.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_the_group_is_called_in_the_thread_and_the_state_is_seen_there(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with running(sample_dir, models, slack, human_group=GROUP) as citewell:
        people, workspace = citewell.people, slack.workspace
        ts = await people.mention(UNKNOWN)
        (reply,) = await slack.replies(ts)
        await settled(citewell)
        await press(people, reply, "Ask a human")
        _, post = await slack.replies(ts, 2)
        await press(people, reply, "Ask a human", user=BEN)
        await slack.until(lambda: len(workspace.ephemerals) == 2)
        called, opened = groups_called_in(post.blocks), post.words
        await press(people, post, "I take it", user=BEN)
        await slack.until(lambda: "Taken by Ben Okafor" in post.words)
        taken = set(buttons_of(post))
        await press(people, post, "Resolved", user=BEN)
        await slack.until(lambda: "Resolved by Ben Okafor" in post.words)
        await people.mention("a human, please", thread_ts=ts)
        await slack.replies(ts, 4)
        await people.mention(LEAVE, thread_ts=ts)
        *_, last = await slack.replies(ts, 5)
        counts = await counted(citewell)

    assert called == ["S0PEOPLE"]
    assert "Zorgon" in opened
    assert "jane.roe" not in opened
    assert [each.words.strip() for each in workspace.ephemerals] == [
        "I asked for a human, here in the thread.",
        "Somebody was asked already: see above.",
    ]
    assert taken == {"Resolved"}
    assert buttons_of(post) == {}
    assert "30 days" in last.words
    assert counts == {"open": 2.0, "taken": 1.0, "resolved": 1.0}
    assert slack.violations == []


async def test_from_a_direct_message_a_ticket_is_opened_with_the_masked_question(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with (
        desk() as tickets,
        running(
            sample_dir,
            models,
            slack,
            human_group=GROUP,
            ticket_url=tickets.url,
            ticket_private_hosts="127.0.0.1",
        ) as citewell,
    ):
        ts = await citewell.people.tell(UNKNOWN)
        await slack.replies(ts)
        await settled(citewell)
        tickets.status = 500
        await citewell.people.tell("a human, please", thread_ts=ts)
        _, failed = await slack.replies(ts, 2)
        tickets.status = 201
        await citewell.people.tell("can I talk to a human?", thread_ts=ts)
        *_, opened = await slack.replies(ts, 3)
        (ticket,) = tickets.tickets
        counts = await counted(citewell)

    assert "nobody was asked" in failed.words
    assert "opened a ticket" in opened.words
    assert "Zorgon" in ticket["question"]
    assert "jane.roe" not in ticket["question"]
    assert ticket["thread"] == f"https://app.slack.com/client/T0BRINDLE/D0ANN/thread/D0ANN-{ts}"
    assert counts == {"failed": 1.0, "open": 1.0}


async def test_a_desk_inside_the_network_is_asked_only_where_it_is_named(
    sample_dir: Path, models: Models, slack: SlackServer
) -> None:
    async with (
        desk() as tickets,
        running(sample_dir, models, slack, ticket_url=tickets.url) as citewell,
    ):
        ts = await citewell.people.tell("a human, please")
        (reply,) = await slack.replies(ts)

    assert "nobody was asked" in reply.words
    assert tickets.tickets == []


async def test_where_nobody_can_be_called_nothing_is_offered(citewell: Running) -> None:
    ts = await citewell.people.mention(UNKNOWN)
    (reply,) = await citewell.slack.replies(ts)
    await citewell.people.mention("a human, please", thread_ts=ts)
    _, told = await citewell.slack.replies(ts, 2)

    assert "Ask a human" not in buttons_of(reply)
    assert reply.channel == CHANNEL
    assert "Nobody can be called from here" in told.words


async def test_in_teams_the_owners_of_the_channel_are_called_and_the_state_is_seen(
    sample_dir: Path, models: Models
) -> None:
    async with (
        TeamsServer(has_rate_limits=False) as teams,
        running_teams(sample_dir, models, teams, limits_factor=1000) as citewell,
    ):
        people, tenant = citewell.people, teams.workspace.tenant
        await citewell.parts.durable.administration.store.change(
            "test",
            "rights",
            lambda c: c.model_copy(update={"rights": {f"user:teams:{tenant}:aad-ann": Role.ADMIN}}),
        )
        setting = people.activity(
            "/citewell channel owners <at>Ben</at>", conversation=TEAMS_CHANNEL
        )
        ben = {"id": TEAMS_BEN, "name": "Ben"}
        setting["entities"] = [{"type": "mention", "mentioned": ben, "text": "<at>Ben</at>"}]
        await people.deliver(setting)
        root = await people.mention(UNKNOWN)
        (offered,) = await teams.replies(root)
        await settled(citewell)
        await people.press(offered, "Ask a human")
        *_, post = await teams.replies(root, 2)
        opened = post.words, [e["mentioned"] for e in post.entities if e["type"] == "mention"]
        await people.press(post, "I take it", user=TEAMS_BEN)
        await teams.until(lambda: "Taken by Ben" in post.words)
        await people.press(post, "Resolved", user=TEAMS_BEN)
        await teams.until(lambda: "Resolved by Ben" in post.words)
        async with asyncio.timeout(60):
            while "resolved" not in await counted(citewell):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        counts = await counted(citewell)

    assert "Zorgon" in opened[0]
    assert "jane.roe" not in opened[0]
    assert opened[1] == [{"id": TEAMS_BEN, "name": "Ben"}]
    assert post.cards == []
    assert counts == {"open": 1.0, "taken": 1.0, "resolved": 1.0}
    assert teams.violations == []
