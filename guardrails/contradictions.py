"""Notices that two sentences say the same of something, but with other numbers or turned."""

import re
from dataclasses import dataclass
from functools import lru_cache

from guardrails.grounding import stems_of, words_of

_ALIKE = 0.8  # of the stems of both, numbers and dates apart
_MIN_STEMS = 3
_MIN_SMALL_WORDS = 3  # `you`, `the`, `of`: fewer stand in a line of fields
_MOST_CHARS = 600
_MARKS = " -*+>_0123456789.)\"'"
_MONTHS = frozenset(
    "january february march april may june july august september october november december".split()
)
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_TURNING = frozenset("not no never cannot without neither nor none nobody nothing".split())
_TURNED_VERB = re.compile(r"n['\u2019]t\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z][\w-]*")
_NAME_WITH_NUMBER = re.compile(r"#\s*\d\w*|\b[A-Z]{2,}[- ]?\d\w*|\b(?:season|step|part) \d+")
_NO_CLAIM = re.compile(
    r"[|`{}=]|://|\d:\d\d:\d|\bexamples?\b|\be\.g\.|\?\s*$|[ap]\.m\.$|^\s*#", re.IGNORECASE
)
_EITHER = re.compile(r"\bwith or without\b", re.IGNORECASE)
_VERSION = re.compile(r"v?\d+\.\d+(?:\.\d+)*(?:-\S+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a sentence says: its numbers and dates, the rest of its stems, and its names."""

    values: frozenset[str]
    frame: frozenset[str]
    names: frozenset[str]
    is_negated: bool


def contradict(one: str, other: str) -> bool:
    """Return whether two English sentences say different things in nearly the same words.

    They share at least 0.8 of their stems and all their names, and each has as many numbers or
    dates as the other, but not the same; or all is the same and one of them alone is negated.
    What reads as code, a table, a question, an example or a line of fields says nothing; versions
    are no numbers, and what is counted by its name (`DE 2088`, `#12`) is another thing.
    """
    first, second = _said(one), _said(other)
    if first is None or second is None or first.names != second.names:
        return False
    alike = len(first.frame & second.frame) / len(first.frame | second.frame)
    if first.values == second.values:
        return alike == 1.0 and first.is_negated != second.is_negated
    is_other_value = len(first.values) == len(second.values)
    return alike >= _ALIKE and is_other_value and first.is_negated == second.is_negated


@lru_cache(maxsize=2_000)
def _said(sentence: str) -> _Said | None:
    if len(sentence) > _MOST_CHARS or _NO_CLAIM.search(sentence):
        return None
    text = _EITHER.sub(" ", _VERSION.sub(" ", sentence))
    every = words_of(text)
    words = [word for word in every if word.lower() not in _TURNING]
    turns = len(every) - len(words) + len(_TURNED_VERB.findall(text))
    values = frozenset(word.lower() for word in words if _is_value(word))
    frame = frozenset(stems_of([word for word in words if not _is_value(word)]))
    small = sum(word.isalpha() and not stems_of([word]) for word in words)
    if len(frame) < _MIN_STEMS or small < _MIN_SMALL_WORDS:
        return None
    found = (*_NAME.findall(text.lstrip(_MARKS)[1:]), *_NAME_WITH_NUMBER.findall(text))
    names = frozenset(name.lower() for name in found)
    return _Said(
        values=values, frame=frame, names=names - _MONTHS - _DAYS, is_negated=turns % 2 == 1
    )


def _is_value(word: str) -> bool:
    is_date = word[0].isupper() and word.lower() in _MONTHS | _DAYS
    return word[0].isdigit() or is_date
