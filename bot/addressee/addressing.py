"""Who a message is said to: us by name, somebody else by @ or by name, or nobody in particular."""

import re
from collections.abc import Iterable

from bot.addressee import people

_AT = re.compile(r"(?<![\w.@/])@[\w.-]*\w")
_TOPIC = re.compile(
    r"\b(?:does|do|is|are|was|for|to|about|with|from|of|and|when|if|has|can|must|should|by|or|für"
    r"|von|mit|bei"
    r"|ist|hat|muss|kann|darf|und|oder|pour|de|avec|par|est-ce que|para|con|por|puede|tiene)\s+$",
    re.IGNORECASE,
)
_SPOKEN_OF = re.compile(
    r"\b(?:ask|asks|asked|asking|try|tried|trying|use|used|using|with|by|from|that|via|through|to"
    r"|of|like|see|says"
    r"|today|now|frag|frage|fragen|gefragt|benutz\w*|mit|von|dass|demand\w+|avec|par|que|essay\w+"
    r"|pregunt\w+"
    r"|con|prueba|usa\w*)\s*$",
    re.IGNORECASE,
)
_GREETING = (
    r"(?:(?:hey|hi|hello|yo|ok|okay|oh|thanks|thx|thank you|cool|so|and|hm+|hallo|moin|servus"
    r"|danke|du|salut|bonjour"
    r"|coucou|merci|dis|hola|oye|gracias|buenas)[\s,!.]+){0,2}"
)
_UNKNOWN_FIRST = re.compile(
    rf"^\W*(?:(?i:{_GREETING}))(?P<name>[A-ZÀ-ÖØ-Þ][\w'-]*[a-zà-öø-ÿ])(?: "
    rf"[A-ZÀ-ÖØ-Þ][\w'-]+)?\s*[,:]\s+(?P<rest>.+)",
    re.DOTALL,
)
_TITLE_FIRST = re.compile(
    rf"^\W*{_GREETING}(?P<name>boss|chef|buddy|mate|dude|bro|man|team|guys|folks|everyone|all"
    rf"|jefe|patron|leute)"
    r"\s*[,:]\s+(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_NAME = r"[A-ZÀ-ÖØ-Þ][\w'-]*[a-zà-öø-ÿ]"
_ASKED = re.compile(
    rf"^\W*(?:(?i:{_GREETING}))(?P<name>{_NAME})\s+(?i:(?:are|did|do|can|could|would|will|have"
    rf"|were|should) you"
    r"|(?:kannst|hast|bist|weißt|willst|magst|gehst|könntest) du|(?:tu|t')\b|(?:puedes|tienes"
    r"|sabes|vienes))\b"
)
_TITLED = re.compile(
    r"^\W*(?:\w+\s+)?(?:Herr|Frau|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Prof\.?|Monsieur|Madame|Señora?|Don"
    r"|Doña)\s+"
    r"(?P<name>[A-ZÀ-ÖØ-Þ][\w'-]+),"
)
_SENTENCE = re.compile(r"(?<=[.!?\u2026])\s+|\n+")
_GREETED = re.compile(
    r"^\W*(?i:hey|hi|hello|yo|hallo|salut|hola|oye"
    r"|coucou)\s+(?P<name>[A-ZÀ-ÖØ-Þ][\w'-]*[a-zà-öø-ÿ])\b"
)
_UNKNOWN_LAST = re.compile(r",\s*(?P<name>[A-ZÀ-ÖØ-Þ][\w'-]*[a-zà-öø-ÿ])\s*[?!.]*\s*$")
_NO_NAMES = frozenset(
    "thanks thank cheers great good nice perfect cool awesome ok okay oh ah well so also then now "
    "but yes yeah "
    "yep no nope sure right true interesting sorry wait actually maybe perhaps please hi hello "
    "hey all everyone "
    "everybody team folks question quick understood got gotcha wow hm hmm btw and or for if in at "
    "on when where "
    "again otherwise finally first second lastly generally however regarding today tomorrow "
    "yesterday monday "
    "tuesday wednesday thursday friday there too then though anyway danke super prima gut ja nein "
    "hallo zusammen "
    "moin morgen frage also okay verstehe bitte aber und oder übrigens heute genau alles klar "
    "leute info hinweis "
    "merci parfait bonjour salut oui non mais alors donc attention tous sinon gracias vale "
    "perfecto genial hola "
    "pero entonces pregunta bien todos sí según exacto claro correction update note fyi reminder "
    "context "
    "what how where who why which whose was wie wo wer wann warum welche wieso quand comment où "
    "pourquoi qui que quel "
    "qué cómo cuándo dónde quién cuál jetzt now ich wir ist hat kann "
    "background summary example source edit problem issue context ps tldr sorry oops "
    "excellent lovely".split()
)
_NOT_LAST = frozenset(
    "Please Thanks Thank Bitte Danke Merci Gracias English German French Spanish".split()
)


def is_us(text: str, ours: Iterable[str]) -> bool:
    """Return whether `text` calls us by a name of `ours`, at its beginning or end."""
    names = "|".join(re.escape(name) for name in ours)
    if not names:
        return False
    called = rf"(?:the |dear )?(?:{names})"
    asks = "what|how|who|where|when|which|why|can|could|is|are|do|does|please|explain|tell|show"
    patterns = (
        rf"^\W*{_GREETING}{called}\s*[,:!?\u2013-]\s*\S",
        rf"^\W*(?:hey|hi|ok|okay|hallo|hola|salut)\s+{called}\b",
        rf"[,\s]{called}\s*[?!]+\s*$",
        rf",\s*{called}\W*$",
        rf"^\W*{called}\W*\s(?:{asks})\b",
    )
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def is_spoken_of(text: str, named_at: int) -> bool:
    """Return whether a mention of us, `named_at` characters into `text`, is about us.

    It is where somebody else is called first, and we stand in what they are told.
    """
    before = text[: max(named_at, 0)]
    others = list(_AT.finditer(before))
    if not others or not re.search(r"\w", before[others[-1].end() :]):
        return False
    return bool(_SPOKEN_OF.search(before)) or "?" not in text


def is_to_others(text: str, *, names: Iterable[str], ours: Iterable[str], is_strict: bool) -> bool:
    """Return whether `text` is said to somebody else than us.

    `names` are the people known to take part. `is_strict` takes every @ for a call, and every
    capitalised word that could be one for a name.
    """
    mine = {name.casefold() for name in ours}
    if any(_is_call(text, found, is_strict=is_strict) for found in _AT.finditer(text)):
        return True
    if any(_is_called(text, first) for first in _first_names(names) if first not in mine):
        return True
    title = _TITLE_FIRST.match(text)
    if title and people.SECOND_PERSON.search(title["rest"]):
        return True
    return _calls_unknown(text, mine)


def _is_call(text: str, found: re.Match[str], *, is_strict: bool) -> bool:
    """Return whether an @ calls somebody; "does @Paul need to sign?" only speaks of him."""
    before, after = text[: found.start()], text[found.end() :]
    is_amid = bool(_TOPIC.search(before)) and "?" in after and not _speaks_to_people(text)
    return is_strict or not is_amid


def _first_names(names: Iterable[str]) -> set[str]:
    firsts = (name.split()[0].casefold() for name in names if name.split())
    return {first for first in firsts if len(first) > 1}


def _is_called(text: str, first: str) -> bool:
    name = re.escape(first)
    verbs = (
        "did|do|can|could|would|will|have|are|any|what|how|when|where|please|pls|kannst|hast|bist"
        "|weißt|willst|könntest|tu|peux|as|est-ce|puedes|tienes|sabes|has|podrías"
    )
    ought = "can|could|should|might|would|will|may"
    patterns = (
        rf"^\W*{_GREETING}{name}\s*[,:!]",
        rf"^\W*{_GREETING}{name}\s+(?:{verbs})\b",
        rf"(?:^|[.!?]\s+){_GREETING}{name}\s*,?\s+(?:did|can|could|would|have|are) you\b",
        rf",\s*{name}\s*[?!.]*\s*$",
        rf"\b(?:you|du|tu|tú)\s+{name}\s*[?!.]*\s*$",
        rf"\b{name} (?:{ought}) (?:\w+ )?(?:answer|help|tell|check|know|look|confirm)\b",
        rf"\b(?:ask|frag|frage|fragen|demande à|pregunta a|pregúntale a) {name}\b",
    )
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def _calls_unknown(text: str, mine: set[str]) -> bool:
    """Return whether a word that could be a name stands where one is called."""
    if _TITLED.match(text):
        return True
    for sentence in _SENTENCE.split(text):
        first = _UNKNOWN_FIRST.match(sentence) or _GREETED.match(sentence) or _ASKED.match(sentence)
        if first is None:
            continue
        name = first["name"].casefold()
        rest = sentence[first.end("name") :]
        if name not in _NO_NAMES and name not in mine and (_speaks_to_people(rest) or "?" in rest):
            return True
    last = _UNKNOWN_LAST.search(text)
    if last is None or last["name"] in _NOT_LAST or last["name"].casefold() in mine:
        return False
    return _speaks_to_people(text[: last.start()])


def _speaks_to_people(text: str) -> bool:
    return bool(people.SECOND_PERSON.search(text))
