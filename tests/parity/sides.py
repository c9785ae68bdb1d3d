"""What the behaviours do and see on each platform, in the same words."""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from adapters.ports import ChatAdapter
from adapters.types import Person, ThreadId
from bot.controls.chatconfig import ChatConfig, Role
from bot.wiring import Parts
from tests.servers.openai import ModelServer
from tests.servers.slack.workspace import Ephemeral
from tests.servers.slack.workspace import Message as SlackMessage
from tests.servers.teams.workspace import Message as TeamsMessage

Shown = SlackMessage | Ephemeral | TeamsMessage
"""A message of ours as a platform's stand-in keeps it."""
_PATIENCE_S = 60.0


class Server(Protocol):
    """A platform's stand-in."""

    violations: list[str]

    async def until(self, is_so: Callable[[], object], *, timeout_s: float = ...) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A reply as a person sees it."""

    id: str
    words: str
    links: tuple[str, ...]
    buttons: tuple[str, ...] = ()
    is_streamed: bool = False
    has_thumbs: bool = False


@dataclass(frozen=True, kw_only=True)
class Place:
    """A thread in a channel, or a direct chat; a new thread, or a chat of Teams, has no root."""

    channel: str
    root: str = ""


class Another(Protocol):
    """Opens a platform and a model of their own, with Citewell set up by `given` on them."""

    def __call__(
        self, **given: object
    ) -> AbstractAsyncContextManager[tuple["Side", ModelServer]]: ...


class Side(ABC):
    """One platform with Citewell connected to it: what people do there, and what they see."""

    name: ClassVar[str]
    another: Another
    patience_ms: ClassVar[int]
    """How long Redis must be away until a delivery is refused."""

    def __init__(self, parts: Parts, server: Server, url: str) -> None:
        self.parts = parts
        self.base_url = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        self.server = server
        self.names = itertools.count(1)

    @property
    def adapter(self) -> ChatAdapter:
        """The platform's adapter."""
        return self.parts.durable.adapters[self.name.lower()]

    async def replies(self, place: Place, count: int = 1) -> list[Seen]:
        """Wait until `count` replies stand, and return them."""
        async with asyncio.timeout(_PATIENCE_S):
            await self.server.until(
                lambda: len(self.standing(place)) >= count, timeout_s=_PATIENCE_S
            )
        return self.standing(place)

    def standing(self, place: Place) -> list[Seen]:
        """Return the replies that are whole."""
        return [self.seen(shown) for shown in self.messages(place) if not shown.is_streaming]

    async def begun(self, place: Place) -> None:
        """Wait until a reply is being written."""
        await self.server.until(lambda: any(m.is_streaming for m in self.messages(place)))

    async def private(self, words: str, count: int = 1) -> Seen:
        """Wait until somebody was told `words` alone for the `count`th time."""
        await self.server.until(lambda: len(self.told(words)) >= count, timeout_s=_PATIENCE_S)
        return self.seen(self.told(words)[-1])

    async def settled(self) -> None:
        """Return when nothing that was taken is still to be answered."""
        async with asyncio.timeout(_PATIENCE_S):
            while (await self.parts.durable.mailbox.counts())["open"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def configure(self, change: Callable[[ChatConfig], Mapping[str, object]]) -> None:
        """Change what administrators set in the chat."""
        await self.parts.durable.administration.store.change(
            "test", "parity", lambda config: config.model_copy(update=dict(change(config)))
        )

    async def grant(self, user: str, role: Role) -> None:
        """Let somebody do more."""
        person = self.person(user)
        key = f"user:{self.name.lower()}:{person.workspace}:{person.id}"
        await self.configure(lambda config: {"rights": {**config.rights, key: role}})

    def key_of(self, place: Place) -> str:
        """Return what a channel goes by in the settings made in the chat."""
        return f"{self.name.lower()}:{self.person().workspace}:{place.channel}"

    async def meet(self, user: str = "ann") -> Place:
        """Let somebody write to us directly, so that we know where; return the conversation."""
        place = await self.ask("Thanks", self.fresh_direct(), user=user, mention=False)
        await self.replies(place)
        return place

    @abstractmethod
    def messages(self, place: Place) -> Iterable[SlackMessage | TeamsMessage]:
        """Return our messages in a place, those too that are being written."""

    @abstractmethod
    def told(self, words: str) -> list[Ephemeral] | list[TeamsMessage]:
        """Return what was said with `words` to one person alone."""

    @abstractmethod
    def seen(self, shown: Shown) -> Seen:
        """Return a message as a person sees it."""

    @abstractmethod
    def fresh_channel(self) -> Place:
        """Return a channel where nobody has written."""

    @abstractmethod
    def fresh_direct(self) -> Place:
        """Return a direct conversation where nobody has written."""

    @abstractmethod
    async def ask(self, text: str, place: Place, *, user: str = "ann", mention: bool) -> Place:
        """Write to a place; return the thread that the answer comes to."""

    @abstractmethod
    async def edit(self, text: str, place: Place) -> None:
        """Let Ben change what he asked last."""

    @abstractmethod
    async def take_back(self, place: Place) -> None:
        """Delete what was asked last."""

    @abstractmethod
    async def again(self) -> None:
        """Deliver once more what was asked last."""

    @abstractmethod
    async def forged(self) -> int:
        """Deliver what the platform did not sign; return the status."""

    @abstractmethod
    async def garbage(self) -> int:
        """Deliver what can't be read; return the status."""

    @abstractmethod
    async def tried_once(self, text: str, place: Place) -> int:
        """Deliver a mention, once; return the status."""

    @abstractmethod
    async def stop(self, place: Place) -> None:
        """Press Stop."""

    @abstractmethod
    async def command(self, text: str, place: Place, *, user: str = "ann") -> Seen:
        """Give a command; return what its writer alone reads."""

    @abstractmethod
    async def welcome(self, user: str) -> tuple[str, list[str]]:
        """Meet us for the first time; return what is read, and the questions that are offered."""

    @abstractmethod
    async def home(self) -> str:
        """Open Ann's home; return what stands there."""

    @abstractmethod
    async def press_home(self, label: str) -> str:
        """Press a button of Ann's home; return what is shown then."""

    @abstractmethod
    async def add_us(self, place: Place) -> Seen:
        """Add us to a channel; return the greeting."""

    @abstractmethod
    async def press(self, seen: Seen, label: str, *, user: str = "ann") -> None:
        """Press a button."""

    @abstractmethod
    async def thumb(self, place: Place, seen: Seen, thumb: str, words: str = "") -> None:
        """Press the thumb `up` or `down` under a reply; say why when down."""

    @abstractmethod
    async def submit(self, values: Mapping[str, str], *, user: str = "ann") -> str:
        """Send the form that was opened last; return what is said to be wrong with it."""

    @abstractmethod
    async def use_on_message(self, name: str, text: str, place: Place, *, expect: str) -> str:
        """Use what a message's menu offers; return where `expect` was then read."""

    @abstractmethod
    async def propose(self, text: str, place: Place, *, question: str) -> None:
        """Propose a message to the reviewers, as the answer to `question`."""

    @abstractmethod
    def reads_in(self, user: str, locale: str) -> None:
        """Let somebody use the platform in a language."""

    @abstractmethod
    def introduce(self, user: str, name: str) -> None:
        """Let the platform know a colleague by name."""

    @abstractmethod
    def naming(self, user: str) -> str:
        """Return how a person is mentioned."""

    @abstractmethod
    def fail_stream(self, *, is_begun: bool) -> None:
        """Let the platform refuse the next part of a stream, or its beginning."""

    @abstractmethod
    def looked_up(self) -> int:
        """Return how often people were asked for."""

    @abstractmethod
    def thread(self, place: Place) -> ThreadId:
        """Return a place as Citewell names it."""

    @abstractmethod
    def person(self, user: str = "ann") -> Person:
        """Return a person as Citewell names them."""

    @abstractmethod
    def notes(self, place: Place) -> list[str]:
        """Return what was shown of what is being done."""

    @abstractmethod
    def title(self, place: Place) -> str:
        """Return what a conversation is called, if anything."""
