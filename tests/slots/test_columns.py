"""Where numbers stand among others, and where a part of a list reaches what is wanted."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.slots.columns import first_from, places_among, places_in_any_order


@pytest.mark.parametrize("among", [[], [4], [-3, 0, 4, 9], [9, -3, 4, 0]])
@pytest.mark.parametrize("numbers", [[], [4, 4, 1, -3, 9, 10, -4], [[0, 5], [9, 4]]])
def test_numbers_are_found_among_others(numbers, among):
    numbers, expected = np.array(numbers, dtype=np.int64), np.full(np.shape(numbers), -1)
    for place, other in enumerate(among):
        expected[numbers == other] = place
    among = np.array(among, dtype=np.int64)
    for find in (places_in_any_order, places_among) if (np.diff(among) > 0).all() else (places_in_any_order,):
        assert find(numbers, among).tolist() == expected.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_each_part_of_a_list_is_searched_for_itself(seed):
    rng = np.random.default_rng(seed)
    held, entries = rng.permutation(60), rng.permutation(60)[:40].astype(np.int32)
    ends = np.sort(rng.integers(0, 41, 5))
    low, high = np.append(0, ends), np.append(ends, 40)
    for start, end in zip(low, high, strict=True):
        entries[start:end] = entries[start:end][np.argsort(held[entries[start:end]])]
    for wanted in (-1, 0, 17, 59, 60):
        found = first_from(held, entries, low, high, np.full(len(low), wanted))
        parts = zip(low, high, strict=True)
        assert found.tolist() == [start + int((held[entries[start:end]] < wanted).sum()) for start, end in parts]


def test_nothing_is_found_in_an_empty_list():
    none = np.empty(0, dtype=np.int64)
    assert first_from(none, none, np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64), np.arange(2)).tolist() == [
        0,
        0,
    ]
