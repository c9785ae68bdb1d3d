"""Measures whether the bot speaks where it is asked to, and is silent where it is not."""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from adapters.types import Addressed
from bot.addressee.deciding import decide, said
from bot.addressee.types import ChannelMode, Decision, Said, Situation
from bot.evaluation.cases import IdentifiedLine, read_lines

US = "bot"
_MENTION = re.compile(rf"@{US}\b", re.IGNORECASE)
_Z = 1.959964  # the normal quantile of a two-sided 95 % interval
MOST_FALSE_SPEAK = 0.03
MOST_FALSE_SILENCE = 0.05


class Utterance(BaseModel, frozen=True):
    """A message of a thread; `by` is `bot` where it is ours."""

    by: str = Field(min_length=1)
    text: str


class SituationLine(IdentifiedLine, frozen=True):
    """A situation of the golden set: `answer` says what is right."""

    lang: str
    kind: str
    mode: ChannelMode
    came: Addressed
    thread: tuple[Utterance, ...] = ()
    by: str
    text: str
    answer: bool

    @property
    def half(self) -> str:
        """The half that it is in, by a hash of its id: `a` was read for the rules, `b` never."""
        return "ab"[hashlib.sha256(self.id.encode()).digest()[0] % 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many of `count` went wrong, with Wilson's 95 % interval."""

    what: str
    half: str
    wrong: int
    count: int
    at_most: float

    @property
    def value(self) -> float:
        """The share that went wrong, in 0..1."""
        return self.wrong / self.count if self.count else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson, "Probable inference" (JASA 22, 1927): sound for few and rare cases."""
        if not self.count:
            return 0.0, 1.0
        share, spread = self.value, _Z * _Z / self.count
        middle = share + spread / 2
        width = _Z * math.sqrt(share * (1 - share) / self.count + spread / (4 * self.count))
        low, high = (middle - width) / (1 + spread), (middle + width) / (1 + spread)
        return max(0.0, low), min(1.0, high)

    @property
    def is_met(self) -> bool:
        """Whether the goal is met."""
        return self.value <= self.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A situation that was decided wrongly."""

    line: SituationLine
    decision: Decision


def read_situations(path: Path) -> tuple[SituationLine, ...]:
    """Return the situations in `path`.

    Raises:
        StartError: The file can't be read, a line is not of the form, or an id comes twice.
    """
    return read_lines(path, SituationLine)


def judged(line: SituationLine) -> Decision:
    """Return the decision on a situation, made from what would be kept of its thread."""
    before = _kept(line.thread)
    names = {item.by for item in line.thread[len(line.thread) - len(before) :]}
    match = _MENTION.search(line.text)
    return decide(
        Situation(
            text=_MENTION.sub(" ", line.text).strip(),
            by=line.by,
            addressed=line.came,
            mode=line.mode,
            named_at=match.start() if match else -1,
            names=tuple(sorted(names - {US, line.by})),
            said=before,
            begins_with_us=len(before) == len(line.thread),
        )
    )


def rates(lines: Sequence[SituationLine]) -> tuple[list[Rate], list[Wrong]]:
    """Return how often the bot speaks or is silent wrongly in each half, and where."""
    wrong = [
        Wrong(line=line, decision=decision)
        for line in lines
        if (decision := judged(line)).answers is not line.answer
    ]
    found: list[Rate] = []
    for half in "ab":
        of_half = [line for line in lines if line.half == half]
        for what, answer, at_most in (
            ("false-speak", False, MOST_FALSE_SPEAK),
            ("false-silence", True, MOST_FALSE_SILENCE),
        ):
            missed = [w for w in wrong if w.line.half == half and w.line.answer is answer]
            count = sum(line.answer is answer for line in of_half)
            found.append(
                Rate(what=what, half=half, wrong=len(missed), count=count, at_most=at_most)
            )
    return found, wrong


def _kept(thread: Sequence[Utterance]) -> tuple[Said, ...]:
    """Return what is kept of a thread: from the first message on that we answered."""
    answered = [n for n, item in enumerate(thread[:-1]) if thread[n + 1].by == US != item.by]
    if not answered:
        return ()
    return tuple(
        said(item.text, by="" if item.by == US else item.by, is_for_us=n in answered)
        for n, item in enumerate(thread)
        if n >= answered[0]
    )
