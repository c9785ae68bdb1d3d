"""What the decision is made from, and what it says."""

from dataclasses import dataclass
from enum import StrEnum

from adapters.types import Addressed


class ChannelMode(StrEnum):
    """When the bot speaks in a channel; in direct messages it always does."""

    MENTION = "mention"  # to mentions alone
    THREAD = "thread"  # and to what follows in the threads that it answered in
    AUTO_ANSWER = "auto-answer"  # and to questions to the channel that the documents answer
    OFF = "off"


class Reason(StrEnum):
    """Why the bot answers, or stays silent: a word for the log and the ledger."""

    DIRECT = "direct"
    MENTIONED = "mentioned"
    NAMED = "named"  # by its name, without a mention
    QUESTION = "question"
    REQUEST = "request"
    CORRECTION = "correction"
    DOUBT = "doubt"  # "are you sure?"
    REPLY = "reply"  # to what the bot asked back
    MODE = "mode"  # the channel's mode wants none
    NOT_OURS = "not_ours"  # a thread that the bot has no part in
    SPOKEN_OF = "spoken_of"  # mentioned to somebody else, as a thing
    SOMEONE_ELSE = "someone_else"  # somebody else is addressed
    GROUP = "group"  # a question to the people around
    BETWEEN_PEOPLE = "between_people"  # two people talk with each other
    RHETORICAL = "rhetorical"
    INFORMATION = "information"  # "FYI …"
    CHATTER = "chatter"
    STATEMENT = "statement"
    MOMENT = "moment"  # of today, or of no document: "is the meeting moved?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message of a thread without its words; `by` is empty where it is ours.

    `is_for_us` says that we answered it; `is_chatter` that it takes no conversation further;
    `is_question` is asked of our own messages: whether they ask back.
    """

    by: str
    is_for_us: bool = False
    is_chatter: bool = False
    is_question: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether we wrote it."""
        return not self.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A message, and what is known of where it stands.

    `named_at` is where in `text` the mention of us stood, in characters, -1 where it is not
    known; `names` are the people known to take part; `said` is what came before, the oldest
    first, from our first answer on; `begins_with_us` says that the thread's first message was
    for us.
    """

    text: str
    by: str
    addressed: Addressed
    mode: ChannelMode
    named_at: int = -1
    names: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    begins_with_us: bool = True
    our_names: tuple[str, ...] = ("Citewell",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Answer or stay silent, and why."""

    answers: bool
    reason: Reason
