"""Who wrote, as far as Slack itself vouches for it."""

from typing import Any

import pytest
from aiohttp import ClientSession
from redis.asyncio import Redis

from adapters.errors import AdapterError, UncertainError
from adapters.slack.calls import SlackCalls
from adapters.slack.people import SlackPeople
from adapters.types import Person
from bot.breakers import Circuit
from bot.queue.limits import SharedLimiter
from tests.servers.slack import ANN, BEN, SlackServer
from tests.servers.slack import SlackPeople as Acting

TEAM = "T0BRINDLE"


@pytest.fixture
def people(slack: SlackServer, redis: Redis, slack_session: ClientSession) -> SlackPeople:
    calls = SlackCalls(
        slack.bot_token,
        slack.api_url,
        session=slack_session,
        limiter=SharedLimiter(redis),
        guard=Circuit(
            "slack",
            failures=UncertainError,
            when_open=lambda: AdapterError("slack", "circuit_open"),
        ),
        workspace=TEAM,
    )
    return SlackPeople(calls, workspace=TEAM)


@pytest.fixture
def acting(slack: SlackServer) -> Acting:
    return Acting(slack)


async def test_a_colleague_has_a_name_a_verified_address_and_groups(
    people: SlackPeople, slack: SlackServer, acting: Acting
) -> None:
    slack.workspace.groups = {"S0FINANCE": [ANN, BEN], "S0BOARD": [BEN]}
    ann = await people.known(Person(id=ANN, workspace=TEAM))

    assert (ann.name, ann.email, ann.is_guest) == ("Ann Reed", "ann@brindlemoor.example", False)
    assert ann.groups == {f"slack:{TEAM}:S0FINANCE"}
    assert slack.violations == []


@pytest.mark.parametrize(
    "about",
    [
        {"is_email_confirmed": False},
        {"deleted": True},
        {"is_bot": True},
        {"team_id": "T0ELSEWHERE"},
        {"is_stranger": True, "team_id": "T0ELSEWHERE"},
        {"profile": {"real_name": "Ben Okafor"}},  # without the scope users:read.email
    ],
)
async def test_an_address_that_slack_does_not_vouch_for_is_none(
    people: SlackPeople, slack: SlackServer, acting: Acting, about: dict[str, Any]
) -> None:
    slack.workspace.users[BEN] = acting.a_user("Ben Okafor", **about)
    ben = await people.known(Person(id=BEN, workspace=TEAM))

    assert ben.email == ""
    assert ben.is_guest == ("T0ELSEWHERE" in about.values())


async def test_whom_slack_does_not_tell_about_is_a_guest_without_groups(
    people: SlackPeople, slack: SlackServer, acting: Acting
) -> None:
    slack.workspace.groups = {"S0FINANCE": [ANN]}
    slack.fail("users.info", error="internal_error")
    ann = await people.known(Person(id=ANN, workspace=TEAM))

    assert (ann.is_guest, ann.email, ann.groups) == (True, "", frozenset())


async def test_without_the_scope_for_groups_nobody_is_in_one_and_people_are_known(
    people: SlackPeople, slack: SlackServer, acting: Acting
) -> None:
    slack.fail("usergroups.list", error="missing_scope")
    ann = await people.known(Person(id=ANN, workspace=TEAM))
    ben = await people.known(Person(id=BEN, workspace=TEAM))

    assert (ann.email, ann.groups) == ("ann@brindlemoor.example", frozenset())
    assert ben.email == "ben@brindlemoor.example"
    assert slack.methods().count("usergroups.list") == 1


async def test_slack_is_asked_once_about_a_person(
    people: SlackPeople, slack: SlackServer, acting: Acting
) -> None:
    for _ in range(3):
        await people.known(Person(id=ANN, workspace=TEAM))

    assert sorted(slack.methods()) == ["usergroups.list", "users.info"]
