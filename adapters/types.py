"""What flows between a chat platform and the bot."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from adapters.files import Attachment
from adapters.pressing import Button as Button  # noqa: PLC0414 - what adapters and bot import here
from adapters.pressing import ButtonStyle as ButtonStyle  # noqa: PLC0414
from adapters.pressing import Confirmation as Confirmation  # noqa: PLC0414
from adapters.pressing import Home as Home  # noqa: PLC0414
from adapters.pressing import HomeLine as HomeLine  # noqa: PLC0414
from adapters.pressing import HomeSection as HomeSection  # noqa: PLC0414
from adapters.words import IN_ENGLISH, ReplyWords

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_MAX_BUTTONS = 20
_MAX_FIELDS = 20
_MAX_STATE_CHARS = 2_900

ROOT = "root"


class AddressError(ValueError):
    """A thread key is not of the form that `str(thread)` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadId:
    """Where a conversation lives; `str(thread)` is its stable key, `ThreadId.parse` reads it.

    The thread `ROOT` is the channel itself: what is sent there stands in no thread.
    """

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


class PlatformRole(StrEnum):
    """What someone is in the platform's own administration."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who wrote; `id` is the platform's own, `workspace` the one the person belongs to.

    `email` is in lower case, and only one that the platform has verified; `groups` are the
    platform's own groups by their ids, as `platform:workspace:id`; `language` is the one they read
    the platform in, by its ISO 639-1 code. All are empty where unknown.
    """

    id: str
    workspace: str
    is_guest: bool = False
    name: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()
    role: PlatformRole = PlatformRole.MEMBER
    language: str = ""


class Visibility(StrEnum):
    """Who will be able to see the reply."""

    PERSON = "person"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Everyone who will be able to see the reply: one person, or a channel's members.

    It `has_outsiders` where one of them is a guest or of another company, or where nobody knows.
    `channel` is the channel as `platform:workspace:id`, and `members` are all who read along in a
    small group conversation; both are known only once the platform was asked.
    """

    visibility: Visibility
    person: Person
    has_outsiders: bool = False
    channel: str = ""
    members: tuple[Person, ...] = ()


class Addressed(StrEnum):
    """How a message reached us, which decides whether it wants an answer."""

    DIRECT = "direct"
    MENTION = "mention"
    QUOTED = "quoted"  # somebody else's message, that a person asks about
    FOLLOW_UP = "follow_up"  # in a thread, without a mention
    OVERHEARD = "overheard"  # to a whole channel, without a mention


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """One message that a person wrote, as plain text without the platform's markup.

    `event_id` names the delivery, `message_id` the message itself (Slack: its `ts`); several
    events can carry one message. `sent_at_s` is in seconds since the epoch. `named_at` is where
    in `text`, in characters, the mention of us stood; -1 where there was none, or nobody knows.
    `files` are at most 20.
    """

    event_id: str
    message_id: str
    thread: ThreadId
    person: Person
    audience: Audience
    addressed: Addressed
    text: str
    sent_at_s: float
    named_at: int = -1
    files: tuple[Attachment, ...] = ()


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
    """A slash command: `text` is what follows the command's own name.

    People, groups and channels in it are written as `user:ID`, `group:ID` and `channel:ID`.
    `trigger` lets `open_form` answer it, for a few seconds.
    """

    text: str
    platform: str
    workspace: str
    channel: str
    person: Person
    trigger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingAction:
    """A person pressed a button of ours, or used a shortcut on a message.

    `action` and `value` are the button's; `event_id` names this one press. `thread` is None where
    the button stands in no thread; on the app's home it is the direct conversation. `is_private`
    says that only this person saw the message. `text` is the words of the message, and `author`
    who wrote it, for a shortcut alone. `trigger` lets `open_form` answer, for a few seconds.
    """

    event_id: str
    action: str
    value: str
    platform: str
    workspace: str
    person: Person
    thread: ThreadId | None
    message_id: str
    trigger: str
    is_private: bool = False
    text: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingSubmission:
    """A person sent a form: `values` by the fields' names, `state` as `open_form` was given it.

    What is in it may be forged; who sent it is verified.
    """

    event_id: str
    form: str
    state: str
    values: Mapping[str, str]
    platform: str
    workspace: str
    person: Person
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMessage:
    """A message of a thread, as plain text; `url` opens it. Whoever is not known is a guest."""

    id: str
    person: Person
    text: str
    url: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A thread's messages, oldest first: the first one, and the newest of the others.

    `left_out` counts those between them.
    """

    messages: tuple[ThreadMessage, ...]
    left_out: int = 0


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
    sensitivity: str = ""  # the company's label for it, such as "Confidential"

    def __post_init__(self) -> None:
        if self.number < 1:
            raise ValueError("citations are numbered from 1")


class FieldKind(StrEnum):
    """How a field of a form is filled in."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    DATE = "date"  # as YYYY-MM-DD


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form; `choices` are (value, label), the first `initial` unless it is set."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    initial: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_optional: bool = False
    max_chars: int = 3_000

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("a field's name is a word of small letters, digits, - and _")
        if (self.kind is FieldKind.CHOICE) != bool(self.choices):
            raise ValueError("choices are for a field of kind choice, which needs them")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A dialog of fields; `name` says who handles it, `state` comes back as it is.

    `cancel` closes it, `missing` is said of a field that must be filled in and is not.
    """

    name: str
    title: str
    fields: tuple[FormField, ...]
    state: str = ""
    intro: str = ""
    submit: str = "Save"
    cancel: str = "Cancel"
    missing: str = "Please fill this in."

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("a form's name is a word of small letters, digits, - and _")
        if not 1 <= len(self.fields) <= _MAX_FIELDS or len(self.state) > _MAX_STATE_CHARS:
            raise ValueError("a form has 1 to 20 fields, and a state of at most 2,900 characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What people see: CommonMark text (tables too) with `[n]` marks, and the sources they name.

    `closest` are sources to show when no answer was found: near the question, not cited.
    `feedback` asks for a thumb: a press comes as the action `feedback` with the value
    `up:FEEDBACK` or `down:FEEDBACK`. `notify` are people and groups of the platform's, as `user:ID`
    and `group:ID`, that are called by a reply that is sent, where the platform can; no words of a
    reply call anybody. `home` is shown in the place of the text, where the platform can show one.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    buttons: tuple[Button, ...] = ()
    feedback: str = ""
    notify: tuple[str, ...] = ()
    words: ReplyWords = IN_ENGLISH
    home: Home | None = None

    def __post_init__(self) -> None:
        if len(self.buttons) > _MAX_BUTTONS:
            raise ValueError("a reply has at most 20 buttons")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    """Where a reply stands; `messages` are the platform's ids, more than one where it was split."""

    thread: ThreadId
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What is shown to who comes: at most four prompts, and the first time a welcome.

    `title` stands above the prompts; `home` is what the way to one's home is called.
    """

    prompts: tuple[SuggestedPrompt, ...]
    welcome: Reply | None = None
    title: str = ""
    home: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a platform can do; the bot reads this instead of probing for methods."""

    max_chars: int
    can_edit: bool
    can_stream: bool
    can_answer_privately: bool
    has_buttons: bool
    has_forms: bool
    can_stream_in_channels: bool = False
