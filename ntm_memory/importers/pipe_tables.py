"""Tables in Markdown (https://github.github.com/gfm/#tables-extension-): a row tells what its cells do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

_BAR = re.compile(r"(?<!\\)\|")


def is_below_head(line: str) -> bool:
    """Whether a line divides a table's head from its rows."""
    signs = "".join(line.split())
    return "|" in signs and "-" in signs and not signs.strip(":|-")


def is_row(line: str) -> bool:
    """Whether a line may be a row or a head."""
    return _BAR.search(line) is not None


def cells_of(line: str) -> list[str]:
    """The texts of a row's cells."""
    inner = line.strip().removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(inner)]


def said_by(head: Sequence[str], line: str) -> str:
    """What a row says: each of its cells with the name of its column.

    Args:
        head: the columns' names.
        line: the row.
    """
    named = zip_longest(head, cells_of(line), fillvalue="")
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)
