"""The command that tells and sets the language in which one person is spoken to."""

from adapters.types import Reply
from bot.commands.registry import Call, Command, wrong
from bot.controls.chatconfig import Role
from bot.controls.ownlanguage import AUTO, CHOICES, OwnLanguages, chosen
from bot.language.languages import NAMES
from bot.language.manner import Manner, speaking
from bot.language.texts import said


class LanguageCommand:
    """Everybody's own, and nobody else's."""

    def __init__(self, languages: OwnLanguages) -> None:
        self._languages = languages

    def all(self) -> tuple[Command, ...]:
        """Return the command."""
        return (
            Command(
                name="language",
                summary="The language in which I speak to you",
                usage=f"[{'|'.join(CHOICES)}]",
                run=self._run,
                role=Role.MEMBER,
            ),
        )

    async def _run(self, call: Call) -> Reply:
        if not call.words:
            return _told(await self._languages.of(call.person, call.platform))
        word = " ".join(call.words).lower()
        if word not in {AUTO, *NAMES}:
            wrong(said("language_unknown", known=", ".join((AUTO, *NAMES))))
        language = "" if word == AUTO else word
        await self._languages.set(call.person, call.platform, language)
        with speaking(Manner(language=language or call.person.language or "en")):
            return _told(language)


def _told(language: str) -> Reply:
    hint = said("language_undo") if language else said("language_choose")
    return Reply(text=f"{chosen(language)} {hint}")
