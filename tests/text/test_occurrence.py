"""When something happened, as an interval; the days of zones."""

from __future__ import annotations

from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ntm_memory.slots.spans import in_zone
from ntm_memory.text.occurrence import MOMENT, is_of, kept, middle, span, whole_day

BERLIN, LONDON, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London"), timezone.utc
HOUR = 3_600.0


def at(iso):
    return datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp()


def test_a_day_is_that_day_in_every_zone():
    for zone in (UTC, BERLIN, LONDON, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Los_Angeles")):
        start, end = span("2026-05-30", zone)
        assert [datetime.fromtimestamp(each, zone).isoformat()[:16] for each in (start, end)] == [
            "2026-05-30T00:00",
            "2026-05-31T00:00",
        ]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_has_as_many_hours_as_its_zone_gives_it(day, hours):
    start, end = span(day, BERLIN)
    assert end - start == hours * HOUR


def test_a_day_without_a_midnight_begins_with_its_first_moment():
    cairo = ZoneInfo("Africa/Cairo")  # clocks go from 23:59 to 01:00
    start, end = span("2026-04-24", cairo)
    assert datetime.fromtimestamp(start, cairo).isoformat()[:16] == "2026-04-24T01:00" and end - start == 23 * HOUR
    assert whole_day(start, cairo) == (start, end)


def test_a_day_that_was_left_out_is_a_moment():
    start, end = span("2011-12-30", ZoneInfo("Pacific/Apia"))
    assert 0 < end - start <= 2 * MOMENT


@pytest.mark.parametrize(
    ("when", "first", "after"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-06-10/2026-06-17", "2026-06-10", "2026-06-18"),
        ("2026-06-10T00:00:00Z", "2026-06-10", "2026-06-11"),
    ],
)
def test_what_is_kept_is_a_stretch_of_days(when, first, after):
    assert span(when, UTC) == (at(first), at(after))
    assert middle(when, UTC) == (at(first) + at(after)) / 2


def test_a_moment_that_is_no_local_midnight_is_a_moment():
    for when in ("2026-06-10T00:00:00Z", "2026-06-10T07:30:00Z"):
        start, end = span(when, BERLIN)
        assert start == at(when[:-1]) == middle(when, BERLIN) and end - start <= 2 * MOMENT
    assert span("2026-06-09T22:00:00Z", BERLIN) == span("2026-06-10", BERLIN)


@pytest.mark.parametrize("damaged", ["", "yesterday", "2026-13", "2026-02-30", "2026-06-17/2026-06-10"])
def test_what_is_no_time_is_refused(damaged):
    with pytest.raises(ValueError):
        kept(damaged)


def test_of_a_time_is_what_has_a_moment_in_common_with_it():
    asked = (at("2026-06-12"), at("2026-06-13"))
    for when, there in {
        "2026-06-12": True,
        "2026-06-11": False,
        "2026-06-13": False,
        "2026-06-10/2026-06-12": True,
        "2026-06": True,
        "2026-06-12T23:59:59.999999Z": True,
        "2026-06-13T00:00:01Z": False,
        "2026-06-12T00:00:00.5Z": True,
        "2026-06-11T23:59:59.9Z": False,
    }.items():
        assert is_of(*span(when, UTC), *asked) == there, when
    assert is_of(*span("2026-06-10/2026-06-17", UTC), at("2026-06-12"), None)
    assert is_of(*span("2026-06-10/2026-06-17", UTC), None, at("2026-06-12"))
    assert not is_of(*span("2026-06-10/2026-06-11", UTC), at("2026-06-12"), None)


def test_of_a_night_is_what_was_told_for_the_day_on_which_it_began():
    night = (at("2026-06-11T21:00"), at("2026-06-12T05:00"))
    assert is_of(*span("2026-06-11", UTC), *night) and not is_of(*span("2026-06-12", UTC), *night)
    assert is_of(*span("2026-06-12T03:00:00Z", UTC), *night) and not is_of(*span("2026-06-11T09:00:00Z", UTC), *night)


def test_columns_are_spans():
    told = ["2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T00:00:00Z", "2026", "2026-03-01/2026-03-29", "2026-03-29"]
    columns = np.array([kept(when) for when in told] + [(np.nan, np.nan, 0)])
    start, end = in_zone(columns[:, 0], columns[:, 1], columns[:, 2] == 1, BERLIN)
    assert list(zip(start[:-1], end[:-1], strict=True)) == [span(when, BERLIN) for when in told]
    assert np.isnan([start[-1], end[-1]]).all()
