"""Our own fixed words, one file a language, and the function that says them."""

from bot.language.texts.catalogue import LANGUAGES, counted, is_said, number, said

__all__ = ["LANGUAGES", "counted", "is_said", "number", "said"]
