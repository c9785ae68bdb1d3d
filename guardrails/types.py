"""What guardrails find and decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Personal data or a secret: `text[start:end]` is of type `type`, with `score` in 0..1."""

    type: str
    start: int
    end: int
    score: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError("a finding covers at least one character")


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholders:
    """A thread's map from placeholder (`<PERSON_1>`) to the words it stands for.

    `people` are the names of those who wrote in the thread.
    """

    values: Mapping[str, str] = field(default_factory=_nothing)
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A text without personal data, the thread's map grown by what was found, and the counts.

    `blocked` are the types found that the policy lets nobody send.
    """

    text: str
    placeholders: Placeholders
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a guardrail says about a text: `kind` of finding, `action` taken, `reason` in a word.

    `score` in 0..1 grows with certainty.
    """

    kind: str
    action: str
    reason: str
    score: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """How well a passage carries a sentence: `score` in 0..1, and whether that is enough."""

    score: float
    is_supported: bool
    reason: str
