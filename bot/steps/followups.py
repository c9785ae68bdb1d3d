"""Tells a follow-up from a question that stands alone, by its words."""

import re

_REFERRING = re.compile(
    r"\b(?:it|its|they|them|their|theirs|that|this|those|these|he|him|his|she|her|hers|there|"
    r"one|ones|same|former|latter|above|also|too|else|instead|"
    r"er|sie|ihm|ihr|dies\w*|das|dort|davon|dazu|auch)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:and|but|or|so|what about|how about|why|when|where|who|which one|how long|how much|"
    r"how many|really|sure|ok|okay|und|aber|was ist mit|wie lange|warum|wann)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_FEW_WORDS = 4
_FEW_AFTER_AN_OPENING = 7


def is_follow_up(text: str) -> bool:
    """Return whether `text` seems to lean on what was said before it."""
    words = len(_WORD.findall(text))
    if words <= _FEW_WORDS or _REFERRING.search(text):
        return True
    return words <= _FEW_AFTER_AN_OPENING and bool(_OPENING.match(text))


def joined(previous: str, text: str) -> str:
    """Return a follow-up with the question before it in front: enough for a search."""
    return f"{previous}\n{text}"
