"""The commands: found by their words, allowed by a role, dangerous ones confirmed first."""

import re
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

import structlog
from pydantic import ValidationError

from adapters.ports import ChatAdapter
from adapters.types import (
    Button,
    ButtonStyle,
    IncomingAction,
    IncomingCommand,
    Person,
    Reply,
)
from bot.commands.completing import about, line_of, meant, mended, nearest
from bot.controls.admission import role_of
from bot.controls.chatconfig import Role
from bot.controls.configstore import ChangedMeanwhileError, ConfigStore, Versioned, shown
from bot.interactions.registry import ForgedError, Interactions, SealedStates
from bot.language.manner import Manner, manner, speaking
from bot.language.texts import said

log = structlog.get_logger(__name__)

CONFIRM = "command-confirm"
_PURPOSE = "command"
_MAX_CHARS = 1_000
_CHANNEL = re.compile(r"[A-Za-z0-9._%@=:-]{1,200}")
_NOTHING_DONE = "Nothing was changed."


class UsageError(Exception):
    """A command was written wrongly; the message tells the person how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command as it is run: its arguments, by whom, where, and what was set then.

    `once` names the confirmation of a dangerous one: the same where it is begun anew.
    """

    words: tuple[str, ...]
    platform: str
    workspace: str
    channel: str
    person: Person
    role: Role
    now: Versioned
    trigger: str = ""
    once: str = ""

    @property
    def who(self) -> str:
        """The key of the person, as the log of changes names them."""
        return f"user:{self.platform}:{self.person.workspace}:{self.person.id}"

    @property
    def place(self) -> str:
        """The key of the channel that the command was used in."""
        return f"{self.platform}:{self.workspace}:{self.channel}"

    def subject(self, word: str) -> str:
        """Return the key of the person or group of this workspace that `word` names.

        Raises:
            UsageError: It names none.
        """
        kind, _, name = word.partition(":")
        if kind not in {"user", "group"} or not name.replace("-", "").replace("_", "").isalnum():
            raise UsageError("Name a person or a group as @name.")
        return f"{kind}:{self.platform}:{self.workspace}:{name}"

    def channel_key(self, word: str) -> str:
        """Return the key of the channel of this workspace that `word` names; errors as above."""
        kind, _, name = word.partition(":")
        if kind != "channel" or not _CHANNEL.fullmatch(name):
            raise UsageError("Name a channel as #name.")
        return f"{self.platform}:{self.workspace}:{name}"


Run: TypeAlias = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: `usage` is its arguments, `danger` what to ask before it is done.

    `settings` are what `SETTING` in its usage may be, `examples` whole commands to copy.
    """

    name: str
    summary: str
    run: Run
    role: Role = Role.ADMIN
    usage: str = ""
    settings: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    danger: Callable[[Call], str] = lambda _: ""


class Commands:
    """The registry: every platform's commands come through `answer`, rights are checked here."""

    def __init__(
        self, *, store: ConfigStore, interactions: Interactions, owners: frozenset[str]
    ) -> None:
        self._store = store
        self._states: SealedStates = interactions.states
        self._owners = owners
        self._commands: dict[str, Command] = {}
        interactions.on_action(CONFIRM, self._confirmed)
        self.add(
            Command(
                name="help",
                summary="Shows this, or all about one command",
                usage="[COMMAND]",
                run=self._help,
                role=Role.MEMBER,
            )
        )

    def add(self, *commands: Command) -> None:
        """Let people use `commands`."""
        for command in commands:
            if command.name in self._commands:
                raise ValueError(f"the command {command.name} is there already")
            self._commands[command.name] = command

    def for_everybody(self) -> tuple[tuple[str, str], ...]:
        """Return name and summary of each command that needs no right, by name."""
        return tuple((each.name, each.summary) for each in self._for(Role.MEMBER))

    async def answer(self, incoming: IncomingCommand) -> Reply:
        """Run a command and return what its writer alone then sees; never raises for a bad one."""
        if len(incoming.text) > _MAX_CHARS:
            return Reply(text=f"A command may have {_MAX_CHARS:,} characters. {_NOTHING_DONE}")
        try:
            words = shlex.split(incoming.text)
        except ValueError:
            return Reply(text=f"A quotation mark is not closed. {_NOTHING_DONE}")
        return await self._answered(words, incoming, is_confirmed=False, version=None)

    async def role(self, person: Person, platform: str) -> Role:
        """Return what a person may do now."""
        now = await self._store.current()
        return role_of(person, platform, now.config, self._owners)

    async def _answered(
        self,
        words: list[str],
        incoming: IncomingCommand,
        *,
        is_confirmed: bool,
        version: int | None,
        once: str = "",
    ) -> Reply:
        command, rest = self._found(words)
        is_unknown = command is None
        command = command or self._commands["help"]
        now = await self._store.current()
        if version is not None and now.version != version:
            return Reply(text=f"Somebody changed the settings meanwhile. {_NOTHING_DONE}")
        call = Call(
            words=tuple(rest),
            platform=incoming.platform,
            workspace=incoming.workspace,
            channel=incoming.channel,
            person=incoming.person,
            role=role_of(incoming.person, incoming.platform, now.config, self._owners),
            now=now,
            trigger=incoming.trigger,
            once=once,
        )
        if is_unknown:
            return self._unknown(words, call)
        if call.role.rank < command.role.rank:
            log.warning("command_refused", command=_fact(command), role=call.role)
            return Reply(
                text=f"`{command.name}` is for a Citewell {command.role}; an owner can make you "
                f"one with `rights grant`. {_NOTHING_DONE}"
            )
        log.info("command", command=_fact(command), role=call.role)
        # What only some may use is in English, all of it: its words are those of the manual.
        with speaking(manner() if command.role is Role.MEMBER else Manner()):
            return await self._run(command, call, is_confirmed=is_confirmed)

    async def _run(self, command: Command, call: Call, *, is_confirmed: bool) -> Reply:
        try:
            if not is_confirmed and (question := command.danger(call)):
                return self._question(question, [command.name, *call.words], call)
            return await command.run(call)
        except UsageError as error:
            problem = mended(str(error), call.words, command, self._for(call.role))
        except ValueError as error:
            told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            problem = f"{told}."
        except ChangedMeanwhileError as error:
            problem = f"Not done: {error}."
        return Reply(text=f"{problem}\n\n{_NOTHING_DONE}")

    def _found(self, words: list[str]) -> tuple[Command | None, list[str]]:
        for length in (2, 1):
            name = " ".join(words[:length]).lower()
            if len(words) >= length and (command := self._commands.get(name)) is not None:
                return command, words[length:]
        return (None, words) if words else (self._commands["help"], words)

    def _for(self, role: Role) -> list[Command]:
        """Return what somebody in `role` may use, by name."""
        mine = (each for each in self._commands.values() if each.role.rank <= role.rank)
        return sorted(mine, key=lambda each: each.name)

    def _unknown(self, words: list[str], call: Call) -> Reply:
        mine = {each.name: each for each in self._for(call.role)}
        word = words[0].replace("`", "'")[:40]
        near = [mine[name] for name in nearest(words[0], mine)]
        if not near:
            return self._all(call, f"I don't know the command `{word}`.\n\n")
        listed = "\n".join(map(line_of, near))
        return Reply(
            text=f"I don't know the command `{word}`. Did you mean:\n\n{listed}\n\n"
            f"`help` lists all of them. {_NOTHING_DONE}"
        )

    def _question(self, question: str, words: list[str], call: Call) -> Reply:
        fields = {
            "words": shlex.join(words),
            "version": str(call.now.version),
            "channel": call.channel,
        }
        value = self._states.seal(_PURPOSE, call.person, fields)
        button = Button(
            action=CONFIRM, label=said("confirm_button"), value=value, style=ButtonStyle.DANGER
        )
        return Reply(text=f"{question}\n\n{said('confirm_first')}", buttons=(button,))

    async def _confirmed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        if action.thread is None:
            return
        try:
            by = action.event_id
            is_again = await self._states.is_used(action.value, _PURPOSE, action.person, by=by)
            fields = await self._states.use(action.value, _PURPOSE, action.person, by=by)
        except ForgedError as error:
            log.warning("confirmation_refused", reason=str(error), person=action.person.id)
            reply = Reply(text=f"This question is too old, answered, or not yours. {_NOTHING_DONE}")
        else:
            incoming = IncomingCommand(
                text="",
                platform=action.platform,
                workspace=action.workspace,
                channel=fields["channel"],
                person=action.person,
                trigger=action.trigger,
            )
            version = int(fields["version"])
            done = await self._done_since(version, action) if is_again else ""
            reply = (
                Reply(text=done)
                if done
                else await self._answered(
                    shlex.split(fields["words"]),
                    incoming,
                    is_confirmed=True,
                    version=version,
                    once=by,
                )
            )
        await adapter.send_privately(action.thread, action.person, reply)

    async def _done_since(self, version: int, action: IncomingAction) -> str:
        """Return what of this person's was changed after `version`, when a process had died."""
        who = f"user:{action.platform}:{action.person.workspace}:{action.person.id}"
        changes = [c for c in await self._store.history() if c.version > version and c.who == who]
        lines = [line for each in reversed(changes) for line in (shown(each) or [each.what])]
        listed = "\n".join(f"- `{line}`" for line in lines)
        return f"I was interrupted, after this was changed:\n\n{listed}" if changes else ""

    async def _help(self, call: Call) -> Reply:
        mine = self._for(call.role)
        if not call.words:
            return self._all(call, "")
        wanted = " ".join(call.words).lower().removeprefix("/citewell ")
        command = next((each for each in mine if each.name == wanted), None)
        if command is None:
            wrong(
                f"I don't know the command `{wanted.replace('`', chr(39))[:40]}`."
                f"{meant(wanted, [each.name for each in mine])}"
            )
        return Reply(text=about(command, mine))

    def _all(self, call: Call, before: str) -> Reply:
        lines = "\n".join(map(line_of, self._for(call.role)))
        return Reply(text=f"{before}{ABOUT}\n\n{lines}\n\n`help COMMAND` says more about one.")


ABOUT = (
    "I answer questions from the company's documents and link the source of every claim. "
    "Mention me in a channel, write to me directly, or open my pane. Personal data that you "
    "write is replaced before the language model sees it, and put back in the answer."
)


def _fact(command: Command) -> str:
    return command.name.replace(" ", "_")


def wrong(message: str) -> NoReturn:
    """End a command with `message` and its usage.

    Raises:
        UsageError: Always.
    """
    raise UsageError(message)
