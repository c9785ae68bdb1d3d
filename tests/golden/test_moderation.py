"""Moderation leaves alone what people ask: measured on every set of questions at hand."""

from pathlib import Path

import pytest

from bot.evaluation.guardrails_data import attack_samples, question_sets
from guardrails.moderation import RuleModerator

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the data sets in ../shared/data")
def test_at_most_one_harmless_text_in_two_hundred_is_declined() -> None:
    harmless = [text for texts in question_sets(DATA).values() for text in texts]
    harmless += [sample.text for sample in attack_samples(DATA) if not sample.is_attack]
    moderator = RuleModerator()
    declined = [text for text in harmless if moderator.judged(text, is_answer=False)]

    assert len(harmless) > 1_000
    assert len(declined) / len(harmless) <= 0.005
