"""Picks the sentences of a thread that say most of what it is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from langchain_core.embeddings import Embeddings

from bot.models.selection import NumberedText, units_of

_MAX_CANDIDATES = 64
_MOST, _FEWEST = 6, 2
_MESSAGES_A_SENTENCE = 3
_MIN_WORDS = 4
_MIN_LETTERS = re.compile(r"\w{2,}")
_NEW_WEIGHT = 0.35  # how much being unlike the others counts
_TOO_ALIKE = 0.9
_OPENING_BONUS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A message of a thread as the prompt shows it; `who` wrote it."""

    number: int
    who: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """A sentence of a post, word for word."""

    number: int
    who: str
    text: str


def extracts(posts: Sequence[Post], embeddings: Embeddings) -> list[Extract]:
    """Return two to six sentences in the thread's order: near to all of it, and unlike each other.

    Nearness is the cosine to the mean of the sentences' embeddings; what opens the thread counts
    a little more. One that says nearly the same as one that was picked is passed over.
    """
    candidates = _candidates(posts)
    if not candidates:
        return []
    vectors = np.asarray(embeddings.embed_documents([c.text for c in candidates]), dtype=float)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    mean = vectors.mean(axis=0)
    central = vectors @ (mean / max(float(np.linalg.norm(mean)), 1e-9))
    opening = candidates[0].number
    central += np.asarray([_OPENING_BONUS * (c.number == opening) for c in candidates])
    most = min(_MOST, max(_FEWEST, len(posts) // _MESSAGES_A_SENTENCE + 1))
    picked: list[int] = []
    alike = np.zeros(len(candidates))
    for _ in range(min(most, len(candidates))):
        scores = (1 - _NEW_WEIGHT) * central - _NEW_WEIGHT * alike
        scores[[*picked, *np.flatnonzero(alike > _TOO_ALIKE)]] = -np.inf
        best = int(np.argmax(scores))
        if scores[best] == -np.inf:
            break
        picked.append(best)
        alike = np.maximum(alike, vectors @ vectors[best])
    return [candidates[place] for place in sorted(picked)]


def _candidates(posts: Sequence[Post]) -> list[Extract]:
    """Return sentences of some words: where there are too many, the first of each post first."""
    found: list[tuple[int, Extract]] = []
    for post in posts:
        passage = NumberedText(number=post.number, heading="", text=post.text, is_superseded=False)
        for place, unit in enumerate(units_of(passage)):
            text = re.sub(r"^(?:[-*+]|\d+[.)])\s+", "", unit.text)
            if "\n" not in text and len(_MIN_LETTERS.findall(text)) >= _MIN_WORDS:
                found.append((place, Extract(number=post.number, who=post.who, text=text)))
    first = sorted(range(len(found)), key=lambda each: (found[each][0], each))[:_MAX_CANDIDATES]
    return [found[each][1] for each in sorted(first)]
