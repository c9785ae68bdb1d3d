"""What claims to come from Teams is believed only when everything about it is right."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.loading import Models
from tests.running_teams import RunningTeams, running_teams
from tests.servers.teams import CHANNEL, PERSONAL, TeamsServer
from tests.servers.teams.tokens import SERVICE_URL, Signer

LEAVE = "How many days of annual leave do I get?"
_HOUR = 3600


@pytest.fixture
async def citewell(
    sample_dir: Path, models: Models, teams: TeamsServer
) -> AsyncIterator[RunningTeams]:
    async with running_teams(sample_dir, models, teams) as it:
        yield it
    assert teams.violations == []


def _other_key_of_the_same_name(signer: Signer) -> str:
    return signer.token(key=signer.unpublished)


def _signature_of_another_token(signer: Signer) -> str:
    head, body, _ = signer.token().split(".")
    return ".".join([head, body, signer.token(jti="2").split(".")[2]])


BAD_TOKENS: dict[str, Callable[[Signer], str]] = {
    "missing": lambda _: "",
    "garbage": lambda _: "garbage",
    "three pieces of garbage": lambda _: "e30.e30.e30",
    "far too long": lambda _: "e" * 7_000,
    "expired": lambda s: s.token(exp=int(time.time()) - _HOUR),
    "without expiry": lambda s: s.token(exp=None),
    "not yet valid": lambda s: s.token(nbf=int(time.time()) + _HOUR),
    "wrong signature": _signature_of_another_token,
    "signed with another key": _other_key_of_the_same_name,
    "key that is not published": lambda s: s.token(kid="nobody", key=s.unpublished),
    "without a key's name": lambda s: s.token(kid=None),
    "wrong issuer": lambda s: s.token(iss="https://evil.example"),
    "issuer of the emulator": lambda s: s.token(
        iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/", ver="1.0"
    ),
    "without issuer": lambda s: s.token(iss=None),
    "wrong audience": lambda s: s.token(aud="33333333-3333-3333-3333-333333333333"),
    "without audience": lambda s: s.token(aud=None),
    "wrong service URL": lambda s: s.token(serviceurl="https://evil.example/"),
    "without service URL": lambda s: s.token(serviceurl=None),
    "algorithm none": lambda s: s.token(algorithm="none"),
    "algorithm HS256": lambda s: s.token(algorithm="HS256", key="x" * 32),
    "key endorsed for another channel": lambda s: s.token(kid="key-web"),
    "key endorsed for nothing": lambda s: s.token(kid="key-none"),
}


async def test_no_bad_token_is_served_and_none_makes_us_work(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    people, got = citewell.people, {}
    for kind, token in BAD_TOKENS.items():
        done = await people.deliver(people.activity(LEAVE), token=token(teams.signer))
        got[kind] = done.status
    other_scheme = await people.post_raw(
        json.dumps(people.activity(LEAVE)),
        {"Content-Type": "application/json", "Authorization": f"Basic {teams.signer.token()}"},
    )

    assert got == dict.fromkeys(BAD_TOKENS, 401)
    assert other_scheme.status == 401
    assert await _work(citewell) == []
    assert teams.calls == []
    assert not any("sts.windows" in host for host in teams.proxy.asked)

    await people.tell(LEAVE)
    (reply,) = await teams.replies()
    assert "30 days" in reply.text


def _with(**changed: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda activity: {**activity, **changed}


ELSEWHERE: tuple[dict[str, Any], ...] = (
    {"serviceUrl": "https://evil.example/"},
    {"serviceUrl": "http://smba.trafficmanager.net/emea/"},
    {"serviceUrl": "https://smba.trafficmanager.net@evil.example/"},
    {"serviceUrl": f"{SERVICE_URL}?x=1"},
    {"serviceUrl": ""},
    {"serviceUrl": None},
    {"serviceUrl": [SERVICE_URL]},
    {"serviceUrl": "file:///etc/passwd"},
    {"channelId": "emulator"},
    {"channelId": None},
)


async def test_an_activity_that_names_another_address_or_channel_is_refused(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    for changed in ELSEWHERE:
        done = await citewell.people.deliver({**citewell.people.activity(LEAVE), **changed})
        assert done.status in {401, 403}, changed

    assert await _work(citewell) == []
    assert teams.calls == []


async def _work(citewell: RunningTeams) -> list[object]:
    """Return what was written for messages, whoever sent them."""
    redis = citewell.parts.redis
    return [key for kind in ("message", "reference") for key in await redis.keys(f"*{kind}*")]


async def test_even_a_signed_address_must_be_one_that_our_token_may_go_to(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    for url in ("http://evil.example/", "https://user:pass@smba.trafficmanager.net/"):
        activity = {**citewell.people.activity(LEAVE), "serviceUrl": url}
        done = await citewell.people.deliver(activity, token=teams.signer.token(serviceurl=url))

        assert done.status == 401
    assert teams.calls == []


async def test_another_tenant_is_refused(citewell: RunningTeams, teams: TeamsServer) -> None:
    activity = citewell.people.activity(LEAVE)
    activity["channelData"]["tenant"]["id"] = "99999999-9999-9999-9999-999999999999"
    done = await citewell.people.deliver(activity)

    assert done.status == 403
    assert teams.calls == []


async def test_what_is_no_activity_is_refused_without_an_error(citewell: RunningTeams) -> None:
    signer = citewell.teams.signer
    headers = {"Authorization": f"Bearer {signer.token()}", "Content-Type": "application/json"}
    for body in ("", "{", "[]", '"x"', "[" * 50_000, '{"a":' * 50_000, "\x00"):
        assert (await citewell.people.post_raw(body, headers)).status == 400
    too_long = await citewell.people.post_raw(json.dumps({"text": "x" * 300_000}), headers)
    no_place = citewell.people.activity(LEAVE)
    del no_place["conversation"]

    assert too_long.status in {400, 413}
    assert (await citewell.people.deliver(no_place)).status == 400
    assert (await citewell.people.post_raw("{}", {})).status == 401


async def test_a_hundred_kilobytes_get_a_clear_word(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    await citewell.people.tell("a b c d " * 12_500)
    (reply,) = await teams.replies()

    assert "Your message has 99,999 characters; I can read 8,000" in reply.text


async def test_a_replayed_activity_is_answered_once(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    activity = citewell.people.activity(LEAVE)
    token = teams.signer.token()
    done = [await citewell.people.deliver(activity, token=token) for _ in range(4)]
    await citewell.people.tell("Thank you")
    first, second = await teams.replies(count=2)

    assert [each.status for each in done] == [200] * 4
    assert "30 days" in first.text
    assert "welcome" in second.text  # a chat is answered in order: nothing came between


async def test_without_keys_nothing_is_believed_and_teams_is_asked_to_come_again(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    teams.are_keys_there = False
    done = await citewell.people.deliver(citewell.people.activity(LEAVE))
    teams.are_keys_there = True

    assert done.status == 503
    assert teams.calls == []


async def test_a_guest_and_a_stranger_read_only_public_documents(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    members = teams.workspace.members
    members["29:guest"] = {"userRole": "guest", "tenantId": teams.workspace.tenant}
    members["29:other"] = {"userRole": "user", "tenantId": "99999999-9999"}
    for user in ("29:guest", "29:other", "29:nobody"):
        root = await citewell.people.mention(LEAVE, user=user)
        (reply,) = await teams.replies(root)

        assert "30 days" not in reply.words
        assert reply.links == []


async def test_a_chat_with_another_company_reads_only_public_documents(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    activity = citewell.people.activity(LEAVE)
    activity["conversation"]["tenantId"] = "99999999-9999"
    await citewell.people.deliver(activity)
    (reply,) = await teams.replies(conversation=PERSONAL)

    assert "30 days" not in reply.words


async def test_where_an_outsider_reads_along_only_public_documents_are_quoted(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    workspace = teams.workspace
    workspace.members["29:guest"] = {"userRole": "guest", "tenantId": workspace.tenant}
    crowd = [f"29:p{number}" for number in range(600)]
    for member in crowd:
        workspace.members[member] = {"userRole": "user", "tenantId": workspace.tenant}
    rooms = {
        "19:inside@thread.tacv2": (crowd, True),
        "19:mixed@thread.tacv2": ([*crowd, "29:guest"], False),
        "19:huge@thread.tacv2": (crowd * 4, False),
    }
    for channel, (roster, is_quoted) in rooms.items():
        workspace.rosters[channel] = roster
        root = await citewell.people.mention(LEAVE, conversation=channel)
        (reply,) = await teams.replies(root)
        assert ("30 days" in reply.words) is is_quoted, channel
    teams.fail("members", status=403, code="Forbidden")
    root = await citewell.people.mention(LEAVE)
    (reply,) = await teams.replies(root)

    assert "30 days" not in reply.words


async def test_a_redis_that_is_away_makes_teams_deliver_again(
    citewell: RunningTeams, teams: TeamsServer
) -> None:
    root = await citewell.people.mention(LEAVE)
    await teams.replies(root)
    activity = citewell.people.activity(LEAVE, conversation=CHANNEL)
    activity["entities"] = [
        {"type": "mention", "mentioned": {"id": teams.workspace.bot}, "text": ""}
    ]
    await citewell.parts.redis.client_pause(6500)
    refused = await citewell.people.deliver(activity)
    while (await citewell.people.deliver(activity)).status != 200:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    (reply,) = await teams.replies(activity["id"])

    assert refused.status == 503
    assert "30 days" in reply.text
