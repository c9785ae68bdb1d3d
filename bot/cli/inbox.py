"""`citewell inbox`: what waits, what failed, and what to do about it."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from adapters.types import AddressError, ThreadId
from bot.cli.opened import opened_durable
from bot.cli.options import JsonOption
from bot.durable import Durable
from bot.queue.claims import Record
from bot.queue.mailbox import DEAD, OPEN
from bot.settings import Settings, load_settings

_DONE = {
    "reopened": "waits again; its apology will be replaced by the answer",
    "busy": "its thread is being answered; try again in a moment",
    "forgotten": "its words are gone; ask the person to write again",
    "not_failed": "is no dead letter",
}

inbox = typer.Typer(
    no_args_is_help=True, help="Look at messages that wait or failed; try again, or drop them."
)
IdArgument = Annotated[str, typer.Argument(help="The id that `inbox list` shows.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(inbox, name="inbox")


@inbox.command("list")
def list_(
    *,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="What is open, instead of what failed.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """List the dead letters, or with --waiting what is open; the oldest first."""
    asyncio.run(_list(load_settings(), OPEN if waiting else DEAD, limit, as_json=as_json))


@inbox.command()
def show(
    message: IdArgument,
    *,
    words: Annotated[
        bool, typer.Option("--words", help="Show what the person wrote, too.")
    ] = False,
) -> None:
    """Show one message: its state, its error, and with --words its words."""
    asyncio.run(_show(load_settings(), message, words=words))


@inbox.command()
def retry(message: IdArgument) -> None:
    """Answer a dead letter after all; the answer takes the place of the apology."""
    _tell(asyncio.run(_retry(load_settings(), message)))


@inbox.command()
def drop(message: IdArgument) -> None:
    """Forget a dead letter, and what was written in it."""
    asyncio.run(_drop(load_settings(), message))


async def _list(settings: Settings, name: str, limit: int, *, as_json: bool) -> None:
    async with opened_durable(settings) as durable:
        records = await durable.mailbox.records(name, limit=limit)
    if as_json:
        sys.stdout.writelines(json.dumps(_object(record)) + "\n" for record in records)
        return
    if not records:
        sys.stdout.write("nothing waits\n" if name == OPEN else "no dead letters\n")
        return
    table = Table("id", "state", "age", "error id", "why", box=None)
    for record in records:
        age_s = time.time() - record.accepted_at_s
        table.add_row(id_of(record), record.state, _age(age_s), record.error_id, record.reason)
    Console().print(table)


async def _show(settings: Settings, message: str, *, words: bool) -> None:
    async with opened_durable(settings) as durable:
        record = await _found(durable, message)
    about = _object(record)
    if words:
        about["words"] = record.message.text if record.message else "(gone)"
    for name, value in about.items():
        sys.stdout.write(f"{name:<12}{value}\n")


async def _retry(settings: Settings, message: str) -> str:
    async with opened_durable(settings) as durable:
        record = await _found(durable, message)
        done = await durable.mailbox.reopen(record)
        if done == "reopened":
            await durable.inbox.wake(record.thread, f"{record.message_id}:retry:{time.time_ns()}")
    return done


async def _drop(settings: Settings, message: str) -> None:
    async with opened_durable(settings) as durable:
        await durable.mailbox.drop(await _found(durable, message))
    sys.stdout.write(f"{message} is forgotten\n")


def _tell(done: str) -> None:
    sys.stdout.write(f"{_DONE[done]}\n")
    raise typer.Exit(0 if done == "reopened" else 1)


async def _found(durable: Durable, message: str) -> Record:
    thread, _, message_id = message.rpartition("/")
    try:
        record = await durable.mailbox.record(ThreadId.parse(thread), message_id)
    except AddressError:
        record = None
    if record is None:
        raise typer.BadParameter(f"{message} is not known; `citewell inbox list` shows the ids")
    return record


def id_of(record: Record) -> str:
    """Return what names a message on the command line."""
    return f"{record.thread}/{record.message_id}"


def _object(record: Record) -> dict[str, str]:
    accepted = datetime.fromtimestamp(record.accepted_at_s, UTC).isoformat(timespec="seconds")
    return {
        "id": id_of(record),
        "state": record.state,
        "accepted": accepted,
        "error id": record.error_id,
        "why": record.reason,
    }


def _age(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
