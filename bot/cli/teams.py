"""`citewell teams`: the app package for Microsoft Teams."""

import sys
import uuid
from pathlib import Path
from typing import Annotated

import typer

from adapters.teams.package import Package, manifest_of, write_package
from bot.errors import StartError
from bot.people.shortcuts import SHORTCUTS
from bot.settings import load_settings

COMMANDS = (
    ("forget me", "Erases what is kept of you, with a receipt"),
    ("help", "Shows this, or all about one command"),
    ("home", "Your questions, what you may read, and what you have left"),
    ("language", "The language in which I speak to you"),
    ("my-data", "What is kept of you"),
    ("status", "What I know, which model writes, and whether I am paused"),
)
"""What everybody may use, as the registry has it: a package is written without its stores."""
_MESSAGE_ACTIONS = tuple((each.name, each.title, each.summary) for each in SHORTCUTS)
_teams = typer.Typer(help="Microsoft Teams: the app package.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(_teams, name="teams")


@_teams.callback()
def _group() -> None:
    """Microsoft Teams: the app package."""


@_teams.command()
def package(
    *,
    website: Annotated[str, typer.Option(help="A page of your company's, shown with the app.")],
    company: Annotated[str, typer.Option(help="Your company, as people know it.")],
    out: Annotated[Path, typer.Option(help="Where to write the zip.")] = Path("citewell-teams.zip"),
    app_id: Annotated[str, typer.Option(help="The app's id; default: MICROSOFT_APP_ID.")] = "",
    name: Annotated[str, typer.Option(help="What the app is called in Teams.")] = "Citewell",
    version: Annotated[str, typer.Option(help="Raise it with each upload.")] = "1.0.0",
    domain: Annotated[str, typer.Option(help="The host that serves /api/messages.")] = "",
    reads_along: Annotated[
        bool,
        typer.Option(help="Ask team owners to let follow-ups through that don't mention the bot."),
    ] = True,
) -> None:
    """Write the app package: upload it in Teams' admin center, or in Teams for a trial."""
    wanted = app_id or load_settings().microsoft_app_id
    try:
        uuid.UUID(wanted)
    except ValueError as error:
        raise StartError(
            "MICROSOFT_APP_ID: is no id; copy it from the app's registration, or give --app-id "
            "(example: 00000000-0000-0000-0000-000000000000)"
        ) from error
    if not website.startswith("https://"):
        raise StartError("--website must begin with https:// (example: https://your-company.com)")
    asked = Package(
        app_id=wanted,
        company=company,
        website=website,
        name=name,
        version=version,
        domain=domain,
        reads_along=reads_along,
    )
    write_package(out, manifest_of(asked, COMMANDS, _MESSAGE_ACTIONS))
    sys.stdout.write(f"{out}\n")
