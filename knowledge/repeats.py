"""Folds passages that say nothing that another one does not say: copies, and near copies."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from knowledge.types import Passage

_WORD = re.compile(r"\w+")
_SHINGLE = 3
_LEAST_SHARED = 0.8
_DAY = 10  # characters of an ISO 8601 date


@dataclass(frozen=True, slots=True)
class _Text:
    """A passage with its words, and which of two that say the same is the one to show."""

    passage: Passage
    words: frozenset[str]
    sequence: tuple[str, ...]
    standing: tuple[bool, bool]

    def covers(self, other: "_Text") -> bool:
        """Whether all words of `other` stand here, mostly in the same order, and it is no newer.

        A page with another number or another name covers nothing: it contradicts.
        """
        if not other.words <= self.words or self.standing < other.standing:
            return False
        if _is_older(self.passage, other.passage):
            return False
        shared = _shingles(self.sequence) & (theirs := _shingles(other.sequence))
        return len(shared) >= _LEAST_SHARED * len(theirs)


def repeats_last(
    passages: Sequence[Passage], matching: Collection[str] = ()
) -> tuple[Passage, ...]:
    """Return `passages` with those at the end that say nothing that another one does not say.

    The one that stays has the better place of the two, and names the other's document. It is the
    one that says more; of two that say the same, that of the version asked for (`matching` are
    locations), the one that is not outdated, the newer one, the one that was first.
    """
    kept: list[_Text] = []
    repeats: list[Passage] = []
    for text in (_text(passage, matching) for passage in passages):
        for at, other in enumerate(kept):
            if other.covers(text):
                kept[at] = _naming(other, text.passage)
                repeats.append(text.passage)
                break
            if text.covers(other):
                scored = replace(text.passage, score=other.passage.score)
                kept[at] = _naming(replace(text, passage=scored), other.passage)
                repeats.append(other.passage)
                break
        else:
            kept.append(text)
    return (*(text.passage for text in kept), *repeats)


def _text(passage: Passage, matching: Collection[str]) -> _Text:
    sequence = tuple(_WORD.findall(passage.text.casefold()))
    standing = (passage.location in matching, not passage.superseded)
    return _Text(passage, frozenset(sequence), sequence, standing)


def _naming(text: _Text, folded: Passage) -> _Text:
    named = (*text.passage.repeats, *folded.repeats, folded.document_id)
    return replace(text, passage=replace(text.passage, repeats=named))


def _shingles(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {words[at : at + _SHINGLE] for at in range(max(1, len(words) - _SHINGLE + 1))}


def _is_older(passage: Passage, other: Passage) -> bool:
    one, two = passage.modified[:_DAY], other.modified[:_DAY]
    return bool(one and two) and one < two
