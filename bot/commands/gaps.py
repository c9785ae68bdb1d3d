"""The command that shows what people asked in vain, alike questions together."""

from datetime import UTC, datetime

from adapters.ports import ChatAdapter
from adapters.types import Button, IncomingAction, Reply
from bot.commands.registry import Call, Command, Commands, wrong
from bot.commands.sources import code
from bot.controls.chatconfig import Role
from bot.controls.configstore import ConfigStore
from bot.feedback.gaps import Cluster, Gaps
from bot.interactions.registry import Interactions
from bot.language.texts import counted, said

_DONE = "gap-done"
_SHOWN, _BUTTONS = 10, 5
_ABOUT = (
    "Questions to which the documents had no answer, or whose source somebody missed, in the last "
    "90 days. Personal data is masked in them."
)


class GapCommands:
    """Lists the groups, and takes out those that were dealt with."""

    def __init__(
        self, gaps: Gaps, store: ConfigStore, commands: Commands, interactions: Interactions
    ) -> None:
        self._gaps = gaps
        self._store = store
        self._commands = commands
        interactions.on_action(_DONE, self._pressed)

    def all(self) -> tuple[Command, ...]:
        """Return the command."""
        return (
            Command(
                name="gaps",
                summary="Questions that found no answer, alike ones together",
                usage="[done ID]",
                run=self._run,
                role=Role.REVIEWER,
            ),
        )

    async def _run(self, call: Call) -> Reply:
        place = f"{call.platform}:{call.workspace}"
        match call.words:
            case ("done", name):
                return Reply(text=await self._done(place, name, call.who))
            case (_, *_):
                wrong("Say `done` and an id, or nothing.")
        return _listed(await self._gaps.clusters(place))

    async def _pressed(self, action: IncomingAction, adapter: ChatAdapter) -> None:
        if action.thread is None:
            return
        role = await self._commands.role(action.person, action.platform)
        text = "That is for a Citewell reviewer."
        if role.rank >= Role.REVIEWER.rank:
            who = f"user:{action.platform}:{action.person.workspace}:{action.person.id}"
            text = await self._done(f"{action.platform}:{action.workspace}", action.value, who)
        await adapter.send_privately(action.thread, action.person, Reply(text=text))

    async def _done(self, place: str, name: str, who: str) -> str:
        count = await self._gaps.close(place, name)
        if not count:
            return "There is no such group any more: `gaps` lists them anew."
        await self._store.change(who, f"gaps done {name[:40]}", lambda config: config)
        return f"Done: {count} of those questions taken off the list."


def _listed(found: list[Cluster]) -> Reply:
    if not found:
        return Reply(text="No question was left without an answer in the last 90 days.")
    shown = [_line(n, each) for n, each in enumerate(found[:_SHOWN], start=1)]
    if len(found) > _SHOWN:
        shown.append(f"and {len(found) - _SHOWN} more")
    buttons = [
        Button(action=_DONE, label=f"Done {n}", value=each.id)
        for n, each in enumerate(found[:_BUTTONS], start=1)
    ]
    return Reply(text="\n\n".join((_ABOUT, *shown)), buttons=tuple(buttons))


def _line(number: int, cluster: Cluster) -> str:
    return f"{number}. {code(cluster.question)}: {told(cluster)} (id {code(cluster.id)})"


def told(cluster: Cluster) -> str:
    """Return how often it was asked, by how many, and since when."""
    since = datetime.fromtimestamp(cluster.since_s, UTC)
    return said(
        "gap_asked",
        times=counted("gap_times", cluster.count),
        people=counted("gap_people", cluster.people),
        date=f"{since:%Y-%m-%d}",
    )
