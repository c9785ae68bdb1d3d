"""A Slack workspace in memory: people, channels' messages, and what the agent pane shows."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from tests.servers.slack.blocks import links_of, words_of


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


@dataclass(kw_only=True)
class Workspace:
    """Everything that Slack would keep."""

    team: str = "T0BRINDLE"
    bot_user: str = "U0CITEWELL"
    bot_id: str = "B0CITEWELL"
    messages: list[Message] = field(default_factory=list)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    statuses: list[tuple[str, str, str]] = field(default_factory=list)
    private: list[tuple[str, str, str]] = field(default_factory=list)
    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    prompts: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    _clock: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def next_ts(self) -> str:
        """Return a message id that is later than all before."""
        return f"1780000000.{next(self._clock):06d}"

    def add(self, channel: str, thread_ts: str, *, text: str, blocks: list[Any]) -> Message:
        """Post a message of the bot's."""
        message = Message(
            channel=channel, thread_ts=thread_ts, ts=self.next_ts(), text=text, blocks=blocks
        )
        self.messages.append(message)
        return message

    def find(self, channel: str, ts: str) -> Message | None:
        """Return the bot's message with this id."""
        return next((m for m in self.messages if (m.channel, m.ts) == (channel, ts)), None)
