"""Shows a report as one HTML page that needs nothing else."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from string import Template

from bot.evaluation.plots import differences, first_ranks, intervals
from bot.evaluation.report import ALL, METRICS, Measured, Question, Report
from bot.evaluation.runner import DEPTH

_SHOWN_RANKED = 3
_MAX_MISSES = 200


def page_of(report: Report) -> str:
    """Return `report` as HTML: tables, plots, and the questions that went wrong."""
    template = Template(files("bot.evaluation").joinpath("page.html").read_text(encoding="utf-8"))
    ranked = ALL in report.measured
    return template.substitute(
        name=escape(report.name),
        about=escape(
            f"{len(report.questions):,} questions on {report.documents:,} documents "
            f"({report.passages:,} passages) · configuration {report.configuration} · "
            f"embedding {report.embedding} · corpus {report.corpus_digest[:12]}"
        ),
        overall=intervals(report.measured[ALL]) if ranked else "",
        kinds=_kinds(report),
        ndcg=_plot_of_kinds(report, "nDCG@10"),
        ranks=first_ranks(report.questions, DEPTH) if ranked else "",
        refusals=intervals(report.refusals) if report.refusals else "",
        comparison=_comparison(report),
        misses=_misses(report.questions),
    )


def _kinds(report: Report) -> str:
    rows = (
        [kind, str(of_kind["MRR"].count), *(_cell(of_kind[metric]) for metric in METRICS)]
        for kind, of_kind in report.measured.items()
    )
    return _table(("kind", "questions", *METRICS), rows)


def _plot_of_kinds(report: Report, metric: str) -> str:
    if not report.measured:
        return ""
    return intervals({kind: of_kind[metric] for kind, of_kind in report.measured.items()})


def _comparison(report: Report) -> str:
    comparison = report.comparison
    if comparison is None:
        return ""
    rows = (
        [
            kind,
            metric,
            f"{row.this:.3f}",
            f"{row.other:.3f}",
            f"{row.this - row.other:+.3f}",
            f"{row.low:+.3f} … {row.high:+.3f}",
            f"{row.p:.4f}",
            f"{row.better} / {row.worse}",
        ]
        for kind, of_kind in comparison.differences.items()
        for metric, row in of_kind.items()
    )
    head = ("kind", "metric", "this", "other", "difference", "95 %", "p", "better / worse")
    return (
        f"<h2>Against {escape(comparison.other)}</h2>"
        "<p>Paired by question; a filled dot has p &lt; 0.05 (sign-flip permutation test).</p>"
        f"{differences(comparison, ALL)}{_table(head, rows)}"
    )


def _misses(questions: Sequence[Question]) -> str:
    missed = [question for question in questions if _is_missed(question)]
    missed.sort(key=lambda question: question.figures.get("MRR", 0.0))
    rows = (
        [
            question.id,
            ", ".join(question.kinds),
            question.standalone,
            ", ".join(question.relevant),
            ", ".join(question.ranked[:_SHOWN_RANKED]) or "nothing",
        ]
        for question in missed[:_MAX_MISSES]
    )
    head = ("question", "kind", "searched", "relevant", "found first")
    return f"<p>{len(missed):,} in all.</p>{_table(head, rows)}"


def _is_missed(question: Question) -> bool:
    if not question.is_answerable:
        return not question.is_refused
    return question.is_refused or question.figures.get("hit@1", 1.0) < 1


def _cell(value: Measured) -> str:
    return f"{value.mean:.3f} ({value.low:.2f}\u2013{value.high:.2f})"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )
