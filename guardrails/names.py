"""Names of people: a token classifier decides, a spaCy model where it doubts, then context."""

import re
from collections.abc import Callable, Iterator, Sequence

from guardrails.name_model import ScoredWord
from guardrails.not_names import is_chat_word, is_opening, is_product
from guardrails.types import Finding

PERSON = "PERSON"

Opinions = Sequence[tuple[int, int, str]]
"""Start, end and label (`PERSON`, `ORG`, …) of what another model found."""

_SURE = 0.8
_SURE_OF_LOWER_CASE = 0.85
_LIKELY = 0.5
_BESIDE = 0.3  # next to a word that is sure
_DOUBT = 0.1  # from here on a second opinion counts
_LISTED = 0.03
_CONTEXT = 60  # characters
_MIN_REPEATED = 3  # characters
_PARTICLES = frozenset("da de del den der di dos du el ibn la le ten van von zu".split())
_HANDLE = re.compile(r"[._-][^\W\d_]+")
_SENTENCE = re.compile(r"[^\n.!?]+[.!?]*")
_CAPITALISED = re.compile(r"(?<![\w])[^\W\d_a-z][\w'\u2019-]*")
_MARKS = " \t>*_#-+\"'(["
_COMPOUND = re.compile(r"(?!Ma?c|De|Di|Du|Fitz|La|Le|Van|Von|O)\w*[a-z][A-Z]\w*")
_JOINED = re.compile(r"[ \u00a0]?[.'\u2019-]?[ \u00a0]?")
_INITIAL = re.compile(r" (?:[A-Z]\.? ){1,2}")
_ASIDE = re.compile(r",? (?:and|und|et|y|&) |, ")
_TITLES = (
    r"\b(?:[Mm]rs?|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|[Hh]err|[Ff]rau|[Mm]me|[Ss]r|[Ss]ra|[Ss]ir)\b\.?"
)
_LEADS = re.compile(
    r"(?:(?i:\bmy name is|\bmein name ist|\bich hei\u00dfe|\bje m'appelle|\bme llamo|"
    r"\bi am called|\bsigned by|\bname:|\bregards,|\bgr\u00fc\u00dfe,|\bcheers,|"
    r"\bthis is (?=\S+ (?:speaking|here)))|"
    rf"{_TITLES}(?: {_TITLES})?)\s+"
)
# Far more often no name follows: the classifier has its say, and needs to say less.
_MAY_LEAD = re.compile(
    r"(?:\b(?:ich bin|je suis|moi,? c['\u2019]est|soy|i['\u2019]m|i am|hier (?:ist|spricht)|ici|"
    r"aqu\u00ed|it['\u2019]?s(?= \S+ here\b))|(?:^|[,!.:] )(?:bin|im))\s+"
    r"(?:(?:der|die|la|le|el)\s+)?",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = re.compile(
    r"[A-Z\u00c0-\u00de][\w'\u2019-]*\.?(?: (?:(?:van|von|de|der|den|da|di|el|al|bin|la|le|du)\s)?"
    r"[A-Z\u00c0-\u00de][\w'\u2019-]*\.?){0,3}"
)
_LOWER_NAME = re.compile(r"[a-z\u00df-\u00ff'\u2019-]{2,}(?: [a-z\u00df-\u00ff'\u2019-]{3,})?")
_LOWER_LEADS = re.compile(
    r"\b(?:my name is|mein name ist|ich hei\u00dfe|je m'appelle|me llamo|"
    r"this is (?=\S+ (?:speaking|here)\b))\s*"
)
_NO_PERSON_BEFORE = re.compile(
    r"\s*(?:inc|incorporated|ltd|limited|llc|llp|plc|gmbh|ag|corp|corporation|company|group|holdings|"
    r"consulting|research|partners|associates|and sons|& sons|university|college|institute|"
    r"hospital|museum|foundation|monastery|assistant|economic \w+)\b"
    r"|['\u2019]s (?:law|act|syndrome|disease|theorem|principle|paradox|razor)\b",
    re.IGNORECASE,
)


def where_names_may_be(text: str) -> str:
    """Return prose with sentences that hold no name blanked out, places unchanged.

    A name in a document has a capital letter; an acronym, a product, or a word that opens a
    sentence is none. Half of a handbook is blank then, and costs a model nothing. A text wholly in
    lower case is a chat and stays as it is.
    """
    if text.islower():
        return text
    return _SENTENCE.sub(lambda found: _sentence(found[0]), text)


def _sentence(sentence: str) -> str:
    capitals = _CAPITALISED.findall(sentence)
    if capitals and sentence.lstrip(_MARKS).startswith(capitals[0]) and is_opening(capitals[0]):
        capitals = capitals[1:]
    is_shouted = sentence.isupper()
    if is_shouted or any(not word.isupper() and not is_product(word) for word in capitals):
        return sentence
    return " " * len(sentence)


def find_names(
    text: str, words: Sequence[ScoredWord], second_opinion: Callable[[int, int], Opinions]
) -> Iterator[Finding]:
    """Yield the names in `text`; they may overlap.

    `second_opinion` is asked about the stretch in which the classifier doubts, if it does: it costs
    as much as the first.
    """
    doubted = _doubted(text, words)
    others = second_opinion(*_around(text, doubted)) if doubted else ()
    leads = [lead.span() for lead in _MAY_LEAD.finditer(text)]
    taken = {n for n, word in enumerate(words) if _is_name(text, word, others)}
    taken |= _introduced(text, words, leads)
    taken |= _beside(text, words, taken)
    taken |= _repeated(text, words, taken)
    taken |= _listed(text, words, taken)
    taken -= {n for n, w in enumerate(words) if any(a <= w.start < z for a, z in leads)}
    for start, end in _joined(text, words, taken):
        if _NO_PERSON_BEFORE.match(text, end):
            continue
        yield Finding(type=PERSON, start=start, end=end, score=0.8)
    yield from _led(text)


def _doubted(text: str, words: Sequence[ScoredWord]) -> list[ScoredWord]:
    """Return the words that need a second opinion: not a product that stands by itself.

    Beside another word that may be a name, `Claude` or `Jasmine` may be one as well.
    """
    likely = [n for n, word in enumerate(words) if word.name >= _DOUBT]
    unknown = {n for n in likely if not is_product(text[words[n].start : words[n].end])}
    return [
        words[n]
        for n in likely
        if _is_doubted(text, words[n]) and not unknown.isdisjoint((n - 1, n, n + 1))
    ]


def _is_doubted(text: str, word: ScoredWord) -> bool:
    """Return whether a capitalised word needs a second opinion: unsure, or an acronym perhaps."""
    if not text[word.start].isupper() or _is_compound(text, word):
        return False
    return (word.name < _SURE) is not _is_acronym(text, word)


def _around(text: str, words: Sequence[ScoredWord]) -> tuple[int, int]:
    """Return the stretch from the first to the last of `words`, with whole words around it."""
    start = text.rfind(" ", 0, max(0, words[0].start - _CONTEXT)) + 1
    end = text.find(" ", words[-1].end + _CONTEXT)
    return start, end if end >= 0 else len(text)


def _is_compound(text: str, word: ScoredWord) -> bool:
    """Return whether a word is written as products are (`AcmeCloud`), and is no handle."""
    is_handle = word.start > 0 and text[word.start - 1] == "@"
    return not is_handle and bool(_COMPOUND.fullmatch(text[word.start : word.end]))


def _is_acronym(text: str, word: ScoredWord) -> bool:
    written = text[word.start : word.end]
    return len(written) > 1 and written.isupper() and not text.isupper()


def _is_name(text: str, word: ScoredWord, others: Opinions) -> bool:
    if not text[word.start].isalpha() or _is_compound(text, word):
        return False
    if not text[word.start].isupper():
        is_sure = word.name >= _SURE_OF_LOWER_CASE
        return is_sure and not is_chat_word(text[word.start : word.end])
    if word.name >= _SURE and not _is_doubted(text, word):
        return True
    said = {label for start, end, label in others if start < word.end and word.start < end}
    if _is_acronym(text, word):
        return word.name >= _SURE and PERSON in said
    # Companies are called as people are.
    return word.name >= _DOUBT and (PERSON in said or (word.name >= _LIKELY and "ORG" in said))


def _introduced(
    text: str, words: Sequence[ScoredWord], leads: Sequence[tuple[int, int]]
) -> set[int]:
    """Return the words behind `I'm`, `ich bin` and the like that may well be a name.

    That is one with a capital letter and 0.3, two in small letters with 0.1 each, and a word that
    may be a name before one that is sure; one word in small letters is no more of a name than
    elsewhere (`soy becario`).
    """
    found: set[int] = set()
    for _, end in leads:
        first = next((n for n, word in enumerate(words) if word.start == end), len(words))
        said = list(_likely_from(text, words, first))
        while said and text[words[said[-1]].start : words[said[-1]].end] in _PARTICLES:
            said.pop()
        if not said:
            continue
        scores = [words[n].name for n in said]
        is_capital = text[end].isupper()
        is_two = len(said) > 1 and (max(scores) >= _SURE or min(scores) >= _DOUBT)
        if is_two or (is_capital and scores[0] >= _BESIDE):
            found.update(said)
    return found


def _likely_from(text: str, words: Sequence[ScoredWord], first: int) -> Iterator[int]:
    """Yield `first` and the words behind it for as long as each may be part of a name."""
    for n in range(first, len(words)):
        written = text[words[n].start : words[n].end]
        is_near = n == first or text[words[n - 1].end : words[n].start] in {"", " "}
        is_alike = written[0].isupper() == text[words[first].start].isupper()
        is_part = (is_alike and written[0].isalpha()) or written in {"-", *_PARTICLES}
        is_word = is_chat_word(written) or _is_compound(text, words[n])
        enough = _LISTED if n == first else _DOUBT
        if words[n].name < enough or is_word or not (is_near and is_part):
            return
        yield n


def _beside(text: str, words: Sequence[ScoredWord], taken: set[int]) -> set[int]:
    """Return the likely words next to a sure one: the rest of a name."""
    found: set[int] = set()
    for order in (range(len(words)), range(len(words) - 1, -1, -1)):
        before = None
        for n in order:
            if n not in taken and before is not None and words[n].name >= _BESIDE:
                first, last = sorted((before, n))
                is_near = text[words[first].end : words[last].start] in {"", " ", "-"}
                written = text[words[n].start : words[n].end]
                is_alike = text[words[before].start].isupper() == written[0].isupper()
                if is_near and not is_chat_word(written) and (is_alike or written in _PARTICLES):
                    found.add(n)
            before = n if n in taken or n in found else None
    return found


def _repeated(text: str, words: Sequence[ScoredWord], taken: set[int]) -> set[int]:
    """Return where a word that is a name once stands again with a capital letter."""
    known = {text[words[n].start : words[n].end] for n in taken}
    known = {name for name in known if len(name) >= _MIN_REPEATED and name[0].isupper()}
    return {n for n, word in enumerate(words) if text[word.start : word.end] in known}


def _listed(text: str, words: Sequence[ScoredWord], taken: set[int]) -> set[int]:
    """Return single capitalised words that stand in a list beside a name: `Ann, Bo and Cy`."""
    found: set[int] = set()
    for n, word in enumerate(words):
        if n in taken or word.name < _LISTED or not text[word.start].isupper():
            continue
        before = max((m for m in taken if m < n), default=None)
        after = min((m for m in taken if m > n), default=None)
        gaps = [text[words[before].end : word.start]] if before is not None else []
        gaps += [text[word.end : words[after].start]] if after is not None else []
        if any(_ASIDE.fullmatch(gap) for gap in gaps):
            found.add(n)
    return found


def _joined(text: str, words: Sequence[ScoredWord], taken: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of names: neighbours, and initials between or behind them."""
    start = end = -1
    for n in sorted(taken):
        word = words[n]
        gap = text[end : word.start] if start >= 0 else "\n"
        if _JOINED.fullmatch(gap) or _INITIAL.fullmatch(gap):
            end = word.end
            continue
        if start >= 0:
            yield _widened(text, start, end)
        start, end = word.start, word.end
    if start >= 0:
        yield _widened(text, start, end)


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in the rest of a word that was cut, and an initial's full stop."""
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "\u0300\u0301"):
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    if start > 0 and text[start - 1] == "@":
        while rest := _HANDLE.match(text, end):
            end = rest.end()
    if end < len(text) and text[end] == "." and end - start > 1 and text[end - 2] in " .":
        end += 1
    return start, end


def _led(text: str) -> Iterator[Finding]:
    """Yield what stands behind `my name is`, a title or a signature."""
    for lead in _LEADS.finditer(text):
        if name := _NAME.match(text, lead.end()):
            yield Finding(type=PERSON, start=name.start(), end=name.end(), score=0.9)
    for lead in _LOWER_LEADS.finditer(text):
        if name := _LOWER_NAME.match(text, lead.end()):
            words = [w for w in name[0].split() if not is_chat_word(w)]
            if words and name[0].startswith(words[0]):
                end = name.start() + (len(name[0]) if len(words) > 1 else len(words[0]))
                yield Finding(type=PERSON, start=name.start(), end=end, score=0.9)
