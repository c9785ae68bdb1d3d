"""A Slack workspace in memory: people, channels' messages, and what the agent pane shows."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from tests.servers.slack.blocks import links_of, words_of

_TRIGGER_S = 3.0


@dataclass(kw_only=True)
class Message:
    """A message of the bot's: plain, or streamed as Markdown and then ended."""

    channel: str
    thread_ts: str
    ts: str
    text: str
    blocks: list[Any]
    markdown: str = ""
    is_streaming: bool = False
    was_streamed: bool = False
    edits: int = 0
    changed_at_s: float = field(default_factory=time.monotonic)

    @property
    def words(self) -> str:
        """What a person reads."""
        return "\n".join(filter(None, (self.markdown, words_of(self.blocks)))) or self.text

    @property
    def links(self) -> list[str]:
        """Where a person can go from here."""
        return links_of(self.blocks)


@dataclass(frozen=True, kw_only=True)
class Ephemeral:
    """A message of the bot's that one person sees, until they reload."""

    channel: str
    user: str
    thread_ts: str
    ts: str
    text: str
    blocks: list[Any]

    @property
    def words(self) -> str:
        """What the person reads."""
        return words_of(self.blocks) or self.text


@dataclass(frozen=True, kw_only=True)
class Modal:
    """A view that is open before a person."""

    id: str
    view: dict[str, Any]


@dataclass(kw_only=True)
class StoredFile:
    """A file that somebody uploaded: what Slack tells of it, and what it holds."""

    about: dict[str, Any]
    content: bytes


@dataclass(kw_only=True)
class Workspace:
    """Everything that Slack would keep."""

    team: str = "T0BRINDLE"
    bot_user: str = "U0CITEWELL"
    bot_id: str = "B0CITEWELL"
    messages: list[Message] = field(default_factory=list)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    added_to: list[str] = field(default_factory=lambda: ["C0GENERAL"])
    members: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    statuses: list[tuple[str, str, str]] = field(default_factory=list)
    private: list[tuple[str, str, str]] = field(default_factory=list)
    ephemerals: list[Ephemeral] = field(default_factory=list)
    modals: list[Modal] = field(default_factory=list)
    files: dict[str, StoredFile] = field(default_factory=dict)
    homes: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: list[dict[str, Any]] = field(default_factory=list)
    strange: set[str] = field(default_factory=set)
    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    prompts: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    _triggers: dict[str, float] = field(default_factory=dict)
    _clock: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def next_ts(self) -> str:
        """Return a message id that is later than all before."""
        return f"1780000000.{next(self._clock):06d}"

    def trigger(self) -> str:
        """Return a trigger id, good for one view within three seconds."""
        trigger = f"{next(self._clock)}.trigger"
        self._triggers[trigger] = time.monotonic()
        return trigger

    def exchange(self, trigger: str) -> bool:
        """Use a trigger up; False where it is unknown, used or too old."""
        return time.monotonic() - self._triggers.pop(trigger, -1e9) < _TRIGGER_S

    def show(self, view: dict[str, Any]) -> Modal:
        """Open a modal."""
        modal = Modal(id=f"V{next(self._clock):06d}", view=view)
        self.modals.append(modal)
        return modal

    def add(self, channel: str, thread_ts: str, *, text: str, blocks: list[Any]) -> Message:
        """Post a message of the bot's."""
        message = Message(
            channel=channel, thread_ts=thread_ts, ts=self.next_ts(), text=text, blocks=blocks
        )
        self.messages.append(message)
        return message

    def wrote(self, event: dict[str, Any]) -> None:
        """Keep what a person wrote, for whoever reads its thread."""
        self.posts.append({k: v for k, v in event.items() if k not in {"channel_type", "event_ts"}})

    def find(self, channel: str, ts: str) -> Message | None:
        """Return the bot's message with this id."""
        return next((m for m in self.messages if (m.channel, m.ts) == (channel, ts)), None)
