"""Times told in words: "last Friday", "between March and May", 上周五, "am 3. Mai" → intervals.

    finding.find_times(text, now, zone=None, *, month_first=None) -> list[Time]

finds every time that a text tells, in their order: a `told.Time` has `start` and `end` (unix seconds, half open; −inf,
inf where open), `direction` (on, before, after, since, until, between, about; the interval has it in it already),
`precision` (minute … century), `yearly` (no year was told; start and end are of the likeliest one) and `place` (first
and last character, half open).

    finding.narrowest(times)                those that hold no other: "in 2023, on 8 May" is the day
    finding.mentions(text, moment, zone)    what a memory tells of time, relative to its own moment
    finding.no_such_days(text, now, zone)   what it names that no calendar has: 31 April
    typed.read_typed(text, now, zone)       a text that is nothing but a time, as people type it, or what of it is none
    kept.kept_times, kept.kept_intervals    mentions as they are kept beside a memory, and read with the matrix:
                                            `MemoryMatrix.mentioned`, (N, K, 3) start, end, kind

A text becomes tokens, tokens become parts, parts side by side a phrase, phrases with what stands around them times.
One grammar serves all languages; what differs is data.

intervals    whole units of the calendar, in local wall-clock time
told         the result
lexicon      words of eight languages by what they are, from tables/*.json
numerals     numbers in Chinese characters
tokens       a text as tokens: numbers, dates in digits, words of the tables
cursor       what the rules of the grammar ask of the tokens
pieces       what one part says ("May", "Friday", "last week"), and how parts narrow each other
rules        tokens → parts, a module for each kind of them
phrases      parts side by side → phrases
directions   which way an expression looks: before, since, until, by the words around it
ranges       two phrases that tell one stretch: from March to May, after the 3rd and before the 6th
expressions  phrases with directions and ranges → times
absent       days that are named and that no calendar has
finding      what other rooms ask
typed        options: all of a text is read, or it is refused
kept         times kept beside a memory
zones        local days as they are printed; the order of day and month
"""
