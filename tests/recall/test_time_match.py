from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ntm_memory.recall.time_match import FADE_DAYS, date_match, mention_fit, time_fit
from ntm_memory.text.occurrence import MOMENT
from ntm_memory.times.finding import find_times, narrowest
from ntm_memory.times.told import DAY, Time

from .worlds import NOW


def seconds(iso):
    return datetime.fromisoformat(iso).replace(tzinfo=timezone.utc).timestamp()


def at(times):
    """Moments as stretches of time."""
    return times, times + MOMENT


def times_in(text, zone=timezone.utc):
    return narrowest(find_times(text, NOW, zone))


def test_a_time_fits_inside_and_fades_outside():
    span = Time(0, 2 * DAY)
    times = np.array([0, DAY, 2 * DAY, (2 + FADE_DAYS) * DAY, -FADE_DAYS * DAY, 400 * DAY, np.nan])
    a_day, six = np.exp([-1 / FADE_DAYS, -6 / FADE_DAYS])  # the midnight after it is of the next day
    assert time_fit(span, *at(times)) == pytest.approx([1, 1, a_day, six, six, 0, 0], abs=1e-5)


def test_a_stretch_fits_where_it_has_a_moment_in_common():
    start, end = np.array([[-3.0, 1.0], [1.0, 9.0], [-3.0, 0.0], [2.0, 3.0], [-3.0, 9.0]]).T * DAY
    a_day = np.exp(-1 / FADE_DAYS)
    assert time_fit(Time(0, 2 * DAY), start, end) == pytest.approx([1, 1, a_day, a_day, 1])


def test_the_narrower_of_two_times_counts_and_of_separate_ones_the_best():
    times = np.array([seconds("2023-05-08T12:00"), seconds("2023-05-25"), seconds("2022-03-03"), np.nan])
    narrow = date_match(times_in("in 2023, I mean on May 8, 2023"), *at(times))
    assert narrow is not None and narrow[0] == 1 and narrow[1] < 0.1
    either = date_match(times_in("on May 8, 2023 or 2022-03-03"), *at(times))
    assert either == pytest.approx([1, np.exp(-17 / FADE_DAYS), 1, 0], abs=1e-3)


def test_the_same_time_told_twice_counts_once():
    times = np.array([seconds("2023-05-08T12:00")])
    assert date_match(times_in("May 8, 2023? On 2023-05-08?"), *at(times)) == pytest.approx([1])


def test_a_month_is_taken_in_the_year_that_is_told_beside_it():
    times = np.array([datetime(year, 5, 20, tzinfo=timezone.utc).timestamp() for year in (2021, 2022, 2023)])
    for text in ("in May last year", "May of 2022", "去年的五月"):
        assert date_match(times_in(text), *at(times)) == pytest.approx([0, 1, 0], abs=1e-3), text


@pytest.mark.parametrize("year", [2019, 2021, 2023])
def test_a_date_without_year_fits_in_every_year(year):
    there = datetime(year, 5, 8, 12, tzinfo=timezone.utc).timestamp()
    fits = date_match(times_in("on May 8"), *at(np.array([there, there + 180 * DAY])))
    assert fits[0] > 0.7 and fits[1] < 0.01


def test_where_no_time_is_told_nothing_is_matched():
    assert date_match(times_in("What did Mia say?"), *at(np.array([NOW]))) is None


def test_open_intervals_fit_on_their_side_and_fade_on_the_other():
    times = np.array([seconds("2023-05-10"), seconds("2023-05-26"), seconds("2022-01-01"), seconds("2023-08-01")])
    near = np.exp(-10 / FADE_DAYS)
    for text, wanted in {
        "after 18 May 2023": [np.exp(-10 / FADE_DAYS), 1, 0, 1],
        "since 10 May 2023": [1, 1, 0, 1],
        "before May 2023": [near, np.exp(-26 / FADE_DAYS), 1, 0],
        "until 10 May 2023": [1, np.exp(-16 / FADE_DAYS), 1, 0],
        "between May and June 2023": [1, 1, 0, 0],
        "2023年5月20日以后": [np.exp(-12 / FADE_DAYS), 1, 0, 1],
        "2023年5月到6月": [1, 1, 0, 0],
    }.items():
        assert date_match(times_in(text), *at(times)) == pytest.approx(wanted, abs=3e-3), text


def test_an_open_interval_without_a_year_is_not_of_every_year():
    times = np.array([seconds("2023-03-03"), seconds("2022-11-03"), seconds("2023-07-01")])
    assert date_match(times_in("What did I do before May?"), *at(times)) == pytest.approx([1, 1, 0], abs=1e-3)


def test_days_are_those_of_the_zone():
    late = np.array([seconds("2023-08-15T03:00")])  # the 14th in New York, two days before NOW
    assert date_match(times_in("yesterday"), *at(late))[0] == 1
    assert date_match(times_in("yesterday", ZoneInfo("America/New_York")), *at(late))[0] < 1


def test_a_mentioned_time_fits_the_less_the_longer_it_is_than_what_is_asked_for():
    day = Time(seconds("2023-05-08"), seconds("2023-05-09"))
    told = np.full((6, 2, 3), np.nan)
    for row, (start, end, yearly) in enumerate(
        [
            ("2023-05-08", "2023-05-09", 0),
            ("2023-05-01", "2023-06-01", 0),
            ("2023-05-14", "2023-05-15", 0),
            ("2021-05-08", "2021-05-09", 1),
            ("2021-05-08", "2021-05-09", 0),
        ]
    ):
        told[row, row % 2] = seconds(start), seconds(end), yearly
    fits = mention_fit(day, told)
    assert fits[[0, 5]] == pytest.approx([1, 0]) and fits[3] > 0.7 and fits[4] == 0
    assert fits[1] == pytest.approx(1 / 31, rel=0.1) and fits[2] == pytest.approx(np.exp(-6 / FADE_DAYS), rel=0.1)
    told[4, 0] = seconds("2023-05-09"), seconds("2023-05-10"), 0  # the day after
    assert mention_fit(day, told)[0] == 1 > mention_fit(day, told)[4]
    told[0, 0] = seconds("2020-01-01"), np.inf, 0  # "since 2020" says of no day that it was then
    assert mention_fit(day, told)[0] == 0


def test_what_a_memory_mentions_counts_as_when_it_happened():
    happened, mentioned = np.array([seconds("2023-01-01")] * 2), np.full((2, 1, 3), np.nan)
    mentioned[1, 0] = seconds("2023-08-15"), seconds("2023-08-16"), 0
    assert date_match(times_in("yesterday"), *at(happened), mentioned) == pytest.approx([0, 1], abs=1e-6)
