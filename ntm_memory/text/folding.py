"""When two keys or two texts are the same but for how they are spelled: case, width, white space, the invisible."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable

STOPS = ".。 "
"""What may follow the end of a text, or not."""
_LEAST_KEY = 5
"""Keys of fewer letters are not near each other: `cat` and `car` are two things."""
_SEPARATORS = str.maketrans("", "", "-_. ")
_QUOTES = {"‘": "'", "’": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "‟": '"'}
_ROUNDS = 4


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


def folded_text(text: str) -> str:
    """What is equal for texts that say the same word by word.

    They differ in Unicode form, case, width, white space, line ends, invisible characters, the form of quotation marks
    and the stop at the end alone.
    """
    plain = " ".join(text.split())
    folded = plain.casefold().replace("`", "'") if plain.isascii() else _settled(plain)
    return folded.rstrip(STOPS) or folded


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


def _settled(text: str) -> str:
    """The text folded until folding changes nothing more: a folded letter may join with the mark that follows it."""
    for _ in range(_ROUNDS):
        before = text
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_SPELLED).casefold())
        text = " ".join(text.split())
        if text == before:
            break
    return text
