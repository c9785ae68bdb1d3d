"""Our own fixed words, one file a language, and the function that says them."""

from bot.texts.catalogue import LANGUAGES, is_said, said

__all__ = ["LANGUAGES", "is_said", "said"]
