"""The words that stand around a reply."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWords:
    """The words around a reply, in its language."""

    sources: str = "Sources"
    closest: str = "Closest sources"
    helpful: str = "Helpful"
    not_helpful: str = "Not helpful"


IN_ENGLISH = ReplyWords()
