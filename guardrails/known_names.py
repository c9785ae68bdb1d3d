"""Names that the caller knows: of those who take part in a thread."""

import re
from collections.abc import Iterator, Sequence

from guardrails.name_model import ScoredWord
from guardrails.not_names import NO_TERMS, is_common_word, is_no_name, is_opening
from guardrails.ports import Terms
from guardrails.types import Finding

_MAX_NAMES = 200
_MAX_WORDS = 6  # of one name
_MIN_PART = 2
_MIN_PART_OF_DOCUMENTS = 3
# What is known to be a name needs little: ordinary words have 0.000 from the classifier where they
# are no names, `Will` and `Mark` up to 0.2.
_ENOUGH = 0.002
_ENOUGH_FOR_A_WORD = 0.3
_ENOUGH_FOR_A_CAPITAL = 0.01  # within a sentence: `ask Will`
_OPENS = re.compile(r"(?:^|[.!?:\n\-*>(\"])\s*$")
_ASIDE = re.compile(r"[(\[|/\u2013\u2014].*", re.DOTALL)
_SPLIT = re.compile(r"[\s.,]+")


def find_known_names(
    text: str,
    names: Sequence[str],
    words: Sequence[ScoredWord] | None = None,
    *,
    terms: Terms = NO_TERMS,
) -> Iterator[Finding]:
    """Yield where one of `names`, or a part of one, stands in `text`; case makes no difference.

    A part counts when the classifier's `words` give it a little; without them, when it is no
    everyday word (`Will`, `Mark`) or has a capital letter. Products and `terms` never count by
    themselves. At most the first 200 names are looked for, without what stands behind a bracket or
    a bar.
    """
    for found in _finditer(text, names, _MIN_PART):
        is_whole = len(found[0].split()) > 1
        is_ordinary = all(map(_is_everyday, _parts(found[0])))
        if is_whole and not is_ordinary:
            is_name = True
        elif is_no_name(found[0], terms):
            is_name = False
        elif words is not None:
            score = max((w.name for w in words if _touch(w, found)), default=0.0)
            is_name = score >= _enough(found, is_ordinary=is_ordinary)
        else:
            is_name = found[0][0].isupper() or not is_ordinary
        if is_name:
            yield Finding(type="PERSON", start=found.start(), end=found.end(), score=1.0)


def find_known_in_document(
    text: str, names: Sequence[str], *, terms: Terms = NO_TERMS
) -> Iterator[Finding]:
    """Yield the same in a document's text, where names have capital letters; needs no model."""
    for found in _finditer(text, names, _MIN_PART_OF_DOCUMENTS):
        parts = _parts(found[0])
        is_whole = len(parts) > 1 and not all(map(_is_everyday, parts))
        is_name = is_whole or not (_is_everyday(found[0]) or is_no_name(found[0], terms))
        if is_name and all(part[0].isupper() for part in parts):
            yield Finding(type="PERSON", start=found.start(), end=found.end(), score=1.0)


def _finditer(text: str, names: Sequence[str], min_part: int) -> Iterator[re.Match[str]]:
    known = [_parts(_ASIDE.sub("", name))[:_MAX_WORDS] for name in names[:_MAX_NAMES]]
    whole = {r"[\s.,]{1,3}".join(map(re.escape, parts)) for parts in known if len(parts) > 1}
    single = {re.escape(part) for parts in known for part in parts if len(part) >= min_part}
    if not single:
        return
    longest_first = sorted(whole, key=len, reverse=True) + sorted(single, key=len, reverse=True)
    any_of = re.compile(rf"(?<![\w@])(?:{'|'.join(longest_first)})(?!\w)", re.IGNORECASE)
    yield from any_of.finditer(text)


def _parts(name: str) -> list[str]:
    return [part for part in _SPLIT.split(name) if part]


def _enough(found: re.Match[str], *, is_ordinary: bool) -> float:
    """Return the score from which on a part of a known name is that name."""
    if not is_ordinary:
        return _ENOUGH
    is_inside = not _OPENS.search(found.string, max(0, found.start() - 4), found.start())
    is_capital = found[0][0].isupper() and not found.string.isupper()
    return _ENOUGH_FOR_A_CAPITAL if is_inside and is_capital else _ENOUGH_FOR_A_WORD


def _is_everyday(word: str) -> bool:
    return is_common_word(word) or is_opening(word)


def _touch(word: ScoredWord, found: re.Match[str]) -> bool:
    return word.start < found.end() and found.start() < word.end
