from __future__ import annotations

import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.sync.stamps import MOST_AHEAD, HybridClock, LogicalTime, read_stamp


def clock(now):
    return HybridClock("a" * 8, 0, lambda: now)


def test_stamps_sort_as_texts_by_time_then_number_then_device():
    told = [
        LogicalTime(1, 0, "z" * 8),
        LogicalTime(1, 1, "a" * 8),
        LogicalTime(2, 0, "a" * 8),
        LogicalTime(16, 0, "2" * 8),
    ]
    assert sorted(map(str, reversed(told))) == [str(each) for each in told]
    assert [read_stamp(str(each)) for each in told] == told


def test_no_stamp_is_given_twice_and_none_is_before_what_was_seen():
    slow = clock(1000.0)
    seen = str(LogicalTime(2_000_000, 7, "b" * 8))
    stamps = [slow.stamp(after=seen), slow.stamp(after=seen), slow.stamp(), slow.stamp(5), slow.stamp(9_000_000_000)]
    assert len(set(stamps)) == 5 and min(stamps[:2]) > seen
    assert read_stamp(stamps[2]).ms == read_stamp(stamps[4]).ms == 1_000_000 and read_stamp(stamps[3]).ms == 5


def test_only_what_is_far_ahead_is_ahead():
    here = clock(1000.0)
    assert not here.is_ahead(str(LogicalTime(1_000_000 + MOST_AHEAD, 0, "b" * 8)))
    assert here.is_ahead(str(LogicalTime(1_000_001 + MOST_AHEAD, 0, "b" * 8)))


@pytest.mark.parametrize("told", ["", "1.2.3", None, 7, "0" * 12 + ".00000000.AAAAAAAA", "é" * 30])
def test_what_is_no_stamp_is_refused(told):
    with pytest.raises(BadValueError):
        read_stamp(told)
