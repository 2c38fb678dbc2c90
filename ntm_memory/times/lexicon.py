"""The words of eight languages by what they are, from the tables in tables/*.json.

A table is {class: {meaning: "form | form …"}}. A word may belong to several classes: "second" is an ordinal and a
unit, 前 is "ago" and "before"; the grammar decides by what stands beside it. Meanings:

    unit, period    the unit, "3 day"                 month, weekday   1–12; 0 (Monday) – 6, weekend
    day             days from today, hours of it      part             hours of a day, "21~29" ends at five the next
    when            "week -1": a unit from now        nearest, step    −1 last, 0 this, 1 next; step counts whole units
    holiday(s)      month and day, days it takes      edge, half_of    early … end; first or second half
    vague           days from today, "-10~0"          number           its value, "2~3" one in between
    window          the past or coming …              ago, ahead       "… ago", "… from now"; *_before stand before
    rolling         beside it one unit up to now      rest             1 what is left of a unit, −1 what is over of it
    direction       of what follows                   direction_after  of what stands before
    ago 2, ahead_before 2   beside these a unit without a number is one: неделю назад
    over            a number that is exceeded ("more": 一个多月) or only near ("around": 十来天)
    past, future    words that put a sentence into what was, or what will be
    filler          words that change nothing before a typed time: sometime
    holiday_alone   a holiday only where nothing else is told: 十一
    same_time       "this time" of another year; "day": this day
    evidence        words after which a weak word is a time (2), or one that cannot be a name (1)
    weak            words that are mostly something else: "may", "sun"
    nothing         compounds that hold a word of time and tell none
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "tables"
UNSPACED = ("zh", "ja", "ko")
LATIN = ("en", "de", "fr", "es")
SAMPLE = 500
"""By so many characters a text's language is told."""
_RARE_ORDINAL = 10
_PLAINLY = 0.4
"""So large a share of everyday words shows that a text is English."""
TRIGGERS = frozenset(
    "unit period month weekday several season season_letter season_part half_year part holiday holidays moving day when"
    " vague minutes so_far edge_of week_number decade".split()
)
_TELLING = TRIGGERS | frozenset("ago ago_before nearest nearest_after direction window edge ordinal".split())
WORD_OR_MARK = re.compile(r"\d+|[^\W\d_]+|\S")
_WIDE = {ord(wide): chr(ord(wide) - 0xFEE0) for wide in "０１２３４５６７８９：／．－"}
_DIGIT = re.compile(r"\d")
_KANA, _HANGUL, _HAN = re.compile("[\u3040-\u30ff]"), re.compile("[\uac00-\ud7af]"), re.compile("[\u4e00-\u9fff]")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_NOT_CLASSES = ("source", "common", "weak", "variants", "month_first", "nothing", "compounds", "names_capital")
Classes = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """The words of one language.

    Args:
        forms: first word (of a language without spaces: first character) → (all words, classes), the longest first.
        words: single words by which, too, the language is known.
        triggers: those without one of which, or a digit, a text tells no time.
        weak: words that need evidence.
        common: everyday words by which the language is known.
        variants: characters that are read as others.
        month_first: whether 3/4 is 4 March; None: not told by the language.
        compounds: words to which parts of the day are joined: Dienstagabend.
        names_capital: whether only names are written with a capital, so that "Abril" is one.
    """

    forms: dict[str, list[tuple[tuple[str, ...], Classes]]]
    words: frozenset[str]
    triggers: frozenset[str]
    weak: frozenset[str]
    common: frozenset[str]
    variants: dict[int, str]
    month_first: bool | None
    compounds: tuple[str, ...]
    names_capital: bool


@lru_cache(maxsize=16)
def table(language: str) -> Table:
    """The table of a language."""
    told = json.loads((TABLES / f"{language}.json").read_text(encoding="utf-8"))
    classes: dict[tuple[str, ...], Classes] = {}
    for name, meanings in told.items():
        if name not in _NOT_CLASSES:
            for meaning, forms in meanings.items():
                for form in _forms(forms):
                    classes.setdefault(_words(form, language), {})[name] = _value(meaning)
    for form in _forms(told.get("nothing", "")):
        classes[_words(form, language)] = {"nothing": 1}
    first: dict[str, list[tuple[tuple[str, ...], Classes]]] = {}
    for words in sorted(classes, key=len, reverse=True):
        first.setdefault(words[0], []).append((words, classes[words]))
    return Table(
        forms=first,
        words=frozenset(
            words[0]
            for words, of in classes.items()
            if (len(words) == 1 or len(words[0]) > 4) and not _TELLING.isdisjoint(of)
        ),
        triggers=_triggers([words for words, of in classes.items() if _is_trigger(of)], language),
        weak=frozenset(_forms(told.get("weak", ""))),
        common=frozenset(_forms(told.get("common", ""))),
        variants={ord(pair[0]): pair[1] for pair in told.get("variants", "").split()},
        month_first=True if told.get("month_first") else None if language == "en" else False,
        compounds=tuple(form for form in _forms(" | ".join(told["weekday"].values())) if len(form) > 2)
        if "compounds" in told
        else (),
        names_capital="names_capital" in told,
    )


def _is_trigger(classes: Classes) -> bool:
    return not TRIGGERS.isdisjoint(classes) or int(classes.get("ordinal", 0)) > _RARE_ORDINAL


def _triggers(forms: Sequence[tuple[str, ...]], language: str) -> frozenset[str]:
    """One word of each form: the longest; where words are characters the one that most forms have."""
    often = Counter(word for words in forms for word in words)
    telling = often.__getitem__ if language in UNSPACED else len
    return frozenset(max(words, key=telling) for words in forms)


@lru_cache(maxsize=1)
def moving_days() -> dict[str, dict[str, str]]:
    """{feast: {year: month-day}} of feasts that move."""
    told: dict[str, dict[str, str]] = json.loads((TABLES / "moving.json").read_text(encoding="utf-8"))
    return told


def languages_of(text: str) -> tuple[str, ...]:
    """The languages whose words a text may hold: of those in Latin letters the likeliest one."""
    found = []
    if not text.isascii():
        if _HANGUL.search(text):
            found.append("ko")
        if _KANA.search(text):
            found.append("ja")
        elif _HAN.search(text):
            found.append("zh")
        if _CYRILLIC.search(text):
            found.append("ru")
    return (*found, _latin(frozenset(WORD_OR_MARK.findall(text[:SAMPLE].lower()))))


def languages_of_all(text: str) -> list[tuple[str, ...]]:
    """The languages that a short text may be in, the likeliest first; one of a few words hardly tells."""
    first = languages_of(text)
    if _CYRILLIC.search(text) or _HANGUL.search(text) or _KANA.search(text):
        return [first]
    if _HAN.search(text):
        return [first, ("ja", first[-1])]
    return [first, *((language,) for language in LATIN if language != first[-1])]


def _latin(words: frozenset[str]) -> str:
    """Of the languages in Latin letters the one that has the most of these words, English where none has more."""
    if len(words & table("en").common) >= _PLAINLY * len(words):
        return "en"  # the other tables need not be read

    def known(language: str) -> int:
        of = table(language)
        return 2 * len(words & of.words) + len(words & of.common)

    return max(LATIN, key=known)


def opened(text: str, languages: Sequence[str] | None = None) -> tuple[str, list[Table]] | None:
    """(the text with variant characters as the tables have them, its tables); None for one that can tell no time.

    Args:
        text: any.
        languages: whose words it may hold where it is known to tell a time; None: as it looks.
    """
    known, languages = languages is not None, languages_of(text) if languages is None else languages
    tables = [table(language) for language in languages]
    if not text.isascii():
        for characters in (_WIDE, *(of.variants for of in tables if of.variants)):
            text = text.translate(characters)
    return (text, tables) if known or _may_tell(text, languages) else None


def month_comes_first(tables: Sequence[Table]) -> bool | None:
    """Whether the language of a text puts the month before the day; None: it does not say."""
    return next((of.month_first for of in tables if of.month_first is not None), None)


def _may_tell(text: str, languages: Sequence[str]) -> bool:
    """Whether a text has a digit, or a word of time of these languages."""
    return _DIGIT.search(text) is not None or any(_has_trigger(text, language) for language in languages)


def _has_trigger(text: str, language: str) -> bool:
    of = table(language)
    words = text if language in UNSPACED else WORD_OR_MARK.findall(text.lower())
    return not of.triggers.isdisjoint(words) or any(word.startswith(of.compounds) for word in words if of.compounds)


def _words(form: str, language: str) -> tuple[str, ...]:
    return tuple(form) if language in UNSPACED else tuple(WORD_OR_MARK.findall(form.lower()))


def _forms(told: str) -> list[str]:
    return [form for form in told.split(" | ") if form]


def _value(meaning: str) -> Any:
    if re.fullmatch(r"0|-?[1-9]\d*", meaning):
        return int(meaning)
    return float(meaning) if re.fullmatch(r"\d\.\d", meaning) else meaning
