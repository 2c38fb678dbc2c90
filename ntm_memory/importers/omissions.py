"""What a file says that becomes no memory: named, counted and placed, so that nothing is lost in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

_MOST_PLACES = 20


class Omitted(NamedTuple):
    """A part of a file that becomes no memory.

    Args:
        what: it is, e.g. `code` or `field embedding`.
    """

    what: str


@dataclass(frozen=True)
class Omission:
    """Parts of one kind that became no memory.

    Args:
        what: they are.
        count: how many there were.
        at: where the first of them stand: `line 5` (in a list of JSON its number), or `notes/a.md:5` where several
            files were read.
    """

    what: str
    count: int
    at: tuple[str, ...]


def gathered(found: Iterable[tuple[int, str, Omitted]]) -> tuple[Omission, ...]:
    """What was left out, by kind, in the order in which the kinds were met.

    Args:
        found: (line, file, what) of each part; line 0: the whole file, an empty file: there is but one.
    """
    counts, places = Counter[str](), dict[str, dict[str, None]]()
    for line, file, omitted in found:
        counts[omitted.what] += 1
        at = places.setdefault(omitted.what, {})
        if len(at) < _MOST_PLACES:
            at[f"{file}:{line}" if file and line else file or f"line {line}"] = None
    return tuple(Omission(what, count, tuple(places[what])) for what, count in counts.items())
