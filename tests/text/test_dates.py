from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        here = middle.replace(year=datetime.fromtimestamp(span.start, timezone.utc).year).timestamp()
        assert span.start <= here <= span.end


@pytest.mark.parametrize(("text", "start"), THIRDS)
def test_thirds_of_a_month(text, start):
    assert spans(text) == [Span(seconds(start), seconds(start) + 11 * DAY)]


@pytest.mark.parametrize("text", NOTHING)
def test_texts_that_tell_no_time(text):
    assert spans(text) == []


def test_words_that_are_also_months_count_only_as_names():
    assert spans("may I march?") == []
    assert len(spans("in May or in March")) == 2


@pytest.mark.parametrize(("text", "start"), [("去年", "2022-01-01"), ("前年", "2021-01-01"), ("2019年", "2019-01-01")])
def test_chinese_years_alone(text, start):
    assert spans(text) == [Span(seconds(start), seconds(start) + 366 * DAY)]


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


@pytest.mark.parametrize("text", ["twenty-five days ago", "大前天", "上上周", "上上个月", "05/14/2023", "14.05.2023"])
def test_what_is_not_understood_is_not_taken_for_another_time(text):
    assert list(find_spans(text, NOW)) == []
