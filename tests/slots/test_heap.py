"""What a file may say of entries, their key rows and their slots."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.slots.heap import are_given_once, are_owned


@pytest.mark.parametrize(
    ("passages", "rows", "owned"),
    [
        ([], 0, True),
        ([], 1, False),
        ([1, 2, 1], 4, True),
        ([1, 2, 1], 5, False),
        ([4], 3, False),
        ([3, 0], 3, False),
        ([5, -1], 4, False),
        ([2**62, 2**62, 2**62, 2**62, 1], 1, False),  # their sum, 64 bits long, is 1
    ],
)
def test_entries_own_all_key_rows_or_they_do_not(passages, rows, owned):
    assert are_owned(np.array(passages, dtype=np.int64), rows) is owned


@pytest.mark.parametrize(
    ("address", "given", "once"),
    [
        ([], 0, True),
        ([2, 0], 3, True),
        ([2, 0], 2, False),
        ([1, 1], 3, False),
        ([-1, 0], 3, False),
        ([0, 2**62], 3, False),  # not counted: that would take all the RAM there is
    ],
)
def test_slots_are_given_once_or_they_are_not(address, given, once):
    assert are_given_once(np.array(address, dtype=np.int64), given) is once
