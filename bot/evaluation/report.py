"""What a run measured, as one value: JSON writes it, pages and terminals show it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from bot.errors import StartError
from bot.evaluation.metrics import Estimate, estimate, sign_flip_p
from bot.evaluation.runner import Found

METRICS = ("hit@1", "recall@1", "recall@3", "recall@5", "recall@10", "nDCG@10", "MRR")
ALL = "all"
REFUSED = "unanswerable, refused"
WRONGLY_REFUSED = "answerable, refused"
_FORM = 1


class Question(BaseModel, frozen=True):
    """One question's result; `figures` is empty where nothing is known to be relevant."""

    id: str
    kinds: tuple[str, ...]
    is_answerable: bool
    is_refused: bool
    standalone: str
    ranked: tuple[str, ...]
    relevant: tuple[str, ...]
    figures: Mapping[str, float]


class Measured(BaseModel, frozen=True):
    """A mean over `count` questions with its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int


class Difference(BaseModel, frozen=True):
    """One metric of two configurations on the same questions.

    `p` is how likely a difference this large is when both are alike; `better` and `worse` count
    the questions on which this configuration is so.
    """

    this: float
    other: float
    low: float
    high: float
    p: float
    better: int
    worse: int


class Comparison(BaseModel, frozen=True):
    """This run against another one; `differences` by kind, then by metric."""

    other: str
    differences: Mapping[str, Mapping[str, Difference]]


class Report(BaseModel, frozen=True):
    """Everything that was measured; `measured` by kind, then by metric."""

    form: int = _FORM
    name: str
    configuration: str
    embedding: str
    corpus_digest: str
    documents: int
    passages: int
    measured: Mapping[str, Mapping[str, Measured]]
    refusals: Mapping[str, Measured]
    comparison: Comparison | None = None
    questions: tuple[Question, ...]


def questions_of(found: Sequence[Found]) -> tuple[Question, ...]:
    """Return each result in the form of a report."""
    return tuple(
        Question(
            id=item.case.id,
            kinds=item.case.kinds,
            is_answerable=item.case.is_answerable,
            is_refused=item.is_refused,
            standalone=item.standalone,
            ranked=item.ranked,
            relevant=tuple(sorted(item.case.relevant)),
            figures=dict(item.figures),
        )
        for item in found
    )


def measured_by_kind(
    questions: Sequence[Question],
) -> dict[str, dict[str, Measured]]:
    """Return each metric over all questions, and over each kind that can be ranked."""
    groups = _groups(questions)
    return {
        kind: {
            metric: _measured([question.figures[metric] for question in group])
            for metric in METRICS
        }
        for kind, group in groups.items()
    }


def refusals_of(questions: Sequence[Question]) -> dict[str, Measured]:
    """Return how often nothing was found: where it should be so, where not, and by kind."""
    sides = {
        REFUSED: [q.is_refused for q in questions if not q.is_answerable],
        WRONGLY_REFUSED: [q.is_refused for q in questions if q.is_answerable],
    }
    kinds = dict.fromkeys(kind for question in questions for kind in question.kinds)
    for kind in kinds:
        sides[f"of {kind}"] = [q.is_refused for q in questions if kind in q.kinds]
    return {name: _measured([*map(float, side)]) for name, side in sides.items() if side}


def compared(
    questions: Sequence[Question], others: Sequence[Question], *, other: str
) -> Comparison:
    """Compare two runs on the questions that both ranked.

    Raises:
        StartError: They have none in common.
    """
    by_id = {question.id: question for question in others if question.figures}
    differences = {
        kind: {metric: _difference(group, by_id, metric) for metric in METRICS}
        for kind, all_of_kind in _groups(questions).items()
        if (group := [question for question in all_of_kind if question.id in by_id])
    }
    if not differences:
        raise StartError("the two runs have no question in common: there is nothing to compare")
    return Comparison(other=other, differences=differences)


def read_report(path: Path) -> Report:
    """Return what an earlier run wrote with --json.

    Raises:
        StartError: It is no such file.
    """
    try:
        return Report.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StartError(f"{path}: is no report that an evaluation wrote with --json") from error


def _groups(questions: Sequence[Question]) -> dict[str, list[Question]]:
    ranked = [question for question in questions if question.figures]
    kinds = dict.fromkeys(kind for question in ranked for kind in question.kinds)
    groups = {ALL: ranked} if ranked else {}
    return groups | {kind: [q for q in ranked if kind in q.kinds] for kind in kinds}


def _difference(
    group: Sequence[Question], others: Mapping[str, Question], metric: str
) -> Difference:
    mine = [question.figures[metric] for question in group]
    theirs = [others[question.id].figures[metric] for question in group]
    gaps = [a - b for a, b in zip(mine, theirs, strict=True)]
    spread = estimate(gaps)
    return Difference(
        this=sum(mine) / len(mine),
        other=sum(theirs) / len(theirs),
        low=spread.low,
        high=spread.high,
        p=sign_flip_p(gaps),
        better=sum(gap > 0 for gap in gaps),
        worse=sum(gap < 0 for gap in gaps),
    )


def _measured(values: Sequence[float]) -> Measured:
    found: Estimate = estimate(values)
    return Measured(mean=found.mean, low=found.low, high=found.high, count=found.count)
