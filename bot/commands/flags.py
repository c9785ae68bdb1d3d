"""`flags`: what is switched off, where, and to switch it."""

from adapters.types import Reply
from bot.commands.changing import done
from bot.commands.completing import meant
from bot.commands.registry import Call, Command, wrong
from bot.controls.chatconfig import ChatConfig, Flag, with_values
from bot.controls.configstore import ConfigStore

_VALUES = {"on": True, "off": False, "default": None}


class FlagCommands:
    """Each flag holds for a workspace, or for one channel, which goes before."""

    def __init__(self, store: ConfigStore) -> None:
        self._store = store

    def all(self) -> tuple[Command, ...]:
        """Return the command."""
        command = Command(
            name="flags",
            summary="What can be switched off, for everybody here or in one channel",
            usage="[NAME on|off|default [here|#channel]]",
            examples=("flags thumbs off", "flags human-button off #general"),
            run=self._flags,
        )
        return (command,)

    async def _flags(self, call: Call) -> Reply:
        match call.words:
            case ():
                return _shown(call)
            case (name, value, *place) if value in _VALUES and len(place) <= 1:
                flag, scope = _named(name), _scope(call, place)
            case (name, *_):
                wrong(f"Say whether `{_named(name)}` is `on`, `off` or back to its `default`.")
            case _:
                wrong("Say which flag.")
        values = {f"flags > {scope} > {flag}": _VALUES[value]}

        def made(config: ChatConfig) -> ChatConfig:
            return with_values(config, values)

        return done(await self._store.change(call.who, "flags", made))


def _named(name: str) -> Flag:
    if name not in set(Flag):
        known = ", ".join(f"`{flag}`" for flag in Flag)
        wrong(f"There is no flag `{name.replace('`', chr(39))[:40]}`.{meant(name, Flag)} "
              f"There are: {known}.")  # fmt: skip
    return Flag(name)


def _scope(call: Call, place: list[str]) -> str:
    if not place:
        return f"{call.platform}:{call.workspace}"
    return call.place if place == ["here"] else call.channel_key(place[0])


def _shown(call: Call) -> Reply:
    workspace = f"{call.platform}:{call.workspace}"
    lines = [
        f"- `{flag}`: {_word(call.now.config, flag, call.place)}: {flag.about}" for flag in Flag
    ]
    others = [
        f"- `{scope}`: {', '.join(f'`{f}` {_on(is_on)}' for f, is_on in flags.items())}"
        for scope, flags in sorted(call.now.config.flags.items())
        if scope.startswith(workspace) and scope != call.place
    ]
    elsewhere = "\n\nSet elsewhere:\n\n" + "\n".join(others[:20]) if others else ""
    return Reply(text="In this channel:\n\n" + "\n".join(lines) + elsewhere)


def _word(config: ChatConfig, flag: Flag, place: str) -> str:
    return f"**{_on(config.is_on(flag, place))}**"


def _on(is_on: bool) -> str:  # noqa: FBT001 - a value that is shown
    return "on" if is_on else "off"
