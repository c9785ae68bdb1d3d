"""`announce`: say something in channels, once, and how that went."""

from datetime import UTC, datetime

from adapters.errors import AdapterError
from adapters.types import Reply
from bot.commands.registry import Call, Command, wrong
from bot.controls.announcing import Announced, Announcements
from bot.controls.configstore import ConfigStore

_MAX_CHANNELS = 200
_ALL = "all"


class AnnounceCommands:
    """Text is posted as it is written, but calls nobody."""

    def __init__(self, store: ConfigStore, announcements: Announcements) -> None:
        self._store = store
        self._announcements = announcements

    def all(self) -> tuple[Command, ...]:
        """Return the commands."""
        return (
            Command(
                name="announce",
                summary="Says something in channels that I am in, or how that went",
                usage='[all|here|#channel… "TEXT"]',
                examples=('announce #general "The new handbook is in."', "announce"),
                run=self._announce,
                danger=_question,
            ),
            Command(
                name="announce withdraw",
                summary="Puts a word in the place of an announcement",
                usage="ID",
                run=self._withdraw,
            ),
        )

    async def _announce(self, call: Call) -> Reply:
        if not call.words:
            standing = await self._announcements.standing(call.platform, call.workspace)
            return Reply(text="\n".join(map(_line, standing)) or "Nothing was announced yet.")
        channels, text = _read(call)
        if channels == (_ALL,):
            try:
                channels = await self._announcements.channels(call.platform, call.workspace)
            except AdapterError as error:
                wrong(f"The platform did not tell where I am ({error.code}): name channels.")
        if not channels:
            wrong("I am in no channel.")
        if len(channels) > _MAX_CHANNELS:
            wrong(f"I am in more than {_MAX_CHANNELS} channels: name those that matter.")
        name = await self._announcements.begin(
            call.platform, call.workspace, channels, text, once=call.once
        )
        await self._store.change(
            call.who, f"announce {name} in {len(channels)} channels", lambda config: config
        )
        return Reply(
            text=f"It is being posted in {len(channels)} channels, each one once. `announce` says "
            f"how far it is, `announce withdraw {name}` takes it back."
        )

    async def _withdraw(self, call: Call) -> Reply:
        if len(call.words) != 1:
            wrong("Say which one; `announce` lists them.")
        name = call.words[0][:40]
        try:
            count = await self._announcements.withdraw(name, call.platform, call.workspace)
        except LookupError:
            wrong("There is no such announcement.")
        except AdapterError as error:
            wrong(f"The platform refused ({error.code}); try again.")
        await self._store.change(call.who, f"announce withdraw {name}", lambda config: config)
        return Reply(text=f"Withdrawn in {count} channels.")


def _read(call: Call) -> tuple[tuple[str, ...], str]:
    words = list(call.words)
    channels: list[str] = []
    if words[0] == _ALL:
        channels.append(words.pop(0))
    while words and (words[0] == "here" or words[0].startswith("channel:")):
        word = words.pop(0)
        key = call.place if word == "here" else call.channel_key(word)
        channels.append(key.split(":", 2)[2])
    text = " ".join(words).strip()
    if not channels or not text or (_ALL in channels and len(channels) > 1):
        wrong("Say where, and what.")
    return tuple(dict.fromkeys(channels)), text


def _question(call: Call) -> str:
    if not call.words:
        return ""
    channels, text = _read(call)
    where = "**every channel** that I am in" if channels == (_ALL,) else f"{len(channels)} channels"
    return f"This would be posted in {where}:\n\n> {text}"


def _line(announced: Announced) -> str:
    when = datetime.fromtimestamp(announced.at_s, UTC)
    states = ", ".join(f"{state} {count}" for state, count in sorted(announced.states.items()))
    return f"- `{announced.id}` {when:%Y-%m-%d %H:%M} UTC: {states}"
