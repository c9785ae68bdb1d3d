"""`citewell eval guardrails`: the table of docs/security.md."""

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.attack_rows import attack_rows
from bot.cli.options import JsonOption
from bot.cli.retrieval_rows import retrieval_rows
from bot.evaluation.guardrails import measure
from bot.evaluation.guardrails_rows import Row
from bot.evaluation.moderation import moderation_rows
from bot.evaluation.sample_company import with_sample
from bot.loading import load_models
from bot.settings import Settings, load_settings
from guardrails.injection import RuleInjectionDetector

_COMPANY = Path("deploy/sample-company")
_QUESTIONS = Path("tests/golden/sample-company.jsonl")


def guardrails(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="A folder of sets, one folder a set; without it the sample company alone.",
        ),
    ] = None,
    sample: Annotated[Path, typer.Option(help="The documents of the sample company.")] = _COMPANY,
    questions: Annotated[
        Path, typer.Option(help="Golden questions about them, as JSON lines.")
    ] = _QUESTIONS,
    as_json: JsonOption = False,
) -> None:
    """Measure the guardrails on the sample company and on sets; exit code 1: a goal is missed."""
    with with_sample(data, sample, questions) as folder:
        rows = asyncio.run(_measured(load_settings(), folder))
    if as_json:
        lines = [json.dumps({**asdict(row), "is_met": row.is_met}) for row in rows]
    else:
        lines = ["| what | set | n | result | goal | met |", "|---|---|---|---|---|---|"]
        lines += [as_line(row) for row in rows]
    sys.stdout.write("\n".join(lines) + "\n")
    raise typer.Exit(1 if any(row.is_met is False for row in rows) else 0)


async def _measured(settings: Settings, data: Path) -> list[Row]:
    models = await load_models(settings)
    try:
        injection = RuleInjectionDetector()
        rows = await measure(data, detector=models.detector, injection=injection)
        rows += await asyncio.to_thread(lambda: list(moderation_rows(data)))
        rows += await attack_rows(data, settings, models)
        return rows + [row async for row in retrieval_rows(data, settings, models)]
    finally:
        await models.detector.close()


def as_line(row: Row) -> str:
    """Return `row` as a line of a Markdown table."""
    is_time = row.unit == "ms"

    def shown(value: float) -> str:
        return f"{value:.1f} ms" if is_time else f"{value:.3f}"

    goal = "" if row.at_least is None else f"≥ {shown(row.at_least)}"
    goal = goal if row.at_most is None else f"≤ {shown(row.at_most)}"
    met = {True: "yes", False: "no", None: ""}[row.is_met]
    return f"| {row.what} | {row.data} | {row.count:,} | {shown(row.value)} | {goal} | {met} |"
