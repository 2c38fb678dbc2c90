"""Stored text as it may be printed: nothing invisible, nothing that acts on a terminal, nothing that ends its fence."""

from __future__ import annotations

import json
import re
import unicodedata

_ESCAPES = re.compile(
    "(?:\x1b\\]|\x9d)[^\x07\x1b\x9c]{0,2000}(?:\x07|\x1b\\\\|\x9c)?"  # operating system commands
    "|(?:\x1b[P^_X]|[\x90\x98\x9e\x9f])[^\x1b\x9c]{0,2000}(?:\x1b\\\\|\x9c)?"  # device control and other strings
    "|(?:\x1b\\[|\x9b)[0-?]{0,50}[ -/]{0,10}[@-~]?"  # control sequences
    "|\x1b[ -/]{0,5}[0-~]?"
)
_BREAKS = re.compile("\r(?!\n)|[\x0b\x0c\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"
_FLAG, _TAGS, _TAGS_END = "\U0001f3f4", range(0xE0020, 0xE007F), "\U000e007f"
_KEPT_CONTROLS = "\n\t"
_MOST_MARKS = 4
"""Combining marks on one letter; no script needs more."""
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Letters by category that show nothing."""
_FENCE = "recalled"
_LOOKS_AHEAD = 48
_LIKE_LATIN = str.maketrans("аɑαᴀ@4еεєҽ℮ə3ᴇсϲᴄ¢гᴦʀɾӏιıіi1|ʟԁɗᴅđ", "aaaaaaeeeeeeeeccccrrrrlllllllldddd")
"""Letters that look like those of the fence's name."""


def printable(text: str) -> str:
    """The text without what cannot be seen or acts on a terminal; unusual line ends become line feeds.

    Joiners stay where scripts and emoji need them, between two characters that are not ASCII; so do the tags of a flag.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _BREAKS.sub("\n", _ESCAPES.sub("", text))
    kept: list[str] = []
    marks = 0
    for at, each in enumerate(text):
        marks = marks + 1 if unicodedata.category(each) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS and _is_shown(text, at, each, kept):
            kept.append(each)
    return "".join(kept)


def is_visible(text: str) -> bool:
    """Whether anything of a text can be seen: a letter, digit or sign, not blanks, joiners and marks alone."""
    shown = _ESCAPES.sub("", text)
    return any(each not in _FILLERS and unicodedata.category(each)[0] not in "ZCM" for each in shown)


def escaped(text: str) -> str:
    """JSON in which what `printable` would take away stands by its number, and so does a `<` that looks like a fence's.

    Read as JSON it is the same.
    """
    if not text.isascii():
        text = "".join(
            each if each.isascii() or _is_harmless(text, at, each) else json.dumps(each)[1:-1]
            for at, each in enumerate(text)
        )
    text = text.replace("\x7f", "\\u007f")
    if "<" not in text and text.isascii():
        return text
    return "".join(
        f"\\u{ord(each):04x}" if each not in "&\\%" and _opens(text, at, each) else each for at, each in enumerate(text)
    )


def _is_harmless(text: str, at: int, each: str) -> bool:
    """Whether a character may stand in JSON as it is."""
    if each in _JOINERS:
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        return before > "\x7f" and after > "\x7f" and before not in _JOINERS
    if "\U000e0100" <= each <= "\U000e01ef" or each in _FILLERS:
        return False
    return unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _is_shown(text: str, at: int, each: str, kept: list[str]) -> bool:
    if each in _KEPT_CONTROLS or text[at : at + 2] == "\r\n":
        return True
    if each in _JOINERS:
        after = text[at + 1 : at + 2]
        return bool(kept) and kept[-1] > "\x7f" and after > "\x7f" and kept[-1] not in _JOINERS
    if ord(each) in _TAGS or each == _TAGS_END:
        return bool(kept) and (kept[-1] == _FLAG or ord(kept[-1]) in _TAGS)
    if "\U000e0100" <= each <= "\U000e01ef" or each in _FILLERS:
        return False
    return unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn")


_OPENERS = frozenset("<‹〈⟨❮˂ᐸ«≪⧼⟪《ᚲ⋖")
_SPELLED = re.compile(r"&(?:lt|#0*60|#x0*3c);?|(?<!\\)\\(?:u0{2,6}3c|u\{0*3c\}|x3c|0*74)|%(?:25)?3c", re.IGNORECASE)
"""A `<` as web pages, programs and addresses spell it."""


def in_one_line(text: str) -> str:
    """The text as an item of a fenced block: one line, in which nothing looks like an end or a beginning of the block.

    A `<` gets a backslash where it stands before what reads as the fence's name or as a mark of a chat template,
    however that is spelled.
    """
    line = " ".join(printable(text).split())
    return "".join(each + "\\" if _opens(line, at, each) else each for at, each in enumerate(line))


def _opens(line: str, at: int, each: str) -> bool:
    """Whether a `<`, or what looks like one, begins what must not be read as markup."""
    spelled = _SPELLED.match(line, at) if each in "&\\%" else None
    if spelled is None and unicodedata.normalize("NFKC", each) not in _OPENERS:
        return False
    following = line[(spelled.end() if spelled else at + 1) : at + _LOOKS_AHEAD]
    if following.startswith("\\"):
        return False  # it has its backslash already
    if following[:1] == "|" or unicodedata.normalize("NFKC", following[:1]) == "|":
        return True
    plain = "".join(c for c in _folded(unicodedata.normalize("NFKD", following).casefold()) if c.isalnum())
    return plain.startswith(_FENCE)


def _folded(text: str) -> str:
    """Letters of other scripts that look like Latin ones, as these."""
    return text.translate(_LIKE_LATIN)
