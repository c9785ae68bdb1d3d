"""Tells which language a text is in; says nothing where it can't be sure."""

import asyncio
import re
from functools import cache
from typing import Protocol

NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "pl": "Polish",
    "sv": "Swedish",
    "da": "Danish",
    "no": "Norwegian",
    "fi": "Finnish",
    "cs": "Czech",
    "tr": "Turkish",
    "ru": "Russian",
    "uk": "Ukrainian",
    "ja": "Japanese",
    "zh": "Chinese",
    "ko": "Korean",
    "ar": "Arabic",
}
"""The languages that are told apart, by their ISO 639-1 codes."""

_SURE = 0.7  # of 461 short messages in four languages none was taken for another above it
_MAX_CHARS = 400
_NO_LANGUAGE = re.compile(r"```.*?```|`[^`]*`|\S+://\S+|\S+@\S+|<[^<>]*>|[@#:]\w+:?|\d+", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+")
_ALONE = {
    word: language
    for language, words in {
        "en": "hello thanks help",
        "de": "hallo moin danke hilfe servus",
        "fr": "bonjour salut merci aide bonsoir",
        "es": "hola gracias ayuda buenas",
    }.items()
    for word in words.split()
}
"""Words that people write alone."""


async def language_of(text: str) -> str:
    """Return the language of `text` by its code; empty where it is too short or not clear.

    The first call reads the model, which takes about a second, off the loop; each other one takes
    a twentieth of a millisecond.
    """
    words = _WORD.findall(_NO_LANGUAGE.sub(" ", text[: 2 * _MAX_CHARS]))
    if len(words) <= 1 and all(word.isascii() for word in words):
        return _ALONE.get("".join(words).lower(), "")
    if not _identifier.cache_info().currsize:
        await asyncio.to_thread(load)
    return _of(words)


def load() -> None:
    """Read the model, unless it was."""
    _identifier()


def _of(words: list[str]) -> str:
    language, share = _identifier().classify(" ".join(words)[:_MAX_CHARS])
    return str(language) if float(share) >= _SURE else ""


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@cache
def _identifier() -> _Identifier:
    # Half a second of imports that only those who answer need.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(list(NAMES))
    identifier: _Identifier = made
    return identifier
