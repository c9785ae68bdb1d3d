"""Metrics against cases worked by hand, and what must hold for any ranking."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.metrics import (
    estimate,
    hit_at,
    ndcg_at,
    recall_at,
    reciprocal_rank,
    sign_flip_p,
)

NAMES = [f"d{number}" for number in range(12)]
rankings = st.lists(st.sampled_from(NAMES), unique=True)
relevants = st.frozensets(st.sampled_from(NAMES), min_size=1)
values = st.lists(st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=40)

Metric = Callable[[Sequence[str], frozenset[str]], float]
METRICS: tuple[Metric, ...] = (
    lambda ranked, relevant: hit_at(1, ranked, relevant),
    lambda ranked, relevant: recall_at(5, ranked, relevant),
    lambda ranked, relevant: ndcg_at(10, ranked, relevant),
    reciprocal_rank,
)


def test_a_ranking_worked_by_hand() -> None:
    ranked, relevant = ["x", "a", "y", "b", "z", "c"], frozenset("abcd")

    assert hit_at(1, ranked, relevant) == 0
    assert hit_at(2, ranked, relevant) == 1
    assert recall_at(1, ranked, relevant) == 0
    assert recall_at(3, ranked, relevant) == 1 / 4
    assert recall_at(5, ranked, relevant) == 2 / 4
    assert reciprocal_rank(ranked, relevant) == 1 / 2
    gained = 1 / math.log2(3) + 1 / math.log2(5) + 1 / math.log2(7)  # at ranks 2, 4 and 6
    at_best = 1 + 1 / math.log2(3) + 1 / 2 + 1 / math.log2(5)  # at ranks 1 to 4
    assert ndcg_at(10, ranked, relevant) == pytest.approx(gained / at_best)


def test_the_best_order_of_more_than_ten_is_still_one() -> None:
    assert ndcg_at(10, NAMES, frozenset(NAMES)) == pytest.approx(1)


def test_a_document_found_twice_counts_once() -> None:
    assert ndcg_at(10, ["a", "a", "b"], frozenset("ab")) == pytest.approx(1)


@pytest.mark.parametrize("metric", METRICS)
def test_without_anything_relevant_there_is_nothing_to_measure(metric: Metric) -> None:
    with pytest.raises(ValueError, match="nothing to measure"):
        metric(["a"], frozenset())


@given(rankings, relevants)
def test_every_metric_lies_between_zero_and_one(
    ranked: list[str], relevant: frozenset[str]
) -> None:
    for metric in METRICS:
        assert 0 <= metric(ranked, relevant) <= 1 + 1e-12


@given(rankings, relevants)
def test_moving_what_is_relevant_to_the_front_lowers_no_metric(
    ranked: list[str], relevant: frozenset[str]
) -> None:
    better = sorted(ranked, key=lambda name: name not in relevant)

    for metric in METRICS:
        assert metric(better, relevant) >= metric(ranked, relevant) - 1e-12


@given(rankings, relevants)
def test_going_deeper_loses_nothing(ranked: list[str], relevant: frozenset[str]) -> None:
    recalls = [recall_at(depth, ranked, relevant) for depth in range(1, 13)]

    assert recalls == sorted(recalls)


@given(relevants)
def test_finding_nothing_is_worth_nothing(relevant: frozenset[str]) -> None:
    assert [metric([], relevant) for metric in METRICS] == [0, 0, 0, 0]


def test_the_interval_of_a_proportion_is_about_that_of_the_textbook() -> None:
    found = estimate([1.0] * 70 + [0.0] * 30)
    half = 1.96 * math.sqrt(0.7 * 0.3 / 100)

    assert found.mean == pytest.approx(0.7)
    assert (found.low, found.high) == pytest.approx((0.7 - half, 0.7 + half), abs=0.015)


@given(values)
def test_the_interval_holds_the_mean_and_stays_within_the_values(sample: list[float]) -> None:
    found = estimate(sample)

    assert min(sample) - 1e-9 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= max(sample) + 1e-9
    assert found == estimate(sample)


def test_three_wins_of_three_are_a_quarter_likely_by_chance() -> None:
    # Of the eight ways to set the signs two are as far from zero: all plus, all minus.
    assert sign_flip_p([0.5, 0.5, 0.5]) == pytest.approx(2 / 8, abs=0.02)


def test_ties_say_nothing() -> None:
    assert sign_flip_p([0.0, 0.0]) == 1
    assert sign_flip_p([0.5, 0.5, 0.5, 0.0, 0.0]) == pytest.approx(2 / 8, abs=0.02)


def test_many_wins_are_no_chance_and_as_many_losses_are() -> None:
    assert sign_flip_p([0.2] * 40) < 0.001
    assert sign_flip_p([0.2, -0.2] * 20) == pytest.approx(1, abs=0.01)


@given(st.lists(st.sampled_from([-0.5, -0.25, 0.0, 0.25, 0.5]), min_size=1, max_size=30))
def test_which_side_is_called_this_does_not_matter(gaps: list[float]) -> None:
    assert sign_flip_p(gaps) == sign_flip_p([-gap for gap in gaps])
    assert 0 < sign_flip_p(gaps) <= 1
