"""Commands about sources: what is synced, what went wrong, and to sync, pause or remove one."""

from datetime import UTC, datetime

from adapters.types import Reply
from bot.commands.completing import meant
from bot.commands.registry import Call, Command, wrong
from bot.controls.chatconfig import ChatConfig, Role
from bot.controls.configstore import ConfigStore
from bot.syncing.ledger import Ledger, Run
from knowledge.ingestion.indexer import Outcome

_MAX_ERRORS = 15
_MAX_ROWS = 50


class SourceCommands:
    """Work in every process: whoever keeps the sources in time does within seconds what is said."""

    def __init__(self, ledger: Ledger, store: ConfigStore) -> None:
        self._ledger = ledger
        self._store = store

    def all(self) -> tuple[Command, ...]:
        """Return the commands."""
        return (
            Command(name="sources", summary="What I read, and how far it is", run=self._list),
            Command(
                name="sources errors",
                summary="Documents that could not be read, each with the reason",
                usage="NAME",
                run=self._errors,
            ),
            Command(
                name="sources sync",
                summary="Brings a source up to date now",
                usage="NAME [full]",
                run=self._sync,
            ),
            Command(
                name="sources pause",
                summary="Leaves a source alone; what was read stays",
                usage="NAME",
                run=self._pause,
            ),
            Command(name="sources resume", summary="Ends that", usage="NAME", run=self._resume),
            Command(
                name="sources remove",
                summary="Takes out what came from a source that was added here, or that "
                "`sources.yaml` has no more",
                usage="NAME",
                run=self._remove,
                danger=lambda call: _question(call) if len(call.words) == 1 else "",
            ),
        )

    async def _list(self, call: Call) -> Reply:
        if call.words:
            wrong(f"I know no `sources {' '.join(call.words)[:40]}`.")
        catalogue = await self._ledger.catalogue()
        added = call.now.config.sources
        names = sorted({*catalogue.sources, *added, *await self._ledger.names()})
        about = {name: f"{each.says.get('kind')}, added here" for name, each in added.items()}
        about |= catalogue.sources
        lines = [
            f"- {code(name)} ({about.get(name) or await self._gone(name)}): "
            f"{await self._state(name)}"
            for name in names[:_MAX_ROWS]
        ]
        sets = {name: frozenset(members) for name, members in catalogue.sets.items()}
        for name, members in call.now.config.members().items():
            sets[name] = sets.get(name, frozenset()) | members
        lines += [f"- and {len(names) - _MAX_ROWS} more"] if len(names) > _MAX_ROWS else []
        lines += [
            f"- set {code(name)}: {', '.join(map(code, sorted(members)))}"
            for name, members in sorted(sets.items())
        ]
        nothing = "No source is named in `sources.yaml` yet; `sources add` adds one here."
        return Reply(text="\n".join(lines) or nothing)

    async def _gone(self, name: str) -> str:
        is_leaving = await self._ledger.is_being_removed(name)
        return "being taken out" if is_leaving else "not in the file any more"

    async def _state(self, name: str) -> str:
        run = await self._ledger.run(name)
        return _in_words(run, await self._ledger.waiting(name))

    async def _errors(self, call: Call) -> Reply:
        name = await self._named(call)
        run = await self._ledger.run(name)
        failed = sorted(
            [
                (note.id, note.reason)
                async for _, note in self._ledger.all_notes(name)
                if note.outcome is Outcome.FAILED
            ]
        )
        lines = [f"Stopped: {run.error}."] if run.error else []
        lines += [f"- {code(each)}: {reason[:200]}" for each, reason in failed[:_MAX_ERRORS]]
        lines += [f"- and {len(failed) - _MAX_ERRORS} more"] if len(failed) > _MAX_ERRORS else []
        unread = await self._ledger.unsupported(name, _MAX_ERRORS)
        lines += [f"- {code(each)}: of a kind that I don't read" for each in unread]
        return Reply(text="\n".join(lines) or f"{code(name)}: nothing went wrong.")

    async def _sync(self, call: Call) -> Reply:
        is_full = call.words[1:] == ("full",)
        name = await self._named(call, more=1 if is_full else 0)
        if name not in {*(await self._ledger.catalogue()).sources, *call.now.config.sources}:
            wrong(f"{code(name)} is not in `sources.yaml`.")
        if await self._ledger.is_paused(name):
            wrong(f"{code(name)} is paused: `sources resume {name}` first.")
        await self._ledger.wish("full" if is_full else "sync", name)
        await self._logged(call, "sync", name)
        return Reply(text=f"{code(name)} is synced within seconds; `sources` shows how far it is.")

    async def _pause(self, call: Call) -> Reply:
        name = await self._named(call)
        await self._ledger.pause(name, is_paused=True)
        await self._logged(call, "pause", name)
        return Reply(text=f"{code(name)} is paused; `sources resume {name}` ends that.")

    async def _resume(self, call: Call) -> Reply:
        name = await self._named(call)
        await self._ledger.pause(name, is_paused=False)
        await self._logged(call, "resume", name)
        return Reply(text=f"{code(name)} is synced again at its next time.")

    async def _remove(self, call: Call) -> Reply:
        name = await self._named(call)
        if name in (await self._ledger.catalogue()).sources:
            wrong(f"{code(name)} is still in `sources.yaml`: take it out there and restart first.")
        if name in call.now.config.sources:
            _refuse_others(call, name)
            made = await self._store.change(
                call.who, f"sources remove {name}", lambda config: _without(config, name)
            )
            return Reply(
                text=f"{code(name)} is read no more, and what came from it is taken out within "
                f"seconds. `config undo {made.version}` reads it anew."
            )
        await self._ledger.wish("remove", name)
        await self._logged(call, "remove", name)
        return Reply(text=f"What came from {code(name)} is taken out within seconds.")

    async def _named(self, call: Call, *, more: int = 0) -> str:
        if len(call.words) != 1 + more:
            wrong("Say which source.")
        name = call.words[0]
        known = {
            *(await self._ledger.catalogue()).sources,
            *call.now.config.sources,
            *await self._ledger.names(),
        }
        if name not in known:
            wrong(
                f"There is no source {code(name[:40])}; `sources` lists them.{meant(name, known)}"
            )
        return name

    async def _logged(self, call: Call, what: str, name: str) -> None:
        await self._store.change(call.who, f"sources {what} {name}", lambda config: config)


def code(text: str) -> str:
    """Return `text` as code in Markdown, whatever is in it."""
    plain = text.translate({ord("`"): "'", ord("\n"): " "})
    return f"`{plain[:200]}`"


def _refuse_others(call: Call, name: str) -> None:
    added = call.now.config.sources[name]
    if call.role.rank < Role.OWNER.rank:
        wrong("Only a Citewell owner takes out what was added here; you may `sources pause` it.")
    if added.workspace != f"{call.platform}:{call.workspace}":
        wrong(f"{code(name)} was added in another workspace, and is removed there.")


def _without(config: ChatConfig, name: str) -> ChatConfig:
    rest = {other: added for other, added in config.sources.items() if other != name}
    return config.model_copy(update={"sources": rest})


def _question(call: Call) -> str:
    if call.words[0] in call.now.config.sources:
        _refuse_others(call, call.words[0])
    return f"All that came from {code(call.words[0][:60])} would be taken out of what I know."


def _in_words(run: Run, waiting: int) -> str:
    failed = f", {run.failed} failed (`sources errors`)" if run.failed else ""
    if run.is_paused:
        return "paused"
    if run.error:
        return f"stopped: {run.error}"
    if not run.id:
        return "never synced"
    if run.stage != "idle":
        return f"being synced: {run.listed:,} listed, {waiting:,} to do{failed}"
    when = datetime.fromtimestamp(run.finished_s, UTC)
    noun = "document" if run.listed == 1 else "documents"
    return f"{run.listed:,} {noun}, synced {when:%Y-%m-%d %H:%M} UTC{failed}"
