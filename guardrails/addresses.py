"""Street addresses: a street's name with a number, and what belongs to it on the same lines."""

import re
from collections.abc import Iterator, Sequence

from guardrails.name_model import ScoredWord
from guardrails.types import Finding

ADDRESS = "STREET_ADDRESS"

_SURE = 0.5
_CAPITAL = r"[A-Z\u00c0-\u00de]"
_WORD = rf"{_CAPITAL}[\w'\u2019.-]{{0,30}}"
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|square|sq|place|pl|"
    r"terrace|way|parkway|pkwy|highway|hwy|close|crescent|crest|grove|gardens|mews|quay|row|walk)"
)
_SUFFIX = (
    r"(?:stra\u00dfe|strasse|str\.|gasse|weg|allee|platz|ring|"
    r"damm|ufer|laan|straat|gatan|vej|vei|katu|utca|ut)"
)
_LEADING = (
    r"(?:rue|avenue|boulevard|place|chemin|quai|via|viale|piazza|piazzetta|corso|calle|avenida|"
    r"av\.|plaza|paseo|rua|pra\u00e7a|travessa|ul\.|ulica|plac|al\.|ulitsa)"
)
_UNIT = r"(?:[ ,]{1,2}(?:suite|apt|apartment|unit|flat|floor|#)\.?\s?\w{1,6})?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"\b\d{{1,5}}[a-z]?,? (?:{_WORD} ){{1,4}}(?i:{_STREET})\b\.?(?i:{_UNIT})",
        rf"\b{_CAPITAL}\w{{2,30}}(?i:{_SUFFIX})\s\d{{1,4}}[a-z]?\b(?i:{_UNIT})",
        rf"\b{_WORD} (?i:{_SUFFIX})\s\d{{1,4}}[a-z]?\b(?i:{_UNIT})",
        rf"(?i:\b\d{{1,5}},? {_LEADING} )(?:(?:[a-z]{{1,4}} ){{0,2}}{_WORD} ?){{1,4}}",
        (
            rf"(?i:\b{_LEADING} )(?:(?:[a-z]{{1,4}} ){{0,2}}{_WORD} ?){{1,4}},? "
            rf"\d{{1,5}}\b(?i:{_UNIT})"
        ),
        r"\b(?i:p\.? ?o\.? box|postfach) \d{1,8}\b",
    )
)
_GAP = re.compile(r"[ ,.'\u2019#-]{0,3}")
_MIN_LETTERS = 4
_MIN_WORDS = 3


def find_addresses(text: str, words: Sequence[ScoredWord]) -> Iterator[Finding]:
    """Yield each street address in `text`: by its form, or where the model sees street and number.

    The town is left alone, as every place is: questions are about places.
    """
    for form in _FORMS:
        for found in form.finditer(text):
            end = found.start() + len(found[0].rstrip(" ,."))
            yield Finding(type=ADDRESS, start=found.start(), end=end, score=0.8)
    start = end = -1
    for word in (*words, None):
        is_part = word is not None and word.street >= _SURE
        if word is not None and is_part and start >= 0 and _GAP.fullmatch(text[end : word.start]):
            end = word.end
            continue
        if start >= 0 and _is_address(text[start:end]):
            yield Finding(type=ADDRESS, start=start, end=end, score=0.6)
        start, end = (word.start, word.end) if word is not None and is_part else (-1, -1)


def _is_address(words: str) -> bool:
    """Return whether a street's name and a number are there: a bare street is no address.

    Two words are too few without a form that says so: `Sprint 44`.
    """
    letters = sum(char.isalpha() for char in words)
    is_long = letters >= _MIN_LETTERS and len(words.split()) >= _MIN_WORDS
    return is_long and any(char.isdigit() for char in words)
