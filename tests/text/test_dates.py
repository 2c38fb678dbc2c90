from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.recall.time_match import FADE_DAYS, date_match, fit
from ntm_memory.text.dates import DAY, Span, find_spans
from tests.recall.worlds import NOW  # Wednesday, 2023-08-16

SPANS = [
    ("What did I do yesterday?", "2023-08-15", 1),
    ("today", "2023-08-16", 1),
    ("the day before yesterday", "2023-08-14", 1),
    ("last week", "2023-08-07", 7),
    ("last Friday", "2023-08-11", 1),
    ("two weeks ago", "2023-07-31", 7),
    ("3 days ago", "2023-08-13", 1),
    ("last month", "2023-07-01", 31),
    ("on 2023-02-14", "2023-02-14", 1),
    ("in May 2023", "2023-05-01", 31),
    ("on May 8, 2023", "2023-05-08", 1),
    ("on 8 May 2023", "2023-05-08", 1),
    ("the 4th of July, 2021", "2021-07-04", 1),
    ("sept. 4, 2022", "2022-09-04", 1),
    ("in 2022", "2022-01-01", 366),
    ("last year", "2022-01-01", 366),
    ("昨天做了什么？", "2023-08-15", 1),
    ("今天", "2023-08-16", 1),
    ("前天", "2023-08-14", 1),
    ("3天前", "2023-08-13", 1),
    ("两周前", "2023-07-31", 7),
    ("上周", "2023-08-07", 7),
    ("上个星期", "2023-08-07", 7),
    ("上礼拜", "2023-08-07", 7),
    ("三个星期前", "2023-07-24", 7),
    ("2023年05月08日", "2023-05-08", 1),
    ("上个月", "2023-07-01", 31),
    ("去年五月", "2022-05-01", 31),
    ("2023年5月8日", "2023-05-08", 1),
    ("2023年五月八号", "2023-05-08", 1),
    ("今年", "2023-01-01", 366),
    ("on 2023.2.14", "2023-02-14", 1),
    ("on 2023/02/14", "2023-02-14", 1),
]
YEARLY = [
    ("on June 3", "2023-06-03", 1),
    ("on the 3rd of June", "2023-06-03", 1),
    ("in May", "2023-05-01", 31),
    ("五月八号", "2023-05-08", 1),
    ("十二月二十五日", "2023-12-25", 1),
    ("3月", "2023-03-01", 31),
]
THIRDS = [
    ("early June 2023", "2023-06-01"),
    ("the beginning of June 2023", "2023-06-01"),
    ("mid-June 2023", "2023-06-11"),
    ("late June 2023", "2023-06-21"),
    ("the end of June 2023", "2023-06-21"),
    ("2023年6月上旬", "2023-06-01"),
    ("2023年6月初", "2023-06-01"),
    ("2023年六月中旬", "2023-06-11"),
    ("2023年6月底", "2023-06-21"),
    ("2023年6月末", "2023-06-21"),
]
NOTHING = [
    "",
    "What did she say?",
    "may I ask you to march on",
    "code 4711",
    "2023-02-31",
    "June 31 2023",
    "二月三十日",
    "0月",
    "十三月",
    "99月",
    "2023年13月",
    "中间",
    "第三天",
    "😀",
    "12345678901234567890 days ago",
]


def seconds(iso):
    return datetime.fromisoformat(iso).replace(tzinfo=timezone.utc).timestamp()


def spans(text, now=NOW):
    return list(find_spans(text, now))


@pytest.mark.parametrize(("text", "start", "days"), SPANS)
def test_times_told(text, start, days):
    assert spans(text) == [Span(seconds(start), seconds(start) + days * DAY)]


@pytest.mark.parametrize(("text", "start", "days"), YEARLY)
def test_a_date_without_year_is_of_every_year(text, start, days):
    (span,) = spans(text)
    assert span.yearly and span.end - span.start == days * DAY
    for year in (2019, 2021, 2023):
        middle = datetime.fromisoformat(start).replace(year=year, tzinfo=timezone.utc) + timedelta(days=days / 2)
        there = np.array([middle.timestamp(), middle.timestamp() + 180 * DAY])
        fits = fit(span, there)
        assert fits[0] > 0.7 and fits[1] < 0.01


@pytest.mark.parametrize(("text", "start"), THIRDS)
def test_thirds_of_a_month(text, start):
    assert spans(text) == [Span(seconds(start), seconds(start) + 11 * DAY)]


@pytest.mark.parametrize("text", NOTHING)
def test_texts_that_tell_no_time(text):
    assert spans(text) == []
    assert date_match(text, np.array([NOW]), NOW) is None


def test_words_that_are_also_months_count_only_as_names():
    assert spans("may I march?") == []
    assert len(spans("in May or in March")) == 2


@pytest.mark.parametrize(("text", "start"), [("去年", "2022-01-01"), ("前年", "2021-01-01"), ("2019年", "2019-01-01")])
def test_chinese_years_alone(text, start):
    assert spans(text) == [Span(seconds(start), seconds(start) + 366 * DAY)]


def test_a_time_fits_inside_and_fades_outside():
    span = Span(0, 2 * DAY)
    times = np.array([0, DAY, 2 * DAY, (2 + FADE_DAYS) * DAY, -FADE_DAYS * DAY, 400 * DAY, np.nan])
    assert fit(span, times) == pytest.approx([1, 1, 1, np.exp(-1), np.exp(-1), 0, 0], abs=1e-6)


def test_the_narrower_of_two_times_counts_and_of_separate_ones_the_best():
    times = np.array([seconds("2023-05-08T12:00"), seconds("2023-05-25"), seconds("2022-03-03"), np.nan])
    narrow = date_match("in 2023, I mean on May 8, 2023", times, NOW)
    assert narrow is not None and narrow[0] == 1 and narrow[1] < 0.1
    either = date_match("on May 8, 2023 or 2022-03-03", times, NOW)
    assert either == pytest.approx([1, np.exp(-16 / FADE_DAYS), 1, 0], abs=1e-3)


def test_the_same_time_told_twice_counts_once():
    times = np.array([seconds("2023-05-08T12:00")])
    assert date_match("May 8, 2023? On 2023-05-08?", times, NOW) == pytest.approx([1])


def test_relative_times_count_from_now():
    (then,) = spans("yesterday", seconds("2024-03-01T23:59"))
    assert then.start == seconds("2024-02-29")
    (new_year,) = spans("last month", seconds("2024-01-01"))
    assert new_year.start == seconds("2023-12-01")


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            ["last", "week", "may", "May", "5", "31", "2023", "99", "ago", "days", ",", "the", "of", "early"]
            + ["年", "月", "日", "去年", "五", "十", "三十", "上个", "底", "前", "天", "号", "0", "9999"]
        ),
        max_size=7,
    ),
    st.booleans(),
    st.integers(0, 4_000_000_000),
)
def test_nonsense_is_left_out_without_a_word(words, spaced, now):
    for span in find_spans((" " if spaced else "").join(words), float(now)):
        assert span.start < span.end
        fits = fit(span, np.array([span.start, now, np.nan]))
        assert fits[0] > 0.7 and np.isfinite(fits).all() and fits[2] == 0


def test_a_month_is_taken_in_the_year_that_is_told_beside_it():
    times = np.array([datetime(year, 5, 20, tzinfo=timezone.utc).timestamp() for year in (2021, 2022, 2023)])
    for text in ("in May last year", "May of 2022", "去年的五月"):
        assert date_match(text, times, NOW) == pytest.approx([0, 1, 0], abs=1e-3), text


@pytest.mark.parametrize("text", ["twenty-five days ago", "大前天", "上上周", "上上个月", "05/14/2023", "14.05.2023"])
def test_what_is_not_understood_is_not_taken_for_another_time(text):
    assert list(find_spans(text, NOW)) == []
