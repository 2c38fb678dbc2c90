"""Stamps of a hybrid logical clock: near the time of day, and later than all that their writer had seen.

Kulkarni et al. 2014, "Logical Physical Clocks and Consistent Snapshots in Globally Distributed Databases". A stamp is a
text that sorts as stamps do: milliseconds, a count, the device, each of a fixed width.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import NamedTuple

from ntm_memory.errors import BadValueError, shown

MOST_AHEAD = 24 * 3600 * 1000
"""Milliseconds by which a stamp may run ahead of this machine's clock: what is further ahead waits, and is told."""
_FORM = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-z]{8})")
_MOST_MS, _MOST_COUNT = 16**12 - 1, 16**8 - 1
_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"


class LogicalTime(NamedTuple):
    """When something was told, in an order that all devices agree on.

    Args:
        ms: milliseconds since 1970.
        number: distinguishes and orders what a device told in one millisecond, or after a stamp of the same.
        device: who stamped it.
    """

    ms: int
    number: int
    device: str

    def __str__(self) -> str:
        return f"{self.ms:012x}.{self.number:08x}.{self.device}"


def read_stamp(text: object) -> LogicalTime:
    """What `str` of a stamp wrote.

    Raises:
        BadValueError: it is no stamp.
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise BadValueError(f"{shown(text)} is no stamp")
    return LogicalTime(int(found[1], 16), int(found[2], 16), found[3])


def new_device() -> str:
    """A name for a device, one of 6·10¹¹."""
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(8))


class HybridClock:
    """Stamps what one device tells; none is given twice.

    Args:
        device: its name.
        count: how many stamps it has given at most.
        clock: unix seconds.
    """

    def __init__(self, device: str, count: int, clock: Callable[[], float]) -> None:
        self.device = device
        self.count = count
        self._clock = clock

    @property
    def now(self) -> int:
        """Milliseconds since 1970, as this machine's clock says."""
        return min(max(int(self._clock() * 1000), 0), _MOST_MS)

    def stamp(self, at: int | None = None, after: str = "") -> str:
        """A stamp of a moment, later than another stamp.

        Args:
            at: milliseconds, in the future taken for now; None: now.
            after: the greatest stamp that whoever told it had seen; empty: none.
        """
        now = self.now
        ms = now if at is None else min(max(at, 0), now)
        least = self.count + 1
        if after:
            seen = read_stamp(after)
            if seen.ms >= ms:
                ms, least = seen.ms, max(least, seen.number + 1)
        if least > _MOST_COUNT:
            ms, least = ms + 1, 0
        self.count = least
        return str(LogicalTime(ms, least, self.device))

    def is_ahead(self, stamp: str) -> bool:
        """Whether a stamp is further ahead of this machine's clock than a clock that is right can be."""
        return read_stamp(stamp).ms > self.now + MOST_AHEAD
