"""What flows along the straight line, from a question to its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from adapters.types import Citation
from guardrails.types import Placeholders
from knowledge.types import Finding, Passage, Phrasing

ATTACHED = "attached:"
"""What the locations of attached files, and no others, begin with."""
_NEAR = 0.75


class Outcome(StrEnum):
    """How a message ended; each accepted message ends in exactly one of these."""

    ANSWERED = "answered"
    NO_EVIDENCE = "no_evidence"  # the documents don't hold the answer
    NOT_A_QUESTION = "not_a_question"  # a greeting, thanks, an emoji
    REFUSED = "refused"  # too long, or the model's provider declined
    STOPPED = "stopped"  # the person pressed Stop
    FAILED = "failed"  # an apology with an error id
    SILENT = "silent"  # it was overheard, and nothing was shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One question and its answer as a thread remembers them: both without personal data.

    `is_from_outside` says that a guest, or someone of another company, asked.
    """

    question: str
    answer: str
    is_from_outside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, without personal data: as written, and so that it stands alone.

    `phrasings` are the wordings that are searched, where there are several; `language` is the code
    of the one to answer in, empty where it is the question's own, whichever that is.
    What `is_quoted` was written by somebody else than who asks.
    """

    text: str
    standalone: str
    phrasings: tuple[Phrasing, ...] = ()
    language: str = ""
    is_quoted: bool = False

    @property
    def searched(self) -> tuple[Phrasing, ...]:
        """The wordings to search for."""
        return self.phrasings or (Phrasing(text=self.standalone),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A passage as the prompt shows it: its number there, and its words without personal data.

    `is_suspicious` says that it seems to give the model orders.
    """

    number: int
    passage: Passage
    text: str
    title: str = ""
    heading_path: tuple[str, ...] = ()
    is_suspicious: bool = False

    @property
    def is_attached(self) -> bool:
        """Whether it is of a file that somebody attached in the thread."""
        return self.passage.location.startswith(ATTACHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What attached files bring: passages, and remarks on those that are unread.

    They are of the question's own files where it `is_new`, else of those before it in its thread.
    `greeting` asks what to do with the files that were read just now.
    """

    passages: tuple[Passage, ...] = ()
    is_new: bool = False
    remarks: tuple[str, ...] = ()
    greeting: str = ""

    @property
    def alone(self) -> str:
        """What is said to someone who attached files and asked nothing."""
        return "\n\n".join(filter(None, (self.greeting, *self.remarks)))

    def beside(self, finding: Finding) -> Finding:
        """Return `finding` with the passages; alone they stand where it is no evidence.

        What was attached to an earlier question has to bear on this one nearly as well as what
        was found: a chat goes on to other things.
        """
        found = finding.passages if finding.is_enough else ()
        nearest = max((passage.similarity for passage in found), default=0.0)
        ours = tuple(p for p in self.passages if self.is_new or p.similarity >= _NEAR * nearest)
        if not ours:
            return finding
        is_first = self.is_new or max(p.similarity for p in ours) >= nearest
        return Finding(passages=(*ours, *found) if is_first else (*found, *ours))

    def noted(self, answer: "Answer") -> str:
        """Return the words of `answer` with the remarks below them."""
        return "\n\n".join((answer.text, *self.remarks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the prompt may show, and the thread's map of placeholders grown by it."""

    evidence: tuple[Evidence, ...]
    placeholders: Placeholders


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptMessage:
    """One message to the model; `role` is `system`, `user` or `assistant`."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the model reads; `id` and `version` name the prompt file it was made from."""

    id: str
    version: int
    messages: tuple[PromptMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that the model counted; zero where it counts none."""

    input_tokens: int = 0
    output_tokens: int = 0
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChunk:
    """A piece of a streamed completion; `usage` and `is_cut_short` come with the last one."""

    text: str
    usage: Usage | None = None
    is_cut_short: bool = False


def _no_counts() -> Mapping[str, int]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person got: the text with their own data in it, its sources, and how it came about.

    `asked` is the question as it was searched for, None where nothing was searched. `redactions`
    counts, by type, what was masked in it; `removed` counts the sentences that no passage
    supported. After a failure `error_id` is what the person was told, and `reason` names the error.
    """

    text: str
    outcome: Outcome
    asked: Question | None = None
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    redactions: Mapping[str, int] = field(default_factory=_no_counts)
    usage: Usage = Usage()
    removed: int = 0
    error_id: str = ""
    reason: str = ""
