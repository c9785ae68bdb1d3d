"""In Teams' channels Citewell speaks as their modes want, and obeys whom it may."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.addressee.types import ChannelMode
from bot.controls.chatconfig import ChannelConfig, Role
from bot.loading import Models
from tests.running_teams import RunningTeams, running_teams
from tests.servers.teams import BEN, CHANNEL, PERSONAL, TeamsServer

LEAVE = "How many days of annual leave do I get?"
QUIET = "19:quiet@thread.tacv2"


@pytest.fixture
async def citewell(sample_dir: Path, models: Models) -> AsyncIterator[RunningTeams]:
    async with (
        TeamsServer(has_rate_limits=False) as teams,
        running_teams(sample_dir, models, teams, limits_factor=1000) as it,
    ):
        yield it
        assert teams.violations == []


async def test_in_auto_answer_mode_only_what_the_documents_answer_is_answered(
    citewell: RunningTeams,
) -> None:
    people, teams = citewell.people, citewell.teams
    key = f"teams:{teams.workspace.tenant}:{CHANNEL}"
    await citewell.parts.durable.administration.store.change(
        "test",
        "channel",
        lambda c: c.model_copy(
            update={"channels": {key: ChannelConfig(mode=ChannelMode.AUTO_ANSWER)}}
        ),
    )
    before = teams.looked_up
    await people.say(LEAVE, conversation=QUIET)
    asked_of_nobody = teams.looked_up - before
    await people.say("anyone up for lunch?")
    root = await people.say(f"Hi all, {LEAVE}")
    (reply,) = await teams.replies(root)

    assert asked_of_nobody == 0
    assert "30 days" in reply.text
    assert [message.root for message in teams.messages()] == [root]


async def test_an_administrator_names_people_and_channels_in_a_command(
    citewell: RunningTeams,
) -> None:
    people, teams = citewell.people, citewell.teams
    tenant = teams.workspace.tenant
    store = citewell.parts.durable.administration.store
    await store.change(
        "test",
        "rights",
        lambda c: c.model_copy(update={"rights": {f"user:teams:{tenant}:aad-ann": Role.ADMIN}}),
    )
    await people.tell("Thanks")
    await teams.replies(conversation=PERSONAL)
    words = "<at>Citewell</at> /citewell block <at>Ben</at>"
    command = people.activity(words, conversation=CHANNEL)
    us = {"type": "mention", "mentioned": {"id": teams.workspace.bot}, "text": "<at>Citewell</at>"}
    ben = {"type": "mention", "mentioned": {"id": BEN}, "text": "<at>Ben</at>"}
    await people.deliver({**command, "entities": [us, ben]})
    await teams.replies(conversation=PERSONAL, count=2)
    await people.mention("/citewell channel mode off")
    await teams.replies(conversation=PERSONAL, count=3)
    config = (await store.current()).config

    assert list(config.blocked) == [f"user:teams:{tenant}:aad-ben"]
    assert config.channel(f"teams:{tenant}:{CHANNEL}").mode is ChannelMode.OFF
    assert teams.messages(conversation=CHANNEL) == []
