"""Commands that show: how Citewell is, what was used, what was changed, and take a change back."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from adapters.types import Reply
from bot.commands.registry import Call, Command, wrong
from bot.controls.chatconfig import Role
from bot.controls.configstore import ConfigStore, shown
from bot.controls.usage import MESSAGES, MICRO_USD, TEAM, TOKENS, UsageBook

_MAX_DAYS = 31
_MAX_ROWS = 15
_MAX_CHANGES = 15
_SCOPES = ("team", "channel", "person", "day", "model", "workspace")


class LookingCommands:
    """What can be asked about Citewell itself; `about` says in one line how it is."""

    def __init__(
        self, store: ConfigStore, usage: UsageBook, about: Callable[[], Awaitable[str]]
    ) -> None:
        self._store = store
        self._usage = usage
        self._about = about

    def all(self) -> tuple[Command, ...]:
        """Return the commands."""
        return (
            Command(
                name="status",
                summary="What I know, which model writes, and whether I am paused",
                run=self._status,
                role=Role.MEMBER,
            ),
            Command(
                name="usage",
                summary="Messages, tokens and money",
                usage="[DAYS] [team|channel|person|day|model|workspace]",
                examples=("usage 7 team", "usage 31 day"),
                run=self._used,
            ),
            Command(
                name="config history",
                summary="Who changed what, and when",
                usage="",
                run=self._history,
            ),
            Command(
                name="config undo",
                summary="Takes a change back",
                usage="VERSION",
                run=self._undo,
                role=Role.OWNER,
            ),
        )

    async def _status(self, call: Call) -> Reply:
        lines = [await self._about()]
        if call.now.config.notice:
            lines.append(f"Paused: {call.now.config.notice}")
        if call.role.rank >= Role.ADMIN.rank:
            lines.append(f"Settings made in the chat: version {call.now.version}.")
        return Reply(text="\n\n".join(lines))

    async def _used(self, call: Call) -> Reply:
        days, by = 1, "workspace"
        for word in call.words:
            if word.isdecimal() and 1 <= int(word[:4]) <= _MAX_DAYS:
                days = int(word)
            elif word in _SCOPES:
                by = word
            else:
                wrong(f"`{word[:40]}` is neither 1 to {_MAX_DAYS} days nor something to list by.")
        totals = await self._usage.totals(days)
        rows = [(subject, used) for (scope, subject), used in totals.items() if scope == by]
        rows.sort(key=lambda row: (row[1][TOKENS], row[1][MESSAGES]), reverse=True)
        lines = [f"- `{subject}`: {_amount(used)}" for subject, used in rows[:_MAX_ROWS]]
        if len(rows) > _MAX_ROWS:
            lines.append(f"- and {len(rows) - _MAX_ROWS} more")
        since = "today" if days == 1 else f"in {days} days"
        note = "\n\nWhoever is in several groups counts for each of them." if by == TEAM else ""
        listed = "\n".join(lines) or "nothing"
        return Reply(text=f"Used {since} (UTC), by {by}:\n\n{listed}{note}")

    async def _history(self, call: Call) -> Reply:
        if call.words:
            wrong("It takes no arguments.")
        lines = [
            f"- {c.version}: {datetime.fromtimestamp(c.at_s, UTC):%Y-%m-%d %H:%M} `{c.who}` "
            f"{c.what}" + "".join(f"; `{line}`" for line in shown(c))
            for c in await self._store.history(_MAX_CHANGES)
        ]
        return Reply(text="\n".join(lines) or "Nothing was changed yet.")

    async def _undo(self, call: Call) -> Reply:
        if len(call.words) != 1 or not call.words[0].isdecimal():
            wrong("Say which version.")
        try:
            change = await self._store.undo(int(call.words[0][:9]), call.who)
        except LookupError:
            wrong("There is no such version.")
        listed = "\n".join(f"- `{line}`" for line in shown(change))
        return Reply(text=f"Taken back:\n\n{listed}")


def _amount(used: Counter[str]) -> str:
    money = f", {used[MICRO_USD] / 1e6:.2f} USD" if used[MICRO_USD] else ""
    noun = "question" if used[MESSAGES] == 1 else "questions"
    return f"{used[MESSAGES]:,} {noun}, {used[TOKENS]:,} tokens{money}"
