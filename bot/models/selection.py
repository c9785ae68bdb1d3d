"""Selects the sentences, list items and table rows that bear on a question."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import snowballstemmer
from langchain_core.embeddings import Embeddings

_ENOUGH = 0.38  # below it the best sentence answers too few questions: see docs/performance.md
_NEARLY_AS_GOOD = 0.9
_MOST_UNITS = 3
_MOST_STEPS = 12
_MOST_CAPTION_WORDS = 6
_CANDIDATES = 16
_HEADING_WEIGHT = 0.6
_MEANING_WEIGHT = 0.7
_SUPERSEDED_FACTOR = 0.8
_RANK_STEP = 0.01
_STEP_BONUS = 0.1
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]*_]*\s+(?=[\"'(\[*_]*[A-Z0-9<])")
_ASKS_HOW = re.compile(
    r"\b(?:how (?:do|can|could|should|would|to|does)|steps?|what do i do|what must i do|wie)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_STOP_WORDS = frozenset(
    """
    a an and any are as at be been but by can could did do does for from had has have how i
    if in into is it its many may me much must my of on or our shall should so that the
    their them there they this to was we were what when where which who whom whose why will
    with would you your
    """.split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedText:
    """A passage as the prompt shows it."""

    number: int
    heading: str
    text: str
    is_superseded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A quotable piece of a passage; a block (a list item, a table row) stands on its own lines."""

    number: int
    text: str
    heading: str
    is_block: bool
    is_superseded: bool = False
    list_start: int = 0  # of a numbered list's items: its first line's number, from 1


def select(question: str, passages: Sequence[NumberedText], embeddings: Embeddings) -> list[Unit]:
    """Return at most three units that bear on `question`, best first; none when none does.

    A unit's score weighs two shares in 0..1: of the meaning (cosine of the embeddings), and of
    the question's words (weighted by how rare they are in the passages) that it or, at a lower
    weight, its heading holds. Only the best by words are embedded. Who asks how to do something
    and meets a step gets all the steps.
    """
    units = [unit for passage in passages for unit in units_of(passage)]
    asked = frozenset(stems(question))
    if not units or not asked:
        return []
    weights = _rarity(asked, units)
    by_words = sorted(units, key=lambda unit: -_word_share(unit, weights))[:_CANDIDATES]
    meanings = _cosines(question, by_words, embeddings)
    first = passages[0].number
    asks_how = bool(_ASKS_HOW.search(question))
    scored = sorted(
        (
            (
                _score(unit, weights, meaning)
                + (_STEP_BONUS if unit.list_start and asks_how else 0)
                - _RANK_STEP * (unit.number - first),
                unit,
            )
            for unit, meaning in zip(by_words, meanings, strict=True)
        ),
        key=lambda pair: -pair[0],
    )
    best = scored[0][0]
    if best < _ENOUGH:
        return []
    winner = scored[0][1]
    if winner.list_start and asks_how:
        return [
            unit
            for unit in units
            if (unit.number, unit.list_start) == (winner.number, winner.list_start)
        ][:_MOST_STEPS]
    near = [unit for score, unit in scored if score >= best * _NEARLY_AS_GOOD]
    return _with_rows_together(near[:_MOST_UNITS])


def units_of(passage: NumberedText) -> Iterator[Unit]:
    """Yield the sentences of `passage`, its list items whole, its table rows with their header."""
    header = ""
    lead = ""
    list_start = 0
    for line, paragraph in enumerate(_lines(passage.text), start=1):
        if paragraph.startswith("|"):
            header, unit = _table_row(header, paragraph)
            if unit:
                yield _unit(passage, unit, lead, is_block=True)
            continue
        header = ""
        if paragraph.startswith("#"):
            continue
        if re.match(r"\d+[.)]\s", paragraph):
            list_start = list_start or line
            yield replace(_unit(passage, paragraph, lead, is_block=True), list_start=list_start)
            continue
        if re.match(r"[-*+]\s", paragraph):
            yield _unit(passage, paragraph, lead, is_block=True)
            continue
        list_start = 0
        if _is_caption(paragraph):
            lead = paragraph
            continue
        pieces = [piece.strip() for piece in _SENTENCE_END.split(paragraph) if piece.strip()]
        for piece in pieces:
            if not piece.endswith(":"):
                yield _unit(passage, piece, lead, is_block=False)
        lead = pieces[-1] if pieces and pieces[-1].endswith(":") else ""


def _is_caption(paragraph: str) -> bool:
    """Return whether a line only names what follows, as headings in PDF files do."""
    words = len(paragraph.split())
    has_digit = any(char.isdigit() for char in paragraph)
    return words <= _MOST_CAPTION_WORDS and not has_digit and paragraph[-1] not in ".!?:|)*`"


@cache
def _stemmer() -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer("english")


def stems(text: str) -> list[str]:
    """Return the stems of the words in `text` that carry meaning."""
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]
    content = [word.removesuffix("'s") for word in words if word not in _STOP_WORDS]
    return [str(stem) for stem in _stemmer().stemWords(content)]


def _unit(passage: NumberedText, text: str, lead: str, *, is_block: bool) -> Unit:
    return Unit(
        number=passage.number,
        text=text,
        heading=f"{passage.heading} {lead}",
        is_block=is_block,
        is_superseded=passage.is_superseded,
    )


def _lines(text: str) -> Iterator[str]:
    """Yield paragraphs on one line each; table rows and list items separately."""
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        stripped = line.strip()
        if not stripped or re.match(r"(?:[-*+]|\d+[.)])\s|\||#", stripped):
            if paragraph:
                yield " ".join(paragraph)
            paragraph = []
            if stripped.startswith(("|", "#")):
                yield stripped
                continue
        if stripped:
            paragraph.append(stripped)


def _table_row(header: str, row: str) -> tuple[str, str]:
    """Return the table's header so far, and the row under it as a table of its own."""
    if not header:
        return row, ""
    if set(row) <= set("|-: "):
        return f"{header}\n{row}", ""
    return header, f"{header}\n{row}"


def _with_rows_together(chosen: Sequence[Unit]) -> list[Unit]:
    """Return `chosen` with the rows of one table under one head."""
    together: dict[tuple[int, str], Unit] = {}
    for unit in chosen:
        head, rule, row = [*unit.text.split("\n", 2), "", ""][:3]
        key = (unit.number, f"{head}\n{rule}" if head.startswith("|") else unit.text)
        first = together.setdefault(key, unit)
        if first is not unit:
            together[key] = replace(first, text=f"{first.text}\n{row}")
    return list(together.values())


def _rarity(asked: frozenset[str], units: Sequence[Unit]) -> dict[str, float]:
    seen = Counter(stem for unit in units for stem in set(stems(unit.text)) & asked)
    return {stem: math.log(1 + len(units) / (1 + seen[stem])) for stem in asked}


def _word_share(unit: Unit, weights: dict[str, float]) -> float:
    own, above = set(stems(unit.text)), set(stems(unit.heading))
    total = sum(weights.values())
    held = sum(
        weight * (1 if stem in own else _HEADING_WEIGHT if stem in above else 0)
        for stem, weight in weights.items()
    )
    return held / total


def _score(unit: Unit, weights: dict[str, float], meaning: float) -> float:
    share = _word_share(unit, weights)
    score = _MEANING_WEIGHT * meaning + (1 - _MEANING_WEIGHT) * share
    return score * (_SUPERSEDED_FACTOR if unit.is_superseded else 1)


def _cosines(question: str, units: Sequence[Unit], embeddings: Embeddings) -> list[float]:
    asked = np.asarray(embeddings.embed_query(question))
    texts = np.asarray(embeddings.embed_documents([f"{u.heading}\n{u.text}" for u in units]))
    return [float(value) for value in texts @ asked]
