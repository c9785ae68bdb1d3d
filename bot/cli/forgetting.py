"""`citewell forget`: erases a person, and shows the receipt."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli.opened import opened_durable
from bot.cli.options import JsonOption
from bot.record.addresses import parse_named
from bot.record.forgetting import Receipt, Subject
from bot.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(forget)


def forget(
    person: Annotated[
        str,
        typer.Argument(help="Who: platform:workspace:id (slack:T0123:U0456), or their address."),
    ] = "",
    *,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Their name or address, to be erased where others wrote it; repeatable."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is kept.")] = False,
    receipt: Annotated[str, typer.Option(help="Show the receipt with this id again.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Erase a person from memory, maps, waiting messages and the ledger, and print a receipt."""
    settings = load_settings()
    if receipt:
        _show(asyncio.run(_receipt(settings, receipt)), as_json=as_json)
        return
    try:
        named = parse_named(person)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if dry_run:
        counts = asyncio.run(_kept(settings, named, name or []))
        sys.stdout.write(
            json.dumps(counts) + "\n"
            if as_json
            else "".join(f"{kind}: {count}\n" for kind, count in counts.items())
        )
        return
    _show(asyncio.run(_forgotten(settings, named, name or [])), as_json=as_json)


async def _forgotten(settings: Settings, named: str, words: list[str]) -> Receipt:
    async with opened_durable(settings) as durable:
        forgetter = durable.erasure.forgetter
        return await forgetter.forget(*_told(await forgetter.subjects(named, words=words)))


async def _kept(settings: Settings, named: str, words: list[str]) -> dict[str, int]:
    async with opened_durable(settings) as durable:
        forgetter = durable.erasure.forgetter
        return dict(await forgetter.kept(*_told(await forgetter.subjects(named, words=words))))


def _told(subjects: Sequence[Subject]) -> Sequence[Subject]:
    """Say on standard error who is meant: an address may name several, or nobody."""
    people = [f"{each.platform}:{each.workspace}:{each.id}" for each in subjects if each.id]
    meant = ", ".join(people) or (
        "nobody who wrote with this address of late: only what holds the address itself; "
        "who has another id is named by it"
    )
    sys.stderr.write(f"citewell: meant is {meant}\n")
    return subjects


async def _receipt(settings: Settings, receipt_id: str) -> Receipt:
    async with opened_durable(settings) as durable:
        receipt = await durable.erasure.forgetter.receipt(receipt_id)
    if receipt is None:
        raise typer.BadParameter(f"there is no receipt {receipt_id}")
    return receipt


def _show(receipt: Receipt, *, as_json: bool) -> None:
    sys.stdout.write((json.dumps(asdict(receipt)) if as_json else receipt.in_words) + "\n")
    raise typer.Exit(1 if receipt.left else 0)
