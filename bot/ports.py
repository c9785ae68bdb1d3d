"""What the straight line needs, one port a step."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from adapters.ports import ReplyStream
from adapters.types import Audience, IncomingMessage, ThreadId
from bot.types import Answer, Attached, ModelChunk, Prompt, Question, Reading, Turn
from guardrails.types import Placeholders, Redaction
from knowledge.types import Finding, Passage


class Line(Protocol):
    """The straight line from a message to its answer."""

    async def answer(self, message: IncomingMessage, reply: ReplyStream) -> Answer:
        """Answer `message` through `reply`, which is finished on return; see `Orchestrator`."""


class Redactor(Protocol):
    """Takes personal data out of a text."""

    async def redact(
        self,
        text: str,
        known: Placeholders,
        *,
        names: Sequence[str] = (),
        workspace: str = "",
    ) -> Redaction:
        """Return `text` with placeholders, and `known` grown by what was found.

        `names` are of people who are known to take part in the thread, beside those that `known`
        has; the policy is that of `workspace`.
        """


class Notices(Protocol):
    """Tells people what others need not see."""

    async def secret_seen(self, message: IncomingMessage) -> None:
        """Tell whoever wrote `message` to us that it holds a secret; never raises."""


class PlaceholderStore(Protocol):
    """Keeps a thread's map of placeholders, encrypted, as long as the thread lives."""

    async def load(self, thread: ThreadId) -> Placeholders:
        """Return the thread's map; empty for a new thread."""

    async def save(self, thread: ThreadId, placeholders: Placeholders) -> None:
        """Keep `placeholders` as the thread's map."""


class ThreadMemory(Protocol):
    """Remembers a thread's turns, without personal data."""

    async def recall(self, thread: ThreadId) -> tuple[Turn, ...]:
        """Return the newest turns that fit the token budget, oldest first."""

    async def remember(self, thread: ThreadId, turn: Turn) -> None:
        """Add `turn`; the oldest ones go when there are too many."""


class Rewriter(Protocol):
    """Makes a follow-up stand alone."""

    async def rewrite(self, text: str, history: tuple[Turn, ...]) -> Question:
        """Return the question with what it takes from `history`; never raises for a bad one."""


class Retriever(Protocol):
    """Finds passages for a question."""

    async def retrieve(
        self, question: Question, *, audience: Audience, thread: ThreadId
    ) -> Finding:
        """Return the passages that everyone in `audience` may read, and whether they are enough.

        What was said in `thread` itself is none of them.

        Raises:
            SearchUnavailableError: The index did not answer in time.
        """


class EvidenceReader(Protocol):
    """Makes of what was found what a model may read."""

    async def notice(self, question: str) -> None:
        """Report a question that seems to give the model orders; it is answered all the same."""

    async def read(
        self, passages: Sequence[Passage], placeholders: Placeholders, *, workspace: str = ""
    ) -> Reading:
        """Return `passages` without personal data, numbered from 1, attacks marked or dropped."""


class AttachmentReader(Protocol):
    """Reads the files that somebody attached to a question, or in its thread before."""

    async def read(self, message: IncomingMessage, question: Question) -> Attached:
        """Return what bears on `question`, and what to say of files that are unread.

        Never raises for a file. An empty question is of someone who only attached files.
        """


class SupportJudge(Protocol):
    """Gives a second opinion on what the checks let through."""

    async def carries(self, sentence: str, passages: Sequence[str]) -> bool:
        """Return whether `passages` carry all that `sentence` claims; both without personal data.

        Never raises for a judge that is away: then the sentence stands as the checks left it.
        """


class ChatModel(Protocol):
    """Writes a completion."""

    @property
    def name(self) -> str:
        """The model's name, for people and logs."""

    def stream(self, prompt: Prompt) -> AsyncIterator[ModelChunk]:
        """Yield the completion piece by piece.

        Raises:
            ModelUnavailableError: It can't be reached, or stopped before the end.
            ModelRefusedError: The provider's filter declined.
        """
