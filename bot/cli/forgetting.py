"""`citewell forget`: erases a person, and shows the receipt."""

import asyncio
import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli.opened import opened_durable
from bot.cli.options import JsonOption
from bot.record.forgetting import Receipt
from bot.record.pseudonyms import parse_person
from bot.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(forget)


def forget(
    person: Annotated[
        str, typer.Argument(help="Who: platform:workspace:id, e.g. slack:T0123:U0456.")
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
        whose = parse_person(person)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if dry_run:
        counts = asyncio.run(_kept(settings, whose, name or []))
        sys.stdout.write(
            json.dumps(counts) + "\n"
            if as_json
            else "".join(f"{kind}: {count}\n" for kind, count in counts.items())
        )
        return
    _show(asyncio.run(_forgotten(settings, whose, name or [])), as_json=as_json)


async def _forgotten(settings: Settings, whose: tuple[str, str, str], words: list[str]) -> Receipt:
    async with opened_durable(settings) as durable:
        forgetter = durable.erasure.forgetter
        return await forgetter.forget(await forgetter.subject(*whose, words=words))


async def _kept(
    settings: Settings, whose: tuple[str, str, str], words: list[str]
) -> dict[str, int]:
    async with opened_durable(settings) as durable:
        forgetter = durable.erasure.forgetter
        return dict(await forgetter.kept(await forgetter.subject(*whose, words=words)))


async def _receipt(settings: Settings, receipt_id: str) -> Receipt:
    async with opened_durable(settings) as durable:
        receipt = await durable.erasure.forgetter.receipt(receipt_id)
    if receipt is None:
        raise typer.BadParameter(f"there is no receipt {receipt_id}")
    return receipt


def _show(receipt: Receipt, *, as_json: bool) -> None:
    sys.stdout.write((json.dumps(asdict(receipt)) if as_json else receipt.in_words) + "\n")
    raise typer.Exit(1 if receipt.left else 0)
