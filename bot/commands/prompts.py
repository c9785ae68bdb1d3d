"""`prompts`: which versions there are, which is used, and to use another one."""

import difflib

from adapters.types import Reply
from bot.commands.changing import done
from bot.commands.completing import meant
from bot.commands.registry import Call, Command, wrong
from bot.controls.chatconfig import ChatConfig, with_values
from bot.controls.configstore import ConfigStore
from bot.prompts.library import PromptLibrary

_MAX_HISTORY = 2_000


class PromptCommands:
    """A version that is used holds in every process from the next answer on."""

    def __init__(self, store: ConfigStore, library: PromptLibrary) -> None:
        self._store = store
        self._library = library

    def all(self) -> tuple[Command, ...]:
        """Return the commands."""
        return (
            Command(
                name="prompts",
                summary="What the models are told: versions, and which is used",
                run=self._list,
            ),
            Command(
                name="prompts show",
                summary="The words of one",
                usage="NAME [VERSION]",
                examples=("prompts show answer",),
                run=self._show,
            ),
            Command(
                name="prompts diff",
                summary="What differs between a version and the one that is used",
                usage="NAME VERSION",
                examples=("prompts diff answer 4",),
                run=self._diff,
            ),
            Command(
                name="prompts activate",
                summary="Uses a version from now on, for everybody",
                usage="NAME VERSION",
                examples=("prompts activate answer 4",),
                run=self._activate,
                danger=self._question,
            ),
            Command(
                name="prompts rollback",
                summary="Uses the version from before the last change again",
                usage="NAME",
                examples=("prompts rollback answer",),
                run=self._roll_back,
            ),
        )

    async def _list(self, call: Call) -> Reply:
        if call.words:
            wrong(f"I know no `prompts {' '.join(call.words)[:40]}`.")
        lines = []
        for name in self._library.names:
            versions = self._library.versions(name)
            current = self._library.current(name, call.now.config.prompts)
            others = ", ".join(str(version) for version in sorted(versions) if version != current)
            also = f"; there are {others} too" if others else ""
            lines.append(f"- `{name}` version **{current}**{also}. {versions[current].purpose}")
        lines += [
            f"- `{each}` can't be used: {why}" for each, why in self._library.problems.items()
        ]
        return Reply(text="\n".join(lines))

    async def _show(self, call: Call) -> Reply:
        name, version = self._named(call, needs_version=False)
        return Reply(text=_fenced(self._library.versions(name)[version].text))

    async def _diff(self, call: Call) -> Reply:
        name, version = self._named(call)
        current = self._library.current(name, call.now.config.prompts)
        used, other = (self._library.versions(name)[v].text for v in (current, version))
        lines = difflib.unified_diff(
            used.splitlines(), other.splitlines(),
            f"{name} {current} (used)", f"{name} {version}", lineterm="", n=0,
        )  # fmt: skip
        text = "\n".join(lines)
        return Reply(text=_fenced(text) if text else "They say the same.")

    def _question(self, call: Call) -> str:
        name, version = self._named(call)
        current = self._library.current(name, call.now.config.prompts)
        return (
            f"**Every** text that the prompt `{name}` is for would be written from its version "
            f"{version} instead of {current}."
        )

    async def _activate(self, call: Call) -> Reply:
        name, version = self._named(call)
        return await self._set(call, name, version)

    async def _roll_back(self, call: Call) -> Reply:
        if len(call.words) != 1:
            wrong("Say which prompt.")
        name = self._known(call.words[0])
        path = f"prompts > {name}"
        history = await self._store.history(_MAX_HISTORY)
        last = next((change for change in history if path in change.after), None)
        if last is None:
            wrong(f"The prompt `{name}` was never changed.")
        before = last.before.get(path)
        if before is not None and before not in self._library.versions(name):
            wrong(f"There is no version {before} of `{name}` any more.")
        return await self._set(call, name, before)

    async def _set(self, call: Call, name: str, version: int | None) -> Reply:
        is_first = version is not None and self._library.is_first(name, version)
        values = {f"prompts > {name}": None if is_first else version}

        def made(config: ChatConfig) -> ChatConfig:
            return with_values(config, values)

        return done(await self._store.change(call.who, "prompts", made))

    def _named(self, call: Call, *, needs_version: bool = True) -> tuple[str, int]:
        if len(call.words) != 2 and (needs_version or len(call.words) != 1):  # noqa: PLR2004
            wrong("Say which prompt, and which version.")
        name, *version = call.words
        known = self._known(name)
        if not version:
            return known, self._library.current(known, call.now.config.prompts)
        there = sorted(self._library.versions(known))
        if not version[0].isdecimal() or int(version[0][:9]) not in there:
            listed = ", ".join(map(str, there))
            wrong(f"`{known}` has the versions {listed}; `prompts` says which is used.")
        return known, int(version[0])

    def _known(self, name: str) -> str:
        names = self._library.names
        if name not in names:
            wrong(
                f"There is no prompt `{name.replace('`', chr(39))[:40]}`.{meant(name, names)} "
                f"There are: {', '.join(f'`{each}`' for each in names)}."
            )
        return name


def _fenced(text: str) -> str:
    return "~~~\n" + text.replace("~~~", "~ ~ ~").strip() + "\n~~~"
