"""When two keys or two texts are the same but for how they are spelled: case, width, white space, the invisible.

Two texts that say the same in the same words are one telling. How alike texts are never decides that: of the pairs that
strangers wrote (`bench/pairs`, `tests/outsiders`) those that have .9 of their words in common are 17 revisions and 2
repeats, those with .95 are 2 revisions and no repeat, and one revision has every word of its older text, in another
order. A test holds that.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable

from ntm_memory.text.writing_systems import CJK

STOPS = ".。 "
"""What may follow the end of a text, or not."""
_LEAST_KEY = 5
"""Keys of fewer letters are not near each other: `cat` and `car` are two things."""
_SEPARATORS = str.maketrans("", "", "-_. ")
_SPACES = str.maketrans("-_.", "   ")
_QUOTES = {"‘": "'", "’": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "‟": '"'}
_ROUNDS = 4
_PAUSES = ".,;!…。，；！、"
# a stop inside "9.15", "node.js" or before "env" belongs to the word; a colon tells who speaks
_PAUSE = re.compile(rf"[{_PAUSES}]+(?=[\s\"'{CJK}{_PAUSES}]|$)|[。，；！、]+|(?<!\w)[\"']+|[\"']+(?!\w)")
_TOKEN = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
_OF_IDENTIFIERS = re.compile(r"[\d_/\\=$]|[^\W\d_]\.[^\W\d_]|[a-z][A-Z]")


class _Spelled(dict[int, str | None]):
    """A table for `str.translate`: each character as it counts, found out when first met."""

    def __missing__(self, code: int) -> str | None:
        each = chr(code)
        shape = unicodedata.decomposition(each)
        counts: str | None = _QUOTES.get(each, each)
        if unicodedata.category(each) == "Cf" or "\ufe00" <= each <= "\ufe0f" or "\U000e0100" <= each <= "\U000e01ef":
            counts = None
        elif shape.startswith(("<wide>", "<narrow>")):
            counts = unicodedata.normalize("NFKC", each).translate(self)
        self[code] = counts
        return counts


_SPELLED = _Spelled()


def folded_key(key: str) -> str:
    """What is equal for keys that differ in Unicode form, case, width and white space alone."""
    text = " ".join(key.split())
    return text.casefold() if text.isascii() else _settled(text)


def spaced_key(key: str) -> str:
    """A key, a tag or a name as people write it: folded, with spaces for separators."""
    return folded_key(key.translate(_SPACES))


def folded_text(text: str) -> str:
    """What is equal for texts that say the same word by word.

    They differ in Unicode form, case, width, white space, line ends, invisible characters, the form of quotation marks
    and the stop at the end alone.
    """
    plain = " ".join(text.split())
    folded = plain.casefold().replace("`", "'") if plain.isascii() else _settled(plain)
    return folded.rstrip(STOPS) or folded


def same_telling(one: str, other: str) -> bool:
    """Whether telling one of these texts after the other tells nothing new.

    They are one as `folded_text` folds them, and spell what looks like an identifier (`userId`, `src/Main.py`,
    `MAX_SIZE`, `Elkhorn2`) in the same case. White space never counts, in code neither: who corrects it updates.
    """
    return one == other or (folded_text(one) == folded_text(other) and same_identifiers(one, other))


def same_identifiers(one: str, other: str) -> bool:
    """Whether no word that looks like an identifier stands in these texts in two spellings, by case."""
    if one == other:
        return True
    words, others = ({word.casefold(): word for word in _words(text)} for text in (one, other))
    shared = ((word, others[folded]) for folded, word in words.items() if folded in others)
    return not any(a != b and (_is_identifier(a) or _is_identifier(b)) for a, b in shared)


def word_for_word(text: str) -> str:
    """What is equal for texts that say the same in the same words: a text without its pauses and quotation marks.

    Signs that may mean something stay: `?`, `:`, `-5`, `C++`, `9:15`, `5,0`; so does the case of identifiers.
    """
    return " ".join(word if _is_identifier(word) else word.casefold() for word in _words(text)) or folded_text(text)


def _is_identifier(word: str) -> bool:
    return (word[0].isalpha() or word[0] == "_") and _OF_IDENTIFIERS.search(word) is not None


def _words(text: str) -> list[str]:
    """The words of a text in its own case, each Chinese, Japanese or Korean letter on its own."""
    return _TOKEN.findall(_PAUSE.sub(" ", text.replace("`", "'") if text.isascii() else _settled(text, str)))


def text_hash(text: str) -> int:
    """63 bits of a folded text, to find equal ones by index."""
    folded = folded_text(text).encode("utf-8", "surrogatepass")
    return zlib.crc32(folded) << 31 ^ zlib.adler32(folded[::-1])


def near_keys(key: str, others: Iterable[str]) -> list[str]:
    """Keys that may be meant by this one: they differ in separators, or in one letter; in a digit they may not.

    Args:
        key: of at least five characters without separators; a shorter one is near none.
        others: live keys, spelled as they are kept.
    """
    own = folded_key(key)
    bare = own.translate(_SEPARATORS)
    if len(bare) < _LEAST_KEY:
        return []
    near = []
    for other in others:
        folded = folded_key(other)
        stripped = folded.translate(_SEPARATORS)
        if folded != own and (stripped == bare or _one_letter_off(bare, stripped)):
            near.append(other)
    return near


def _one_letter_off(one: str, other: str) -> bool:
    """Whether one letter, no digit, is added, left out or another one."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < _LEAST_KEY - 1:
        return False
    if len(one) < len(other):
        one, other = other, one
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))
    rest = at + 1 if len(one) == len(other) else at
    return one[at + 1 :] == other[rest:] and not (one[at : at + 1] + other[at:rest]).isdigit()


def _settled(text: str, cased: Callable[[str], str] = str.casefold) -> str:
    """The text folded until folding changes nothing more: a folded letter may join with the mark that follows it."""
    for _ in range(_ROUNDS):
        before = text
        text = unicodedata.normalize("NFC", cased(unicodedata.normalize("NFC", text).translate(_SPELLED)))
        text = " ".join(text.split())
        if text == before:
            break
    return text
