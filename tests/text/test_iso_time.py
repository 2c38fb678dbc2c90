from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError
from ntm_memory.text.iso_time import in_full, is_period, parse_time, period_ends, to_iso, to_whole_seconds, unix_seconds

NOON = datetime(2026, 5, 8, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "iso", ["2026-05-08T12:00:00Z", "2026-05-08T12:00:00", "2026-05-08 12:00", "2026-05-08T14:00:00+02:00"]
)
def test_one_moment_in_many_forms(iso):
    assert parse_time(iso) == NOON and unix_seconds(iso) == NOON.timestamp()
    assert to_whole_seconds(iso) == "2026-05-08T12:00:00Z" and in_full(iso) == "2026-05-08T12:00:00.000000Z"


def test_a_date_is_its_midnight():
    assert to_whole_seconds("2026-05-08") == "2026-05-08T00:00:00Z"


def test_a_fraction_is_kept_in_full_and_left_out_of_whole_seconds():
    assert in_full("2026-05-08T12:00:00.250Z") == "2026-05-08T12:00:00.250000Z"
    assert to_whole_seconds("2026-05-08T12:00:00.999999Z") == "2026-05-08T12:00:00Z"


@pytest.mark.parametrize("iso", ["", "yesterday", "2026-13-01", "2026-05-08T25:00:00Z"])
def test_what_is_no_time_is_refused(iso):
    for read in (parse_time, unix_seconds, to_whole_seconds):
        with pytest.raises(ValueError):
            read(iso)
    with pytest.raises(BadValueError, match="is not an ISO 8601 time"):
        in_full(iso)


def test_a_time_that_utc_cannot_say_overflows():
    with pytest.raises(OverflowError):
        to_whole_seconds("0001-01-01T00:00:00+05:00")


@given(st.integers(0, 4_000_000_000), st.integers(0, 999_999))
def test_written_and_read_again_it_is_the_same_moment(seconds, micro):
    moment = datetime.fromtimestamp(seconds, timezone.utc) + timedelta(microseconds=micro)
    assert parse_time(to_iso(moment.timestamp())) == moment
    assert in_full(to_iso(moment.timestamp())) == to_iso(moment.timestamp())


@given(st.lists(st.floats(0, 4e9), min_size=2))
def test_times_compare_as_texts(moments):
    assert sorted(map(to_iso, moments)) == [to_iso(moment) for moment in sorted(moments)]


@pytest.mark.parametrize(
    ("period", "first", "after"),
    [
        ("2026", "2026-01-01", "2027-01-01"),
        ("2026-11", "2026-11-01", "2026-12-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-11-16", "2026-11-16", "2026-11-17"),
        ("2026-11-16/2026-11-22", "2026-11-16", "2026-11-23"),
        ("9999-12-31", "9999-12-31", "9999-12-31T23:59:59"),
    ],
)
def test_a_period_has_a_first_midnight_and_one_after_it(period, first, after):
    assert is_period(period)
    assert period_ends(period) == (datetime.fromisoformat(first), datetime.fromisoformat(after))


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-13", "0000", "2026-11-31", "20261116", "2026-11-22/2026-11-16", "2026-02-30/2026-03-01", "9999"],
)
def test_what_is_no_period(text):
    assert not is_period(text)
