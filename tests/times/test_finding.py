"""Times told in words; the tables here are ours, those of strangers are in tests/outsiders/times."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta, timezone
from math import inf
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.times.finding import find_times, mentions, narrowest
from ntm_memory.times.told import DIRECTIONS
from ntm_memory.times.typed import read_time
from tests.recall.worlds import NOW  # Wednesday, 2023-08-16, in UTC

ON = [
    ("What did I do yesterday?", "2023-08-15", 1),
    ("today", "2023-08-16", 1),
    ("the day before yesterday", "2023-08-14", 1),
    ("last week", "2023-08-07", 7),
    ("last Friday", "2023-08-11", 1),
    ("Friday before last", "2023-08-04", 1),
    ("three Fridays ago", "2023-07-28", 1),
    ("the weekend before last", "2023-08-05", 2),
    ("two weeks ago", "2023-07-31", 7),
    ("a fortnight ago", "2023-07-31", 7),
    ("3 days ago", "2023-08-13", 1),
    ("twenty-five days ago", "2023-07-22", 1),
    ("last month", "2023-07-01", 31),
    ("half a year ago", "2023-02-01", 31),
    ("a year and a half ago", "2022-02-01", 28),
    ("on 2023-02-14", "2023-02-14", 1),
    ("from 20230214", "2023-02-14", 1),
    ("in May 2023", "2023-05-01", 31),
    ("on May 8, 2023", "2023-05-08", 1),
    ("on 8 May 2023", "2023-05-08", 1),
    ("the 4th of July, 2021", "2021-07-04", 1),
    ("the twenty-third of May 2021", "2021-05-23", 1),
    ("sept. 4, 2022", "2022-09-04", 1),
    ("in 2022", "2022-01-01", 365),
    ("back in '08", "2008-01-01", 366),
    ("last year", "2022-01-01", 365),
    ("the 1990s", "1990-01-01", 3652),
    ("Q3 2022", "2022-07-01", 92),
    ("the second half of 2022", "2022-07-01", 184),
    ("the summer of 2021", "2021-06-01", 92),
    ("the first week of May 2022", "2022-05-01", 7),
    ("the last Friday of May 2022", "2022-05-27", 1),
    ("in week 12 of 2023", "2023-03-20", 7),
    ("end of last year", "2022-11-01", 61),
    ("Christmas 2021", "2021-12-25", 1),
    ("two days before Christmas 2021", "2021-12-23", 1),
    ("Easter Monday 2022", "2022-04-18", 1),
    ("a year ago today", "2022-08-16", 1),
    ("on 2023.2.14", "2023-02-14", 1),
    ("on 2023/02/14", "2023-02-14", 1),
    ("on 14.2.2023", "2023-02-14", 1),
    ("on 14-Feb-2023", "2023-02-14", 1),
    ("14/Feb/23", "2023-02-14", 1),
    ("2023-Feb-14", "2023-02-14", 1),
    ("in 02-2023", "2023-02-01", 28),
    ("Feb-2023", "2023-02-01", 28),
    ("2023-W20", "2023-05-15", 7),
    ("2023-W20-3", "2023-05-17", 1),
    ("in week 20/2022", "2022-05-16", 7),
    ("in Q1/22", "2022-01-01", 90),
    ("in Q1-2022", "2022-01-01", 90),
    ("in the winter of 2021/2022", "2021-12-01", 90),
    ("last year in May", "2022-05-01", 31),
    ("last summer in July", "2022-07-01", 31),
    ("this day last year", "2022-08-16", 1),
    ("the same date last month", "2023-07-16", 1),
    ("this week last year", "2022-08-15", 7),
    ("去年的这一天", "2022-08-16", 1),
    ("1 week and 2 days ago", "2023-08-07", 1),
    ("2 years, 3 months ago", "2021-05-01", 31),
    ("1年3个月前", "2022-05-01", 31),
    ("vor 3 Wochen und 2 Tagen", "2023-07-24", 1),
    ("10d ago", "2023-08-06", 1),
    ("a week last Friday", "2023-08-04", 1),
    ("two weeks yesterday", "2023-08-01", 1),
    ("last last week", "2023-07-31", 7),
    ("last Monday but one", "2023-08-07", 1),
    ("the weekend of 12 May 2023", "2023-05-13", 2),
    ("the weekend of last week", "2023-08-12", 2),
    ("the month of May 2023", "2023-05-01", 31),
    ("неделю назад", "2023-08-07", 7),
    ("昨天做了什么？", "2023-08-15", 1),
    ("今天", "2023-08-16", 1),
    ("前天", "2023-08-14", 1),
    ("大前天", "2023-08-13", 1),
    ("3天前", "2023-08-13", 1),
    ("两周前", "2023-07-31", 7),
    ("上周", "2023-08-07", 7),
    ("上上周", "2023-07-31", 7),
    ("上个星期", "2023-08-07", 7),
    ("上礼拜", "2023-08-07", 7),
    ("上周五", "2023-08-11", 1),
    ("下下周一", "2023-08-28", 1),
    ("三个星期前", "2023-07-24", 7),
    ("半年前", "2023-02-01", 31),
    ("2023年05月08日", "2023-05-08", 1),
    ("上个月", "2023-07-01", 31),
    ("上上个月", "2023-06-01", 30),
    ("上个月底", "2023-07-21", 11),
    ("去年五月", "2022-05-01", 31),
    ("去年夏天", "2022-06-01", 92),
    ("2022年第三季度", "2022-07-01", 92),
    ("2023年5月8日", "2023-05-08", 1),
    ("2023年五月八号", "2023-05-08", 1),
    ("二〇二二年五月三日", "2022-05-03", 1),
    ("今年", "2023-01-01", 365),
    ("前年", "2021-01-01", 365),
    ("2019年", "2019-01-01", 365),
    ("2022年春节", "2022-02-01", 7),
    ("2022年8月最后一个周五", "2022-08-26", 1),
    ("上個禮拜五", "2023-08-11", 1),
    ("gestern", "2023-08-15", 1),
    ("am 3. Mai 2022", "2022-05-03", 1),
    ("vor zwei Wochen", "2023-07-31", 7),
    ("letzten Freitag", "2023-08-11", 1),
    ("hier", "2023-08-15", 1),
    ("le 14 juillet 2022", "2022-07-14", 1),
    ("la semaine dernière", "2023-08-07", 7),
    ("il y a trois jours", "2023-08-13", 1),
    ("el 3 de mayo de 2022", "2022-05-03", 1),
    ("el viernes pasado", "2023-08-11", 1),
    ("hace dos semanas", "2023-07-31", 7),
    ("3 мая 2022 года", "2022-05-03", 1),
    ("в прошлую пятницу", "2023-08-11", 1),
    ("три дня назад", "2023-08-13", 1),
    ("先週の金曜日", "2023-08-11", 1),
    ("3日前に", "2023-08-13", 1),
    ("令和4年5月3日", "2022-05-03", 1),
    ("지난주 금요일", "2023-08-11", 1),
    ("2022년 5월 3일", "2022-05-03", 1),
]
YEARLY = [
    ("on June 3", "2023-06-03", 1),
    ("on the 3rd of June", "2023-06-03", 1),
    ("in May", "2023-05-01", 31),
    ("in October", "2022-10-01", 31),
    ("on 13/4", "2023-04-13", 1),
    ("五月八号", "2023-05-08", 1),
    ("十二月二十五日", "2022-12-25", 1),
    ("3月", "2023-03-01", 31),
    ("the month of May", "2023-05-01", 31),
    ("on Halloween", "2022-10-31", 1),
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
]
DIRECTED = [
    ("What happened between March and May?", "2023-03-01", "2023-06-01", "between"),
    ("from 3 to 7 May", "2023-05-03", "2023-05-08", "between"),
    ("3–7 May 2022", "2022-05-03", "2022-05-08", "between"),
    ("13 May 2021 to 3 June 2021", "2021-05-13", "2021-06-04", "between"),
    ("5月3日到7日", "2023-05-03", "2023-05-08", "between"),
    ("从去年3月到今年5月", "2022-03-01", "2023-06-01", "between"),
    ("昨天下午3点到5点", "2023-08-15T15:00", "2023-08-15T17:00", "between"),
    ("after last Monday", "2023-08-15", None, "after"),
    ("since 2020", "2020-01-01", None, "since"),
    ("from May 2022 on", "2022-05-01", None, "since"),
    ("from March until now", "2023-03-01", None, "since"),
    ("2020年以来", "2020-01-01", None, "since"),
    ("before May 2022", None, "2022-05-01", "before"),
    ("五一之前", None, "2023-05-01", "before"),
    ("until 3 May 2022", None, "2022-05-04", "until"),
    ("截至上周五", None, "2023-08-12", "until"),
    ("around 5 May 2022", "2022-05-02", "2022-05-09", "about"),
    ("a few days ago", "2023-08-11", "2023-08-15", "about"),
    ("前几天", "2023-08-09", "2023-08-16", "about"),
    ("the past three weeks", "2023-07-26", "2023-08-17", "about"),
    ("yesterday evening", "2023-08-15T18:00", "2023-08-16", "on"),
    ("last night", "2023-08-15T18:00", "2023-08-16T06:00", "on"),
    ("昨晚", "2023-08-15T18:00", "2023-08-16T06:00", "on"),
    ("昨天晚上", "2023-08-15T18:00", "2023-08-16T06:00", "on"),
    ("at 2 last night", "2023-08-16T02:00", "2023-08-16T03:00", "on"),
    ("tonight", "2023-08-16T18:00", "2023-08-17", "on"),
    ("今晚", "2023-08-16T18:00", "2023-08-17", "on"),
    ("What happened until 4 August?", None, "2023-08-05", "until"),
    ("What happened up to 4 November?", None, "2022-11-05", "until"),
    ("8月4日为止发生了什么？", None, "2023-08-05", "until"),
    ("What is planned until 18 August?", None, "2023-08-19", "until"),
    ("The shop is closed until March", None, "2024-04-01", "until"),
    ("The shop was closed until March", None, "2023-04-01", "until"),
    ("We were there in May. The shop is closed until March", None, "2024-04-01", "until"),
    ("到2022年3月为止", None, "2022-04-01", "until"),
    ("after the 3rd and before the 6th of June", "2023-06-04", "2023-06-06", "between"),
    ("before the 6th and after the 3rd of June", "2023-06-04", "2023-06-06", "between"),
    ("after 3 June but before 6 June", "2023-06-04", "2023-06-06", "between"),
    ("since March, until May", "2023-03-01", "2023-06-01", "between"),
    ("6月3日之后、6月6日之前", "2023-06-04", "2023-06-06", "between"),
    ("8月3号以后6号以前", "2023-08-04", "2023-08-06", "between"),
    ("nach dem 3. Mai und vor dem 6. Mai", "2023-05-04", "2023-05-06", "between"),
    ("yesterday at 5pm", "2023-08-15T17:00", "2023-08-15T18:00", "on"),
    ("8 last night", "2023-08-15T20:00", "2023-08-15T21:00", "on"),
    ("前天下午三点半", "2023-08-14T15:30", "2023-08-14T15:31", "on"),
    ("2023-05-08T13:56:00+02:00", "2023-05-08T11:56", "2023-05-08T11:57", "on"),
]
NOTHING = [
    "",
    "What did she say?",
    "may I ask you to march on",
    "April said she may come",
    "code 4711",
    "room 2019",
    "version 3.4.2 costs 12.50 at 10.12.1.5:8080",
    "call 555-1234-567",
    "a second helping of spring water",
    "every Friday",
    "on Fridays",
    "in the morning",
    "3/4 of the cake",
    "my last name, last time",
    "2023-02-31",
    "version 2026-13",
    "model W20",
    "the 2025-26 school year",
    "he is 2y old",
    "2 years, 3 months old",
    "on the same day",
    "二月三十日",
    "0月",
    "十三月",
    "99月",
    "2023年13月",
    "中间",
    "第三天",
    "目前",
    "三天两头",
    "3号楼",
    "交去年级组",
    "《五月》",
    "😀",
    "12345678901234567890 days ago",
]


def seconds(iso):
    return datetime.fromisoformat(iso).replace(tzinfo=timezone.utc).timestamp()


def told(text, now=NOW, **options):
    return find_times(text, now, timezone.utc, **options)


@pytest.mark.parametrize(("text", "start", "days"), ON)
def test_times_told(text, start, days):
    (found,) = told(text)
    assert (found.start, found.end - found.start) == (seconds(start), days * 86_400)
    assert not found.yearly and found.direction == "on"


@pytest.mark.parametrize(("text", "start", "days"), YEARLY)
def test_a_date_without_year_is_the_latest_one_and_of_every_year(text, start, days):
    (found,) = told(text)
    assert found.yearly and (found.start, found.end) == (seconds(start), seconds(start) + days * 86_400)


@pytest.mark.parametrize(("text", "start"), THIRDS)
def test_thirds_of_a_month(text, start):
    (found,) = told(text)
    assert (found.start, found.end, found.precision) == (seconds(start), seconds(start) + 10 * 86_400, "third")


@pytest.mark.parametrize(("text", "start", "end", "direction"), DIRECTED)
def test_ranges_directions_and_hours(text, start, end, direction):
    found = told(text)[-1]
    assert found.start == (-inf if start is None else seconds(start))
    assert found.end == (inf if end is None else seconds(end))
    assert found.direction == direction


@pytest.mark.parametrize("text", NOTHING)
def test_texts_that_tell_no_time(text):
    assert told(text) == []


def test_words_that_are_also_months_need_a_preposition_or_a_number():
    assert told("may I march?") == [] == told("the march of progress")
    assert len(told("in May or in March")) == 2
    assert len(told("May 2022")) == 1


def test_relative_times_count_from_now():
    assert told("yesterday", seconds("2024-03-01T23:59"))[0].start == seconds("2024-02-29")
    assert told("last month", seconds("2024-01-01"))[0].start == seconds("2023-12-01")
    assert told("in February", seconds("2024-03-31"))[0].end == seconds("2024-03-01")


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("I will be there in May", ["2024-05-01"]),
        ("We will meet on Friday", ["2023-08-18"]),
        ("我打算五月去", ["2024-05-01"]),
        ("We moved in May. I will call in June.", ["2023-05-01", "2024-06-01"]),
        ("Will it rain in May? In June it rained.", ["2024-05-01", "2023-06-01"]),
        ("We moved in May\nI will call in June", ["2023-05-01", "2024-06-01"]),
        ("我们五月搬的家。打算六月装修", ["2023-05-01", "2024-06-01"]),
        ("I will see Dr. Smith in May", ["2024-05-01"]),
        ("am 3. Mai werde ich fahren", ["2024-05-03"]),
        ("I will see J. Smith in May", ["2024-05-01"]),
    ],
)
def test_a_date_without_year_is_the_next_one_in_a_sentence_that_looks_ahead(text, starts):
    days = [datetime.fromtimestamp(time.start, timezone.utc).date().isoformat() for time in told(text)]
    assert days == starts


def test_a_leap_day_is_looked_for_in_the_years_before():
    assert told("on 29 February")[0].start == seconds("2020-02-29")


def test_the_order_of_day_and_month_is_the_language_s_or_told():
    assert told("on 3/4/2022", month_first=False)[0].start == seconds("2022-04-03")
    assert told("on 3/4/2022", month_first=True)[0].start == seconds("2022-03-04")
    assert told("am 3/4/2022 war ich da", month_first=True)[0].start == seconds("2022-04-03")
    assert told("2022年的会议，3/4/2022")[-1].start == seconds("2022-03-04")


def test_the_system_s_language_decides_where_nothing_else_does(monkeypatch):
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert told("on 3/4/2022")[0].start == seconds("2022-03-04")
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert told("on 3/4/2022")[0].start == seconds("2022-04-03")


def test_days_are_local():
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime(2023, 8, 16, 1, tzinfo=zone).timestamp()  # still the 15th in UTC
    (found,) = find_times("昨天", now, zone)
    assert datetime.fromtimestamp(found.start, zone).isoformat() == "2023-08-15T00:00:00+08:00"


def test_a_day_of_a_clock_change_has_23_hours():
    zone = ZoneInfo("Europe/Berlin")
    (found,) = find_times("am 26.3.2023", datetime(2023, 8, 16, tzinfo=zone).timestamp(), zone)
    assert found.end - found.start == 23 * 3_600


def test_each_knows_its_place():
    text = "In May 2022 we moved, 上周五 we unpacked."
    assert [text[slice(*time.place)] for time in told(text)] == ["May 2022", "上周五"]


def test_of_nested_times_the_narrowest():
    times = narrowest(told("in 2023, I mean on May 8, 2023; or was it 2022-03-03? on 2023-05-08?"))
    assert [(time.start, time.precision) for time in times] == [
        (seconds("2023-05-08"), "day"),
        (seconds("2022-03-03"), "day"),
    ]


def test_what_a_memory_mentions_counts_from_its_own_day():
    (day,) = mentions("We went sailing yesterday", seconds("2023-05-08T12:00"), timezone.utc)
    assert (day.start, day.end) == (seconds("2023-05-07"), seconds("2023-05-08"))


def test_a_month_is_of_the_year_that_is_told_beside_it():
    (month,) = narrowest(told("In May, I think; it was last year"))
    assert (month.start, month.yearly) == (seconds("2022-05-01"), False)


@pytest.mark.parametrize(
    ("text", "start", "precision"),
    [
        ("yesterday", "2023-08-15", "day"),
        ("March", "2023-03-01", "month"),
        ("may", "2023-05-01", "month"),
        ("2022-11", "2022-11-01", "month"),
        ("2022", "2022-01-01", "year"),
        ("  last week. ", "2023-08-07", "week"),
        ("May 2026", "2026-05-01", "month"),
        ("May 2023", "2023-05-01", "month"),
        ("去年五月", "2022-05-01", "month"),
        ("3.5.", "2023-05-03", "day"),
        ("the 3rd of May", "2023-05-03", "day"),
        ("2026-05-08T13:56:00Z", "2026-05-08T13:56", "minute"),
        ("上个月", "2023-07-01", "month"),
        ("3 days ago", "2023-08-13", "day"),
    ],
)
def test_a_text_that_is_a_time(text, start, precision):
    time = read_time(text, NOW, timezone.utc)
    assert time is not None and (time.start, time.precision) == (seconds(start), precision)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "when I was young", "May flowers", "2023-02-31", "in 2022 steps of 3", "12"]
    + ["the race", "May left", "race day", "她说的话"],
)
def test_a_text_that_is_no_time(text):
    assert read_time(text, NOW, timezone.utc) is None


WORDS = (
    "last week may May 5 31 2023 99 ago days , the of early from to between and before until Q 3 pm 3:40 2026-02-30 "
    "1.2. 年 月 日 去年 五 三十 上个 底 前 天 号 0 9999 半 个 第 最后 周 vor il y a 전 지난 주 昭和 назад 世纪 hour 3rd"
).split()


@settings(max_examples=200)
@given(st.lists(st.sampled_from(WORDS), max_size=8), st.booleans(), st.integers(-70_000_000_000, 300_000_000_000))
def test_nonsense_raises_nothing(words, spaced, now):
    for found in find_times((" " if spaced else "").join(words), float(now), timezone.utc):
        assert found.start < found.end and found.direction in DIRECTIONS


def test_ten_thousand_random_strings_raise_nothing():
    rng = random.Random(17)
    pools = [(32, 126), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0x400, 0x4FF), (0, 0x10FFFF)]
    for _ in range(10_000):
        text = "".join(chr(rng.randint(*rng.choice(pools))) for _ in range(rng.randint(1, 20)))
        for found in told(text):
            assert 0 <= found.place[0] < found.place[1] <= len(text)


WORST = [
    "吗" + " " * 80_000,
    "1" * 100_000,
    "1. " * 33_000,
    "一" * 100_000,
    "前" * 100_000,
    "的" * 100_000,
    "2026-" * 20_000,
]
WORST += [
    "May " * 25_000,
    "last " * 20_000,
    "from 3 to " * 10_000,
    "the day before " * 7_000,
    "第一" * 50_000,
    "月" * 100_000,
]


@pytest.mark.parametrize("text", WORST, ids=lambda text: repr(text[:8]))
def test_time_grows_with_the_text_and_no_faster(text):
    told(text[:500])  # the tables are read once

    def cost(size):
        begun = time.process_time()
        told(text[:size])
        return time.process_time() - begun

    assert cost(len(text)) < 8 * max(cost(len(text) // 4), 0.02)


def test_a_text_without_a_time_costs_a_scan_and_one_with_a_time_little():
    plain, dated = "What did she say about the new apartment and its kitchen?", "What did I do last Friday evening?"
    for text, most in (
        (plain, 0.2),
        (dated, 2.0),
        ("她对新公寓的厨房说了什么？", 0.2),
        ("上周五晚上我们去了哪里？", 2.0),
    ):
        told(text)
        begun = time.process_time()
        for _ in range(100):
            told(text)
        assert (time.process_time() - begun) * 10 < most, text  # milliseconds a text


def test_every_form_of_the_tables_is_read_in_its_language():
    from ntm_memory.times.lexicon import table

    for language in ("en", "zh", "ja", "ko", "de", "fr", "es", "ru"):
        months = {of["month"] for forms in table(language).forms.values() for _, of in forms if "month" in of}
        weekdays = {of["weekday"] for forms in table(language).forms.values() for _, of in forms if "weekday" in of}
        assert weekdays == {*range(7), "weekend"}, language
        assert language in ("zh", "ja", "ko") or months == set(range(1, 13)), language


def test_units_of_the_calendar():
    from ntm_memory.times.intervals import add, floor, whole

    moment = datetime(2024, 3, 31, 15, 30)
    assert add(moment, -1, "month") == datetime(2024, 2, 29, 15, 30)
    assert floor(moment, "week") == datetime(2024, 3, 25)
    assert floor(moment, "quarter") == datetime(2024, 1, 1)
    assert whole(moment, "decade", -1).start == datetime(2010, 1, 1)
    assert whole(moment, "month").end - whole(moment, "month").start == timedelta(days=31)
    with pytest.raises(OverflowError):
        add(moment, 9_000, "year")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("What happened in the last week?", "2023-08-09", "2023-08-17"),
        ("over the last month", "2023-07-16", "2023-08-17"),
        ("within the last year", "2022-08-16", "2023-08-17"),
        ("this past week", "2023-08-09", "2023-08-17"),
        ("in the last week of May 2022", "2022-05-25", "2022-06-01"),
        ("in the last 7 days", "2023-08-09", "2023-08-17"),
        ("a week ago Sunday", "2023-08-06", "2023-08-07"),
        ("a year ago", "2022-07-16", "2022-09-16"),
        ("at Christmas a year ago", "2022-12-25", "2022-12-26"),
        ("in May, a year ago", "2022-05-01", "2022-06-01"),
        ("一年前的今天", "2022-08-16", "2022-08-17"),
        ("一年前", "2022-07-16", "2022-09-16"),
        ("半年前", "2023-02-01", "2023-03-04"),
        ("in the first half of the year", "2023-01-01", "2023-07-01"),
        ("in the second half of the year", "2023-07-01", "2024-01-01"),
        ("the first half of the month", "2023-08-01", "2023-08-16"),
        ("on Labour Day", "2023-05-01", "2023-05-02"),
        ("on Labor Day 2022", "2022-09-05", "2022-09-06"),
        ("on Memorial Day 2023", "2023-05-29", "2023-05-30"),
        ("on the August bank holiday 2022", "2022-08-29", "2022-08-30"),
        ("5/3发生了什么", "2023-05-03", "2023-05-04"),
        ("截至5月3日发生了什么", None, "2023-05-04"),
        ("到5月3日为止发生了什么", None, "2023-05-04"),
        ("5月3日的前一天", "2023-05-02", "2023-05-03"),
        ("5月3日第二天发生了什么", "2023-05-04", "2023-05-05"),
        ("5月3日的第二天", "2023-05-04", "2023-05-05"),
        ("五六月去了哪里", "2023-05-01", "2023-07-01"),
        ("from 2023-05-03..2023-05-05", "2023-05-03", "2023-05-06"),
    ],
)
def test_what_people_type_is_the_stretch_that_they_mean(text, start, end):
    found = [(time.start, time.end) for time in find_times(text, NOW, timezone.utc)]
    assert found == [(-inf if start is None else seconds(start), seconds(end))]


@pytest.mark.parametrize("unit", ["week", "month", "year"])
def test_earlier_this_week_ends_now_and_later_begins_tomorrow(unit):
    (earlier,), (later,) = (find_times(f"{when} this {unit}", NOW, timezone.utc) for when in ("earlier", "later"))
    assert earlier.start < earlier.end == NOW and later.start == seconds("2023-08-17")
    assert not find_times("3/4的蛋糕吃完了", NOW, timezone.utc)
    assert find_times("earlier this morning", NOW, timezone.utc)[0].precision == "part"
