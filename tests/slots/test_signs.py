"""Keys that share most signs are mostly those that are likest; signs that were made are kept."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.slots.signs import Signs
from tests.recall.worlds import matrix_of, unit


def by_hand(keys, common, key, count):
    """The rows with fewest differing signs, counted one dimension at a time."""
    apart = [sum((a > c) != (b > c) for a, b, c in zip(row, key, common, strict=True)) for row in keys]
    return np.sort(np.argsort(apart, kind="stable")[:count])


@pytest.mark.parametrize("dim", [5, 64, 100])
def test_those_that_share_most_signs_are_found(dim):
    rng = np.random.default_rng(dim)
    keys, common = unit(rng.normal(size=(60, dim)) + 1), unit(np.ones((1, dim)))[0]
    slots, key = matrix_of(60, keys=keys), keys[7] + 0.01
    found = Signs(common).likest(slots, key, 10)
    apart = ((keys > common) != (key > common)).sum(axis=1)
    expected = by_hand(keys, common, key, 10)
    assert len(found) == 10 and (np.diff(found) > 0).all() and 7 in found
    assert sorted(apart[found]) == sorted(apart[expected])  # of equals any
    assert Signs(common).likest(slots, key, 60).tolist() == Signs(common).likest(slots, key, 99).tolist()


def test_of_the_likest_few_are_missed():
    rng = np.random.default_rng(1)
    middle, topics = 2 * rng.normal(size=128), rng.normal(size=(40, 128))
    keys = unit(middle + topics[rng.integers(0, 40, 4_000)] + 0.5 * rng.normal(size=(4_000, 128)))
    slots, mean = matrix_of(4_000, keys=keys), keys.mean(axis=0)
    centred, hits = unit(keys - mean), 0
    for text in rng.integers(0, 4_000, 30):
        best = np.argsort(-(centred @ centred[text]))[:10]
        hits += np.isin(best, Signs(mean).likest(slots, keys[text], 256)).sum()
    assert hits >= 0.95 * 300
