"""Whether two questions want the same answer: near in meaning, and told apart by no word."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_NEAR = 0.74
LEAST_SUM = 1.4
"""Chosen on one half of tests/golden/verified.yaml, for no wrong offer: see docs/retrieval.md."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NUMBER = re.compile(r"\d[\d.,:]*")
_NAME = re.compile(r"(?<=[a-z0-9,;] )[A-Z][\w-]+|\b[A-Z]{2,}\b")
_FUNCTION_WORDS = frozenset(
    """
    a an and any are as at be been but by can could did do does for from had has have how i if in
    into is it its many may me much must my of on or our shall should so that the their them there
    they this to was we were what when where which who whom whose why will with would you your am
    get got s t
    """.split()
)
_CONTRASTS = tuple(
    frozenset(group.split())
    for group in (
        "before after during until since",
        "under over above below within outside",
        "minimum maximum least most min max",
        "first last next previous",
        "add remove create delete invite cancel",
        "enable disable activate deactivate",
        "start stop begin end finish",
        "open close opened closed",
        "import export",
        "install uninstall",
        "upload download",
        "increase decrease raise lower reduce",
        "buy sell",
        "internal external",
        "incoming outgoing",
        "day daily week weekly month monthly year yearly annual annually hour hourly minute",
        "allowed forbidden",
        "old new",
    )
)
_NEGATIONS = frozenset("not no never without except none cannot can't don't doesn't isn't".split())
_WAYS = (
    ("time", re.compile(r"\b(?:when|how (?:long|often|soon|quickly|fast|old))\b", re.IGNORECASE)),
    ("amount", re.compile(r"\bhow (?:many|much|high|large|big|far)\b", re.IGNORECASE)),
    ("who", re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE)),
    ("why", re.compile(r"\bwhy\b", re.IGNORECASE)),
    (
        "manner",
        re.compile(r"\bhow (?:do|does|can|could|should|must|may|am|is|are|to)\b", re.IGNORECASE),
    ),
)
_ABOUT = (
    re.compile(r"\b(?:costs?|prices?|pays?|paid|expensive|cheap)\b", re.IGNORECASE),
    re.compile(r"\b(?:differences?|differ|versus|vs)\b", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A question's vector, and the vectors of its pieces of words in it; all of length 1."""

    text: str
    whole: NDArray[np.float32]
    pieces: tuple[str, ...]
    vectors: NDArray[np.float32]


def is_same(asked: Meaning, known: Meaning) -> bool:
    """Return whether the answer to `known` answers what is `asked`; when in doubt it does not.

    Near as a whole is not enough, since "sick leave" is near to "annual leave": each piece of
    either question must have its like in the other, as its context has it.
    """
    if float(asked.whole @ known.whole) < LEAST_NEAR or are_told_apart(asked.text, known.text):
        return False
    return nearness(asked, known) >= LEAST_SUM


def nearness(one: Meaning, other: Meaning) -> float:
    """Return the cosine of two questions, plus that of the piece which fits worst; at most 2."""
    return float(one.whole @ other.whole) + min(_covered(one, other), _covered(other, one))


def _covered(one: Meaning, other: Meaning) -> float:
    held = [n for n, piece in enumerate(one.pieces) if _says_something(piece)]
    if not held or not len(other.vectors):
        return -1.0
    return float((one.vectors[held] @ other.vectors.T).max(axis=1).min())


def _says_something(piece: str) -> bool:
    return piece.lower() not in _FUNCTION_WORDS and any(char.isalnum() for char in piece)


def are_told_apart(one: str, other: str) -> bool:
    """Return whether a number, a name, a negation or a contrary tells two questions apart."""
    if set(_NUMBER.findall(one)) != set(_NUMBER.findall(other)):
        return True
    ours, theirs = _words(one), _words(other)
    if bool(ours & _NEGATIONS) != bool(theirs & _NEGATIONS):
        return True
    if not _names(one) <= theirs or not _names(other) <= ours:
        return True
    if any((ours & g) != (theirs & g) and ours & g and theirs & g for g in _CONTRASTS):
        return True
    if any(bool(each.search(one)) != bool(each.search(other)) for each in _ABOUT):
        return True
    asked, known = _way(one), _way(other)
    return bool(asked and known) and asked != known


def _way(text: str) -> str:
    """Return how a question asks; nothing for what, which, where, and what wants a yes or no."""
    found = [(m.start(), way) for way, pattern in _WAYS if (m := pattern.search(text))]
    return min(found)[1] if found else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower().replace("\u2019", "'") for word in _WORD.findall(text))


def _names(text: str) -> frozenset[str]:
    return frozenset(name.lower() for name in _NAME.findall(text)) - {"i"}
