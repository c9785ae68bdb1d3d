"""`citewell eval retrieval`: how well the right documents are found, on any golden set."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bot.errors import StartError
from bot.evaluation.cases import Case, CorpusLine, read_cases, read_corpus
from bot.evaluation.configuration import Configuration, FollowUps, parse_configuration
from bot.evaluation.corpus import IndexedCorpus, indexed
from bot.evaluation.page import page_of
from bot.evaluation.report import (
    ALL,
    METRICS,
    Comparison,
    Measured,
    Question,
    Report,
    compared,
    measured_by_kind,
    questions_of,
    read_report,
    refusals_of,
)
from bot.evaluation.runner import Searching, run
from bot.line import answering_ranking, answering_rewriter
from bot.loading import Models, load_models
from bot.ports import Rewriter
from bot.settings import Settings, load_settings
from bot.steps.redacting import DetectingRedactor
from bot.steps.rewriting import WordRewriter
from bot.wiring import open_index
from guardrails.policy import parse_policies
from knowledge.neighbours import NOTHING
from knowledge.retrieval import HybridRetriever, Ranking, Threshold
from knowledge.sparse import SparseEncoder

_EVERY = 500
CorpusOption = Annotated[
    Path,
    typer.Option(
        exists=True,
        dir_okay=False,
        help='JSON lines, also gzipped: {"id", "title", "text", "url", "version"}.',
    ),
]
QuestionsOption = Annotated[
    Path,
    typer.Option(
        exists=True,
        dir_okay=False,
        help='JSON lines, also gzipped: {"id", "question", "history", "relevant", "answerable"}.',
    ),
]
ConfigOption = Annotated[
    str,
    typer.Option(help="What to switch, e.g. redaction=off,followups=off; default: as answering."),
]
AgainstOption = Annotated[
    str | None,
    typer.Option(
        metavar="CONFIG",
        help="Compare with another configuration, or with a report that --json wrote.",
    ),
]


def retrieval(
    *,
    corpus: CorpusOption,
    questions: QuestionsOption,
    json: Annotated[Path | None, typer.Option(help="Write the whole report here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots here.")] = None,
    config: ConfigOption = "default",
    against: AgainstOption = None,
) -> None:
    """Index a corpus of its own, ask its questions as people would, and measure what is found."""
    settings = load_settings()
    for path in (json, html):
        if path is not None and not path.parent.is_dir():
            raise StartError(f"{path}: there is no folder {path.parent}; make it first")
    plan = _Plan(
        name=questions.parent.name or questions.name,
        documents=read_corpus(corpus),
        cases=read_cases(questions),
        configuration=parse_configuration(config),
        rival=_rival(against),
    )
    report = asyncio.run(_measured(settings, plan))
    if json is not None:
        json.write_text(report.model_dump_json(indent=1), encoding="utf-8")
    if html is not None:
        html.write_text(page_of(report), encoding="utf-8")
    _print(report)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is measured, and what it is compared with: a configuration or an earlier report."""

    name: str
    documents: tuple[CorpusLine, ...]
    cases: tuple[Case, ...]
    configuration: Configuration
    rival: Configuration | Report | None


def _rival(against: str | None) -> Configuration | Report | None:
    if against is None:
        return None
    path = Path(against)
    return read_report(path) if path.is_file() else parse_configuration(against)


async def _measured(settings: Settings, plan: _Plan) -> Report:
    models = await load_models(settings)
    try:
        async with indexed(
            plan.documents,
            cache=settings.data_dir / "evaluation",
            open_index=lambda folder: open_index(folder, settings, models.embeddings),
            embeddings=models.embeddings,
            model=settings.embedding_model,
            on_progress=_Steps("indexed"),
        ) as held:
            questions = await asked(plan.cases, settings, models, held, plan.configuration)
            rival = plan.rival
            if isinstance(rival, Configuration):
                others = await asked(plan.cases, settings, models, held, rival)
            else:
                others = rival.questions if rival else ()
    finally:
        await models.detector.close()
    other = f"{rival.name}, {rival.configuration}" if isinstance(rival, Report) else str(rival)
    return Report(
        name=plan.name,
        configuration=str(plan.configuration),
        embedding=settings.embedding_model,
        corpus_digest=held.digest,
        documents=held.documents,
        passages=held.passages,
        measured=measured_by_kind(questions),
        refusals=refusals_of(questions),
        comparison=compared(questions, others, other=other) if rival else None,
        questions=questions,
    )


async def asked(
    cases: Sequence[Case],
    settings: Settings,
    models: Models,
    held: IndexedCorpus,
    configuration: Configuration,
) -> tuple[Question, ...]:
    """Ask every question under one configuration."""
    searching = Searching(
        redactor=DetectingRedactor(models.detector, parse_policies(settings.pii_policy))
        if configuration.redaction
        else None,
        rewriter=_rewriter(configuration.followups, settings, models),
        finder=HybridRetriever(
            held.index, models.embeddings, SparseEncoder(), _ranking(configuration, settings)
        ),
        terms_of=SparseEncoder().terms,
    )
    found = await run(cases, searching, twins=held.twins, on_progress=_Steps("asked"))
    return questions_of(found)


def _ranking(configuration: Configuration, settings: Settings) -> Ranking:
    answering = answering_ranking(settings)
    return replace(
        answering,
        uses_titles=configuration.titles,
        prefers_current=configuration.versions,
        folds_repeats=configuration.folding,
        joining=answering.joining if configuration.joining else NOTHING,
        threshold=answering.threshold if configuration.threshold else Threshold(),
    )


def _rewriter(followups: FollowUps, settings: Settings, models: Models) -> Rewriter | None:
    if followups is FollowUps.OFF:
        return None
    if followups is FollowUps.WORDS:
        return WordRewriter()
    return answering_rewriter(settings, models)


class _Steps:
    """Writes a line now and then to standard error."""

    def __init__(self, verb: str) -> None:
        self._verb = verb
        self._said = 0

    def __call__(self, done: int, total: int) -> None:
        if done - self._said >= _EVERY or done == total:
            self._said = done
            sys.stderr.write(f"{self._verb} {done:,} of {total:,}\n")


def _print(report: Report) -> None:
    console = Console(highlight=False)
    console.print(
        f"{report.name}: {len(report.questions):,} questions, {report.documents:,} documents, "
        f"{report.passages:,} passages, configuration {report.configuration}",
        markup=False,
    )
    if report.measured:
        _print_measured(console, report.measured)
    for name, share in report.refusals.items():
        console.print(f"{name}: {_interval(share)} of {share.count:,}", markup=False)
    if report.comparison is not None:
        _print_comparison(console, report.comparison)


def _print_measured(console: Console, measured: Mapping[str, Mapping[str, Measured]]) -> None:
    overall = Table("metric", "mean (95 % interval)", box=SIMPLE)
    for metric, value in measured[ALL].items():
        overall.add_row(metric, _interval(value))
    console.print(overall)
    kinds = Table("kind", "n", *(metric.replace("recall", "R") for metric in METRICS), box=SIMPLE)
    for kind, of_kind in measured.items():
        means = (f"{of_kind[metric].mean:.3f}" for metric in METRICS)
        kinds.add_row(kind, str(of_kind[METRICS[0]].count), *means)
    console.print(kinds)


def _print_comparison(console: Console, comparison: Comparison) -> None:
    console.print(f"against {comparison.other}:", markup=False)
    table = Table("metric", "this", "other", "difference (95 %)", "p", "better/worse", box=SIMPLE)
    for metric, row in comparison.differences[ALL].items():
        table.add_row(
            metric,
            f"{row.this:.3f}",
            f"{row.other:.3f}",
            f"{row.this - row.other:+.3f} ({row.low:+.3f} … {row.high:+.3f})",
            f"{row.p:.4f}",
            f"{row.better}/{row.worse}",
        )
    console.print(table)


def _interval(value: Measured) -> str:
    return f"{value.mean:.3f} ({value.low:.3f}\u2013{value.high:.3f})"
