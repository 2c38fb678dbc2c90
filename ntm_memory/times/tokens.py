"""A text as tokens: numbers, dates written in digits, words of the tables; everything else is only in between."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ntm_memory.times import numerals
from ntm_memory.times.lexicon import Classes, Table, languages_of, may_tell, table

_WIDE = {ord(wide): chr(ord(wide) - 0xFEE0) for wide in "０１２３４５６７８９：／．－"}
_LONGEST_PHRASE = 8
_RUN = 64
"""No number has more digits, no form more words."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TIME = r"(?P<h>\d{1,2}):(?P<min>[0-5]\d)(?::[0-5]\d(?:\.\d{1,9})?)?"
_DIGITS = re.compile(
    rf"""(?<![A-Za-z0-9_/.:,+\-\u2212$€£¥#])(?:
    (?P<y>\d{{4}})(?P<sep>[-/.])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?:[T ]{_TIME}(?P<off>Z|[+-]\d\d:?\d\d)?)?
    |(?P<y2>\d{{4}})[-/](?P<m2>\d\d?)
    |(?P<d3>\d\d?)\.\s?(?P<m3>\d\d?)\.\s?(?P<y3>\d{{4}}|\d\d(?!\d))?
    |(?P<a>\d\d?)(?P<sep2>[/-])(?P<b>\d\d?)(?P=sep2)(?P<y4>\d{{4}}|\d\d)
    |(?P<a2>\d\d?)/(?P<b2>\d\d?)
    |(?P<m5>\d\d?)[/.](?P<y5>\d{{4}})
    |(?P<h6>\d\d?)(?::|h)(?P<min6>[0-5]\d)(?::[0-5]\d)?
    )(?![0-9_/:+%]|[-.,]\d|[A-Za-z]{{3}})""",
    re.VERBOSE,
)
_WORD_AHEAD = re.compile(r"(?:\s+|-(?=\w))?(\d+|[^\W\d_]+|\S)")
_NUMBER = re.compile(r"\d+(?:[.,:/]\d+)*")
_SCAN = re.compile(rf"(?P<digit>\d)|(?P<cjk>[{_CJK}])|(?P<word>[^\W\d_{_CJK}]+)|(?P<mark>[^\s\w])")


@dataclass(frozen=True)
class Token:
    """A stretch of the text.

    Args:
        start, end: its characters.
        classes: class → meaning, as in the tables; for digits `number`, `date`, `time`.
        glued: whether it stands right at the one before.
        weak: whether it is mostly another word.
        lower: whether it is written small.
        mark: the character of a punctuation mark.
    """

    start: int
    end: int
    classes: Classes
    glued: bool = False
    weak: bool = False
    lower: bool = False
    mark: str = ""

    def get(self, name: str) -> Any:
        """Its meaning in a class; None where it is not of it."""
        return self.classes.get(name)


def tokens_of(text: str) -> tuple[list[Token], bool | None]:
    """(tokens, whether the text's language puts the month before the day); no token where no word or digit counts."""
    languages = languages_of(text)
    tables = [table(language) for language in languages]
    if not text.isascii():
        for characters in (_WIDE, *(of.variants for of in tables if of.variants)):
            text = text.translate(characters)
    if not may_tell(text, languages):
        return [], None
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _SCAN.search(text, at)
        if match is None:
            break
        glued = bool(found) and found[-1].end == match.start()
        read = _READERS[str(match.lastgroup)](text, match, tables)
        token = Token(match.start(), read[0], read[1], glued, *read[2:])
        if token.classes or token.mark or not found or found[-1].classes or found[-1].mark:
            found.append(token)
        at = token.end
    return found, next((of.month_first for of in tables if of.month_first is not None), None)


def _read_digits(text: str, match: re.Match[str], tables: list[Table]) -> tuple[Any, ...]:
    date = _DIGITS.match(text, match.start())
    if date is not None:
        return date.end(), {("time" if date["h6"] else "date"): _groups(date)}
    number = _NUMBER.match(text, match.start())
    assert number is not None
    told, before, after = (
        number[0],
        text[max(0, match.start() - 1) : match.start()],
        text[number.end() : number.end() + 1],
    )
    junk = len(told) > 6 or before in tuple("$€£¥#.") or after in tuple("%°")
    if junk or not re.fullmatch(r"\d+|\d{1,3}\.\d", told):
        return number.end(), {}
    value = float(told) if "." in told else int(told)
    ordinal = re.compile(r"(?:st|nd|rd|th|er|º|ª)(?!\w)|-?(?:го|е|ое)(?!\w)").match(text, number.end())
    if ordinal is not None:
        return ordinal.end(), {"number": value, "ordinal": value, "nth": value}
    return number.end(), {"number": value, "digits": len(told)}


def _groups(match: re.Match[str]) -> dict[str, str]:
    return {name: value for name, value in match.groupdict().items() if value is not None}


def _read_word(text: str, match: re.Match[str], tables: list[Table]) -> tuple[Any, ...]:
    word = match[0].lower()
    for of in tables:
        if word in of.forms:
            end, classes, words = _longest(text, match, of, word)
            if classes:
                weak = " ".join(words) in of.weak
                return end, classes, weak, match[0][0].islower()
        for first in of.compounds:
            if word.startswith(first) and any("part" in more for _, more in of.forms.get(word[len(first) :], ())):
                return match.start() + len(first), of.forms[first][0][1]
    return match.end(), {}


def _longest(text: str, match: re.Match[str], of: Table, word: str) -> tuple[int, Classes, tuple[str, ...]]:
    ahead = [(match.start(), match.end(), word)]
    for form, classes in of.forms[word]:
        while len(ahead) < len(form) and (more := _WORD_AHEAD.match(text, ahead[-1][1], ahead[-1][1] + _RUN)):
            ahead.append((more.start(1), more.end(1), more[1].lower()))
        if form == tuple(part for _, _, part in ahead[: len(form)]):
            return ahead[len(form) - 1][1], classes, form
    return match.end(), {}, ()


def _read_cjk(text: str, match: re.Match[str], tables: list[Table]) -> tuple[Any, ...]:
    at = match.start()
    end, classes = at + 1, {}
    for of in tables:
        for form, found in of.forms.get(text[at], ()):
            if text.startswith("".join(form), at):
                end, classes = at + len(form), found
                break
    run = at
    while run < min(len(text), at + _RUN) and text[run] in numerals.CHARACTERS:
        run += 1
    if run > at and run >= end:
        value = numerals.number(text[at:run])
        spelled = {} if value is None else {"number": value, "spelled": 1}
        return run, (spelled | classes if run == end else spelled)
    return end, classes


def _read_mark(text: str, match: re.Match[str], tables: list[Table]) -> tuple[Any, ...]:
    word = _read_word(text, match, tables)
    return (*(*word, False, False)[:4], match[0])


_READERS = {"digit": _read_digits, "cjk": _read_cjk, "word": _read_word, "mark": _read_mark}
