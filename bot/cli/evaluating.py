"""`citewell eval`: measurements, one command each."""

import typer

from bot.cli.eval_guardrails import guardrails


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    evaluations = typer.Typer(
        name="eval", help="Measure Citewell on sets of questions.", no_args_is_help=True
    )
    evaluations.command()(guardrails)
    app.add_typer(evaluations)
