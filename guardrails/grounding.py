"""Checks whether evidence carries a sentence: its numbers, its names, and most of its words."""

import re
from collections.abc import Sequence
from functools import cache

import snowballstemmer

from guardrails.types import Support

NO_CLAIM = "no claim"
OTHER_LANGUAGE = "other language"

_ENOUGH = 0.5  # of the words that carry meaning: see docs/performance.md
_FOREIGN_SHARE = 0.12
_MIN_FOREIGN_WORDS = 4
_MAX_INTRODUCTION_STEMS = 12
_WORD = re.compile(r"<[A-Z_]+(?:_\d+)?>|\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+", re.MULTILINE)
_HEADING = re.compile(r"\s*#{1,6}\s+\S.*")
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?:\D|$))")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
}
_FUNCTION_WORDS = frozenset(
    """
    a about according after all also am an and any are as at be because been before being but by
    can could did do does doing done for from further had has have having he her here him his how i
    if in into is it its just may me might more most must my no nor not of off on once only or other
    our out over own per please same shall she should so some such than that the their them then
    there these they this those through to too under until up upon very was we were what when where
    which while who whom whose why will with within would yes you your
    """.split()
)
_FRAMES = frozenset(
    "answer cite company date depend document documentation example find found handbook "
    "information mention note page passage policy say section source state summary available "
    "contain follow "
    "provide sure sorry however therefore".split()
)
"""Words about the documents themselves: a sentence of nothing else claims nothing."""


def check_support(sentence: str, evidence: Sequence[str]) -> Support:
    """Return how well the texts of `evidence`, taken together, carry `sentence`.

    Every number and every placeholder of the sentence must stand in the evidence, and at least
    half of the stems that carry meaning. A sentence that claims nothing (a heading, an
    introduction ending in a colon) is supported with the reason `NO_CLAIM`. Where sentence and
    evidence are in two languages, only numbers, placeholders and names are compared
    (`OTHER_LANGUAGE`).
    """
    words = _words(sentence)
    stems = _stems(words)
    if _claims_nothing(sentence, stems):
        return Support(score=1.0, is_supported=True, reason=NO_CLAIM)
    if not evidence:
        return Support(score=0.0, is_supported=False, reason="no evidence")
    held = _words("\n".join(evidence))
    missing = _exact(words) - _exact(held)
    if missing:
        return Support(score=0.0, is_supported=False, reason="a number or name is not there")
    known = frozenset(_stems(held))
    score = sum(stem in known for stem in stems) / len(stems) if stems else 1.0
    if score < _ENOUGH and _is_foreign(words) != _is_foreign(held):
        return Support(score=score, is_supported=True, reason=OTHER_LANGUAGE)
    return Support(score=score, is_supported=score >= _ENOUGH, reason="words")


def _claims_nothing(sentence: str, stems: list[str]) -> bool:
    text = sentence.strip()
    if not stems or _HEADING.fullmatch(text) or set(text) <= set("|-: \n`*_"):
        return True
    if any(stem.isdigit() or stem.startswith("<") for stem in stems):
        return False
    is_introduction = text.endswith(":") and len(stems) <= _MAX_INTRODUCTION_STEMS
    return is_introduction or all(stem in _frames() for stem in stems)


def _words(text: str) -> list[str]:
    plain = _THOUSANDS.sub("", _LIST_MARK.sub("", text)).replace("\u2019", "'")
    return [_NUMBERS.get(word.lower(), word) for word in _WORD.findall(plain)]


def _exact(words: list[str]) -> frozenset[str]:
    """Return what must stand in the evidence as it is: numbers and placeholders."""
    return frozenset(word for word in words if word[0].isdigit() or word.startswith("<"))


def _stems(words: list[str]) -> list[str]:
    content = [
        word.lower().removesuffix("'s") for word in words if word.lower() not in _FUNCTION_WORDS
    ]
    return [str(stem) for stem in _stemmer().stemWords(content)]


def _is_foreign(words: list[str]) -> bool:
    letters = [word.lower() for word in words if word[0].isalpha()]
    if len(letters) < _MIN_FOREIGN_WORDS:
        return False
    return sum(word in _FUNCTION_WORDS for word in letters) / len(letters) < _FOREIGN_SHARE


@cache
def _frames() -> frozenset[str]:
    return frozenset(map(str, _stemmer().stemWords(sorted(_FRAMES))))


@cache
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")
