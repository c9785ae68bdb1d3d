"""Measures of a ranking, their confidence intervals, and a paired test of two rankings."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_RESAMPLES = 10_000
_SEED = 20_240_229  # fixed: the same results give the same intervals
_BLOCK_VALUES = 2_000_000  # drawn at a time, so that memory stays small for large sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over `count` questions with its 95 % confidence interval."""

    mean: float
    low: float
    high: float
    count: int


def recall_at(depth: int, ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Return the share of `relevant` among the first `depth` of `ranked`, in 0..1.

    Raises:
        ValueError: Nothing is relevant.
    """
    _check(relevant)
    return len(relevant.intersection(ranked[:depth])) / len(relevant)


def hit_at(depth: int, ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Return 1 where one of the first `depth` is relevant, else 0; raises as `recall_at`."""
    _check(relevant)
    return float(not relevant.isdisjoint(ranked[:depth]))


def reciprocal_rank(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Return 1 / rank of the first relevant one, 0 where there is none; raises as `recall_at`."""
    _check(relevant)
    return next((1 / rank for rank, name in enumerate(ranked, 1) if name in relevant), 0.0)


def ndcg_at(depth: int, ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Return the gain discounted by log2(rank + 1), over that of the best order.

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with
    binary gain. Raises as `recall_at`.
    """
    _check(relevant)
    first = dict.fromkeys(ranked)  # a document counts once, where it stands first
    gained = sum(_discount(r) for r, name in enumerate([*first][:depth], 1) if name in relevant)
    return gained / sum(_discount(rank) for rank in range(1, min(depth, len(relevant)) + 1))


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of `values` with the 2.5th and 97.5th percentile of bootstrap means.

    Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; questions are
    drawn with replacement, 10,000 times, with a fixed seed.

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no values to estimate from")
    sample = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(_SEED)
    means = np.concatenate(
        [
            sample[random.integers(0, len(sample), (count, len(sample)))].mean(axis=1)
            for count in _blocks(len(sample))
        ]
    )
    low, high = np.percentile(means, (2.5, 97.5))
    return Estimate(mean=float(sample.mean()), low=float(low), high=float(high), count=len(sample))


def sign_flip_p(differences: Sequence[float]) -> float:
    """Return how likely a mean difference this far from 0 is when both sides are alike.

    A two-sided sign-flip permutation test over paired differences: Smucker, Allan and Carterette,
    "A comparison of statistical significance tests for information retrieval" (CIKM 2007).

    Raises:
        ValueError: There are no differences.
    """
    if not differences:
        raise ValueError("no differences to test")
    sample = np.asarray([value for value in differences if value], dtype=np.float64)
    if not len(sample):
        return 1.0
    seen = abs(sample.sum()) - 1e-12
    random = np.random.default_rng(_SEED)
    as_far = 0
    for count in _blocks(len(sample)):
        signs = random.integers(0, 2, (count, len(sample))) * 2 - 1
        as_far += int((np.abs(signs @ sample) >= seen).sum())
    return (as_far + 1) / (_RESAMPLES + 1)


def _blocks(size: int) -> Iterator[int]:
    """Yield how many resamples of `size` values to draw at a time."""
    left = _RESAMPLES
    while left:
        count = min(left, max(1, _BLOCK_VALUES // size))
        yield count
        left -= count


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _check(relevant: frozenset[str]) -> None:
    if not relevant:
        raise ValueError("no document is relevant: nothing to measure")
