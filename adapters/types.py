"""What flows between a chat platform and the bot."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote


class AddressError(ValueError):
    """A thread key is not of the form that `str(thread)` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadId:
    """Where a conversation lives; `str(thread)` is its stable key, `ThreadId.parse` reads it."""

    platform: str
    workspace: str
    channel: str
    thread: str

    def __post_init__(self) -> None:
        if not (self.platform and self.workspace and self.channel and self.thread):
            raise AddressError("a thread needs platform, workspace, channel and thread")

    def __str__(self) -> str:
        parts = (self.platform, self.workspace, self.channel, self.thread)
        return ":".join(quote(part, safe="") for part in parts)

    @classmethod
    def parse(cls, key: str) -> "ThreadId":
        """Read a key written by `str(thread)`.

        Raises:
            AddressError: `key` has not four parts.
        """
        try:
            platform, workspace, channel, thread = (unquote(part) for part in key.split(":"))
        except ValueError as error:
            raise AddressError("a thread key has four parts") from error
        return cls(platform=platform, workspace=workspace, channel=channel, thread=thread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wrote; `id` is the platform's own, `workspace` the one the person belongs to.

    `email` is in lower case, and only one that the platform has verified; `groups` are the
    platform's own groups by their ids, as `platform:workspace:id`. Both are empty where unknown.
    """

    id: str
    workspace: str
    is_guest: bool = False
    name: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()


class Visibility(StrEnum):
    """Who will be able to see the reply."""

    PERSON = "person"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Everyone who will be able to see the reply: one person, or a channel's members.

    It `has_outsiders` where one of them is a guest or of another company.
    """

    visibility: Visibility
    person: Person
    has_outsiders: bool = False


class Addressed(StrEnum):
    """How a message reached us, which decides whether it wants an answer."""

    DIRECT = "direct"
    MENTION = "mention"
    FOLLOW_UP = "follow_up"  # in a thread, without a mention, addressed to nobody else


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """One message that a person wrote, as plain text without the platform's markup.

    `event_id` names the delivery, `message_id` the message itself (Slack: its `ts`); several
    events can carry one message. `sent_at_s` is in seconds since the epoch.
    """

    event_id: str
    message_id: str
    thread: ThreadId
    person: Person
    audience: Audience
    addressed: Addressed
    text: str
    sent_at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingDeletion:
    """A person took a message back; `message_id` names it, `event_id` the delivery."""

    event_id: str
    message_id: str
    thread: ThreadId


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingStop:
    """A person pressed Stop on the answer in this thread."""

    thread: ThreadId
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCommand:
    """A slash command: `text` is what follows the command's own name."""

    text: str
    channel: str
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedPrompt:
    """A question offered as a button: what the button says, and what it then asks."""

    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A source that the reply's `[number]` points to; `quote` is the words that support it."""

    number: int
    title: str
    heading: str
    url: str
    quote: str

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("citations are numbered from 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What people see: CommonMark text (tables too) with `[n]` marks, and the sources they name.

    `closest` are sources to show when no answer was found: near the question, not cited.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    """Where a reply stands; `messages` are the platform's ids, more than one where it was split."""

    thread: ThreadId
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can do; the bot reads this instead of probing for methods."""

    max_chars: int
    can_edit: bool
    can_stream: bool
    can_answer_privately: bool
    has_buttons: bool
