"""`citewell eval`: measurements, one command each."""

import typer

from bot.cli.eval_addressee import addressee
from bot.cli.eval_cases import cases
from bot.cli.eval_guardrails import guardrails
from bot.cli.eval_retrieval import retrieval

evaluations = typer.Typer(help="Measure on golden sets.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(evaluations, name="eval")


@evaluations.callback()
def _group() -> None:
    """Measure on golden sets."""


evaluations.add_typer(cases, name="cases")
evaluations.command()(addressee)
evaluations.command()(guardrails)
evaluations.command()(retrieval)
