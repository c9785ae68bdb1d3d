"""How the answer at hand is spoken: its language and its model's tier, known to all that writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """Which of the models writes."""

    STANDARD = "standard"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to answer: the language by its ISO 639-1 code, the model's tier, and what is offered.

    `is_certain` says that the language was told or seen, and is not merely the fallback.
    """

    language: str = "en"
    is_certain: bool = False
    tier: Tier = Tier.STANDARD
    suggests: bool = True


_manner: ContextVar[Manner] = ContextVar("manner", default=Manner())  # noqa: B039 - frozen


def manner() -> Manner:
    """Return how the answer at hand is spoken."""
    return _manner.get()


@contextmanager
def speaking(how: Manner) -> Iterator[None]:
    """Let all that is written inside be spoken so."""
    token = _manner.set(how)
    try:
        yield
    finally:
        _manner.reset(token)


def alone() -> Context:
    """Return a context for a task, in which nothing is known but how the answer is spoken."""
    fresh = Context()
    fresh.run(_manner.set, manner())
    return fresh
