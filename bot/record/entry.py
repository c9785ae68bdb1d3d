"""One answer in the ledger, and what must keep it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from pydantic import TypeAdapter

from adapters.types import IncomingMessage, ThreadId
from bot.record.notes import Notes
from bot.types import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How one message was answered: ids, kinds, counts and times, never a word of anybody.

    `person` is a pseudonym; `asked` and `replies` are the platform's ids of messages; `passages`
    are the ids of what the model was shown, and `withheld` counts by reason what it was not;
    `ms` has the milliseconds of each step; `judged` is why the message was taken to be for us.
    """

    id: str
    at_s: float
    thread: str
    person: str
    outcome: str
    asked: str
    replies: tuple[str, ...] = ()
    masked: Mapping[str, int] = field(default_factory=dict)
    fired: Mapping[str, int] = field(default_factory=dict)
    passages: tuple[str, ...] = ()
    withheld: Mapping[str, int] = field(default_factory=dict)
    citations: int = 0
    prompt: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    ms: Mapping[str, float] = field(default_factory=dict)
    error_id: str = ""
    reason: str = ""
    judged: str = ""

    @property
    def channel(self) -> str:
        """The channel in which it was asked."""
        return ThreadId.parse(self.thread).channel


class AnswerLedger(Protocol):
    """Keeps an entry for each answer."""

    async def record(
        self, message: IncomingMessage, answer: Answer, *, ms: Mapping[str, float], notes: Notes
    ) -> None:
        """Write down how `message` was answered; never raises, never takes longer than seconds."""


_ENTRY = TypeAdapter(Entry)


def entry_of(
    message: IncomingMessage,
    answer: Answer,
    *,
    person: str,
    ms: Mapping[str, float],
    notes: Notes,
) -> Entry:
    """Return the entry of an answer; its id and time are given when it is written."""
    return Entry(
        id="",
        at_s=0.0,
        thread=str(message.thread),
        person=person,
        outcome=answer.outcome.value,
        asked=message.message_id,
        replies=notes.replies,
        masked=dict(notes.masked or answer.redactions),
        fired=dict(notes.fired),
        passages=notes.passages,
        withheld=dict(notes.withheld),
        citations=len(answer.citations),
        prompt=notes.prompt,
        model=answer.usage.model or notes.model,
        input_tokens=answer.usage.input_tokens,
        output_tokens=answer.usage.output_tokens,
        ms=dict(ms),
        error_id=answer.error_id,
        reason=answer.reason,
        judged=notes.judged,
    )


def written(entry: Entry) -> bytes:
    """Return `entry` as it is kept."""
    return _ENTRY.dump_json(entry, exclude_defaults=True)


def as_object(entry: Entry) -> dict[str, object]:
    """Return `entry` as JSON has it."""
    made: dict[str, object] = _ENTRY.dump_python(entry, mode="json")
    return made


def parsed(kept: bytes, *, entry_id: str, at_s: float) -> Entry:
    """Return what `written` was given, with its place and time.

    Raises:
        ValueError: It is none.
    """
    return replace(_ENTRY.validate_json(kept), id=entry_id, at_s=at_s)
