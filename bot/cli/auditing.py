"""`citewell audit` and `citewell why`: how answers came about, without their words."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from adapters.links import parse_message_link
from bot.cli.opened import opened_durable
from bot.cli.options import JsonOption
from bot.record.addresses import parse_named
from bot.record.entry import Entry, as_object
from bot.record.query import Query, parse_since
from bot.record.wording import at, in_words
from bot.settings import Settings, load_settings
from bot.types import Outcome


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(audit)
    app.command()(why)


def audit(
    *,
    since: Annotated[str, typer.Option(help="36h, 7d or a date: not what is older.")] = "7d",
    person: Annotated[
        str, typer.Option(help="Who asked: platform:workspace:id, or their address.")
    ] = "",
    thread: Annotated[str, typer.Option(help="One thread, as the log names it.")] = "",
    outcome: Annotated[
        str, typer.Option(help=f"How it ended: {', '.join(outcome.value for outcome in Outcome)}.")
    ] = "",
    fired: Annotated[
        str,
        typer.Option(help="A guardrail that acted, e.g. unsupported, secret, blocked:IBAN_CODE."),
    ] = "",
    message: Annotated[
        str, typer.Option(help="The link of a question or an answer, or channel/id.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """List answers, the newest first: who, where, how they ended, what was masked and withheld."""
    try:
        query = Query(
            since_s=0.0 if message else parse_since(since, time.time()),
            thread=thread,
            outcome=Outcome(outcome).value if outcome else "",
            fired=fired,
            message=parse_message_link(message) if message else None,
            limit=limit,
        )
        named = parse_named(person) if person else ""
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    entries = asyncio.run(_found(load_settings(), query, named))
    if as_json:
        sys.stdout.writelines(json.dumps(as_object(entry)) + "\n" for entry in entries)
    elif entries:
        _print(entries)
    else:
        sys.stdout.write("no answer fits\n")


def why(
    message: Annotated[
        str, typer.Argument(help="The link of a question or an answer, or channel/id.")
    ],
) -> None:
    """Tell in words how one answer came about: found, withheld, masked, which guardrail acted."""
    try:
        place = parse_message_link(message)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    entries = asyncio.run(_found(load_settings(), Query(message=place)))
    if not entries:
        sys.stderr.write(
            "citewell: the ledger knows no such message; it is none of the bot's answers, was "
            "forgotten, or is older than CITEWELL_LEDGER_DAYS\n"
        )
        raise typer.Exit(1)
    sys.stdout.write("\n\n".join(map(in_words, entries)) + "\n")


async def _found(settings: Settings, query: Query, named: str = "") -> list[Entry]:
    async with opened_durable(settings) as durable:
        if named:
            query = replace(query, people=await durable.erasure.addresses.people(named))
        return [entry async for entry in durable.ledger.find(query)]


def _print(entries: list[Entry]) -> None:
    table = Table("at", "thread", "asked", "outcome", "masked", "guardrails", "ms", box=None)
    for entry in entries:
        table.add_row(
            at(entry),
            entry.thread,
            entry.asked,
            entry.outcome,
            _counts(entry.masked),
            _counts(entry.fired),
            f"{entry.ms.get('total', 0):,.0f}",
        )
    Console(highlight=False, soft_wrap=True).print(table, markup=False)


def _counts(counts: Mapping[str, int]) -> str:
    return " ".join(f"{name}={n}" for name, n in counts.items())
