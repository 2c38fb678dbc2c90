"""A text as it was before a web page, an address, a database, a document or a wrong character set got hold of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

_HYPHEN = re.compile(r"(?<=[a-z])-\r?\n\s*(?=[a-z])")
_ENTITY = re.compile(r"&(?:#\w+|[a-zA-Z]+);")
_PERCENT = re.compile("%[0-9a-fA-F]{2}")
_LEAST_PERCENT = 3
_NARROWEST = 16
"""Columns of a terminal."""
_TIMES = 3
"""So often a text may have been encoded."""
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_LOOK_OF_A_TAG = re.compile(
    r"""(?<=[\w"'])\s+(?:class|style|id|lang|dir|start)=(?:"[^"<>]{0,200}"|'[^'<>]{0,200}')(?=[^<>]{0,300}>)"""
)
_ESCAPED = re.compile(r"\\(?=[!#-/:-@\[\]^-`{-~])")
_CODE = re.compile(r"\\u([0-9a-fA-F]{4})")
_IN_A_STRING = re.compile(r'\\"\w{1,30}\\"\s*:')
_STRING_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = {"n": "\n", "r": " ", "t": " "}
_DOUBLED = re.compile(r"(?<=\w)(?:''|’’)(?=\w)")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_CODED = re.compile("[\xc2-\xf4][^\x00-\x7f]")
_COUNTED = re.compile(r"^[ \t]{0,8}(\d{1,5})(?=[ \t:|.)\]])[ \t]*[:|.)\]]?", re.MULTILINE)
_LOGGED = re.compile(
    r"^[ \t]*[\[(]?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?[\])]?", re.MULTILINE
)


def decoded(text: str) -> str:
    """The text without entities, percent signs, escapes and what tags look like, in the characters it was written in.

    Nothing that says something is taken out: what is decoded reads as it did before.
    """
    text = _HYPHEN.sub("", unicodedata.normalize("NFKC", _in_its_character_set(text)))
    text = text.lower() if text.isupper() else text
    for _ in range(_TIMES):
        before, text = text, _decoded_once(text)
        if text == before:
            break
    text = _LOOK_OF_A_TAG.sub("", _BREAK_TAG.sub("\n", text))
    return _DOUBLED.sub("'", _ESCAPED.sub("", text))


def joined(text: str) -> list[str]:
    """A text whose lines were cut at a width, in columns or in letters, with these lines in one piece again."""
    lines = text.splitlines()
    found = [_joined_at_full(lines, measure) for measure in (_columns, len)] if len(lines) > 1 else []
    return [each for each in dict.fromkeys(found) if each is not None]


def _joined_at_full(lines: Sequence[str], measure: Callable[[str], int]) -> str | None:
    widths = [measure(line) for line in lines]
    full = max(widths) - 1  # a wide letter may have found no room
    if full < _NARROWEST:
        return None
    return "".join(line if width >= full else f"{line}\n" for line, width in zip(lines, widths, strict=True))


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)


def without_line_starts(text: str) -> str:
    """A text without what a program puts before each of its lines: numbers that count up, and a log's times."""
    found = list(_COUNTED.finditer(text))
    numbers = [int(each[1]) for each in found]
    if len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers))):
        text = _COUNTED.sub("", text)
    return _LOGGED.sub("", text) if len(_LOGGED.findall(text)) > 1 else text


def _decoded_once(text: str) -> str:
    if _ENTITY.search(text):
        import html  # rarely needed

        text = html.unescape(text)
    if len(_PERCENT.findall(text)) >= (_LEAST_PERCENT if re.search(r"\s", text) else 1):
        from urllib.parse import unquote_plus

        text = unquote_plus(text)
    elif "+" in text and not re.search(r"\s", text):
        text = text.replace("+", " ")
    if _IN_A_STRING.search(text):
        text = _STRING_ESCAPE.sub(
            lambda match: _CONTROL.get(match[1], f"\\{match[1]}" if match[1] == "u" else match[1]), text
        )
    if _CODE.search(text):
        codes = _CODE.sub(lambda code: chr(int(code[1], 16)), text)
        text = codes.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _in_its_character_set(text: str) -> str:
    """UTF-8 that was read as if each byte were a letter, read as UTF-8."""
    return _NOT_ASCII.sub(_as_utf8, text) if _CODED.search(text) else text


def _as_utf8(match: re.Match[str]) -> str:
    found = bytearray()
    for each in match[0]:
        try:
            found += bytes([ord(each)]) if ord(each) < 0x100 else each.encode("cp1252")
        except UnicodeEncodeError:
            return match[0]
    try:
        return found.decode("utf-8")
    except UnicodeDecodeError:
        return match[0]
