"""Who reads along in a channel decides what may be found for it, and doubt counts as outside."""

from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession
from redis.asyncio import Redis

from adapters.errors import AdapterError, UncertainError
from adapters.slack.audience import SlackAudiences
from adapters.slack.calls import SlackCalls
from adapters.slack.people import SlackPeople
from adapters.types import Audience, Person, ThreadId, Visibility
from bot.breakers import Circuit
from bot.crypto import Fingerprints
from bot.queue.limits import SharedLimiter
from bot.steps.readers import COMPANY, PUBLIC, Readers
from bot.syncing.directory import GroupDirectory
from knowledge.types import Principal
from tests.builders import a_message
from tests.servers.slack import ANN, BEN, CHANNEL, SlackServer
from tests.servers.slack import SlackPeople as Acting

TEAM = "T0BRINDLE"
GUEST, CAL, DEB = "U0GUEST", "U0CAL", "U0DEB"
ROOM = Principal(f"channel:slack:{TEAM}:{CHANNEL}")


@pytest.fixture
def acting(slack: SlackServer) -> Acting:
    acting = Acting(slack)
    for user, name in ((CAL, "Cal Moss"), (DEB, "Deb Lund")):
        slack.workspace.users[user] = acting.a_user(name)
    slack.workspace.users[GUEST] = acting.a_user("Gus Visitor", is_restricted=True)
    slack.workspace.members[CHANNEL] = [slack.workspace.bot_user, ANN, BEN, CAL, DEB]
    return acting


@pytest.fixture
def audiences(
    slack: SlackServer, redis: Redis, slack_session: ClientSession, acting: Acting
) -> SlackAudiences:
    calls = SlackCalls(
        slack.bot_token,
        slack.api_url,
        session=slack_session,
        limiter=SharedLimiter(redis, factor=1000),
        guard=Circuit(
            "slack",
            failures=UncertainError,
            when_open=lambda: AdapterError("slack", "circuit_open"),
        ),
        workspace=TEAM,
        patience_s=0.1,
    )
    people = SlackPeople(calls, workspace=TEAM)
    return SlackAudiences(calls, people, workspace=TEAM, bot_user=slack.workspace.bot_user)


@pytest.fixture
def readers(redis: Redis) -> Readers:
    return Readers(GroupDirectory(redis, Fingerprints(b"a secret of at least sixteen bytes")))


async def seen(audiences: SlackAudiences, *, user: str = ANN, is_guest: bool = False) -> Audience:
    """Return who will see the reply to what `user` wrote in the channel."""
    thread = ThreadId(platform="slack", workspace=TEAM, channel=CHANNEL, thread="1.0")
    person = Person(id=user, workspace=TEAM, is_guest=is_guest)
    return await audiences.of(a_message(thread=thread, person=person))


async def test_a_channel_of_colleagues_finds_what_all_of_them_may_read(
    audiences: SlackAudiences, readers: Readers, slack: SlackServer
) -> None:
    audience = await seen(audiences)
    again = await seen(audiences, user=BEN)

    assert await readers.of(audience) == COMPANY | {ROOM}
    assert await readers.of(again) == COMPANY | {ROOM}
    assert slack.methods().count("conversations.info") == 1
    assert slack.violations == []


@pytest.mark.parametrize(
    "about",
    [
        {"is_shared": True, "is_ext_shared": True},
        {"is_shared": True},
        {"is_pending_ext_shared": True},
        {"pending_shared": ["T0PARTNER"]},
    ],
)
async def test_a_channel_shared_with_another_company_finds_public_documents_only(
    audiences: SlackAudiences, readers: Readers, slack: SlackServer, about: dict[str, Any]
) -> None:
    slack.workspace.channels[CHANNEL] = about

    assert await readers.of(await seen(audiences)) == {PUBLIC}


async def test_one_guest_among_the_members_is_enough(
    audiences: SlackAudiences, readers: Readers, slack: SlackServer
) -> None:
    slack.workspace.members[CHANNEL].append(GUEST)

    assert await readers.of(await seen(audiences)) == {PUBLIC}


async def test_a_colleague_who_is_newer_than_the_list_is_looked_up(
    audiences: SlackAudiences, readers: Readers, slack: SlackServer, acting: Acting
) -> None:
    await audiences._people.colleagues()
    slack.workspace.users["U0NEW"] = acting.a_user("Nia New")
    slack.workspace.members[CHANNEL].append("U0NEW")

    assert await readers.of(await seen(audiences)) == COMPANY | {ROOM}


@pytest.mark.parametrize("method", ["conversations.info", "conversations.members", "users.list"])
async def test_where_slack_does_not_tell_someone_from_outside_may_read_along(
    audiences: SlackAudiences, readers: Readers, slack: SlackServer, method: str
) -> None:
    slack.fail(method, error="missing_scope", times=9)

    assert await readers.of(await seen(audiences)) == {PUBLIC}


async def test_who_is_not_on_slacks_list_and_not_found_is_from_outside(
    audiences: SlackAudiences, readers: Readers, slack: SlackServer
) -> None:
    slack.workspace.members[CHANNEL].append("U0STRANGER")

    assert await readers.of(await seen(audiences)) == {PUBLIC}


async def test_a_guest_who_asks_gets_public_documents_whoever_else_reads(
    audiences: SlackAudiences, readers: Readers
) -> None:
    assert await readers.of(await seen(audiences, user=GUEST, is_guest=True)) == {PUBLIC}


async def test_a_group_conversation_finds_what_each_of_its_members_may_read(
    audiences: SlackAudiences, readers: Readers, slack: SlackServer
) -> None:
    slack.workspace.channels[CHANNEL] = {"is_mpim": True, "is_private": True}
    slack.workspace.members[CHANNEL] = [slack.workspace.bot_user, ANN, BEN]
    slack.workspace.groups = {"S0BOTH": [ANN, BEN], "S0ANN": [ANN]}
    found = await readers.of(await seen(audiences))

    assert found == COMPANY | {Principal(f"group:slack:{TEAM}:S0BOTH")}


async def test_a_direct_conversation_needs_no_question_to_slack(
    audiences: SlackAudiences, slack: SlackServer
) -> None:
    message = a_message(visibility=Visibility.PERSON)

    assert await audiences.of(message) == replace(message.audience, has_outsiders=False)
    assert slack.methods() == []
