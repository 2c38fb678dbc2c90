"""Times told in words: "last Friday", "between March and May", 上周五, "am 3. Mai" → intervals.

    find_times(text, now, zone=None, *, past=None, month_first=None) -> list[Time]

finds every time that a text tells, in their order: a `Time` has `start` and `end` (unix seconds, half open; −inf, inf
where open), `direction` (on, before, after, since, until, between, about; the interval has it in it already),
`precision` (minute … century), `yearly` (no year was told) and `place` (first and last character, half open).

    narrowest(times)   those that hold no other: "in 2023, on 8 May" is the day
    mentions(text, moment, zone)   what a memory tells of time, relative to its own moment, to be kept beside it
    read_time(text, now, zone)     a text that is nothing but a time, as people type it: a filter, `--when`
    is_time(text)                  whether a text is nothing but a time or a stretch of time: "May 2023", "三天"
    zone_named(name)               the time zone of a setting; None: the system's

intervals   whole units of the calendar, in local time
told        the result, `Time`
lexicon     words of eight languages by what they are, from tables/*.json
tokens      a text as tokens: numbers, dates of digits, words of the tables
pieces      what a part of an expression says ("May", "Friday", "last week"), and how parts narrow each other
absolute    tokens → pieces: dates, months, years, parts of years and of days
relative    tokens → pieces: what counts from now
phrases     pieces side by side → one phrase
expressions phrases with directions and ranges → times
finding     the functions above
zones       time zones and the order of day and month
"""
