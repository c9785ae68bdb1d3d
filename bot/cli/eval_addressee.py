"""`citewell eval addressee`: how often the bot speaks, or is silent, where it should not."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.evaluation.addressee import Rate, Wrong, rates, read_situations


def addressee(
    *,
    situations: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="The golden set, as JSON lines.")
    ] = Path("tests/golden/addressee.jsonl"),
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the rates and what went wrong there.")
    ] = None,
) -> None:
    """Measure whether messages are rightly taken as ours; exit code 1 where a goal is missed.

    Half a was read when the rules were written; half b tells how they do on what was not.
    """
    found, wrong = rates(read_situations(situations))
    lines = ["| half | what | wrong | of | rate | 95 % interval | goal | met |"]
    lines += ["|---|---|---|---|---|---|---|---|", *map(_line, found)]
    sys.stdout.write("\n".join(lines) + "\n")
    if json_file is not None:
        json_file.write_text(_as_json(found, wrong), encoding="utf-8")
    raise typer.Exit(0 if all(rate.is_met for rate in found) else 1)


def _line(rate: Rate) -> str:
    low, high = rate.interval
    return (
        f"| {rate.half} | {rate.what} | {rate.wrong} | {rate.count} | {rate.value:.1%} | "
        f"{low:.1%} to {high:.1%} | ≤ {rate.at_most:.0%} | {'yes' if rate.is_met else 'no'} |"
    )


def _as_json(found: list[Rate], wrong: list[Wrong]) -> str:
    """Return the rates, and what went wrong in half a: half b is to stay unread."""
    shown = {
        "rates": [
            {
                "half": rate.half,
                "what": rate.what,
                "wrong": rate.wrong,
                "count": rate.count,
                "rate": rate.value,
                "interval": rate.interval,
                "at_most": rate.at_most,
                "is_met": rate.is_met,
            }
            for rate in found
        ],
        "wrong": [
            {"id": item.line.id, "kind": item.line.kind, "reason": item.decision.reason.value}
            for item in wrong
            if item.line.half == "a"
        ],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
