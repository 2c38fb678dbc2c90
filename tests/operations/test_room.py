from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.operations.room import HALF_LIFE_DAYS, least_used, usage
from tests.recall.worlds import DAY, NOW, matrix_of


def four(**columns):
    """Four memories alike in all but what is told."""
    return matrix_of(4, **({"created": np.full(4, NOW - DAY)} | columns))


@pytest.mark.parametrize(
    ("column", "values", "least"),
    [
        ("importance", [0.9, 0.5, 0.1, 0.5], 2),
        ("created", [NOW, NOW - DAY, NOW - 2 * DAY, NOW - 400 * DAY], 3),
        ("reads", [1, 0, 5, 100], 1),
        ("retention", [1.0, 0.9, 0.8, 0.1], 3),
    ],
)
def test_the_important_the_fresh_the_read_and_the_strong_are_kept(column, values, least):
    slots = four(**{column: np.array(values)})
    assert least_used(slots, NOW) == least
    order = np.argsort(-np.array(values, dtype=float))
    assert (np.diff(usage(slots, NOW)[order]) <= 0).all()


def test_of_equals_the_oldest_goes():
    assert least_used(four(), NOW) == 0


def test_numbers_worked_by_hand():
    slots = matrix_of(
        2, created=[NOW - HALF_LIFE_DAYS * DAY, NOW], importance=[0.9, 0.4], reads=[0, 1], retention=[1, 0.5]
    )
    assert usage(slots, NOW) == pytest.approx([0.5, 0.5 * (0.5 + 0.1 * np.log(2))])


def test_a_memory_from_the_future_is_fresh():
    assert usage(matrix_of(1, created=[NOW + 9e8]), NOW) == pytest.approx(usage(matrix_of(1, created=[NOW]), NOW))


@given(st.integers(1, 9), st.integers(0, 1000))
def test_usage_is_finite_never_below_zero_and_wears_down(count, seed):
    rng = np.random.default_rng(seed)
    slots = matrix_of(
        count,
        created=NOW - rng.integers(0, 10**10, size=count),
        importance=rng.random(count),
        reads=rng.integers(0, 10**9, size=count),
        retention=rng.random(count),
    )
    now, later = usage(slots, NOW), usage(slots, NOW + 30 * DAY)
    assert np.isfinite(now).all() and (later >= 0).all() and (later <= now).all()
    assert 0 <= least_used(slots, NOW) < count
