"""What people type as a time: one function for scripts, commands, tools and Python."""

from __future__ import annotations

from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from ntm_memory.entry.told_times import Here, checked_range, checked_time, checked_when
from ntm_memory.errors import BadValueError

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone.utc).timestamp()  # a Wednesday
HERE = Here(NOW, timezone.utc)
THERE = Here(NOW, ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        ("yesterday", "2026-11-17T00:00:00Z"),
        ("last week", "2026-11-09T00:00:00Z"),
        ("March", "2026-03-01T00:00:00Z"),
        ("2026-05", "2026-05-01T00:00:00Z"),
        ("2025", "2025-01-01T00:00:00Z"),
        ("上周五", "2026-11-13T00:00:00Z"),
        ("3 days ago", "2026-11-15T00:00:00Z"),
        ("2026-05-08", "2026-05-08T00:00:00Z"),
        ("2026-05-08T13:56:00+02:00", "2026-05-08T11:56:00Z"),
        (date(2026, 5, 8), "2026-05-08T00:00:00Z"),
    ],
)
def test_a_time_is_its_start(typed, start):
    assert checked_time("after", typed, HERE) == start


def test_days_and_times_without_a_zone_are_local():
    assert checked_time("after", "2026-05-08", THERE) == "2026-05-07T16:00:00Z"
    assert checked_time("after", "2026-05-08T13:56", THERE) == "2026-05-08T05:56:00Z"
    assert checked_time("after", "yesterday", THERE) == "2026-11-16T16:00:00Z"
    assert checked_time("after", "2026-05-08T13:56Z", THERE) == "2026-05-08T13:56:00Z"


def test_records_of_programs_are_iso_8601_in_utc():
    assert checked_time("occurred_at", "2026-05-08") == "2026-05-08T00:00:00Z"
    assert checked_when("occurred_at", "2026-05") == "2026-05"
    assert checked_when("occurred_at", "2026-05-08") == "2026-05-08"
    with pytest.raises(BadValueError, match="expected an ISO 8601 time"):
        checked_time("occurred_at", "yesterday")


@pytest.mark.parametrize("typed", ["soon", "May flowers", "2026-02-31", "12.50", [], {}, True])
def test_what_is_no_time_gets_one_error_with_examples(typed):
    with pytest.raises(BadValueError, match="expected a time") as refused:
        checked_time("after", typed, HERE)
    assert "yesterday" in str(refused.value.hint)


def test_nothing_is_no_time():
    assert checked_time("after", None, HERE) is None is checked_time("after", "  ", HERE)


@pytest.mark.parametrize(
    ("options", "after", "before"),
    [
        ({}, None, None),
        ({"on": "2026-11"}, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ({"on": "yesterday"}, "2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z"),
        ({"on": "2026-05-08"}, "2026-05-08T00:00:00Z", "2026-05-09T00:00:00Z"),
        ({"on": "since March"}, "2026-03-01T00:00:00Z", None),
        ({"between": ["March", "May 2026"]}, "2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z"),
        ({"between": "March and May 2026"}, "2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z"),
        ({"after": "March", "before": "May"}, "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"),
        ({"on": "2026", "after": "2026-05-08"}, "2026-05-08T00:00:00Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_filters_become_one_stretch(options, after, before):
    assert checked_range(options, HERE) == (after, before)


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-18", 24), (date(2026, 10, 25), 25)]
)
def test_a_day_lasts_until_the_next_local_midnight(day, hours):
    berlin = Here(NOW, ZoneInfo("Europe/Berlin"))
    after, before = map(
        datetime.fromisoformat, (each.replace("Z", "+00:00") for each in checked_range({"on": day}, berlin))
    )
    assert (before - after).total_seconds() == hours * 3_600
    assert after.astimezone(berlin.zone).hour == before.astimezone(berlin.zone).hour == 0
    assert checked_range({"between": [day, day]}, berlin) == checked_range({"on": day}, berlin)


def test_the_last_day_of_all_has_an_end_too():
    assert checked_range({"on": "9999-12-31"}, HERE) == ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59Z")


@pytest.mark.parametrize("value", [["May", "March"], ["May"], ["May", "soon"], 5, {"a": 1}])
def test_unusable_ends_are_refused(value):
    with pytest.raises(BadValueError):
        checked_range({"between": value}, HERE)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2026-11", "2026-11"),
        ("last month", "2026-10"),
        ("去年", "2025"),
        ("2025", "2025"),
        ("last week", "2026-11-09/2026-11-15"),
        ("summer 2025", "2025-06-01/2025-08-31"),
        ("2026-11-16/2026-11-22", "2026-11-16/2026-11-22"),
        ("yesterday", "2026-11-17"),
        ("2026-05-08", "2026-05-08"),
        ("20260508", "2026-05-08"),
        (date(2026, 5, 8), "2026-05-08"),
        ("yesterday at 5pm", "2026-11-17T17:00:00Z"),
        ("2026-05-08T13:56:00Z", "2026-05-08T13:56:00Z"),
    ],
)
def test_when_something_happened_is_kept_as_precisely_as_it_was_told(typed, kept):
    assert checked_when("when", typed, HERE) == kept


def test_an_open_time_is_not_when_something_happened():
    with pytest.raises(BadValueError, match="from when until when"):
        checked_when("when", "since March", HERE)
