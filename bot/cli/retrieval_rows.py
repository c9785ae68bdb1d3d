"""The rows of `citewell eval guardrails` about retrieval with and without redaction."""

from collections.abc import AsyncIterator
from pathlib import Path

from bot.cli.eval_retrieval import asked
from bot.evaluation.cases import Case, read_cases, read_corpus
from bot.evaluation.configuration import Configuration
from bot.evaluation.corpus import indexed
from bot.evaluation.guardrails_data import SAMPLE
from bot.evaluation.guardrails_rows import Row
from bot.evaluation.report import Question
from bot.loading import Models
from bot.settings import Settings
from bot.wiring import open_index

_SETS = ("handbook-tts", "techdocs-cert-manager", "rag-mtrag", SAMPLE)
_METRIC = "nDCG@10"
_MOST_LOST = 0.01


async def retrieval_rows(folder: Path, settings: Settings, models: Models) -> AsyncIterator[Row]:
    """Yield for each set below `folder` what is found with questions as written, and as masked.

    Both are asked of one index, made as ingestion makes it; it is kept for the next run.
    """
    for name in _SETS:
        plain = folder / name / "corpus.jsonl"
        corpus = plain if plain.is_file() else plain.with_suffix(".jsonl.gz")
        if not corpus.is_file():
            continue
        cases = _cases(folder / name)
        async with indexed(
            read_corpus(corpus),
            cache=settings.data_dir / "evaluation",
            open_index=lambda place: open_index(place, settings, models.embeddings),
            embeddings=models.embeddings,
            model=settings.embedding_model,
            on_progress=lambda *_: None,
        ) as held:
            written, masked = [
                _figures(await asked(cases, settings, models, held, Configuration(redaction=on)))
                for on in (False, True)
            ]
        if not written:
            continue
        without, with_it = (sum(figures) / len(figures) for figures in (written, masked))
        lost = (without - with_it) / without if without else 0.0
        yield _row(f"{_METRIC} without redaction", name, written, without)
        yield _row(f"{_METRIC} with redaction", name, masked, with_it)
        yield _row(f"{_METRIC} lost by redaction", name, written, lost, at_most=_MOST_LOST)


def _cases(folder: Path) -> tuple[Case, ...]:
    files = sorted(folder.glob("*questions.jsonl*"))
    return tuple(case for path in files for case in read_cases(path))


def _figures(questions: tuple[Question, ...]) -> list[float]:
    return [q.figures[_METRIC] for q in questions if _METRIC in q.figures]


def _row(
    what: str, data: str, figures: list[float], value: float, *, at_most: float | None = None
) -> Row:
    return Row(what=what, data=data, count=len(figures), value=value, at_most=at_most)
