"""What an expert wrote for one question is shown for another only where it holds."""

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from bot.feedback.sameness import Meaning, is_same
from bot.loading import Models
from knowledge.embedding import MiniLMEmbeddings

OURS = Path(__file__).parent / "verified.yaml"
SHARED = Path(__file__).parents[3] / "shared" / "data"
SETS = ("handbook-tts", "techdocs-cert-manager", "rag-anthropic-docs", "conflict-rgb", "rag-mtrag")


class Reader:
    """Reads each question once."""

    def __init__(self, models: Models) -> None:
        assert isinstance(models.embeddings, MiniLMEmbeddings)
        self._embeddings = models.embeddings
        self._known: dict[str, Meaning] = {}

    def of(self, text: str) -> Meaning:
        if text not in self._known:
            found = self._embeddings.embed_words(text)
            self._known[text] = Meaning(
                text=text, whole=found.whole, pieces=found.pieces, vectors=found.vectors
            )
        return self._known[text]

    def offers(self, asked: Sequence[str], known: Sequence[str]) -> list[tuple[str, str]]:
        """Return which of `known` would be answered for which of `asked`."""
        pairs = ((a, k) for a in asked for k in known if a != k)
        return [(a, k) for a, k in pairs if is_same(self.of(a), self.of(k))]


@pytest.fixture(scope="module")
def reader(models: Models) -> Reader:
    return Reader(models)


def test_other_wordings_are_answered_and_questions_that_look_alike_are_not(reader: Reader) -> None:
    cases = yaml.safe_load(OURS.read_text())
    known = [case["question"] for case in cases]
    right = wrong = 0
    for case in cases:
        right += len(reader.offers(case["same"], [case["question"]]))
        wrong += len(reader.offers(case["other"], known))
        others = [question for question in known if question != case["question"]]
        wrong += len(reader.offers(case["same"], others))
    same = sum(len(case["same"]) for case in cases)

    assert (len(cases), same) == (40, 120)
    assert wrong <= 1  # of 240 questions, each beside 39 or 40 answers
    assert right / same >= 0.15


def shared(name: str) -> Iterator[str]:
    for path in sorted((SHARED / name).glob("*questions.jsonl*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            yield from (each["question"] for each in map(json.loads, lines) if not each["history"])


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared question sets are not here")
def test_no_question_of_real_sets_is_given_the_answer_to_another(reader: Reader) -> None:
    asked = {name: list(dict.fromkeys(shared(name))) for name in SETS}
    wrong = [pair for questions in asked.values() for pair in reader.offers(questions, questions)]

    assert sum(map(len, asked.values())) > 400
    assert wrong == []
