"""Buttons, private replies and forms reach their handlers once, verified, and at once."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from redis.asyncio import Redis

from adapters.ports import ChatAdapter
from adapters.types import (
    ROOT,
    Button,
    ButtonStyle,
    Confirmation,
    FieldKind,
    Form,
    FormField,
    IncomingAction,
    IncomingSubmission,
    Reply,
    ThreadId,
)
from bot.cli.serving import receiving
from bot.durable import Durable, open_durable
from tests.running import free_port, settings_for
from tests.servers.slack import ANN, BEN, CHANNEL, SlackPeople, SlackServer
from tests.servers.slack.gestures import modal_of, press, press_payload, submit, use_shortcut

ASK = Button(
    action="ask",
    label="Ask me",
    value="seven",
    style=ButtonStyle.DANGER,
    confirm=Confirmation(title="Sure?", text="This asks you.", yes="Ask", no="Leave it"),
)
FIELDS = (
    FormField(name="why", label="Why?", choices=(("a", "A"), ("b", "B")), kind=FieldKind.CHOICE),
    FormField(name="words", label="In your words", kind=FieldKind.LONG_TEXT, hint="Briefly"),
    FormField(name="until", label="Until", kind=FieldKind.DATE, is_optional=True),
)


@dataclass(kw_only=True)
class Desk:
    """Citewell's receiving half, with a button that asks by a form and keeps what it is told."""

    durable: Durable
    slack: SlackServer
    people: SlackPeople
    pressed: list[IncomingAction] = field(default_factory=list)
    told: list[tuple[Mapping[str, str], Mapping[str, str]]] = field(default_factory=list)

    @property
    def adapter(self) -> ChatAdapter:
        return self.durable.adapters["slack"]

    def thread(self, ts: str = "1.1") -> ThreadId:
        team = self.slack.workspace.team
        return ThreadId(platform="slack", workspace=team, channel=CHANNEL, thread=ts)

    async def ask(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        self.pressed.append(action)
        interactions = self.durable.interactions
        state = interactions.seal("why", action.person, {"about": action.value})
        await adapter.open_form(
            action.trigger, Form(name="why", title="Tell us", fields=FIELDS, state=state)
        )

    async def take(
        self, submission: IncomingSubmission, state: Mapping[str, str], adapter: ChatAdapter
    ) -> Mapping[str, str]:
        if submission.values["words"] == "no":
            return {"words": "That is no reason."}
        self.told.append((submission.values, state))
        await adapter.send_privately(self.thread(), submission.person, Reply(text="Thank you."))
        return {}


@pytest.fixture(params=["http", "socket"])
async def desk(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    redis: Redis,
    valkey_url: str,
    slack: SlackServer,
) -> AsyncIterator[Desk]:
    has_socket = request.param == "socket"
    settings = settings_for(
        tmp_path,
        slack_bot_token=slack.bot_token,
        slack_signing_secret=slack.signing_secret,
        slack_app_token=slack.app_token if has_socket else None,
        slack_api_url=slack.api_url,
        port=(port := free_port()),
    )

    async def about() -> str:
        return "well"

    async with open_durable(settings, valkey_url, about) as durable, receiving(settings, durable):
        url = None if has_socket else f"http://127.0.0.1:{port}/slack/events"
        it = Desk(durable=durable, slack=slack, people=SlackPeople(slack, url=url))
        durable.interactions.on_action("ask", it.ask)
        durable.interactions.on_action("keep", it.ask)
        durable.interactions.on_submission("why", it.take)
        yield it
    assert slack.violations == []


async def test_a_button_opens_a_form_whose_mistakes_are_shown_and_whose_words_arrive(
    desk: Desk,
) -> None:
    await desk.adapter.send(desk.thread(), Reply(text="Hello", buttons=(ASK,), feedback="f1"))
    done = await press(desk.people, desk.slack.messages()[0], "Ask me")
    modal = await modal_of(desk.people)
    wrong = await submit(desk.people, modal, {"words": "no"})
    right = await submit(desk.people, modal, {"words": "it is old", "why": "b"})

    assert (done.status, done.ack_s < 1) == (200, True)
    assert desk.pressed[0].thread == desk.thread()
    assert desk.pressed[0].person.id == ANN
    assert (wrong, right) == ({"words": "That is no reason."}, {})
    assert desk.told == [({"words": "it is old", "why": "b", "until": ""}, {"about": "seven"})]
    (private,) = desk.slack.workspace.ephemerals
    assert (private.user, private.thread_ts, private.words) == (ANN, "1.1", "Thank you.\n")


async def test_a_form_is_taken_once_and_only_as_we_made_it_for_this_person(desk: Desk) -> None:
    await desk.adapter.send(desk.thread(), Reply(text="Hello", buttons=(ASK,)))
    await press(desk.people, desk.slack.messages()[0], "Ask me")
    modal = await modal_of(desk.people)
    good = modal.view["private_metadata"]
    other = desk.durable.interactions.states.seal("form:other", desk.pressed[0].person, {"a": "b"})
    words = {"words": "fine"}

    for state in ("", "{}", good[:-4] + "AAAA", other, "\N{SNOWMAN}" * 50):
        assert "why" in await submit(desk.people, modal, words, state=state)
    assert "why" in await submit(desk.people, modal, words, user=BEN)
    assert desk.told == []
    assert await submit(desk.people, modal, words) == {}
    assert "why" in await submit(desk.people, modal, words)
    assert len(desk.told) == 1


async def test_a_press_that_comes_again_or_from_another_workspace_does_nothing(
    desk: Desk,
) -> None:
    await desk.adapter.send(desk.thread(), Reply(text="Hello", buttons=(ASK,)))
    payload = press_payload(desk.people, desk.slack.messages()[0], "Ask me")
    foreign = press_payload(desk.people, desk.slack.messages()[0], "Ask me", team={"id": "T0OTHER"})
    for body in (foreign, payload, payload, payload):
        assert (await desk.people.interact(body)).status == 200
    await modal_of(desk.people)

    assert len(desk.pressed) == 1
    assert len(desk.slack.workspace.modals) == 1


async def test_an_unknown_button_and_a_broken_payload_change_nothing(desk: Desk) -> None:
    unknown = Button(action="gone", label="Old")
    await desk.adapter.send(desk.thread(), Reply(text="Hello", buttons=(unknown,)))
    message = desk.slack.messages()[0]
    await press(desk.people, message, "Old")
    await press(desk.people, message, "Old", actions=[{"action_id": "ask"}])

    assert desk.pressed == []


async def test_a_shortcut_brings_the_words_of_the_message(desk: Desk) -> None:
    await use_shortcut(desk.people, "keep", "See <https://a.example|this> &amp; that", ts="5.5")
    await modal_of(desk.people)

    assert desk.pressed[0].text == "See this (https://a.example) & that"
    assert desk.pressed[0].thread == desk.thread(ROOT)
    assert (desk.pressed[0].message_id, desk.pressed[0].author) == ("5.5", BEN)


async def test_who_is_of_another_company_counts_as_an_outsider(desk: Desk) -> None:
    await desk.adapter.send(desk.thread(), Reply(text="Hello", buttons=(ASK,)))
    them = {"id": ANN, "team_id": "T0OTHER"}
    payload = press_payload(desk.people, desk.slack.messages()[0], "Ask me")
    await desk.people.interact({**payload, "user": them})
    await modal_of(desk.people)

    assert desk.pressed[0].person.is_guest
    assert desk.pressed[0].person.workspace == "T0OTHER"


async def test_a_handler_that_fails_says_so_to_the_person_alone(desk: Desk) -> None:
    desk.slack.fail("views.open", error="internal_error")
    await desk.adapter.send(desk.thread(), Reply(text="Hello", buttons=(ASK,)))
    await press(desk.people, desk.slack.messages()[0], "Ask me")
    await desk.slack.until(lambda: desk.slack.workspace.ephemerals)

    assert "Error id" in desk.slack.workspace.ephemerals[0].words


async def test_a_notice_in_a_thread_is_not_taken_for_a_lost_answer(desk: Desk) -> None:
    ts = await desk.people.mention("Anything?")
    thread = desk.thread(ts)
    await desk.adapter.send(thread, Reply(text="**A notice**"))
    claim = await desk.durable.mailbox.claim(thread)
    assert claim is not None
    assert claim.message is not None

    assert await desk.adapter.find_reply(claim.message, known=frozenset()) is None


@pytest.mark.parametrize("desk", ["http"], indirect=True)
async def test_a_forged_press_is_refused(desk: Desk) -> None:
    await desk.adapter.send(desk.thread(), Reply(text="Hello", buttons=(ASK,)))
    payload = press_payload(desk.people, desk.slack.messages()[0], "Ask me")
    body = urlencode({"payload": json.dumps(payload)})
    headers = desk.people.signed(body, secret="0" * 32)
    done = await desk.people.post_raw(
        body, {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    )

    assert done.status == 401
    assert desk.pressed == []


async def test_an_owner_of_the_workspace_pauses_with_a_command_and_a_confirmation(
    desk: Desk,
) -> None:
    desk.slack.workspace.users[ANN] |= {"is_owner": True, "team_id": desk.slack.workspace.team}
    refused = await desk.people.command("block <@U0BEN|ben>", user=BEN)
    asked = await desk.people.command("pause Back at noon")
    question = desk.people.shown(asked)
    done = await press(desk.people, question, "Do it")
    await desk.slack.until(lambda: desk.slack.workspace.ephemerals)
    blocked = await desk.people.command("block <@U0BEN|ben> too loud")
    config = (await desk.durable.administration.store.current()).config

    assert "is for a Citewell admin" in refused["text"]
    assert done.status == 200
    assert "Done" in desk.slack.workspace.ephemerals[0].words
    assert "Done" in blocked["text"]
    assert config.notice == "Back at noon"
    assert config.blocked == {f"user:slack:{desk.slack.workspace.team}:U0BEN": "too loud"}


async def test_somebody_sees_what_is_kept_of_them_and_has_it_erased(desk: Desk) -> None:
    kept = await desk.people.command("my-data")
    question = desk.people.shown(await desk.people.command("forget me"))
    others = await desk.people.command("forget <@U0BEN|ben>")
    await press(desk.people, question, "Do it")
    await desk.slack.until(lambda: desk.slack.workspace.ephemerals)

    assert "thumbs: 0" in kept["text"]
    assert "is for a Citewell owner" in others["text"]
    assert "Receipt" in desk.slack.workspace.ephemerals[0].words
