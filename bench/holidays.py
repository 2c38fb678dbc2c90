"""The days of feasts that move with the moon or the week, for `ntm_memory/times/tables/moving.json`.

    python -m bench.holidays > ntm_memory/times/tables/moving.json

needs `lunardate` (the Chinese calendar) and `python-dateutil` (Easter). Qingming and the winter solstice are computed
by the usual rule for the days of solar terms, 0.2422 days a year.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import date, timedelta

YEARS = range(1970, 2060)
LUNAR = {
    "spring_festival": (1, 1),
    "lantern": (1, 15),
    "dragon_boat": (5, 5),
    "qixi": (7, 7),
    "mid_autumn": (8, 15),
    "double_ninth": (9, 9),
    "laba": (12, 8),
}


def solar_term(year: int, month: int, constant: float) -> date:
    """The day of a solar term by its constant of the century."""
    short = year % 100
    return date(year, month, int(short * 0.2422 + constant) - (short - (1 if month < 3 else 0)) // 4)


def weekday_of(year: int, month: int, weekday: int, place: int) -> date:
    """The place-th weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (place - 1))


def last_monday(year: int, month: int) -> date:
    """The last Monday of a month of 31 days."""
    last = date(year, month, 31)
    return last - timedelta(days=last.weekday())


def lunar(month: int, day: int) -> Callable[[int], date]:
    """A day of the Chinese calendar by the common year in which it falls."""

    def of(year: int) -> date:
        from lunardate import LunarDate  # only for who makes the table anew

        days = (LunarDate(lunar_year, month, day).to_solar_date() for lunar_year in (year - 1, year))
        return next(found for found in days if found.year == year)

    return of


def easter_of(year: int) -> date:
    """Easter Sunday."""
    from dateutil.easter import easter

    return easter(year)


FEASTS: dict[str, Callable[[int], date]] = {name: lunar(*day) for name, day in LUNAR.items()} | {
    "qingming": lambda year: solar_term(year, 4, 4.81 if year >= 2000 else 5.59),
    "winter_solstice": lambda year: solar_term(year, 12, 21.94 if year >= 2000 else 22.60),
    "easter": easter_of,
    "mothers_day": lambda year: weekday_of(year, 5, 6, 2),
    "fathers_day": lambda year: weekday_of(year, 6, 6, 3),
    "martin_luther_king": lambda year: weekday_of(year, 1, 0, 3),
    "presidents_day": lambda year: weekday_of(year, 2, 0, 3),
    "early_may": lambda year: weekday_of(year, 5, 0, 1),
    "late_may": lambda year: last_monday(year, 5),
    "memorial_day": lambda year: last_monday(year, 5),
    "late_august": lambda year: last_monday(year, 8),
    "labor_day": lambda year: weekday_of(year, 9, 0, 1),
    "columbus_day": lambda year: weekday_of(year, 10, 0, 2),
    "thanksgiving": lambda year: weekday_of(year, 11, 3, 4),
}


def table() -> dict[str, object]:
    """{feast: {year: month-day}}, with its source; a feast that a year does not have is left out of it."""
    days: dict[str, object] = {"source": "python -m bench.holidays, lunardate 0.3.0, python-dateutil"}
    for name, of in FEASTS.items():
        found = {}
        for year in YEARS:
            try:
                found[str(year)] = f"{of(year):%m-%d}"
            except StopIteration:
                continue
        days[name] = found
    return days


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in table().items())
    print("{\n" + ",\n".join(lines) + "\n}")
