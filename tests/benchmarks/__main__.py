"""Runs every benchmark and prints the tables of `docs/performance.md`."""

import argparse
import asyncio
import tarfile
import tempfile
from pathlib import Path

from bot.loading import load_models
from bot.observability.logs import configure_logs
from tests.benchmarks import (
    answers,
    durability,
    guardrails_cost,
    ingestion,
    query_time,
    retrieval,
    syncing,
    teams,
)
from tests.benchmarks.figures import Table
from tests.running import SAMPLE, settings_for


async def measured(data: Path | None, scratch: Path) -> list[Table]:
    """Return the tables; those over the big sets only where `data` has them."""
    models = await load_models(settings_for(scratch))
    company = scratch / "company"
    tables = [await ingestion.measure("sample company", SAMPLE, company, models)]
    for name in ("handbook-tts", "techdocs-cert-manager"):
        if data is None or not (data / name / "pages.tar.gz").is_file():
            continue
        with tarfile.open(data / name / "pages.tar.gz") as pages:
            pages.extractall(scratch / "pages" / name, filter="data")
        folder, index = scratch / "pages" / name / "pages", scratch / name
        tables.append(await ingestion.measure(name, folder, index, models))
        questions = data / name / "questions.jsonl"
        tables.append(await retrieval.measure(name, index, questions, models))
    tables += await answers.measure(company)
    tables.append(await guardrails_cost.measure(company, models))
    tables.append(await syncing.measure())
    tables += await durability.measure(company, models)
    tables.append(await teams.measure(company))
    return [*tables, await query_time.measure()]


def main() -> None:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with the evaluation sets")
    given = parser.parse_args()
    configure_logs("json", "error")
    with tempfile.TemporaryDirectory() as scratch:
        tables = asyncio.run(measured(given.data, Path(scratch)))
    print("\n".join(map(str, tables)))  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main()
