"""The rules of the grammar: tokens → parts of an expression, each with the token after them.

absolute     dates: days, months, years, decades
notations    dates as programs, calendars and offices write them: 2026-05-03, 2026-W20, Q1/26, 3-May-2026
parts        what comes again: weekdays, seasons, quarters, holidays, parts of a day
portions     early, late, the first week of, the weekend of
shares       halves and thirds of a stretch
hours        times of a day
relative     what counts from now: yesterday, last week, the past month
distant      so many units away: three days ago, in two weeks, 1 week and 2 days ago
"""
