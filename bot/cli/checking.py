"""`citewell doctor`: what is wrong, and how to mend it."""

import asyncio
import json
import sys
from dataclasses import asdict

import typer
from rich.console import Console

from bot.cli.options import JsonOption
from bot.doctor.examined import Check
from bot.doctor.parts import examine
from bot.errors import SettingsError
from bot.settings import load_settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(doctor)


def doctor(*, as_json: JsonOption = False) -> None:
    """Check every part and print for each what is wrong and the fix; exit code 1 if anything is."""
    try:
        checks = asyncio.run(examine(load_settings()))
    except SettingsError as error:
        checks = [
            Check(part="settings", is_ok=False, found=problem, fix="correct it in .env")
            for problem in error.problems
        ]
    if as_json:
        sys.stdout.write(json.dumps([asdict(check) for check in checks]) + "\n")
    else:
        _print(checks)
    raise typer.Exit(0 if all(check.is_ok for check in checks) else 1)


def _print(checks: list[Check]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for check in checks:
        mark = "[green]ok[/green]   " if check.is_ok else "[red]wrong[/red]"
        console.print(mark, end=" ")
        console.print(f"{check.part}: {check.found}", markup=False)
        if not check.is_ok:
            console.print(f"      fix: {check.fix}", markup=False)
