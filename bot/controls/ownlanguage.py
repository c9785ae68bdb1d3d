"""The language that a person set for themselves: kept under their pseudonym."""

from redis.asyncio import Redis

from adapters.types import Person
from bot.language.languages import NAMES
from bot.language.texts import said
from bot.record.forgetting import Subject
from bot.record.pseudonyms import Pseudonyms

AUTO = "auto"
_TTL_S = 365 * 24 * 3600
_IN_THEIR_OWN = {"de": "Deutsch", "en": "English", "es": "Espa\u00f1ol", "fr": "Fran\u00e7ais"}
CHOICES = (*_IN_THEIR_OWN, AUTO)
"""What is offered; every other language that is told apart can be set too."""


class OwnLanguages:
    """Keeps it for a year after it was last looked at."""

    def __init__(self, redis: Redis, pseudonyms: Pseudonyms) -> None:
        self._redis = redis
        self._pseudonyms = pseudonyms

    async def of(self, person: Person, platform: str) -> str:
        """Return the language that `person` set, by its code, or nothing.

        Raises:
            RedisError: It can't be looked up.
        """
        kept = await self._redis.getex(_key(await self._pseudonyms.of(person, platform)), ex=_TTL_S)
        language = kept.decode() if isinstance(kept, bytes) else ""
        return language if language in NAMES else ""

    async def set(self, person: Person, platform: str, language: str) -> None:
        """Speak `language` to `person` from now on; nothing lets each message tell it again.

        Raises:
            RedisError: It can't be kept.
        """
        key = _key(await self._pseudonyms.of(person, platform))
        if language:
            await self._redis.set(key, language, ex=_TTL_S)
        else:
            await self._redis.delete(key)


class ForgetOwnLanguage:
    """The language that the person set."""

    kind = "the language that you set"

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def count(self, subject: Subject) -> int:
        return int(await self._redis.exists(_key(subject.pseudonym)))

    async def forget(self, subject: Subject) -> int:
        return int(await self._redis.delete(_key(subject.pseudonym)))


def chosen(language: str) -> str:
    """Return in words which language is spoken, and why."""
    name = _IN_THEIR_OWN.get(language) or NAMES.get(language, "")
    return said("language_set", language=name) if name else said("language_auto")


def label_of(choice: str) -> str:
    """Return what the button that sets `choice` is called."""
    return _IN_THEIR_OWN.get(choice) or said("language_auto_button")


def _key(who: str) -> str:
    return f"citewell:language:{who}"
