"""Microsoft Teams, as the behaviours use it."""

from collections.abc import Mapping
from typing import Any

from adapters.types import Person, ThreadId
from tests.parity.sides import Place, Seen, Shown, Side
from tests.running_teams import RunningTeams
from tests.servers import teams as t
from tests.servers.teams.gestures import (
    filled,
    open_dialog,
    opens_dialog,
    send_card_dialog,
    send_dialog,
    use_action,
    words_in,
)
from tests.servers.teams.workspace import Message


class TeamsSide(Side):
    """Microsoft Teams."""

    name = "Teams"
    patience_ms = 5_300

    def __init__(self, running: RunningTeams) -> None:
        super().__init__(running.parts, running.teams, running.url)
        self.teams, self.people = running.teams, running.people
        self._last: dict[str, Any] = {}
        self._home = Place(channel="")
        self._dialog: tuple[Message, dict[str, Any] | str] | None = None

    def messages(self, place: Place) -> list[Message]:
        return self.teams.messages(place.root, conversation=place.channel)

    def told(self, words: str) -> list[Message]:
        chats = [m for m in self.teams.messages() if m.conversation.startswith("a:")]
        return [m for m in chats if words in m.words]

    def seen(self, shown: Shown) -> Seen:
        assert isinstance(shown, Message)
        return Seen(
            id=shown.id,
            words=shown.words,
            links=tuple(shown.links),
            buttons=tuple(action["title"] for action in _actions(shown.cards)),
            is_streamed=shown.was_streamed,
            has_thumbs="feedbackLoop" in shown.channel_data,
        )

    def fresh_channel(self) -> Place:
        return Place(channel=f"19:parity{next(self.names)}@thread.tacv2")

    def fresh_direct(self) -> Place:
        return Place(channel=f"a:parity{next(self.names)}")

    async def ask(self, text: str, place: Place, *, user: str = "ann", mention: bool) -> Place:
        self._last = self._activity(text, place, user=user, mention=mention)
        assert (await self.people.deliver(self._last)).status == 200
        is_chat = place.channel.startswith("a:")
        root = "" if is_chat else place.root or str(self._last["id"])
        return Place(channel=place.channel, root=root)

    async def edit(self, text: str, place: Place) -> None:
        where = {"conversation": place.channel, "root": place.root}
        await self.people.edit(str(self._last["id"]), text, user=t.BEN, **where)

    async def take_back(self, place: Place) -> None:
        where = {"conversation": place.channel, "root": place.root}
        await self.people.take_back(str(self._last["id"]), **where)

    async def again(self) -> None:
        await self.people.deliver(self._last)

    async def forged(self) -> int:
        signer = self.teams.signer
        token = signer.token(key=signer.unpublished)
        return (await self.people.deliver(self.people.activity("hello"), token=token)).status

    async def garbage(self) -> int:
        headers = {"Authorization": f"Bearer {self.teams.signer.token()}"}
        return (await self.people.post_raw("[", headers)).status

    async def tried_once(self, text: str, place: Place) -> int:
        self._last = self._activity(text, place, mention=True)
        return (await self.people.deliver(self._last)).status

    async def stop(self, place: Place) -> None:
        self.people.press_stop(conversation=place.channel)

    async def command(self, text: str, place: Place, *, user: str = "ann") -> Seen:
        is_chat = place.channel.startswith("a:")
        where = place if is_chat else await self.meet(user)
        before = len(self.standing(where))
        await self.ask(f"/citewell {text}", place, user=user, mention=not is_chat)
        return (await self.replies(where, before + 1))[-1]

    async def welcome(self, user: str) -> tuple[str, list[str]]:
        place = self.fresh_direct()
        await self.people.install(user=f"29:{user}", conversation=place.channel)
        (seen,) = await self.replies(place)
        (greeting,) = self.messages(place)
        pressed = [action["data"]["msteams"]["value"] for action in _actions(greeting.cards)]
        return seen.words, [words for words in pressed if words != "home"]

    async def home(self) -> str:
        self._home = self.fresh_direct()
        await self.ask("home", self._home, mention=False)
        return (await self.replies(self._home))[-1].words

    async def press_home(self, label: str) -> str:
        (home,) = self.standing(self._home)
        await self.press(home, label)
        return (await self.replies(self._home, 2))[-1].words

    async def add_us(self, place: Place) -> Seen:
        await self.people.install(conversation=place.channel)
        return (await self.replies(place))[0]

    async def press(self, seen: Seen, label: str, *, user: str = "ann") -> None:
        message = self.teams.workspace.find(seen.id)
        assert message is not None
        (action,) = [a for a in _actions(message.cards) if a["title"] == label]
        if opens_dialog(action["data"]):
            who = f"29:{user}"
            shown = await open_dialog(self.people, message, action["data"], user=who)
            self._dialog = (message, shown)
            return
        await self._send(message, action["data"], user=user)

    async def thumb(self, place: Place, seen: Seen, thumb: str, words: str = "") -> None:
        await self.meet("ann")
        reaction = {"up": "like", "down": "dislike"}[thumb]
        where = {"conversation": place.channel, "root": place.root}
        await self.people.thumb(reaction, words, reply_to=seen.id, **where)

    async def submit(self, values: Mapping[str, str], *, user: str = "ann") -> str:
        if self._dialog is None:
            return await self._submit_card(values, user=user)
        message, card = self._dialog
        assert isinstance(card, dict)
        who = f"29:{user}"
        shown = await send_card_dialog(self.people, message, card, dict(values), user=who)
        is_taken = isinstance(shown, str) and "taken" in shown
        self._dialog = None if is_taken else (message, shown)
        return "" if is_taken else words_in(shown)

    async def _submit_card(self, values: Mapping[str, str], *, user: str) -> str:
        """Send the form that a command brought: a message opens no dialog."""
        await self.teams.until(self._forms)
        form = self._forms()[-1]
        place = Place(channel=form.conversation, root=form.root)
        before = len(self.standing(place))
        (card,) = form.cards
        await self._send(form, filled(card, dict(values)), user=user)
        deleted = self.teams.workspace.deleted
        await self.teams.until(lambda: form.id in deleted or len(self.standing(place)) > before)
        return "" if form.id in deleted else self.standing(place)[-1].words

    def _forms(self) -> list[Message]:
        cards = [(m, card) for m in self.teams.messages() for card in m.cards]
        return [m for m, card in cards if any("id" in item for item in card.get("body", []))]

    async def use_on_message(self, name: str, text: str, place: Place, *, expect: str) -> str:
        before = len(self.told(expect))
        how = {"conversation": place.channel, "message_id": place.root}
        assert words_in(await use_action(self.people, name, f"<p>{text}</p>", **how))
        await self.private(expect, before + 1)
        return "in a dialog, then in the personal chat"

    async def propose(self, text: str, place: Place, *, question: str) -> None:
        how = {"conversation": place.channel, "message_id": place.root}
        card = await use_action(self.people, "keep-answer", f"<p>{text}</p>", **how)
        assert isinstance(card, dict)
        await send_dialog(self.people, "keep-answer", card, {"question": question}, **how)

    def reads_in(self, user: str, locale: str) -> None:
        self.teams.workspace.locales[f"29:{user}"] = locale

    def introduce(self, user: str, name: str) -> None:
        self._known(user)
        self.teams.workspace.members[f"29:{user}"]["name"] = name

    def naming(self, user: str) -> str:
        return f"<at>{user.title()}</at>"

    def fail_stream(self, *, is_begun: bool) -> None:
        late = "Content stream finished due to exceeded streaming time."
        words = late if is_begun else "Content stream is not allowed"
        times = 1 if is_begun else 2  # the first call only shows that somebody writes
        self.teams.fail(
            "post", status=403, code="ContentStreamNotAllowed", words=words, times=times
        )

    def looked_up(self) -> int:
        return self.teams.looked_up

    def thread(self, place: Place) -> ThreadId:
        return ThreadId(
            platform="teams",
            workspace=self.teams.workspace.tenant,
            channel=place.channel,
            thread=place.root or "chat",
        )

    def person(self, user: str = "ann") -> Person:
        return Person(id=f"aad-{user}", workspace=self.teams.workspace.tenant)

    def notes(self, place: Place) -> list[str]:
        workspace = self.teams.workspace
        streamed = [m for m in workspace.messages if m.conversation == place.channel]
        typing = [c for c, _ in workspace.typing if c == place.channel]
        return [note for m in streamed for note in m.informed] or typing[:1]

    def title(self, place: Place) -> str:  # noqa: ARG002
        return ""

    def _known(self, user: str) -> None:
        role = "guest" if user == "guest" else "user"
        about = {"userRole": role, "tenantId": self.teams.workspace.tenant}
        self.teams.workspace.members.setdefault(f"29:{user}", about)

    def _activity(
        self, text: str, place: Place, *, user: str = "ann", mention: bool
    ) -> dict[str, Any]:
        self._known(user)
        activity = self.people.activity(
            text, user=f"29:{user}", conversation=place.channel, root=place.root
        )
        entities = []
        if mention:
            us = {"id": self.teams.workspace.bot}
            activity["text"] = f"<at>Citewell</at> {text}"
            entities.append({"type": "mention", "mentioned": us, "text": "<at>Citewell</at>"})
        if self.naming("ben") in text:
            ben = {"id": t.BEN, "name": "Ben"}
            entities.append({"type": "mention", "mentioned": ben, "text": self.naming("ben")})
        return {**activity, "entities": entities}

    async def _send(self, message: Message, data: dict[str, Any], *, user: str) -> None:
        """Press something on a card, which brings what the card holds."""
        where = {"conversation": message.conversation, "root": message.root}
        pressed = self.people.activity("", user=f"29:{user}", **where)
        await self.people.deliver({**pressed, "value": data, "replyToId": message.id})


def _actions(node: Any) -> list[dict[str, Any]]:
    """Return what can be pressed on cards, on those too that a press shows first."""
    if isinstance(node, list):
        return [action for item in node for action in _actions(item)]
    if not isinstance(node, dict):
        return []
    is_action = str(node.get("type", "")).startswith("Action.")
    own = [node] if is_action and "card" not in node else []
    inner = ("body", "items", "columns", "cells", "rows", "actions", "card")
    return own + [action for part in inner for action in _actions(node.get(part))]
