"""How sure a mean is, and a difference of two means of the same questions.

Bootstrap: Efron and Tibshirani (1993), percentile intervals over resampled questions. Randomisation: Fisher's paired
test, as Smucker, Allan and Carterette (CIKM 2007) advise for retrieval. All of it is repeatable: the seed is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
PERMUTATIONS = 10_000
_SEED = 7
_LEVEL = (2.5, 97.5)
_BLOCK = 2_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over `count` questions with its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDifference:
    """`after - before` over the same `count` questions, its 95 % interval, and two two-sided p-values of the hypothesis
    that there is none: by the paired bootstrap and by the randomisation test."""

    before: float
    after: float
    difference: float
    low: float
    high: float
    p_bootstrap: float
    p_randomisation: float
    count: int


def estimates(columns: Sequence[Sequence[float]]) -> list[Estimate]:
    """The mean of each column with its interval. NaN: the measure does not exist for that question, which then counts
    in no mean of it. All columns have the same questions in the same order, at least one."""
    values = np.asarray(columns, dtype=np.float64)
    return [
        Estimate(mean=float(np.nanmean(column)), count=_count(column), **_interval(sample))
        for column, sample in zip(values, _resampled_means(values, RESAMPLES), strict=True)
    ]


def paired(before: Sequence[Sequence[float]], after: Sequence[Sequence[float]]) -> list[PairedDifference]:
    """Compare the means of each column, over the same questions in the same order; NaN as in `estimates`, in the same
    places of both."""
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    differences = second - first
    samples = _resampled_means(differences, PERMUTATIONS)
    by_chance = _randomisation(np.nan_to_num(differences))
    return [
        PairedDifference(
            before=float(np.nanmean(old)),
            after=float(np.nanmean(new)),
            difference=float(np.nanmean(new - old)),
            p_bootstrap=_sign_probability(sample),
            p_randomisation=p,
            count=_count(new - old),
            **_interval(sample),
        )
        for old, new, sample, p in zip(first, second, samples, by_chance, strict=True)
    ]


def separation(positive: Sequence[float], negative: Sequence[float]) -> Estimate | None:
    """Area under the ROC curve of a score that should be higher for `positive`: the share of pairs that it puts in
    order, ties for a half (Mann-Whitney). The interval resamples both sides. None where a side is empty."""
    if not positive or not negative:
        return None
    high, low = np.asarray(positive, dtype=np.float64), np.sort(np.asarray(negative, dtype=np.float64))
    wins = (np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")) / 2
    losses = np.sort(high)
    against = len(high) - (np.searchsorted(losses, low, "left") + np.searchsorted(losses, low, "right")) / 2
    area = float(wins.mean() / len(low))
    # The area is linear in each side: resampling a side's own share of it and adding both gives the usual interval
    # (DeLong, DeLong and Clarke-Pearson 1988) without a ranking per resample.
    left = np.concatenate([d @ (wins / len(low) - area) / len(high) for d in _resamples(len(high), RESAMPLES)])
    right = np.concatenate(
        [d @ (against / len(high) - area) / len(low) for d in _resamples(len(low), RESAMPLES, seed=_SEED + 1)]
    )
    bounds = {name: min(1.0, max(0.0, bound)) for name, bound in _interval(area + left + right).items()}
    return Estimate(mean=area, count=len(high) + len(low), **bounds)


def _resamples(size: int, resamples: int, seed: int = _SEED) -> Iterator[Floats]:
    """How often each of `size` questions is drawn, a row per resample, in blocks that fit in memory."""
    generator = np.random.default_rng(seed)
    rows = max(1, min(resamples, _BLOCK // size))
    for begin in range(0, resamples, rows):
        count = min(rows, resamples - begin)
        drawn = generator.integers(0, size, (count, size)) + np.arange(count)[:, None] * size
        yield np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size).astype(np.float64)


def _resampled_means(values: Floats, resamples: int) -> Floats:
    """The means of each column in every resample; the columns share the resamples."""
    exists = ~np.isnan(values)
    weights = np.concatenate((np.nan_to_num(values), exists)).T
    sums = np.concatenate([drawn @ weights for drawn in _resamples(values.shape[1], resamples)])
    totals, counts = np.hsplit(sums, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Floats = (totals / counts).T
    return means


def _randomisation(differences: Floats) -> list[float]:
    """Two-sided p of each column: how often random signs give a sum at least as far from zero; the sum as it is is one
    of the cases."""
    generator = np.random.default_rng(_SEED)
    # rounding must not make an equally large sum look smaller
    observed = np.abs(differences.sum(axis=1)) - 1e-9
    rows = max(1, _BLOCK // differences.shape[1])
    at_least = np.zeros(len(differences), dtype=np.int64)
    for begin in range(0, PERMUTATIONS, rows):
        shape = (min(rows, PERMUTATIONS - begin), differences.shape[1])
        signs = generator.integers(0, 2, shape, dtype=np.int8).astype(np.float64) * 2 - 1
        at_least += (np.abs(signs @ differences.T) >= observed).sum(axis=0)
    return [float(p) for p in (at_least + 1) / (PERMUTATIONS + 1)]


def _sign_probability(sample: Floats) -> float:
    """Two-sided p: twice the share of resamples on the other side of zero."""
    other_side = min(int((sample <= 0).sum()), int((sample >= 0).sum()))
    return min(1.0, 2 * (other_side + 1) / (len(sample) + 1))


def _count(column: Floats) -> int:
    return int((~np.isnan(column)).sum())


def _interval(sample: Floats) -> dict[str, float]:
    """Resamples that drew none of the questions which have the measure say nothing."""
    low, high = np.nanpercentile(sample, _LEVEL)
    return {"low": float(low), "high": float(high)}
