"""A text as tokens: numbers, dates written in digits, words of the tables; everything else is only in between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ntm_memory.times import numerals
from ntm_memory.times.lexicon import Classes, Table

_RUN = 64
"""No number has more digits."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TIME = r"(?P<h>\d\d?):(?P<min>[0-5]\d)(?::[0-5]\d(?:\.\d{1,9})?)?"
_DIGITS = re.compile(
    rf"""(?<![A-Za-z0-9_/.:,+\-\u2212$€£¥#])(?:
    (?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?:[T ]{_TIME}(?P<off>Z|[+-]\d\d:?\d\d)?)?
    |(?P<y8>(?:19|20)\d\d)(?P<m8>[01]\d)(?P<d8>[0-3]\d)
    |(?P<y2>\d{{4}})[-/](?P<m2>0?[1-9]|1[0-2])
    |(?P<y9>(?:19|20)\d\d)-?[Ww](?P<w9>[0-5]\d)(?:-?(?P<d9>[1-7]))?
    |(?P<years>(?:19|20)\d\d)(?:[-/](?P<until>\d\d)|/(?P<until4>20\d\d))
    |(?P<d3>\d\d?)\.\s?(?P<m3>\d\d?)\.\s?(?P<y3>\d{{4}}|\d\d(?!\d))?
    |(?P<a7>\d\d?)/(?P<b7>\d\d?)\s?[-–~～]\s?(?P<c7>\d\d?)/(?P<d7>\d\d?)
    |(?P<a>\d\d?)(?P<sep2>[/-])(?P<b>\d\d?)(?P=sep2)(?P<y4>\d{{4}}|\d\d)
    |(?P<a2>\d\d?)/(?P<b2>\d\d?)
    |(?P<m5>\d\d?)(?P<sep5>[-/.])(?P<y5>\d{{4}})
    |(?P<h6>\d\d?)(?::|h)(?P<min6>[0-5]\d)(?::[0-5]\d)?
    )(?![0-9_/:+%]|[-.,]\d|[A-Za-z]{{3}})""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_PAIR = re.compile(r"\d/(?:\d{4}|\d\d)")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|º|ª)(?!\w)|-?(?:го|е|ое)(?!\w)")
_SCAN = re.compile(
    rf"(?P<short_year>(?<!\w)['’‘]\d\d(?!\w))|(?P<digit>\d)|(?P<cjk>[{_CJK}])|(?P<word>[^\W\d_{_CJK}]+)|(?P<title>《[^》]{{0,64}}》)|(?P<mark>[^\s\w])"
)
_WORD_AHEAD = re.compile(r"(?:\s{1,64}|-(?=\w))?(\d+|[^\W\d_]+|\S)")
_MONEY = frozenset("$€£¥#.")
_SENTENCE = frozenset(".!?¿¡:。！？")


@dataclass(frozen=True)
class Token:
    """A stretch of the text.

    Args:
        start, end: its characters.
        classes: class → meaning, as in the tables; for digits `number`, `date`, `time`.
        glued: whether it stands right at the one before.
        weak: whether it is mostly another word.
        lower: whether it is written small.
        latin: whether it is a word with spaces around it, not one of characters.
        capital: whether it is written with a capital though no sentence begins there.
        mark: the character of a punctuation mark.
    """

    start: int
    end: int
    classes: Classes
    glued: bool = False
    weak: bool = False
    lower: bool = False
    latin: bool = False
    capital: bool = False
    mark: str = ""

    def get(self, name: str) -> Any:
        """Its meaning in a class; None where it is not of it."""
        return self.classes.get(name)


@dataclass(frozen=True)
class _Word:
    """What stands at a place: where it ends, what it is."""

    end: int
    classes: Classes
    weak: bool = False
    lower: bool = False
    latin: bool = False
    mark: str = ""


def tokens_of(text: str, tables: Sequence[Table]) -> list[Token]:
    """The tokens of a text whose words these tables know, as `lexicon.opened` gives it."""
    found: list[Token] = []
    for token in _scan(text, tables):
        # of words that tell nothing the first and the last of a row are enough
        if not _tells(token) and len(found) > 1 and not any(map(_tells, found[-2:])):
            found.pop()
        found.append(token)
    return found


def _tells(token: Token) -> bool:
    return bool(token.classes or token.mark)


def _scan(text: str, tables: Sequence[Table]) -> Iterator[Token]:
    end, begins = 0, True
    while (match := _SCAN.search(text, end)) is not None:
        start, glued = match.start(), match.start() == end and end > 0
        word = _READERS[str(match.lastgroup)](text, match, tables)
        capital = word.latin and not word.lower and not begins
        is_name = capital and any(of.names_capital for of in tables)
        end, begins = word.end, word.mark in _SENTENCE
        yield Token(start, end, word.classes, glued, word.weak or is_name, word.lower, word.latin, capital, word.mark)


def _read_digits(text: str, match: re.Match[str], tables: Sequence[Table]) -> _Word:
    date = _DIGITS.match(text, match.start())
    if date is not None:
        groups = {name: value for name, value in date.groupdict().items() if value is not None}
        return _Word(date.end(), {("time" if date["h6"] else "date"): groups})
    number = _NUMBER.match(text, match.start())
    assert number is not None
    told, end = number[0], number.end()
    if (pair := _PAIR.fullmatch(told)) and match.start() > 0 and text[match.start() - 1].isalpha():
        return _Word(end, {"pair": pair[0]})
    is_money = match.start() > 0 and text[match.start() - 1] in _MONEY
    if len(told) > 6 or is_money or text[end : end + 1] in ("%", "°") or not re.fullmatch(r"\d+|\d{1,3}\.\d", told):
        return _Word(end, {})
    value = float(told) if "." in told else int(told)
    ordinal = _ORDINAL.match(text, end)
    if ordinal is not None:
        return _Word(ordinal.end(), {"number": value, "ordinal": value, "nth": value})
    return _Word(end, {"number": value, "digits": len(told)})


def _read_short_year(text: str, match: re.Match[str], tables: Sequence[Table]) -> _Word:
    return _Word(match.end(), {"number": int(match[0][1:]), "digits": 2, "short_year": 1})


def _read_word(text: str, match: re.Match[str], tables: Sequence[Table]) -> _Word:
    word = match[0].lower()
    for of in tables:
        if word in of.forms:
            end, classes, form = _longest(text, match, of, word)
            if classes:
                return _Word(end, classes, " ".join(form) in of.weak, match[0][0].islower(), True)
        for first in of.compounds:
            if word.startswith(first) and any("part" in more for _, more in of.forms.get(word[len(first) :], ())):
                return _Word(match.start() + len(first), of.forms[first][0][1], latin=True)
    return _Word(match.end(), {}, False, match[0][0].islower(), True)


def _longest(text: str, match: re.Match[str], of: Table, word: str) -> tuple[int, Classes, tuple[str, ...]]:
    ahead = [(match.end(), word)]
    for form, classes in of.forms[word]:
        while len(ahead) < len(form) and (more := _WORD_AHEAD.match(text, ahead[-1][0], ahead[-1][0] + _RUN)):
            ahead.append((more.end(1), more[1].lower()))
        if form == tuple(part for _, part in ahead[: len(form)]):
            return ahead[len(form) - 1][0], classes, form
    return match.end(), {}, ()


def _read_cjk(text: str, match: re.Match[str], tables: Sequence[Table]) -> _Word:
    at = match.start()
    end, classes, weak = at + 1, {}, False
    for of in tables:
        found = next((pair for pair in of.forms.get(text[at], ()) if text.startswith("".join(pair[0]), at)), None)
        if found is not None and at + len(found[0]) >= end and not _is_cut(text, at, len(found[0]), of):
            end, classes, weak = at + len(found[0]), found[1], "".join(found[0]) in of.weak
    run = at
    while run < min(len(text), at + _RUN) and text[run] in numerals.CHARACTERS:
        run += 1
    if run > at and run >= end:
        value = numerals.number(text[at:run])
        spelled = {} if value is None else {"number": value, "spelled": 1}
        return _Word(run, (spelled | classes if run == end else spelled))
    return _Word(end, classes, weak)


def _is_cut(text: str, at: int, length: int, of: Table) -> bool:
    """Whether a compound that tells no time begins inside a form and ends after it: 去|年级."""
    return any(
        "nothing" in classes and place + len(form) > at + length and text.startswith("".join(form), place)
        for place in range(at + 1, at + length)
        for form, classes in of.forms.get(text[place], ())
    )


def _read_mark(text: str, match: re.Match[str], tables: Sequence[Table]) -> _Word:
    word = _read_word(text, match, tables)
    return _Word(word.end, word.classes, mark=match[0])


def _skip_title(text: str, match: re.Match[str], tables: Sequence[Table]) -> _Word:
    return _Word(match.end(), {})


_READERS = {
    "short_year": _read_short_year,
    "digit": _read_digits,
    "cjk": _read_cjk,
    "word": _read_word,
    "mark": _read_mark,
    "title": _skip_title,
}
