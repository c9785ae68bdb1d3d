"""Slack, as the behaviours use it."""

from collections.abc import Mapping

from adapters.types import Person, ThreadId
from tests.parity.sides import Place, Seen, Shown, Side
from tests.running import Running
from tests.servers import slack as s
from tests.servers.slack.blocks import words_of
from tests.servers.slack.gestures import (
    buttons_of,
    modal_of,
    press,
    press_home,
    submit,
    use_shortcut,
)
from tests.servers.slack.workspace import Ephemeral, Message


class SlackSide(Side):
    """Slack."""

    name = "Slack"
    patience_ms = 2_300

    def __init__(self, running: Running) -> None:
        super().__init__(running.parts, running.slack, running.url)
        self.slack, self.people = running.slack, running.people
        self._commanded: list[Ephemeral] = []
        self._forms = 0
        self._last: dict[str, object] = {}
        self._last_ts = ""

    def messages(self, place: Place) -> list[Message]:
        return [m for m in self.slack.messages(place.root) if m.channel == place.channel]

    def told(self, words: str) -> list[Ephemeral]:
        return [e for e in self.slack.workspace.ephemerals if words in e.words]

    def seen(self, shown: Shown) -> Seen:
        assert isinstance(shown, Message | Ephemeral)
        return Seen(
            id=shown.ts,
            words=shown.words,
            links=tuple(shown.links) if isinstance(shown, Message) else (),
            buttons=tuple(buttons_of(shown)),
            is_streamed=isinstance(shown, Message) and shown.was_streamed,
            has_thumbs="feedback_buttons" in str(shown.blocks),
        )

    def fresh_channel(self) -> Place:
        place = Place(channel=f"C0PARITY{next(self.names)}")
        self.slack.workspace.members[place.channel] = [s.ANN, s.BEN]
        return place

    def fresh_direct(self) -> Place:
        return Place(channel=s.DIRECT)

    async def ask(self, text: str, place: Place, *, user: str = "ann", mention: bool) -> Place:
        who = self._id(user)
        if user == "guest":
            self.slack.workspace.users[who] = {"is_restricted": True}
        write = self.people.mention if mention else self.people.say
        ts = await write(text, user=who, channel=place.channel, thread_ts=place.root)
        event = self.people.event("message", text, user=who, channel=place.channel, ts=ts)
        self._last, self._last_ts = {**event, "channel_type": "im"}, ts
        return Place(channel=place.channel, root=place.root or ts)

    async def edit(self, text: str, place: Place) -> None:
        where = {"channel": place.channel, "thread_ts": place.root}
        await self.people.edit(self._last_ts, text, user=s.BEN, **where)

    async def take_back(self, place: Place) -> None:
        await self.people.take_back(self._last_ts, channel=place.channel, thread_ts=place.root)

    async def again(self) -> None:
        await self.people.deliver(self._last, event_id="EvAgain")

    async def forged(self) -> int:
        body = '{"type":"event_callback"}'
        headers = {**self.people.signed(body, secret="0" * 32), "Content-Type": "application/json"}
        return (await self.people.post_raw(body, headers)).status

    async def garbage(self) -> int:
        headers = {**self.people.signed("["), "Content-Type": "application/json"}
        return (await self.people.post_raw("[", headers)).status

    async def tried_once(self, text: str, place: Place) -> int:
        ts = self.slack.workspace.next_ts()
        words = f"<@{self.slack.workspace.bot_user}> {text}"
        self._last_ts = ts
        self._last = self.people.event(
            "app_mention", words, user=s.ANN, channel=place.channel, ts=ts
        )
        return (await self.people.deliver_once(self._last, event_id=f"Ev{ts}")).status

    async def stop(self, place: Place) -> None:
        await self.people.press_stop(channel=place.channel, thread_ts=place.root)

    async def command(self, text: str, place: Place, *, user: str = "ann") -> Seen:
        who = self._id(user)
        answer = await self.people.command(text, user=who, channel=place.channel)
        assert answer["response_type"] == "ephemeral"
        self._commanded.append(self.people.shown(answer, user=who))
        return self.seen(self._commanded[-1])

    async def welcome(self, user: str) -> tuple[str, list[str]]:
        workspace, before = self.slack.workspace, len(self.slack.workspace.messages)
        workspace.prompts.clear()
        await self.people.open_pane(user=self._id(user))
        await self.slack.until(
            lambda: s.DIRECT in workspace.prompts and len(workspace.messages) > before
        )
        prompts = [prompt["message"] for prompt in workspace.prompts[s.DIRECT]]
        return workspace.messages[before].words, prompts

    async def home(self) -> str:
        homes = self.slack.workspace.homes
        before = homes.get(s.ANN)
        await self.people.open_home()
        await self.slack.until(lambda: homes.get(s.ANN) is not before)
        return words_of(homes[s.ANN]["blocks"])

    async def press_home(self, label: str) -> str:
        self._forms = len(self.slack.workspace.modals)
        await press_home(self.people, label)
        return words_of((await modal_of(self.people, self._forms + 1)).view["blocks"])

    async def add_us(self, place: Place) -> Seen:
        await self.people.add_us(channel=place.channel)
        return (await self.replies(place))[0]

    async def press(self, seen: Seen, label: str, *, user: str = "ann") -> None:
        self._forms = len(self.slack.workspace.modals)
        await press(self.people, self._found(seen), label, user=self._id(user))

    async def thumb(self, place: Place, seen: Seen, thumb: str, words: str = "") -> None:  # noqa: ARG002
        await self.press(seen, thumb)
        if thumb == "down":
            assert await self.submit({"reason": "other", "words": words}) == ""

    async def submit(self, values: Mapping[str, str], *, user: str = "ann") -> str:
        modal = await modal_of(self.people, self._forms + 1)
        errors = await submit(self.people, modal, dict(values), user=self._id(user))
        return " ".join(errors.values())

    async def use_on_message(self, name: str, text: str, place: Place, *, expect: str) -> str:
        before = len(self.told(expect))
        await self._shortcut(name, text, place)
        await self.private(expect, before + 1)
        return "in the thread, to that person alone"

    async def propose(self, text: str, place: Place, *, question: str) -> None:
        await self._shortcut("keep-answer", text, place)
        assert await self.submit({"question": question}) == ""

    def reads_in(self, user: str, locale: str) -> None:
        self.slack.workspace.users[self._id(user)]["locale"] = locale

    def introduce(self, user: str, name: str) -> None:
        self.slack.workspace.users[self._id(user)] = self.people.a_user(name)

    def naming(self, user: str) -> str:
        return f"<@{self._id(user)}>"

    def fail_stream(self, *, is_begun: bool) -> None:
        if is_begun:
            self.slack.fail("chat.stopStream", error="message_not_in_streaming_state")
        else:
            self.slack.fail("chat.startStream", error="unknown_method")

    def looked_up(self) -> int:
        return self.slack.methods().count("users.info")

    def thread(self, place: Place) -> ThreadId:
        team = self.slack.workspace.team
        return ThreadId(platform="slack", workspace=team, channel=place.channel, thread=place.root)

    def person(self, user: str = "ann") -> Person:
        return Person(id=self._id(user), workspace=self.slack.workspace.team)

    def notes(self, place: Place) -> list[str]:
        shown = self.slack.workspace.statuses
        return [note for _, root, note in shown if note and root == place.root]

    def title(self, place: Place) -> str:
        return self.slack.workspace.titles.get((place.channel, place.root), "")

    async def _shortcut(self, name: str, text: str, place: Place) -> None:
        self._forms, ts = len(self.slack.workspace.modals), place.root
        await use_shortcut(self.people, name, text, ts=ts, channel=place.channel, thread_ts=ts)

    def _id(self, user: str) -> str:
        return {"ann": s.ANN, "ben": s.BEN}.get(user, f"U0{user.upper()}")

    def _found(self, seen: Seen) -> Message | Ephemeral:
        workspace = self.slack.workspace
        shown: list[Message | Ephemeral] = [*workspace.messages, *workspace.ephemerals]
        shown += self._commanded
        return next(each for each in shown if each.ts == seen.id)
