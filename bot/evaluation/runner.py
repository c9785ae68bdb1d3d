"""Asks every question of a golden set the way answering asks, and notes what was found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.evaluation.cases import Case
from bot.evaluation.metrics import hit_at, ndcg_at, recall_at, reciprocal_rank
from bot.ports import Redactor, Rewriter
from bot.steps.naming import TermsOf, named
from bot.steps.searching import READERS_IN_TERMINAL
from bot.types import Question, Turn
from guardrails.types import Placeholders
from knowledge.types import Finding, Phrasing, Principal

DEPTH = 10
_PASSAGES = 4 * DEPTH  # several of one document count as one

Progress = Callable[[int, int], object]
"""Called after each question: how many are done, of how many."""


class Finder(Protocol):
    """What knowledge offers: passages for a question, for a set of readers."""

    async def find(
        self, phrasings: Sequence[Phrasing], *, readers: frozenset[Principal], limit: int
    ) -> Finding:
        """Return at most `limit` passages that one of `readers` may read, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searching:
    """The parts that a run asks; without a redactor questions are searched as written."""

    redactor: Redactor | None
    rewriter: Rewriter | None
    finder: Finder
    terms_of: TermsOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one question found: documents, best first, each once; `figures` by metric's name.

    A document of which an equal passage was folded into another's stands behind that one.
    """

    case: Case
    standalone: str
    ranked: tuple[str, ...]
    figures: Mapping[str, float]
    is_refused: bool


async def run(
    cases: Sequence[Case],
    searching: Searching,
    *,
    twins: Mapping[str, str],
    on_progress: Progress,
) -> tuple[Found, ...]:
    """Ask `cases` one after the other; `twins` name documents that read the same as one.

    Raises:
        KnowledgeUnavailableError: The index did not answer in time.
    """
    found = []
    for done, case in enumerate(cases, start=1):
        found.append(await _ask(case, searching, twins))
        on_progress(done, len(cases))
    return tuple(found)


async def _ask(case: Case, searching: Searching, twins: Mapping[str, str]) -> Found:
    text, history, known = await _redacted(case, searching.redactor)
    question = Question(text=text, standalone=text)
    if searching.rewriter is not None:
        question = await searching.rewriter.rewrite(text, history)
    question = named(question, known, searching.terms_of)
    finding = await searching.finder.find(
        question.searched, readers=READERS_IN_TERMINAL, limit=_PASSAGES
    )
    names = (name for found in finding.passages for name in (found.document_id, *found.repeats))
    ranked = tuple(dict.fromkeys(twins.get(name, name) for name in names))
    relevant = frozenset(twins.get(name, name) for name in case.relevant)
    return Found(
        case=case,
        standalone=question.standalone,
        ranked=ranked[:DEPTH],
        figures=_figures(ranked, relevant) if case.is_ranked else {},
        is_refused=not (finding.is_enough and finding.passages),
    )


async def _redacted(
    case: Case, redactor: Redactor | None
) -> tuple[str, tuple[Turn, ...], Placeholders]:
    """Mask the thread and then the question, with one map of placeholders, as answering does."""
    if redactor is None:
        return case.question, case.history, Placeholders()
    known = Placeholders()
    history = []
    for turn in case.history:
        asked = await redactor.redact(turn.question, known)
        answered = await redactor.redact(turn.answer, asked.placeholders)
        known = answered.placeholders
        history.append(Turn(question=asked.text, answer=answered.text))
    asked = await redactor.redact(case.question, known)
    return asked.text, tuple(history), asked.placeholders


def _figures(ranked: Sequence[str], relevant: frozenset[str]) -> dict[str, float]:
    return {
        "hit@1": hit_at(1, ranked, relevant),
        **{f"recall@{depth}": recall_at(depth, ranked, relevant) for depth in (1, 3, 5, 10)},
        "nDCG@10": ndcg_at(DEPTH, ranked, relevant),
        "MRR": reciprocal_rank(ranked, relevant),
    }
