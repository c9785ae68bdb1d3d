"""Labels that say how sensitive a source is, and which of several stands for an answer."""

import re
from collections.abc import Iterable

from adapters.types import Citation

_RANKS = (
    ("top secret", "highly confidential", "strictly confidential", "streng vertraulich"),
    ("secret", "restricted", "geheim", "tr\u00e8s confidentiel"),
    ("confidential", "vertraulich", "confidentiel", "confidencial"),
    ("internal", "general", "intern", "interne", "interno"),
    ("public", "\u00f6ffentlich", "p\u00fablico", "non-business", "personal"),
)
"""From the highest down: a label belongs where one of the words stands in it."""
_UNKNOWN = 2


def highest(citations: Iterable[Citation]) -> str:
    """Return the highest label among the sources; nothing where none has one.

    A label of the company's own words counts as confidential.
    """
    labels = dict.fromkeys(c.sensitivity for c in citations if c.sensitivity)
    return min(labels, key=_rank, default="")


def _rank(label: str) -> int:
    words = label.casefold()
    found = (
        rank for rank, names in enumerate(_RANKS) if re.search(rf"\b(?:{'|'.join(names)})\b", words)
    )
    return next(found, _UNKNOWN)
