"""Lets documents be found by the names that a question may not hold."""

import re
from collections.abc import Callable
from dataclasses import replace

from bot.types import Question
from guardrails.placeholders import PERSON
from guardrails.types import Placeholders

_NAME = re.compile(rf"<{PERSON}_\d+>")

TermsOf = Callable[[str], frozenset[int]]
"""Returns the numbers under which an index knows the words of a text."""


def named(question: Question, placeholders: Placeholders, terms_of: TermsOf) -> Question:
    """Return `question` with the numbers of the names that its placeholders stand for.

    The index is asked with numbers alone: its query, an embedding's provider, the model, the log
    and the memory see the placeholder.
    """
    if not _NAME.search(" ".join(phrasing.text for phrasing in question.searched)):
        return question

    def numbers(text: str) -> frozenset[int]:
        names = (placeholders.values.get(found, "") for found in _NAME.findall(text))
        return terms_of(" ".join(names))

    phrasings = (replace(wording, names=numbers(wording.text)) for wording in question.searched)
    return replace(question, phrasings=tuple(phrasings))
