"""Collects what happens on the way to one answer: ids, kinds and counts, never a text."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

_FACT = re.compile(r"[\w.:@/-]{1,200}")
_MAX_PASSAGES = 100


class Fired(StrEnum):
    """Which guardrail acted; a detail may follow behind a colon (`blocked:CREDIT_CARD`)."""

    UNSUPPORTED = "unsupported"  # a sentence that no passage carries was taken out
    LINK = "link"  # a link that is no source's was taken out
    QUESTION_SUSPICIOUS = "question_suspicious"  # it seems to give the model orders
    PASSAGE_SUSPICIOUS = "passage_suspicious"
    SECRET = "secret"  # noqa: S105 - a kind
    BLOCKED = "blocked"  # the policy lets nobody send this type of data
    MODERATION = "moderation"
    TOO_LONG = "too_long"
    MODEL_REFUSED = "model_refused"  # the provider's own filter


@dataclass(slots=True, kw_only=True)
class Notes:
    """What was noted so far; grows while the answer is made.

    `beside` is what models read and wrote, in tokens, for another purpose than the answer's words.
    """

    fired: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    passages: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()
    prompt: str = ""
    model: str = ""
    judged: str = ""
    beside: dict[str, tuple[int, int]] = field(default_factory=dict)


_notes: ContextVar[Notes | None] = ContextVar("notes", default=None)


@contextmanager
def noting() -> Iterator[Notes]:
    """Collect what is noted inside, for whoever collects outside as well."""
    outer = _notes.get()
    notes = Notes() if outer is None else outer
    token = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(token)


def fired(kind: Fired, detail: str = "", *, count: int = 1) -> None:
    """Note that a guardrail acted `count` times; `detail` is a word of its own, not of a text."""
    notes = _notes.get()
    if notes is not None and count > 0:
        notes.fired[_fact(f"{kind}:{detail}" if detail else kind)] += count


def masked(counts: Iterable[tuple[str, int]]) -> None:
    """Note how often each type of personal data was masked in the question."""
    notes = _notes.get()
    if notes is not None:
        notes.masked.update({_fact(kind): count for kind, count in counts})


def withheld(kind: str, *, count: int) -> None:
    """Note how many passages were found and not shown to the model, for one kind of reason."""
    notes = _notes.get()
    if notes is not None and count > 0:
        notes.withheld[_fact(kind)] += count


def read(passages: Iterable[str]) -> None:
    """Note the ids of the passages that the model was shown."""
    notes = _notes.get()
    if notes is not None:
        notes.passages = tuple(map(_fact, passages))[:_MAX_PASSAGES]


def asked(prompt: str, version: int, model: str) -> None:
    """Note what the answer is written from: the prompt's id and version, and the model."""
    notes = _notes.get()
    if notes is not None:
        notes.prompt, notes.model = _fact(f"{prompt}@{version}"), _fact(model)


def judged(reason: str) -> None:
    """Note why the message was taken to be for us."""
    notes = _notes.get()
    if notes is not None:
        notes.judged = _fact(reason)


def spent(model: str, input_tokens: int, output_tokens: int) -> None:
    """Note what a model took beside the one that writes the answer."""
    notes = _notes.get()
    if notes is not None:
        read_before, written_before = notes.beside.get(model, (0, 0))
        notes.beside[model] = (read_before + input_tokens, written_before + output_tokens)


def spent_beside() -> dict[str, tuple[int, int]]:
    """Return what was noted as spent so far, by model: tokens read, and written."""
    notes = _notes.get()
    return dict(notes.beside) if notes is not None else {}


def replied(messages: Iterable[str]) -> None:
    """Note the platform's ids of the messages that show the answer."""
    notes = _notes.get()
    if notes is not None:
        notes.replies = tuple(messages)


def _fact(value: str) -> str:
    """Return `value` where it has the form of an identifier: anything else could be a text."""
    return value if _FACT.fullmatch(value) else re.sub(r"[^\w.:@/-]", "_", value[:200])
