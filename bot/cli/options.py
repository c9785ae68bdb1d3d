"""Options that several commands share."""

from typing import Annotated

import typer

from knowledge.permissions import parse_principal
from knowledge.types import Principal

ReaderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reader",
        help="Read also what this group or user may, e.g. group:leadership; can be repeated.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def principals(readers: list[str] | None) -> frozenset[Principal]:
    """Return the principals that `--reader` named.

    Raises:
        typer.BadParameter: One is not of the form kind:name.
    """
    try:
        return frozenset(parse_principal(reader) for reader in readers or ())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
