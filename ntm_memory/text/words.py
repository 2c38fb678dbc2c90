"""Text → index words: what the keyword evidence of recall is counted over.

Spaced scripts give stems (Snowball, English) without stop words; Chinese, Japanese and Korean give character bigrams,
since they do not mark words and no dictionary knows a user's names. Besides, a text gets *marks*, index words that
begin with `@` and say what kind of memory it is (who speaks, whether it asks, whether it tells a time): evidence about
the memory, found by the same index.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import re
import sys
import types
import unicodedata
from collections.abc import Callable

from ntm_memory.text.writing_systems import CJK

_SNOWBALL = "snowballstemmer_english"
BY = "@by="  # "@by=caroline": the speaker's name begins the text
SPOKEN = "@by"
ASKS = "@asks"
TIME = "@time"
NUMBER = "@number"

_RUNS = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:['’][^\W_{CJK}]+)?")
WORD = re.compile(r"[^\W_]+(?:[-.'’&][^\W_]+)*")
"""A word of a spaced script as it is written, "Jean-Luc's" in one."""
_CJK = re.compile(f"[{CJK}]")
_SPEAKER = re.compile(r"(?<!\s)\s*([^\s:：][^:：\n]{0,39}?)\s*[:：]\s*\S")
_ASKS = re.compile(r"[?？]\s*$|[?？]|[吗呢]\s*(?:[。！]\s*)?$")
_TIME = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|ago|last|next|since|until|recently|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|january|february|march|april|june|july|august|september|october|november|december"
    r"|weeks?|weekend|months?|years?|days?|hours?|morning|evening|night|(?:19|20)\d\d|\d{1,2}:\d\d)\b"
    r"|昨|今[天日晚年]|明[天日年]|[去前后]年|[上下这本]个?[周月]|星期|周[一二三四五六日天末]|[年月日号点]|小时|分钟|早上|晚上|下午|上午",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand)\b|[一二两三四五六七八九十百千万]"
)

STOP_WORDS = frozenset(
    """a about above after again against all am an and any are aren't as at be because been before being below between
    both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each few for from
    further had hadn't has hasn't have haven't having he he'd he'll he's her here here's hers herself him himself his
    how how's i i'd i'll i'm i've if in into is isn't it it's its itself let's me more most mustn't my myself no nor not
    of off on once only or other ought our ours ourselves out over own same shan't she she'd she'll she's should
    shouldn't so some such than that that's the their theirs them themselves then there there's these they they'd
    they'll they're they've this those through to too under until up very was wasn't we we'd we'll we're we've were
    weren't what what's when when's where where's which while who who's whom why why's will with won't would wouldn't
    you you'd you'll you're you've your yours yourself yourselves""".split()
)


def index_words(text: str) -> tuple[str, ...]:
    """Index words of a text in order, repeats kept: stems, CJK bigrams (a lone character stands for itself).

    A text of nothing but stop words keeps them, so that it stays findable by its words.
    """
    runs = _RUNS.findall(unicodedata.normalize("NFKC", text).casefold())
    kept = [word for run in runs for word in _split(run, drop_stop_words=True)]
    return tuple(kept or [word for run in runs for word in _split(run, drop_stop_words=False)])


def memory_words(text: str, *, spoken: bool = True) -> tuple[str, ...]:
    """Index words of a text to be stored, and its marks."""
    return index_words(text) + tuple(marks(text, spoken=spoken))


def marks(text: str, *, spoken: bool = True) -> list[str]:
    """What kind of memory this is: speaker (`@by`, `@by=<name>`), `@asks`, `@time`, `@number`.

    Args:
        text: of the memory.
        spoken: whether a name before a colon is a speaker's, and no title ("Deadline: 3 May"): that gets no `@by`.
    """
    named = named_by(text)
    body = split_speaker(text)[1]
    found = [SPOKEN, *named] if named and spoken else named
    found.extend(mark for mark, pattern in ((ASKS, _ASKS), (TIME, _TIME), (NUMBER, _NUMBER)) if pattern.search(body))
    return found


def named_by(text: str) -> list[str]:
    """`@by=<word>` for each word of the name that a text begins with."""
    return [BY + word for word in dict.fromkeys(index_words(split_speaker(text)[0]))]


def tells_time(text: str) -> bool:
    """Whether a text tells a time or a date."""
    return _TIME.search(text) is not None


def split_speaker(text: str) -> tuple[str, str]:
    """("Caroline", "Hi!") of "Caroline: Hi!"; an empty name where the text does not begin with one."""
    match = _SPEAKER.match(text)
    named = match is not None and match[1][0].isalpha() and not text.startswith("//", match.end(1) + 1)
    if match is None or not named or len(match[1].split()) > 4:
        return "", text
    return match[1], text[match.end() - 1 :]


def _split(run: str, *, drop_stop_words: bool) -> list[str]:
    if _CJK.match(run):
        return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
    run = run.replace("’", "'")
    if drop_stop_words and run in STOP_WORDS:
        return []
    return [_stem(run.removesuffix("'s"))]


@functools.cache
def _stemmer() -> Callable[[str], str]:
    # one language by its file: the package's own entry point imports them all, which costs more than the whole search
    found = importlib.util.find_spec("snowballstemmer")
    if found is None:
        raise ModuleNotFoundError("No module named 'snowballstemmer'", name="snowballstemmer")
    package = types.ModuleType(_SNOWBALL)
    package.__path__ = list(found.submodule_search_locations or ())
    sys.modules[_SNOWBALL] = package
    english = importlib.import_module(f"{_SNOWBALL}.english_stemmer")
    stem: Callable[[str], str] = english.EnglishStemmer().stemWord
    return stem


@functools.lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    return _stemmer()(word) if word.isascii() else word
