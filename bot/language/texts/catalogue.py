"""Loads the words of each language and says them in that of the answer at hand."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from bot.language.manner import manner

LANGUAGES = ("en", "de", "fr", "es")
"""The languages that our own words are written in; whoever speaks another reads English."""

_SIGNS = {"de": (".", ","), "es": (".", ","), "fr": ("\u202f", ",")}


def said(key: str, **values: object) -> str:
    """Return our words for `key` in the language of the answer at hand, with `values` in them."""
    return words_in(manner().language)[key].format(**values)


def counted(key: str, count: int, **values: object) -> str:
    """Return our words for so many: those under `key` and `_one`, or `_many`, with the number."""
    ones = (0, 1) if manner().language == "fr" else (1,)
    ending = "one" if count in ones else "many"
    return said(f"{key}_{ending}", count=number(count), **values)


def number(value: float, decimals: int = 0) -> str:
    """Return a number as it is written in the language of the answer at hand."""
    thousands, point = _SIGNS.get(manner().language, (",", "."))
    return f"{value:,.{decimals}f}".translate({ord(","): thousands, ord("."): point})


def is_said(key: str, text: str) -> bool:
    """Return whether `text` is our words for `key`, in whichever language."""
    return any(words_in(language)[key] == text for language in LANGUAGES)


@cache
def words_in(language: str) -> Mapping[str, str]:
    """Return all our words in `language`, or in English where there is no file for it."""
    name = language if language in LANGUAGES else "en"
    read = yaml.safe_load(files("bot.language.texts").joinpath(f"{name}.yaml").read_text("utf-8"))
    return {str(key): str(text).strip() for key, text in read.items()}
