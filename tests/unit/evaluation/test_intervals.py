"""Intervals and tests against what can be computed exactly, and against independent implementations."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from retrieval.evaluation.intervals import estimates, paired, separation

SCORES = st.lists(st.floats(0, 1, allow_nan=False), min_size=2, max_size=40)


def test_a_mean_of_equal_values_is_certain() -> None:
    (found,) = estimates([[0.5] * 20])
    assert (found.mean, found.low, found.high, found.count) == (0.5, 0.5, 0.5, 20)


def test_the_interval_is_that_of_another_implementation() -> None:
    values = np.random.default_rng(1).random(200)
    (found,) = estimates([list(values)])
    other = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=5000, rng=1).confidence_interval
    assert found.low == pytest.approx(other.low, abs=0.004)
    assert found.high == pytest.approx(other.high, abs=0.004)


def test_a_measure_that_some_questions_lack_is_averaged_over_the_others() -> None:
    whole, part = estimates([[1.0, 0.0, 1.0, 0.0], [1.0, math.nan, 0.0, math.nan]])
    assert (whole.mean, whole.count) == (0.5, 4)
    assert (part.mean, part.count) == (0.5, 2)


@given(SCORES)
def test_the_mean_lies_in_its_interval_and_is_repeatable(values: list[float]) -> None:
    (found,) = estimates([values])
    assert found.low - 1e-9 <= found.mean <= found.high + 1e-9
    assert estimates([values]) == [found]


def test_the_randomisation_test_is_the_exact_one() -> None:
    differences = [0.3, 0.1, -0.2, 0.4, 0.25, 0.05, -0.1, 0.35]
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in itertools.product((1, -1), repeat=8)
    ]
    exact = sum(total >= abs(sum(differences)) - 1e-9 for total in sums) / len(sums)
    (found,) = paired([[0.0] * 8], [differences])
    assert found.p_randomisation == pytest.approx(exact, abs=0.015)
    assert found.difference == pytest.approx(sum(differences) / 8)


def test_no_difference_is_no_difference() -> None:
    (found,) = paired([[0.0, 1.0, 0.5]], [[0.0, 1.0, 0.5]])
    assert (found.difference, found.p_bootstrap, found.p_randomisation) == (0, 1, 1)


def test_a_clear_difference_is_found_in_both_directions() -> None:
    better = [0.1 + value for value in np.random.default_rng(2).random(60)]
    (up,) = paired([[0.0] * 60], [better])
    (down,) = paired([better], [[0.0] * 60])
    assert up.low > 0 > down.high
    assert max(up.p_bootstrap, up.p_randomisation, down.p_bootstrap, down.p_randomisation) < 0.001
    assert up.difference == pytest.approx(-down.difference)


def test_chance_is_called_a_difference_no_more_often_than_it_should() -> None:
    generator = np.random.default_rng(3)
    columns = generator.random((60, 40))
    found = paired(columns.tolist(), generator.random((60, 40)).tolist())
    assert sum(one.p_randomisation < 0.05 for one in found) <= 8
    assert sum(one.p_bootstrap < 0.05 for one in found) <= 9


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_order(positive: list[float], negative: list[float]) -> None:
    found = separation(positive, negative)
    pairs = [(high > low) + (high == low) / 2 for high in positive for low in negative]
    assert found is not None
    assert found.mean == pytest.approx(sum(pairs) / len(pairs))
    assert 0 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= 1


def test_the_interval_of_the_area_is_that_of_resampled_rankings() -> None:
    generator = np.random.default_rng(4)
    positive, negative = generator.normal(1, 1, 80), generator.normal(0, 1, 60)

    def area(high: np.ndarray, low: np.ndarray) -> float:
        return float(stats.mannwhitneyu(high, low).statistic) / (len(high) * len(low))

    areas = [area(generator.choice(positive, 80), generator.choice(negative, 60)) for _ in range(600)]
    found = separation(list(positive), list(negative))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(areas, (2.5, 97.5))), abs=0.02)


def test_there_is_no_area_with_one_side_only() -> None:
    assert separation([0.5], []) is None
    assert separation([], [0.5]) is None
