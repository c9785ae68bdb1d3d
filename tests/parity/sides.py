"""What the behaviours do and see on each platform, in the same words."""

from dataclasses import dataclass
from typing import Protocol

from adapters.types import Person, ThreadId
from bot.wiring import Parts
from tests.running import Running
from tests.running_teams import RunningTeams
from tests.servers import slack as s
from tests.servers import teams as t
from tests.servers.slack.blocks import words_of
from tests.servers.slack.gestures import modal_of, press_home, submit, use_shortcut
from tests.servers.teams.gestures import send_dialog, use_action, words_in


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A reply as a person sees it."""

    id: str
    words: str
    links: tuple[str, ...]
    is_streamed: bool
    has_thumbs: bool
    pieces: int = 1


@dataclass(frozen=True, kw_only=True)
class Place:
    """A thread in a channel, or a direct chat (without a root)."""

    channel: str
    root: str = ""


class Side(Protocol):
    """One platform with Citewell connected to it."""

    name: str
    parts: Parts
    channel: str
    direct: str

    async def ask(self, text: str, place: Place, *, user: str = "ann", mention: bool) -> Place: ...
    async def replies(self, place: Place, count: int = 1) -> list[Seen]: ...
    def standing(self, place: Place) -> list[Seen]: ...
    async def begun(self, place: Place) -> None: ...
    async def edit(self, text: str, place: Place) -> None: ...
    async def take_back(self, place: Place) -> None: ...
    async def again(self) -> None: ...
    async def forged(self) -> int: ...
    async def stop(self, place: Place) -> None: ...
    async def command(self, text: str) -> tuple[str, bool]: ...
    async def welcome(self) -> list[str]: ...
    async def greeting(self) -> str: ...
    async def home(self) -> str: ...
    async def press_home(self, label: str) -> str: ...
    async def press(self, place: Place, seen: Seen) -> None: ...
    async def use_on_message(self, name: str, text: str, place: Place, *, expect: str) -> str: ...
    async def propose(self, text: str, place: Place, *, question: str) -> None: ...
    def thread(self, place: Place) -> ThreadId: ...
    def ann(self) -> Person: ...
    def private(self, words: str) -> str: ...
    def notes(self, place: Place) -> list[str]: ...
    def title(self, place: Place) -> str: ...
    def violations(self) -> list[str]: ...


class SlackSide:
    """Slack."""

    name = "Slack"
    channel = s.CHANNEL
    direct = s.DIRECT

    def __init__(self, running: Running) -> None:
        self.running = running
        self.parts = running.parts
        self.slack, self.people = running.slack, running.people
        self._last: tuple[dict[str, object], str] = ({}, "")
        self._last_ts = ""

    async def ask(self, text: str, place: Place, *, user: str = "ann", mention: bool) -> Place:
        who = {"ann": s.ANN, "ben": s.BEN}.get(user, f"U0{user.upper()}")
        if user == "guest":
            self.slack.workspace.users[who] = {"is_restricted": True}
        if mention:
            ts = await self.people.mention(
                text, user=who, channel=place.channel, thread_ts=place.root
            )
        else:
            ts = await self.people.say(text, user=who, channel=place.channel, thread_ts=place.root)
        self._last_ts = ts
        event = self.people.event("message", text, user=who, channel=place.channel, ts=ts)
        self._last = ({**event, "channel_type": "im"}, ts)
        return Place(channel=place.channel, root=place.root or ts)

    async def replies(self, place: Place, count: int = 1) -> list[Seen]:
        await self.slack.until(lambda: len(self.standing(place)) >= count, timeout_s=30)
        return self.standing(place)

    def standing(self, place: Place) -> list[Seen]:
        return [
            Seen(
                id=m.ts,
                words=m.words,
                links=tuple(m.links),
                is_streamed=m.was_streamed,
                has_thumbs="feedback_buttons" in str(m.blocks),
            )
            for m in self.slack.messages(place.root)
            if not m.is_streaming
        ]

    async def begun(self, place: Place) -> None:
        await self.slack.until(lambda: any(m.is_streaming for m in self.slack.messages(place.root)))

    async def edit(self, text: str, place: Place) -> None:
        await self.people.edit(
            self._last_ts, text, user=s.BEN, channel=place.channel, thread_ts=place.root
        )

    async def take_back(self, place: Place) -> None:
        await self.people.take_back(self._last_ts, channel=place.channel, thread_ts=place.root)

    async def again(self) -> None:
        await self.people.deliver(self._last[0], event_id="EvAgain")

    async def forged(self) -> int:
        body = '{"type":"event_callback"}'
        headers = {**self.people.signed(body, secret="0" * 32), "Content-Type": "application/json"}
        return (await self.people.post_raw(body, headers)).status

    async def stop(self, place: Place) -> None:
        await self.people.press_stop(channel=place.channel, thread_ts=place.root)

    async def command(self, text: str) -> tuple[str, bool]:
        shown = await self.people.command(text)
        return str(shown["text"]), shown["response_type"] == "ephemeral"

    async def welcome(self) -> list[str]:
        await self.people.open_pane()
        prompts = self.slack.workspace.prompts
        await self.slack.until(lambda: s.DIRECT in prompts)
        return [prompt["message"] for prompt in prompts[s.DIRECT]]

    async def greeting(self) -> str:
        workspace = self.slack.workspace
        workspace.users["U0CLEO"] = self.people.a_user("Cleo Brandt")

        def welcomes() -> list[str]:
            return [m.words for m in workspace.messages if "Hello, I'm" in m.words]

        before = len(welcomes())
        await self.people.open_pane(user="U0CLEO")
        await self.slack.until(lambda: len(welcomes()) > before)
        return welcomes()[-1]

    async def home(self) -> str:
        homes = self.slack.workspace.homes
        before = homes.get(s.ANN)
        await self.people.open_home()
        await self.slack.until(lambda: homes.get(s.ANN) is not before)
        return words_of(homes[s.ANN]["blocks"])

    async def press_home(self, label: str) -> str:
        await press_home(self.people, label)
        return words_of((await modal_of(self.people)).view["blocks"])

    async def press(self, place: Place, seen: Seen) -> None:
        message = self.slack.workspace.find(place.channel, seen.id)
        assert message is not None
        await press_slack(self.people, message)

    async def use_on_message(self, name: str, text: str, place: Place, *, expect: str) -> str:
        seen = self.slack.workspace.ephemerals
        before = len(seen)
        root = place.root
        await use_shortcut(self.people, name, text, ts=root, thread_ts=root)
        await self.slack.until(lambda: any(expect in e.words for e in seen[before:]), timeout_s=30)
        return "in the thread, to that person alone"

    async def propose(self, text: str, place: Place, *, question: str) -> None:
        count = len(self.slack.workspace.modals) + 1
        await use_shortcut(self.people, "keep-answer", text, ts=place.root, thread_ts=place.root)
        modal = await modal_of(self.people, count)
        assert await submit(self.people, modal, {"question": question}) == {}

    def thread(self, place: Place) -> ThreadId:
        team = self.slack.workspace.team
        return ThreadId(platform="slack", workspace=team, channel=place.channel, thread=place.root)

    def ann(self) -> Person:
        return Person(id=s.ANN, workspace=self.slack.workspace.team)

    def private(self, words: str) -> str:
        is_there = any(words in str(p) for p in self.slack.workspace.private) or any(
            words in str(e) for e in self.slack.workspace.ephemerals
        )
        return "in the thread, to that person alone" if is_there else "nowhere"

    def notes(self, place: Place) -> list[str]:
        return [note for _, root, note in self.slack.workspace.statuses if root == place.root]

    def title(self, place: Place) -> str:
        return self.slack.workspace.titles.get((place.channel, place.root), "")

    def violations(self) -> list[str]:
        return self.slack.violations


async def press_slack(people: s.SlackPeople, message: s.Message) -> None:
    """Press the first button of a message."""
    from tests.servers.slack.gestures import press  # noqa: PLC0415

    await press(people, message, "Press me")


class TeamsSide:
    """Microsoft Teams."""

    name = "Teams"
    channel = t.CHANNEL
    direct = t.PERSONAL

    def __init__(self, running: RunningTeams) -> None:
        self.running = running
        self.parts = running.parts
        self.teams, self.people = running.teams, running.people
        self._last: dict[str, object] = {}

    async def ask(self, text: str, place: Place, *, user: str = "ann", mention: bool) -> Place:
        who = f"29:{user}"
        tenant = self.teams.workspace.tenant
        self.teams.workspace.members.setdefault(who, {"userRole": user, "tenantId": tenant})
        where = {"user": who, "conversation": place.channel}
        if place.channel.startswith("a:"):
            self._last = self.people.activity(text, **where)
        else:
            self._last = self.people.activity(text, root=place.root, **where)
        if mention:
            us = {"id": self.teams.workspace.bot}
            self._last["text"] = f"<at>Citewell</at> {text}"
            self._last["entities"] = [
                {"type": "mention", "mentioned": us, "text": "<at>Citewell</at>"}
            ]
        await self.people.deliver(self._last)
        is_chat = place.channel.startswith("a:")
        return Place(
            channel=place.channel, root="" if is_chat else place.root or str(self._last["id"])
        )

    async def replies(self, place: Place, count: int = 1) -> list[Seen]:
        await self.teams.until(lambda: len(self.standing(place)) >= count, timeout_s=30)
        return self.standing(place)

    def standing(self, place: Place) -> list[Seen]:
        return [
            Seen(
                id=m.id,
                words=m.words,
                links=tuple(m.links),
                is_streamed=m.was_streamed,
                has_thumbs="feedbackLoop" in m.channel_data,
            )
            for m in self.teams.messages(place.root, conversation=place.channel)
            if not m.is_streaming
        ]

    async def begun(self, place: Place) -> None:
        chat = place.channel
        await self.teams.until(
            lambda: any(m.is_streaming for m in self.teams.messages(conversation=chat))
        )

    async def edit(self, text: str, place: Place) -> None:
        await self.people.edit(
            str(self._last["id"]), text, user=t.BEN, conversation=place.channel, root=place.root
        )

    async def take_back(self, place: Place) -> None:
        await self.people.take_back(
            str(self._last["id"]), conversation=place.channel, root=place.root
        )

    async def again(self) -> None:
        await self.people.deliver(self._last)

    async def forged(self) -> int:
        signer = self.teams.signer
        token = signer.token(key=signer.unpublished)
        return (await self.people.deliver(self.people.activity("hello"), token=token)).status

    async def stop(self, place: Place) -> None:
        self.people.press_stop(conversation=place.channel)

    async def command(self, text: str) -> tuple[str, bool]:
        place = Place(channel="a:command")
        before = len(self.standing(place))
        await self.ask(f"/citewell {text}", place, mention=False)
        return (await self.replies(place, before + 1))[-1].words, False

    async def welcome(self) -> list[str]:
        place = Place(channel="a:new")
        await self.people.install(conversation=place.channel)
        await self.replies(place)
        (greeting,) = self.teams.messages(conversation=place.channel)
        pressed = [a["data"]["msteams"]["value"] for c in greeting.cards for a in c["actions"]]
        return [words for words in pressed if words != "home"]

    async def greeting(self) -> str:
        place = Place(channel="a:cleo")
        cleo = {"userRole": "user", "tenantId": self.teams.workspace.tenant}
        self.teams.workspace.members["29:cleo"] = cleo
        await self.people.install(conversation=place.channel, user="29:cleo")
        return (await self.replies(place))[0].words

    async def home(self) -> str:
        place = Place(channel="a:home")
        before = len(self.standing(place))
        await self.ask("home", place, mention=False)
        return (await self.replies(place, before + 1))[-1].words

    async def press_home(self, label: str) -> str:
        place = Place(channel="a:home")
        before = self.standing(place)
        message = self.teams.workspace.find(before[-1].id)
        assert message is not None
        found = [
            action
            for card in message.cards
            for section in card["body"]
            for item in section["items"]
            for action in item.get("actions", [])
            if action["title"] == label
        ]
        pressed = self.people.activity("", conversation=place.channel)
        await self.people.deliver(
            {**pressed, "value": found[0]["data"], "replyToId": before[-1].id}
        )
        return (await self.replies(place, len(before) + 1))[-1].words

    async def press(self, place: Place, seen: Seen) -> None:
        message = self.teams.workspace.find(seen.id)
        assert message is not None
        (action,) = [a for card in message.cards for a in card.get("actions", [])]
        pressed = self.people.activity("", conversation=place.channel, root=place.root)
        await self.people.deliver({**pressed, "value": action["data"], "replyToId": seen.id})

    async def use_on_message(self, name: str, text: str, place: Place, *, expect: str) -> str:
        chat, how = t.PERSONAL, {"conversation": place.channel, "message_id": place.root}
        before = len(self.teams.messages(conversation=chat))
        assert words_in(await use_action(self.people, name, f"<p>{text}</p>", **how))

        def found() -> bool:
            return any(expect in m.words for m in self.teams.messages(conversation=chat)[before:])

        await self.teams.until(found, timeout_s=30)
        return "in a dialog, then in the personal chat"

    async def propose(self, text: str, place: Place, *, question: str) -> None:
        how = {"conversation": place.channel, "message_id": place.root}
        card = await use_action(self.people, "keep-answer", f"<p>{text}</p>", **how)
        assert isinstance(card, dict)
        await send_dialog(self.people, "keep-answer", card, {"question": question}, **how)

    def thread(self, place: Place) -> ThreadId:
        return ThreadId(
            platform="teams",
            workspace=self.teams.workspace.tenant,
            channel=place.channel,
            thread=place.root or "chat",
        )

    def ann(self) -> Person:
        return Person(id="aad-ann", workspace=self.teams.workspace.tenant)

    def private(self, words: str) -> str:
        found = [m for m in self.teams.messages() if words in m.words]
        is_there = bool(found) and all(m.conversation.startswith("a:") for m in found)
        return "in the personal chat" if is_there else "nowhere"

    def notes(self, place: Place) -> list[str]:
        streamed = [note for m in self.teams.workspace.messages
                    if m.conversation == place.channel for note in m.informed]  # fmt: skip
        typing = [c for c, _ in self.teams.workspace.typing if c == place.channel]
        return streamed or (["typing"] if typing else [])

    def title(self, place: Place) -> str:  # noqa: ARG002
        return ""

    def violations(self) -> list[str]:
        return self.teams.violations
