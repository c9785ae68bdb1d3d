"""Attacks on commands, through the strict platforms: whoever tries them changes nothing."""

import asyncio
import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from docket import Docket
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from adapters.types import IncomingCommand, Person, PlatformRole
from bot.addressee.types import ChannelMode
from bot.administration import administration_of
from bot.controls.chatconfig import flat, with_values
from bot.crypto import Cipher
from bot.loading import Models
from bot.people.welcoming import Keeping
from bot.prompts.library import PromptLibrary
from bot.wiring import Parts
from tests.keeping import KeepingAdapter
from tests.running import Running, running
from tests.running_teams import running_teams
from tests.servers.slack import ANN, BEN, SlackServer
from tests.servers.slack.gestures import press, press_payload
from tests.servers.slack.workspace import Ephemeral
from tests.servers.teams import BEN as TEAMS_BEN
from tests.servers.teams import TeamsServer

DO_IT = "Do it"
RISKY = "prompts activate answer 4"


async def version(parts: Parts) -> int:
    """Return how often anything was changed or looked into."""
    return (await parts.durable.administration.store.current()).version


@pytest.fixture
async def citewell(tmp_path: Path, models: Models) -> AsyncIterator[Running]:
    """Citewell with two owners of the workspace."""
    async with (
        SlackServer(has_rate_limits=False) as slack,
        running(tmp_path, models, slack, limits_factor=1000) as it,
    ):
        for user in (ANN, BEN):
            slack.workspace.users[user] |= {"is_admin": True, "is_owner": True}
        yield it
        assert slack.violations == []


async def held(citewell: Running, text: str, *, user: str = ANN) -> Ephemeral:
    """Use a command and return what its writer sees."""
    return citewell.people.shown(await citewell.people.command(text, user=user), user=user)


async def told(citewell: Running, count: int) -> str:
    """Wait until somebody was told something for the `count`th time, and return it."""
    seen = citewell.slack.workspace.ephemerals
    await citewell.slack.until(lambda: len(seen) >= count)
    return seen[count - 1].words


async def test_what_is_forged_replayed_or_another_s_confirms_nothing_in_slack(
    citewell: Running,
) -> None:
    people, slack = citewell.people, citewell.slack
    question = await held(citewell, RISKY)
    forged = press_payload(people, question, DO_IT)
    forged["actions"][0]["value"] = forged["actions"][0]["value"][:-8] + "AAAAAAAA"
    await people.interact(forged)
    answers = [await told(citewell, 1)]
    await press(people, question, DO_IT, user=BEN)
    answers.append(await told(citewell, 2))
    elsewhere = press_payload(people, question, DO_IT, team={"id": "T0OTHER", "domain": "other"})
    await people.interact(elsewhere)
    stranger = {"id": ANN, "username": "ann", "team_id": "T0OTHER"}
    await people.interact(press_payload(people, question, DO_IT, user=ANN) | {"user": stranger})
    answers.append(await told(citewell, 3))
    before = await version(citewell.parts)
    once = press_payload(people, question, DO_IT)
    for _ in range(3):  # as Slack does where an acknowledgement is lost
        await people.interact(copy.deepcopy(once))
    done = await told(citewell, 4)
    await press(people, question, DO_IT)
    again = await told(citewell, 5)

    assert all("too old, answered, or not yours" in answer for answer in answers)
    assert before == 0
    assert "prompts > answer: default \u2192 4" in done
    assert "too old, answered" in again
    assert await version(citewell.parts) == 1
    assert len(slack.workspace.ephemerals) == 5


async def test_a_form_s_metadata_is_one_person_s_one_form_s_and_not_forged(
    citewell: Running,
) -> None:
    people, slack = citewell.people, citewell.slack
    store = citewell.parts.durable.administration
    ts = await people.mention("Thanks!")
    await slack.replies(ts)
    question = await held(citewell, RISKY)
    sealed = press_payload(people, question, DO_IT)["actions"][0]["value"]
    sealing = store.interactions.states
    person = Person(id=BEN, workspace=slack.workspace.team)
    others = sealing.seal("form:review-right", person, {"id": "1", "place": "slack:T0OTHER"})
    view = {
        "type": "modal",
        "callback_id": "review-right",
        "private_metadata": "",
        "blocks": [],
    }
    states = ("", "x" * 2_900, sealed, others, "../../etc", "\u0000")
    answers = [await _submitted(people, view, state) for state in states]

    assert await version(citewell.parts) == 0
    assert all("too old or not yours" in answer for answer in answers)
    assert await store.feedback.verified.places() == []


async def _submitted(people: Any, view: dict[str, Any], state: str) -> str:
    fields = {
        name: {"value": {"type": "plain_text_input", "value": "q"}}
        for name in ("question", "answer", "title", "url", "until")
    }
    done = await people.interact(
        {
            "type": "view_submission",
            "team": {"id": people.slack.workspace.team},
            "user": {"id": ANN, "team_id": people.slack.workspace.team},
            "view": {
                **view, "id": "V1", "private_metadata": state, "state": {"values": fields},
            },
            "trigger_id": people.slack.workspace.trigger(),
        }
    )  # fmt: skip
    assert done.status == 200
    return str(done.body)


async def test_the_second_of_two_administrators_at_once_is_told(citewell: Running) -> None:
    people = citewell.people
    mine, yours = await asyncio.gather(
        held(citewell, RISKY), held(citewell, "pause 'Back at noon'", user=BEN)
    )
    await press(people, mine, DO_IT)
    first = await told(citewell, 1)
    await press(people, yours, DO_IT, user=BEN)
    second = await told(citewell, 2)

    assert "Done" in first
    assert "Somebody changed the settings meanwhile. Nothing was changed." in second
    assert (await citewell.parts.durable.administration.store.current()).config.notice == ""


async def test_what_the_app_may_not_do_is_refused_with_what_to_mend(
    tmp_path: Path, models: Models
) -> None:
    async with SlackServer(has_rate_limits=False) as slack:
        slack.scopes = ",".join(
            scope
            for scope in slack.scopes.split(",")
            if scope not in {"groups:history", "usergroups:read"}
        )
        async with running(tmp_path, models, slack, limits_factor=1000) as citewell:
            slack.workspace.users[ANN] |= {"is_admin": True, "is_owner": True}
            mode = (await held(citewell, "channel mode thread")).words
            owners = (await held(citewell, "channel owners <!subteam^S0PEOPLE|@people>")).words
            rights = (await held(citewell, "rights grant <!subteam^S0PEOPLE> admin")).words
            person = (await held(citewell, f"channel owners <@{BEN}>")).words

            assert "lacks groups:history" in mode
            assert "message.channels" in mode
            assert "lacks usergroups:read" in owners
            assert "lacks usergroups:read" in rights
            assert all("Nothing was changed" in each for each in (mode, owners, rights))
            assert "Done" in person
            assert await version(citewell.parts) == 1


async def test_what_is_forged_replayed_or_another_s_confirms_nothing_in_teams(
    tmp_path: Path, models: Models
) -> None:
    async with (
        TeamsServer(has_rate_limits=False) as teams,
        running_teams(
            tmp_path,
            models,
            teams,
            limits_factor=1000,
            owners=f"teams:{teams.workspace.tenant}:aad-ann,teams:{teams.workspace.tenant}:aad-ben",
        ) as citewell,
    ):
        people = citewell.people
        await people.tell(f"/citewell {RISKY}")
        (question,) = await teams.replies(conversation="a:ann")
        actions = [each for card in question.cards for each in card["actions"]]
        (data,) = [each["data"] for each in actions if each["title"] == DO_IT]
        forged = copy.deepcopy(data)
        forged["citewell"]["value"] = data["citewell"]["value"][:-8] + "AAAAAAAA"
        await people.deliver({**people.activity(""), "value": forged, "replyToId": question.id})
        await teams.replies(conversation="a:ann", count=2)
        await people.press(question, DO_IT, user=TEAMS_BEN)
        stolen = await teams.replies(conversation="a:ann", count=2)
        foreign = people.activity("")
        foreign["conversation"]["tenantId"] = "99999999-9999-9999-9999-999999999999"
        foreign["channelData"]["tenant"] = {"id": "99999999-9999-9999-9999-999999999999"}
        refused = await people.deliver({**foreign, "value": data, "replyToId": question.id})
        before = await version(citewell.parts)
        once = {**people.activity(""), "value": data, "replyToId": question.id}
        for _ in range(3):
            await people.deliver(copy.deepcopy(once))
        await teams.until(lambda: any("Done" in m.words for m in teams.messages()))

        assert "too old, answered, or not yours" in stolen[1].words
        assert refused.status == 403
        assert before == 0
        assert await version(citewell.parts) == 1
        assert teams.violations == []


_WORDS = st.one_of(
    st.sampled_from(
        "help status sources sync pause channel mode sets owners limits person usd messages prices "
        "block unblock rights grant revoke usage flags thumbs off prompts activate rollback answer "
        "announce here all config undo history my-data forget me user:U1 group:S1 channel:C1 "
        "user:U1:T2 channel:../C2 > | ` 'a 99999999999999999999 -1 1e309 nan".split()
    ),
    st.text(max_size=40),
)


@given(words=st.lists(_WORDS, max_size=8), is_owner=st.booleans())
@settings(max_examples=60, deadline=None)
def test_whatever_is_written_is_answered_and_leaves_what_is_set_whole(
    *, valkey_url: str, words: list[str], is_owner: bool
) -> None:
    asyncio.run(_written(valkey_url, " ".join(words), is_owner=is_owner))


async def _written(url: str, text: str, *, is_owner: bool) -> None:
    async def about() -> str:
        return "7 passages."

    redis = Redis.from_url(url, socket_timeout=5)
    await redis.flushall()
    it = administration_of(
        redis,
        Cipher(b"a secret of at least sixteen bytes"),
        {"slack": KeepingAdapter()},
        Docket("citewell", url),
        owners=frozenset(),
        model="openai:m",
        mode=ChannelMode.THREAD,
        about=about,
        name="Citewell",
        keeping=Keeping(thread_h=168, ledger_days=90),
        prompts=PromptLibrary(),
    )
    role = PlatformRole.OWNER if is_owner else PlatformRole.MEMBER
    person = Person(id="UANN", workspace="T1", role=role)
    reply = await it.commands.answer(
        IncomingCommand(text=text, platform="slack", workspace="T1", channel="C1", person=person)
    )
    now = await it.store.current()
    keys = [*now.config.channels, *now.config.blocked, *now.config.rights]
    await redis.aclose()

    assert reply.text
    assert is_owner or now.version == 0
    assert with_values(now.config, {}) == now.config
    assert flat(now.config) == flat(with_values(now.config, {}))
    assert not [key for key in keys if ":T1:" not in key]
