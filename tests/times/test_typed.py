"""Texts that are nothing but a time: all of it is read, or it is refused and says what was not."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.times.finding import no_such_days
from ntm_memory.times.typed import read_time, read_typed

NOW = datetime(2026, 11, 27, 13, tzinfo=timezone.utc).timestamp()  # a Friday

TYPED = [
    ("12-2025", "2025-12-01", "2026-01-01"),
    ("3 may 26", "2026-05-03", "2026-05-04"),
    ("May 3, 26", "2026-05-03", "2026-05-04"),
    ("may 26", "2026-05-26", "2026-05-27"),
    ("03-May-26", "2026-05-03", "2026-05-04"),
    ("Q1/26", "2026-01-01", "2026-04-01"),
    ("Q1 26", "2026-01-01", "2026-04-01"),
    ("calendar week 20", "2026-05-11", "2026-05-18"),
    ("KW 20/2026", "2026-05-11", "2026-05-18"),
    ("past fortnight", "2026-11-13", "2026-11-28"),
    ("in two weeks", "2026-12-07", "2026-12-14"),
    ("2026-05-03..2026-05-05", "2026-05-03", "2026-05-06"),
    ("2026-05-03 … 2026-05-05", "2026-05-03", "2026-05-06"),
    ("May..July", "2026-05-01", "2026-08-01"),
    ("3.5.-5.5.2026", "2026-05-03", "2026-05-06"),
    ("winter 2025/2026", "2025-12-01", "2026-03-01"),
    ("winter 25/26", "2025-12-01", "2026-03-01"),
    ("2025/26", "2025-01-01", "2027-01-01"),
    ("10d ago", "2026-11-17", "2026-11-18"),
    ("3mo ago", "2026-08-01", "2026-09-01"),
    ("week ago", "2026-11-16", "2026-11-23"),
    ("same day last month", "2026-10-27", "2026-10-28"),
    ("sometime last week", "2026-11-16", "2026-11-23"),
    ("back in 2008", "2008-01-01", "2009-01-01"),
    ("(last Friday)", "2026-11-20", "2026-11-21"),
    ("earlier today", "2026-11-27", "2026-11-28"),
    ("12.13", "2025-12-13", "2025-12-14"),
    ("23.05", "2026-05-23", "2026-05-24"),
    ("5月3-5日", "2026-05-03", "2026-05-06"),
    ("5月3、4号", "2026-05-03", "2026-05-05"),
    ("十一", "2026-10-01", "2026-10-02"),
    ("十来天前", "2026-11-14", "2026-11-20"),
    ("一个多月前", "2026-09-01", "2026-11-01"),
    ("二十多天前", "2026-10-28", "2026-11-07"),
    ("5月3日那天", "2026-05-03", "2026-05-04"),
    ("一昨日", "2026-11-25", "2026-11-26"),
    ("先週", "2026-11-16", "2026-11-23"),
    ("先々週", "2026-11-09", "2026-11-16"),
    ("先週末", "2026-11-21", "2026-11-23"),
    ("三週間前", "2026-11-02", "2026-11-09"),
    ("le 1er mai 2026", "2026-05-01", "2026-05-02"),
    ("неделю назад", "2026-11-16", "2026-11-23"),
    ("через неделю", "2026-11-30", "2026-12-07"),
]
HALF_READ = [
    ("last year in Mai", "in Mai"),
    ("2026-05-03Z", "Z"),
    ("大上周", "大"),
    ("the race in May", "the race in"),
    ("Ladybird Day 2026", "Ladybird Day"),
    ("3 May 2026, and then some", ", and then some"),
    ("12 2026", "12"),
]
TWO = [
    "yesterday's yesterday",
    "昨天的昨天",
    "2026-05-03\n2026-05-05",
    "yesterday, 3 May 2026",
    "before May or after July",
]
ABSENT = [
    "31 April",
    "31 April 2026",
    "30 February",
    "29 Feb 2025",
    "2026-02-31",
    "31/4/2026",
    "31.4.2026",
    "2月30日",
    "二月三十日",
]
NO_TIME = ["", "2026-13", "1700000000", "26", "12.50", "5.3", "soon", "last", "x" * 300, "yesterday" + " " * 300]


def seconds(iso):
    return datetime.fromisoformat(iso).replace(tzinfo=timezone.utc).timestamp()


def typed(text):
    return read_typed(text, NOW, timezone.utc)


@pytest.fixture(autouse=True)
def _european(monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.mark.parametrize(("text", "start", "end"), TYPED)
def test_what_people_type_is_read(text, start, end):
    time = typed(text).time
    assert time is not None and (time.start, time.end) == (seconds(start), seconds(end))


@pytest.mark.parametrize(("text", "left"), HALF_READ)
def test_nothing_is_half_read(text, left):
    assert (typed(text).time, typed(text).left) == (None, left)


@pytest.mark.parametrize("text", TWO)
def test_two_times_are_no_time(text):
    assert typed(text).time is None and len(typed(text).others) == 2


@pytest.mark.parametrize("text", ABSENT)
def test_a_day_that_no_calendar_has_is_told(text):
    assert typed(text).time is None and typed(text).absent == (text,)
    assert no_such_days(f"{text} 发生了什么？", NOW, timezone.utc) == [text]


@pytest.mark.parametrize(
    "text", ["", "3/4 of it", "29 February", "31 May", "2026-02-28", "10.12.1.5", "room 30", "31/12/2025", "二十日"]
)
def test_days_that_there_are_are_not_absent(text):
    assert no_such_days(text, NOW, timezone.utc) == []


@pytest.mark.parametrize("text", NO_TIME)
def test_what_is_no_time_is_none(text):
    assert read_time(text, NOW, timezone.utc) is None


def test_now_is_this_very_second():
    for text in ("now", "right now", "现在", "jetzt"):
        assert typed(text).time.start == NOW and typed(text).time.end == NOW + 1


def test_from_a_time_is_since_it():
    time = typed("from March").time
    assert (time.start, time.end, time.direction) == (seconds("2026-03-01"), float("inf"), "since")


@pytest.mark.parametrize(("system", "start"), [("zh_CN.UTF-8", "2026-05-03"), ("en_US.UTF-8", "2026-05-03")])
def test_a_dotted_day_that_may_be_two_is_read_where_the_system_says_which(monkeypatch, system, start):
    monkeypatch.setenv("LC_ALL", system)
    assert typed("5.3").time.start == seconds(start)
    assert typed("5.3-5.7").time.end == seconds("2026-05-08")


@settings(max_examples=150)
@given(
    st.sampled_from([text for text, *_ in TYPED]),
    st.sampled_from(["fence", "栅栏", "Zaun", "because", "№"]),
    st.booleans(),
)
def test_a_time_with_anything_else_is_refused(text, more, is_first):
    assert typed(f"{more} {text}" if is_first else f"{text} {more}").time is None


@pytest.mark.parametrize("text", ["yesterday today", "today yesterday", "yesterday now", "昨天今天"])
def test_two_times_side_by_side_are_refused_in_either_order(text):
    assert typed(text).time is None and len(typed(text).others) == 2
