from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
import pytest

from ntm_memory.recall.time_match import FADE_DAYS, date_match, time_fit
from ntm_memory.text.dates import DAY, Span

from .worlds import NOW


def seconds(iso):
    return datetime.fromisoformat(iso).replace(tzinfo=timezone.utc).timestamp()


def test_a_time_fits_inside_and_fades_outside():
    span = Span(0, 2 * DAY)
    times = np.array([0, DAY, 2 * DAY, (2 + FADE_DAYS) * DAY, -FADE_DAYS * DAY, 400 * DAY, np.nan])
    assert time_fit(span, times) == pytest.approx([1, 1, 1, np.exp(-1), np.exp(-1), 0, 0], abs=1e-6)


def test_the_narrower_of_two_times_counts_and_of_separate_ones_the_best():
    times = np.array([seconds("2023-05-08T12:00"), seconds("2023-05-25"), seconds("2022-03-03"), np.nan])
    narrow = date_match("in 2023, I mean on May 8, 2023", times, NOW)
    assert narrow is not None and narrow[0] == 1 and narrow[1] < 0.1
    either = date_match("on May 8, 2023 or 2022-03-03", times, NOW)
    assert either == pytest.approx([1, np.exp(-16 / FADE_DAYS), 1, 0], abs=1e-3)


def test_the_same_time_told_twice_counts_once():
    times = np.array([seconds("2023-05-08T12:00")])
    assert date_match("May 8, 2023? On 2023-05-08?", times, NOW) == pytest.approx([1])


def test_a_month_is_taken_in_the_year_that_is_told_beside_it():
    times = np.array([datetime(year, 5, 20, tzinfo=timezone.utc).timestamp() for year in (2021, 2022, 2023)])
    for text in ("in May last year", "May of 2022", "去年的五月"):
        assert date_match(text, times, NOW) == pytest.approx([0, 1, 0], abs=1e-3), text


@pytest.mark.parametrize("year", [2019, 2021, 2023])
def test_a_date_without_year_fits_in_every_year(year):
    there = datetime(year, 5, 8, 12, tzinfo=timezone.utc).timestamp()
    fits = date_match("on May 8", np.array([there, there + 180 * DAY]), NOW)
    assert fits[0] > 0.7 and fits[1] < 0.01


def test_where_no_time_is_told_nothing_is_matched():
    assert date_match("What did Mia say?", np.array([NOW]), NOW) is None
