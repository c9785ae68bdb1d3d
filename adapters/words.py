"""The words that stand around a reply."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWords:
    """The words around a reply, in its language."""

    sources: str = "Sources"
    closest: str = "Closest sources"
    helpful: str = "Helpful"
    not_helpful: str = "Not helpful"


IN_ENGLISH = ReplyWords()

_LOCALE = re.compile(r"([a-z]{2})(?:[-_][A-Za-z0-9]{2,8})*")


def language_in(locale: str) -> str:
    """Return the language of a platform's locale such as `de-DE`, by its code, or nothing."""
    found = _LOCALE.fullmatch(locale[:40])
    return found[1] if found else ""
