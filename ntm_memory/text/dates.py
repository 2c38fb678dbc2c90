"""Times told in a text: days, weeks, months and years.

Expressions are found here, dateparser says what day, week, month or year they mean. A date without a year fits every
year.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

DAY = 86_400.0
_PERIOD_DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_PART = r"(?:(?P<part>early|mid|late|the beginning of|the middle of|the end of)[ -])?"
_COUNT = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"
_ENGLISH = re.compile(
    rf"(?<![\w./-])(?:{_PART}(?P<month>{_MONTH}\.? (?:\d{{1,2}}(?:st|nd|rd|th)?\b,? ?)?(?:(?:19|20)\d\d\b)?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b,? ?(?:(?:19|20)\d\d)?|{_MONTH}\b)"
    r"|(?P<plain>(?:19|20)\d\d[-./]\d\d?[-./]\d\d?|(?:19|20)\d\d(?![./-]\d)"
    r"|(?:the day before )?yesterday|today|(?:last|this) (?:week|month|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
    rf"|{_COUNT} (?:day|week|month|year)s? ago)(?!\w))",
    re.IGNORECASE,
)
_DIGIT = "[0-9一二两三四五六七八九十]"
_CHINESE = re.compile(
    rf"(?P<year>(?:19|20)\d\d年|去年|前年|今年|明年)?(?:的)?(?P<month>{_DIGIT}{{1,3}}月)?份?(?:的)?(?P<part>[上中下]旬|[初底末]|中)?"
    rf"(?P<day>{_DIGIT}{{1,3}}[日号])?"
    rf"|(?P<plain>今天|昨天|昨日|(?<!大)前天|(?<!上)上个?(?:星期|礼拜|周|月)|{_DIGIT}{{1,3}}(?:天|周|个星期|个月|年)(?:之|以)?前)"
)
_DURATION = re.compile(
    rf"(?:{_COUNT}|several|a few) (?:hour|day|week|month|year)s?"
    rf"|(?:{_DIGIT}{{1,3}}|半|几)(?:个?(?:月|星期|礼拜|小时|钟头)|天|周|年|分钟)",
    re.IGNORECASE,
)
_ENGLISH_PARTS = {"early": 0, "the beginning of": 0, "mid": 1, "the middle of": 1, "late": 2, "the end of": 2}
_CHINESE_PARTS = {"上旬": 0, "初": 0, "中旬": 1, "中": 1, "下旬": 2, "底": 2, "末": 2}
_YEARS = {"前年": -2, "去年": -1, "今年": 0, "明年": 1}
_NUMBERS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


@dataclass(frozen=True)
class Span:
    """A stretch of time: unix seconds [start, end); `yearly`: of every year."""

    start: float
    end: float
    yearly: bool = False

    def holds(self, other: Span) -> bool:
        """Whether another stretch lies inside this one."""
        return self.start <= other.start and other.end <= self.end


def narrowest_spans(text: str, now: float) -> list[Span]:
    """The times told in a text, a bare month in the year told beside it; of nested ones the narrowest.

    Args:
        text: a question.
        now: unix seconds, what "last week" counts from.
    """
    spans = _in_their_years(list(find_spans(text, now)))
    return [span for span in spans if not any(span != other and span.holds(other) for other in spans)]


def _in_their_years(spans: list[Span]) -> list[Span]:
    """The times of a question, a bare month taken in the year that is told beside it: "in May last year"."""
    years = [span for span in spans if not span.yearly and span.end - span.start > 300 * DAY]
    if len(years) != 1:
        return spans
    told, length = years[0], 365.2425 * DAY
    moved = []
    for span in spans:
        away = round((told.start + told.end - span.start - span.end) / 2 / length) * length if span.yearly else 0.0
        moved.append(Span(span.start + away, span.end + away) if span.yearly else span)
    return moved


def is_time(text: str) -> bool:
    """Whether a text is nothing but a time or a stretch of time: "May 2023", "去年五月", "三天"."""
    return any(pattern.fullmatch(text) for pattern in (_ENGLISH, _CHINESE, _DURATION))


def find_spans(text: str, now: float) -> Iterator[Span]:
    """The times told in a text; what cannot be made sense of is left out."""
    for match in _ENGLISH.finditer(text):
        told = match["month"] or re.sub(r"[./](?=\d)", "-", match["plain"])
        third = _ENGLISH_PARTS.get((match["part"] or "").lower())
        yearly = match["month"] is not None and not re.search(r"(?:19|20)\d\d", told)
        span = _resolve("en", told.replace(" of ", " "), now, third)
        # "may" and "march" are words too: a bare month counts only when it is written as a name
        if span and not (yearly and told.strip().islower()):
            yield Span(span.start, span.end, yearly)
    for match in _CHINESE.finditer(text):
        if match["plain"]:
            plain = re.sub("[之以]前", "前", re.sub("个?(?:星期|礼拜)", "周", match["plain"]))
            span = _resolve("zh", _digits(plain), now, None)
        else:
            span = _chinese_date(match, now)
        if span:
            yield span


def _chinese_date(match: re.Match[str], now: float) -> Span | None:
    year, month, day = match["year"], match["month"], match["day"]
    if not year and not month:
        return None
    this = datetime.fromtimestamp(now, timezone.utc).year
    number = f"{this + _YEARS[year]}年" if year in _YEARS else year or f"{this}年"
    if not month:  # dateparser reads a bare 2022年 as 2,022 years ago
        start = datetime(int(number[:-1]), 1, 1, tzinfo=timezone.utc).timestamp()
        return Span(start, start + _PERIOD_DAYS["year"] * DAY)
    month = _digits(month)
    if not re.fullmatch("(?:0?[1-9]|1[0-2])月", month):
        return None
    third = None if day else _CHINESE_PARTS.get(match["part"] or "")
    span = _resolve("zh", number + month + _digits(day or "").replace("号", "日"), now, third)
    return span and Span(span.start, span.end, yearly=not year)


def _resolve(language: str, told: str, now: float, third: int | None) -> Span | None:
    """What dateparser makes of an expression: the whole day, week, month or year it names, or a third of the month."""
    with warnings.catch_warnings():
        # newer Pythons deprecate calls that dateparser makes; its users can do nothing about them
        warnings.simplefilter("ignore")
        found = _parser(language, int(now // DAY)).get_date_data(told.strip(" ,."))
    if found.date_obj is None:
        return None
    moment = found.date_obj.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=timezone.utc)
    if found.period == "week":
        moment -= timedelta(days=moment.weekday())
    start, days = moment.timestamp(), _PERIOD_DAYS[found.period]
    if third is not None and found.period == "month":
        return Span(start + 10 * third * DAY, start + (10 * third + 11) * DAY)
    return Span(start, start + days * DAY)


@lru_cache(maxsize=4)
def _parser(language: str, day: int) -> Any:
    # imported only for questions that tell a time: a tenth of a second; by the day, so that one parser serves many
    from dateparser.date import DateDataParser

    settings = {
        "RELATIVE_BASE": datetime.fromtimestamp(day * DAY, timezone.utc).replace(tzinfo=None),
        "PREFER_DATES_FROM": "past",
        "PREFER_DAY_OF_MONTH": "first",
        "PREFER_MONTH_OF_YEAR": "first",
    }
    return DateDataParser(languages=[language], settings=settings)


def _digits(text: str) -> str:
    """Chinese numbers up to 99 as digits."""

    def number(match: re.Match[str]) -> str:
        tens, _, ones = match[0].partition("十")
        if "十" not in match[0]:
            return str(_NUMBERS[match[0]]) if match[0] in _NUMBERS else match[0]
        return str(10 * _NUMBERS.get(tens, 1) + _NUMBERS.get(ones, 0))

    return re.sub("[一二两三四五六七八九十]+", number, text)
