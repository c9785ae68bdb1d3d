"""`citewell sources`: what is synced from where, how far it is, and why a document is not there."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from bot.cli.options import JsonOption
from bot.durable import Durable, open_durable
from bot.errors import SettingsError
from bot.queue.embedded import embedded_parts
from bot.settings import Settings, load_settings, named_secrets
from bot.sources import configured
from bot.syncing.ledger import Ledger, Run
from bot.syncing.personal import Found, PersonalReport
from bot.syncing.standings import Standing, standing_of, sync_and_follow
from knowledge.ingestion.sources.locations import below

_GUEST_GRACE_S = 10.0

sources = typer.Typer(
    no_args_is_help=True, help="Sync documents from the sources in CITEWELL_SOURCES_FILE."
)
NameArgument = Annotated[str | None, typer.Argument(metavar="NAME", help="Left out: all of them.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(sources, name="sources")


@sources.command("list")
def list_sources() -> None:
    """Show the sources and the sets of them, as the file has them."""
    file = configured(load_settings().named_sources_file, named_secrets())
    for name, config in file.sources.items():
        sys.stdout.write(f"{name}  {config.kind}  every {_duration(config.every)}\n")
    for name, members in file.sets.items():
        sys.stdout.write(f"set {name}: {', '.join(members)}\n")
    if not file.sources:
        sys.stderr.write("no sources yet: docs/guide.md shows how to name them\n")


@sources.command()
def sync(
    name: NameArgument = None,
    *,
    full: Annotated[
        bool, typer.Option("--full", help="List everything, not only what changed.")
    ] = False,
) -> None:
    """Bring the index up to date now, and wait until it is; exit code 1 if anything failed."""
    settings = load_settings()
    standings = asyncio.run(_sync(settings, name, is_full=full))
    for standing in standings:
        _print(standing)
    raise typer.Exit(
        1 if any(s.run.error or s.failures or s.run.is_paused for s in standings) else 0
    )


@sources.command()
def status(name: NameArgument = None, *, as_json: JsonOption = False) -> None:
    """Show how far each sync is, and each document that could not be indexed, with the reason."""
    settings = load_settings()
    known = set(configured(settings.named_sources_file, named_secrets()).sources)
    standings, added = asyncio.run(_standings(settings, name))
    if as_json:
        lines = [
            {
                "name": s.name,
                **s.run.model_dump(),
                "waiting": s.waiting,
                "failures": s.failures,
                "unsupported_ids": s.unsupported,
            }
            for s in standings
        ]
        sys.stdout.write(json.dumps(lines) + "\n")
        return
    for standing in standings:
        _print(standing)
        if standing.name in added:
            sys.stdout.write("  added in the chat\n")
        elif standing.name not in known:
            sys.stdout.write(
                f"  not in the file any more: citewell sources remove {standing.name}\n"
            )
    if not standings:
        sys.stdout.write("nothing was synced yet: citewell sources sync\n")


@sources.command()
def pause(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Do nothing for a source until it is resumed; what is indexed stays."""
    _set_paused(name, is_paused=True)
    sys.stdout.write(f"{name}: paused\n")


@sources.command()
def resume(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Sync a paused source again, at its next time; it goes on where it was."""
    _set_paused(name, is_paused=False)
    sys.stdout.write(f"{name}: resumed\n")


@sources.command()
def remove(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Take a source's documents out of the index; the source must not be in the file any more."""
    settings = load_settings()
    if name in configured(settings.named_sources_file, named_secrets()).sources:
        raise SettingsError(
            [f"{name} is still in {settings.sources_file}: take it out there first"]
        )
    count = asyncio.run(_remove(settings, name))
    sys.stdout.write(f"{name}: {count} documents removed\n")


@sources.command()
def report(name: NameArgument = None, *, as_json: JsonOption = False) -> None:
    """Show what personal data was found in which document: types and counts, never values."""
    found = asyncio.run(_found(load_settings(), name))
    if as_json:
        lines = [
            {"id": f.document_id, "treated": f.treated, "counts": dict(f.counts)} for f in found
        ]
        sys.stdout.write(json.dumps(lines) + "\n")
        return
    total = Counter[str]()
    for item in found:
        total.update(item.counts)
        counts = ", ".join(f"{count} {kind}" for kind, count in item.counts.items())
        sys.stdout.write(f"{item.document_id}: {counts} ({item.treated})\n")
    summed = ", ".join(f"{count} {kind}" for kind, count in sorted(total.items())) or "nothing"
    sys.stdout.write(f"in {len(found)} documents: {summed}\n")


async def _found(settings: Settings, name: str | None) -> list[Found]:
    async with _opened(settings) as durable:
        notes = PersonalReport(durable.redis, durable.cipher)
        return await notes.of(below(name) if name is not None else "")


def _named(settings: Settings, name: str | None, names: list[str]) -> list[str]:
    if name is None and names:
        return names
    if name in names:
        return [str(name)]
    known = ", ".join(names) or "none"
    raise SettingsError(
        [f"{name or 'no source'} is not in {settings.sources_file}, nor added (there: {known})"]
    )


async def _sync(settings: Settings, name: str | None, *, is_full: bool) -> list[Standing]:
    from bot.wiring import open_parts  # noqa: PLC0415

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    async with open_parts(settings, syncs=True) as parts:
        names = _named(settings, name, list(parts.syncing.sources))
        with Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        ) as bar:
            task = bar.add_task("syncing", total=None)

            def show(run: Run, waiting: int) -> None:
                bar.update(task, description=f"syncing: {run.listed} listed, {waiting} to do")

            return [
                await sync_and_follow(parts.syncing, each, is_full=is_full, on_progress=show)
                for each in names
            ]


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Durable]:
    """Open only what tells how the syncs stand, which takes no model."""

    async def about() -> str:
        return ""

    async with AsyncExitStack() as stack:
        url = settings.redis_url.get_secret_value() if settings.redis_url else None
        if url is None:
            parts = embedded_parts(settings.data_dir, redis_url=None, guest_grace_s=_GUEST_GRACE_S)
            url = (await stack.enter_async_context(parts)).redis_url
        durable = await stack.enter_async_context(open_durable(settings, url, about))
        yield durable


async def _standings(settings: Settings, name: str | None) -> tuple[list[Standing], set[str]]:
    async with _opened(settings) as durable:
        ledger = Ledger(durable.redis)
        names = [name] if name is not None else await ledger.names()
        return [await standing_of(ledger, each) for each in names], await _added(durable)


async def _added(durable: Durable) -> set[str]:
    """Return the names of the sources that were added in the chat."""
    return set((await durable.administration.store.current()).config.sources)


def _set_paused(name: str, *, is_paused: bool) -> None:
    settings = load_settings()
    names = configured(settings.named_sources_file, named_secrets()).sources

    async def setting() -> None:
        async with _opened(settings) as durable:
            _named(settings, name, sorted({*names, *await _added(durable)}))
            await Ledger(durable.redis).pause(name, is_paused=is_paused)

    asyncio.run(setting())


async def _remove(settings: Settings, name: str) -> int:
    from bot.wiring import open_parts  # noqa: PLC0415

    async with open_parts(settings) as parts:
        if name in await _added(parts.durable):
            raise SettingsError([f"{name} was added in the chat: `sources remove {name}` there"])
        return await parts.syncing.remove(name)


def _print(standing: Standing) -> None:
    run = standing.run
    sys.stdout.write(
        f"{standing.name}: {_state(standing)}; {run.listed} listed, {run.indexed} indexed, "
        f"{run.unchanged} unchanged, {run.removed} removed, {run.failed} failed, "
        f"{run.unsupported} not supported, {run.empty} empty\n"
    )
    if run.error:
        sys.stdout.write(f"  stopped: {run.error}\n")
    for document_id, reason in standing.failures:
        sys.stdout.write(f"  not indexed: {document_id}: {reason}\n")
    if standing.hidden_failures:
        sys.stdout.write(f"  and {standing.hidden_failures} more\n")
    for document_id in standing.unsupported:
        sys.stdout.write(f"  not supported: {document_id}\n")


def _state(standing: Standing) -> str:
    run = standing.run
    if run.is_paused:
        return f"paused; `citewell sources resume {standing.name}` goes on"
    if not run.id:
        return "never synced"
    if run.stage == "idle":
        moment = datetime.fromtimestamp(run.finished_s, UTC)
        spent_s = max(run.finished_s - run.started_s, 0)
        return f"synced {moment:%Y-%m-%d %H:%M} UTC in {spent_s:.1f} s"
    return f"{run.stage}, {standing.waiting} to do"


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"
