"""The words around a reply, in the language of the answer at hand."""

from adapters.words import ReplyWords
from bot.language.texts import said


def reply_words() -> ReplyWords:
    """Return the words around a reply."""
    return ReplyWords(
        sources=said("sources"),
        closest=said("closest_sources"),
        helpful=said("helpful"),
        not_helpful=said("not_helpful"),
    )
