"""How often the right page is found, with and without masking the questions."""

from pathlib import Path

from bot.evaluation.cases import read_cases
from bot.evaluation.report import ALL, measured_by_kind, questions_of
from bot.evaluation.runner import Searching, run
from bot.loading import Models
from bot.wiring import open_parts
from knowledge.sparse import SparseEncoder
from tests.benchmarks.figures import Table
from tests.running import settings_for

_SHOWN = ("hit@1", "recall@5", "nDCG@10")


async def measure(name: str, data_dir: Path, questions: Path, models: Models) -> Table:
    """Ask the answerable questions of a set on the index in `data_dir`."""
    cases = [case for case in read_cases(questions) if case.is_ranked]
    rows = []
    async with open_parts(settings_for(data_dir), models=models) as parts:
        for mode, redactor in (("as written", None), ("masked", parts.redactor)):
            searching = Searching(
                redactor=redactor,
                rewriter=parts.rewriter,
                finder=parts.finder,
                terms_of=SparseEncoder().terms,
            )
            found = await run(cases, searching, twins={}, on_progress=lambda *_: None)
            measured = measured_by_kind(questions_of(found))[ALL]
            figures = [f"{measured[metric].mean:.3f}" for metric in _SHOWN]
            rows.append([name, str(len(cases)), mode, *figures])
    return Table(
        title="Retrieval, by page",
        head=["set", "questions", "question", *_SHOWN],
        rows=rows,
    )
