"""How a line begins an item of a list: bullets, numbers, boxes of tasks.

A number stays in the item's text: it tells the order, and a line may begin with one that is none ("12. May 1990"). So
one begins an item below text only where CommonMark has it so (https://spec.commonmark.org/0.31.2/#list-items): it is
1, or goes on with a list.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BULLET = re.compile(r"^\s*[-*+•●○◦▪▸‣·・](?:\s+|$)")
_NUMBER = re.compile(
    r"^\s*(?:[(（](?P<within>\d{1,3}|[一二三四五六七八九十]{1,3})[)）]"
    r"|(?P<before>\d{1,3})(?:[.)](?=\s|$)|[、．）])|(?P<han>[一二三四五六七八九十]{1,3})、)"
)
_TASK = re.compile(r"\[([ xX])\]\s+")
_FIRST = ("1", "一", "１")


class Begin(NamedTuple):
    """The beginning of an item.

    Args:
        text: what follows the bullet or the box; numbers are in it.
        is_numbered: whether it begins with a number.
        interrupts: whether it is an item whatever stands above it.
        state: of a task: `done` or `open`; empty: it is none.
    """

    text: str
    is_numbered: bool
    interrupts: bool
    state: str


def begin_of(line: str) -> Begin | None:
    """How a line begins an item; None: it does not."""
    bullet = _BULLET.match(line)
    number = None if bullet else _NUMBER.match(line)
    if bullet is None and number is None:
        return None
    text = line[bullet.end() :] if bullet else line.strip()
    begin = number.end() - (len(line) - len(line.lstrip())) if number else 0
    rest = text[begin:].lstrip() if number else text
    task = _TASK.match(rest)
    if task:
        text = (text[:begin] + " " if number else "") + rest[task.end() :]
    state = ("open" if task.group(1) == " " else "done") if task else ""
    interrupts = number is None or (number["within"] or number["before"] or number["han"]) in _FIRST
    return Begin(text, number is not None, interrupts, state)
