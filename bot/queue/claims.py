"""What flows between the mailbox and those who answer: states, claims, and how they end."""

from dataclasses import dataclass, replace
from enum import StrEnum

from adapters.files import MAX_FILES
from adapters.types import IncomingMessage, SentReply, ThreadId


class State(StrEnum):
    """Where a message is; each accepted one ends in one of the last four."""

    RECEIVED = "received"
    QUEUED = "queued"
    ANSWERING = "answering"
    ANSWERED = "answered"
    SILENT = "silent"  # a question to a channel that no document answers: nothing was shown
    FAILED = "failed"  # it ended in an apology, or nothing can be shown where it was written
    REMOVED = "removed"  # its writer took it back before it was answered


OPEN_STATES = frozenset({State.RECEIVED, State.QUEUED, State.ANSWERING})


class Taken(StrEnum):
    """What became of a delivery."""

    NEW = "new"
    SEEN = "seen"  # taken before
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one worker answers now: the messages of one turn, and what stands of their reply.

    `deaths` counts the workers that died over it; `messages` lacks those that can't be read any
    more; `known` are our messages in the thread that belong to other answers.
    """

    thread: ThreadId
    token: str
    ids: tuple[str, ...]
    messages: tuple[IncomingMessage, ...]
    is_takeover: bool
    deaths: int
    age_s: float
    places: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()

    @property
    def message(self) -> IncomingMessage | None:
        """What was asked: the first message, with the words and files of all; None without any."""
        if not self.messages:
            return None
        files = tuple(file for message in self.messages for file in message.files)[:MAX_FILES]
        text = "\n".join(m.text for m in self.messages)
        return replace(self.messages[0], text=text, files=files)

    @property
    def reply(self) -> SentReply | None:
        """The reply that somebody began before."""
        return SentReply(thread=self.thread, messages=self.places) if self.places else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """How a turn ended: `answered`, or `failed` with an error id and a word for why."""

    state: State
    error_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one message is, without its words."""

    thread: ThreadId
    message_id: str
    state: State | None
    age_s: float
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One message as the operator sees it; `message` is None where its words are gone."""

    thread: ThreadId
    message_id: str
    state: State
    accepted_at_s: float
    error_id: str
    reason: str
    message: IncomingMessage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message of which something is known, without its words."""

    thread: ThreadId
    message_id: str
    state: State | None
