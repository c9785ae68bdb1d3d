"""What Teams would keep: the bot's messages and streams in each conversation."""

import itertools
import re
import time
from dataclasses import dataclass, field
from typing import Any

_LINK = re.compile(r"\]\((https?://[^)\s]+)\)")


@dataclass(kw_only=True)
class Message:
    """A message of the bot's: posted whole, or streamed and then ended."""

    conversation: str
    root: str
    id: str
    text: str = ""
    entities: list[Any] = field(default_factory=list)
    cards: list[Any] = field(default_factory=list)
    channel_data: dict[str, Any] = field(default_factory=dict)
    is_streaming: bool = False
    was_streamed: bool = False
    informed: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    number: int = 0
    edits: int = 0
    is_cancelled: bool = False
    began_at_s: float = field(default_factory=time.monotonic)
    changed_at_s: float = field(default_factory=time.monotonic)

    @property
    def words(self) -> str:
        """What a person reads, with what the cards say."""
        return "\n".join([self.text, *(text for card in self.cards for text in texts_of(card))])

    @property
    def links(self) -> list[str]:
        """Where a person can go from here."""
        cited = [claim["appearance"].get("url", "") for claim in self.citations]
        found = [link for card in self.cards for text in texts_of(card) for link in _links(text)]
        return [url for url in dict.fromkeys([*cited, *found]) if url]

    @property
    def citations(self) -> list[Any]:
        """The citations in the message's entity."""
        return [claim for e in self.entities for claim in e.get("citation", [])]

    @property
    def is_visible(self) -> bool:
        """Whether it is more than a bar that says what is being done."""
        return bool(self.text or self.cards)


@dataclass(kw_only=True)
class Workspace:
    """One tenant's conversations, members and the bot's messages."""

    tenant: str = "11111111-1111-1111-1111-111111111111"
    bot: str = "28:citewell"
    stream_limit_s: float = 120.0
    messages: list[Message] = field(default_factory=list)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    locales: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    rosters: dict[str, list[str]] = field(default_factory=dict)
    typing: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    _clock: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def next_id(self) -> str:
        """Return an id that is later than all before."""
        return str(1_780_000_000_000 + next(self._clock))

    def find(self, message_id: str) -> Message | None:
        """Return the bot's message with this id."""
        return next((m for m in self.messages if m.id == message_id), None)


def texts_of(node: Any) -> list[str]:
    """Return the texts of a card, top to bottom."""
    if isinstance(node, list):
        return [text for item in node for text in texts_of(item)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    inner = [node.get(name) for name in ("body", "items", "columns", "cells", "rows")]
    return own + [text for part in inner for text in texts_of(part)]


def _links(text: str) -> list[str]:
    return _LINK.findall(text)
