"""Orders what the index found by what can be seen of it: titles, support, versions, repeats."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.types import Passage
from knowledge.versions import Lineage, lineage_of

_TITLE_WEIGHT = 0.5
_SUPPORT_WEIGHT = 0.1
_SUPERSEDED_FACTOR = 0.8

Terms = frozenset[int]
"""The words of a text that carry meaning, as the sparse vector numbers them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage with its words, and the words of its title."""

    passage: Passage
    words: Terms
    title_words: Terms


def rescored(candidates: Sequence[Candidate], asked: Terms) -> dict[str, float]:
    """Return each passage's score with two things added that its own words don't show.

    The question's words in the title count up to 0.5 (the rarer among the candidates, the more),
    and the next best passage of the same document lends a tenth of its score. Both were measured:
    see docs/retrieval.md.
    """
    held = Counter(word for candidate in candidates for word in candidate.words & asked)
    rarity = {word: math.log(1 + len(candidates) / (1 + held[word])) for word in asked}
    whole = sum(rarity.values()) or 1.0
    best = _best_two(candidate.passage for candidate in candidates)
    scores = {}
    for candidate in candidates:
        passage = candidate.passage
        title = sum(rarity[word] for word in candidate.title_words & asked) / whole
        support = best[passage.location][1]
        scores[passage.chunk_id] = passage.score + _TITLE_WEIGHT * title + _SUPPORT_WEIGHT * support
    return scores


def current_first(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Return `passages` best first, where what is outdated counts less and is marked as such.

    Outdated is what its document says to be, what lies in an older version of a tree of which a
    newer one was found, and an older file of a numbered or dated series. A page whose outdated
    version was found is never behind it.
    """
    lineages = {passage.location: lineage_of(passage.document_id) for passage in passages}
    places = {lineage.family for lineage in lineages.values() if not lineage.tree_version}
    newest = _newest(lineages.values())
    families: dict[str, float] = defaultdict(float)
    for passage in passages:
        family = lineages[passage.location].family
        families[family] = max(families[family], passage.score)
    marked = [
        replace(
            passage,
            superseded=passage.superseded
            or _is_outdated(lineages[passage.location], newest, places),
        )
        for passage in passages
    ]
    has_twin = {lineages[passage.location].family for passage in marked if passage.superseded}
    scored = [
        replace(passage, score=passage.score * _SUPERSEDED_FACTOR)
        if passage.superseded
        else passage
        for passage in marked
    ]
    lifted = set[str]()
    ordered = []
    for passage in sorted(scored, key=lambda passage: -passage.score):
        lineage = lineages[passage.location]
        is_twin = not passage.superseded and not lineage.series_version
        if is_twin and lineage.family in has_twin and lineage.family not in lifted:
            lifted.add(lineage.family)
            ordered.append(replace(passage, score=max(passage.score, families[lineage.family])))
        else:
            ordered.append(passage)
    return tuple(sorted(ordered, key=lambda passage: -passage.score))


def asked_first(passages: Sequence[Passage], matching: frozenset[str]) -> tuple[Passage, ...]:
    """Return `passages` with those of the version that is asked for first; they are not outdated.

    `matching` are their documents' locations.
    """
    fitting = (replace(p, superseded=False) for p in passages if p.location in matching)
    others = (passage for passage in passages if passage.location not in matching)
    return (
        *sorted(fitting, key=lambda passage: -passage.score),
        *sorted(others, key=lambda passage: -passage.score),
    )


def _best_two(passages: Iterable[Passage]) -> Mapping[str, tuple[float, float]]:
    """Return the two best scores of each document's passages; 0 where there is one."""
    best: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for passage in passages:
        first, second = best[passage.location]
        score = passage.score
        best[passage.location] = (score, first) if score > first else (first, max(second, score))
    return best


def _newest(lineages: Iterable[Lineage]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Return the newest version of each tree and of each series."""
    newest: dict[tuple[str, str], tuple[int, ...]] = defaultdict(tuple)
    for lineage in lineages:
        tree, series = ("tree", lineage.tree), ("series", lineage.family)
        newest[tree] = max(newest[tree], lineage.tree_version)
        newest[series] = max(newest[series], lineage.series_version)
    return newest


def _is_outdated(
    lineage: Lineage, newest: Mapping[tuple[str, str], tuple[int, ...]], places: set[str]
) -> bool:
    if lineage.tree_version:
        has_current = lineage.family in places or (
            lineage.tree != "" and any(place.startswith(f"{lineage.tree}/") for place in places)
        )
        return has_current or newest["tree", lineage.tree] > lineage.tree_version
    return newest["series", lineage.family] > lineage.series_version > ()
