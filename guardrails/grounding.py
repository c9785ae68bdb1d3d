"""Checks whether evidence carries a sentence: numbers, names, negations, words and their order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, pairwise

import snowballstemmer

from guardrails.types import Support

NO_CLAIM = "no claim"
OTHER_LANGUAGE = "other language"
NO_NAME = "a name is not there"
TURNED = "the evidence says the opposite"

_ENOUGH = 0.36  # of the words that carry meaning and of their neighbourhoods: docs/security.md
_NEAR = 0.5  # of a sentence's stems, in one of the evidence
_FOREIGN_SHARE = 0.12
_MIN_FOREIGN_WORDS = 4
_MAX_INTRODUCTION_STEMS = 12
_WORD = re.compile(r"<[A-Z_]+(?:_\d+)?>|\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")  # within a sentence
_LABEL = re.compile(r"\*\*[^*\n]{1,80}\*\*")
_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|without|neither|nor|none|nobody|nothing)\b|n't\b", re.IGNORECASE
)
_SENTENCE_ENDS = re.compile(r"(?<=[.!?;])\s+|\n+")
_MAX_PIECES = 400
_CLOSED = re.compile(r"[.!?:;|)\"'*`\u201d]$")
_ITEM = re.compile(r"[-*+#|>]|\d{1,3}[.)]\s")
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+", re.MULTILINE)
_HEADING = re.compile(r"\s*#{1,6}\s+\S.*")
_DASHES = re.compile(r"[\u2010-\u2013\u2212](?=\d)")
_RANGE = re.compile(r"(?<![\d.,:/-])(\d+)-(\d+)(?![\d.,:/-])")
_THOUSANDS = re.compile(r"(?<=\d)[,.](?=\d{3}(?:\D|$))")
_NUMBERS = {  # without `one`, which is a pronoun more often
    word: str(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
    if word != "one"
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

    Every number, placeholder and name of the sentence must stand in the evidence, and of the stems
    that carry meaning, and the pairs of neighbours among them, 0.36 on average: see `_carried`. A
    sentence with a negation needs one in a sentence that is near to it: see `_is_turned`. A
    sentence that claims nothing (a heading, an introduction ending in a colon) is supported with
    the reason `NO_CLAIM`. Where sentence and evidence are in two languages, only numbers,
    placeholders and names are compared (`OTHER_LANGUAGE`).
    """
    words = words_of(sentence)
    stems = stems_of(words)
    if _claims_nothing(sentence, stems):
        return Support(score=1.0, is_supported=True, reason=NO_CLAIM)
    if not evidence:
        return Support(score=0.0, is_supported=False, reason="no evidence")
    held = _held("\n".join(evidence))
    missing = _exact(words) - held.exact
    if missing:
        return Support(score=0.0, is_supported=False, reason="a number or name is not there")
    score = _carried(stems, held)
    if score < _ENOUGH and _is_foreign(words) != held.is_foreign:
        return Support(score=score, is_supported=True, reason=OTHER_LANGUAGE)
    reason = "words"
    if score >= _ENOUGH and not _is_foreign(words):
        reason = _contradiction(sentence, stems, evidence) or reason
    is_supported = score >= _ENOUGH and reason == "words"
    return Support(score=score, is_supported=is_supported, reason=reason)


def _contradiction(sentence: str, stems: list[str], evidence: Sequence[str]) -> str:
    """Return what an English sentence says that the evidence does not: a name, or a negation."""
    whole = "\n".join(evidence).lower()
    if any(name.lower() not in whole for name in _NAME.findall(_LABEL.sub("", sentence))):
        return NO_NAME
    return TURNED if _is_turned(sentence, stems, evidence) else ""


def _carried(stems: Sequence[str], held: "_Held") -> float:
    """Return the mean of two shares: of the stems, and of the neighbours, that the evidence holds.

    Two stems are neighbours there where at most one other stands between them: words that come
    from here and there make another sentence.
    """
    words = sum(stem in held.stems for stem in stems) / len(stems)
    pairs = list(pairwise(stems))
    if not pairs:
        return words
    return (words + sum(pair in held.pairs for pair in pairs) / len(pairs)) / 2


def overlap(sentence: str, evidence: Sequence[str]) -> float:
    """Return the share of the sentence's stems that stand in the evidence, in 0..1."""
    stems = stems_of(words_of(sentence))
    known = _held("\n".join(evidence)).stems
    return sum(stem in known for stem in stems) / len(stems) if stems else 1.0


def nearest(sentence: str, evidence: str) -> str:
    """Return the sentence of `evidence` that holds most of `sentence`; empty where none does."""
    words = words_of(sentence)
    stems, exact = stems_of(words), _exact(words)

    def fit(piece: _Piece) -> float:
        return sum(s in piece.stems for s in stems) + sum(e in piece.exact for e in exact)

    best = max(_pieces(evidence), key=fit, default=None)
    return best.text if best and fit(best) else ""


def sentences_of(text: str) -> tuple[str, ...]:
    """Return the sentences and lines of `text`, at most 400."""
    return tuple(piece.text for piece in _pieces(text))


def whole_sentences_of(text: str) -> tuple[str, ...]:
    """Return the same without what the passage's ends may have cut.

    That is a first one that begins small, and prose without a full stop at the end.
    """
    pieces = sentences_of(text)
    first = 1 if pieces and pieces[0][:1].islower() else 0
    is_cut = bool(pieces) and not (_CLOSED.search(pieces[-1]) or _ITEM.match(pieces[-1]))
    return pieces[first : len(pieces) - is_cut]


def _is_turned(sentence: str, stems: list[str], evidence: Sequence[str]) -> bool:
    """Return whether the evidence says the opposite of a sentence with a negation.

    That is where the sentence nearest to it has no negation, and none that has one is near.
    """
    if not stems or not is_negated(sentence):
        return False
    alike = turned = 0.0
    for piece in _pieces("\n".join(evidence)):
        near = sum(stem in piece.stems for stem in stems) / len(stems)
        if piece.is_negated:
            alike = max(alike, near)
        else:
            turned = max(turned, near)
    return alike < _NEAR and turned > alike


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What stands in the evidence."""

    exact: frozenset[str]
    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    is_foreign: bool


@lru_cache(maxsize=64)
def _held(text: str) -> _Held:
    words = words_of(text)
    stems = stems_of(words)
    return _Held(
        exact=_exact(words),
        stems=frozenset(stems),
        pairs=frozenset((*pairwise(stems), *zip(stems, stems[2:], strict=False))),
        is_foreign=_is_foreign(words),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A sentence of the evidence."""

    text: str
    exact: frozenset[str]
    stems: frozenset[str]
    is_negated: bool


@lru_cache(maxsize=64)
def _pieces(text: str) -> tuple[_Piece, ...]:
    pieces = (piece for piece in _SENTENCE_ENDS.split(text) if piece.strip())
    return tuple(_piece(piece.strip()) for piece in islice(pieces, _MAX_PIECES))


def _piece(text: str) -> _Piece:
    words = words_of(text)
    return _Piece(
        text=text,
        exact=_exact(words),
        stems=frozenset(stems_of(words)),
        is_negated=is_negated(text),
    )


def is_negated(text: str) -> bool:
    """Return whether an English text holds a negation."""
    return bool(_NEGATION.search(text.replace("\u2019", "'")))


def _claims_nothing(sentence: str, stems: list[str]) -> bool:
    text = sentence.strip()
    if not stems or _HEADING.fullmatch(text) or set(text) <= set("|-: \n`*_"):
        return True
    if any(stem.isdigit() or stem.startswith("<") for stem in stems):
        return False
    is_introduction = text.endswith(":") and len(stems) <= _MAX_INTRODUCTION_STEMS
    return is_introduction or all(stem in _frames() for stem in stems)


def words_of(text: str) -> list[str]:
    """Return the words, numbers and placeholders of `text`; small numbers as digits.

    A range counts as its two ends: `20-30` is there where `20 to 30` is.
    """
    plain = _THOUSANDS.sub("", _LIST_MARK.sub("", text)).replace("\u2019", "'")
    plain = _RANGE.sub(r"\1 \2", _DASHES.sub("-", plain))
    return [_NUMBERS.get(word.lower(), word) for word in _WORD.findall(plain)]


def _exact(words: list[str]) -> frozenset[str]:
    """Return what must stand in the evidence as it is: numbers and placeholders."""
    return frozenset(word for word in words if word[0].isdigit() or word.startswith("<"))


def stems_of(words: Sequence[str]) -> list[str]:
    """Return the stems of those of `words` that carry meaning, in their order."""
    return [
        _stem(word.lower().removesuffix("'s"))
        for word in words
        if word.lower() not in _FUNCTION_WORDS
    ]


def _is_foreign(words: list[str]) -> bool:
    letters = [word.lower() for word in words if word[0].isalpha()]
    if len(letters) < _MIN_FOREIGN_WORDS:
        return False
    return sum(word in _FUNCTION_WORDS for word in letters) / len(letters) < _FOREIGN_SHARE


@cache
def _frames() -> frozenset[str]:
    return frozenset(map(_stem, _FRAMES))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    # A stemmer holds the word it works on: each thread needs its own, and most words are known.
    return str(snowballstemmer.stemmer("english").stemWord(word))
