"""What is found: a time as it is told in a text."""

from __future__ import annotations

import math
from dataclasses import dataclass

HOUR, DAY = 3_600.0, 86_400.0
YEAR = 365.2425 * DAY
DIRECTIONS = ("on", "before", "after", "since", "until", "between", "about")


@dataclass(frozen=True)
class Time:
    """A stretch of time that a text tells.

    Args:
        start, end: unix seconds [start, end); −inf and inf where it is open.
        direction: one of `DIRECTIONS`; the interval has it in it already: of "before May" the end is May's start.
        precision: the length of what was named: minute, hour, part (of a day), day, weekend, week, third (of a month),
            month, season, quarter, half, year, decade, century.
        yearly: no year was told; start and end are of the likeliest one.
        place: [first, last) character of the expression in the text.
        named: of "about 18 November" the day itself, unix seconds; None: that is the interval.
    """

    start: float
    end: float
    direction: str = "on"
    precision: str = "day"
    yearly: bool = False
    place: tuple[int, int] = (0, 0)
    named: tuple[float, float] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it has no start or no end."""
        return math.isinf(self.start) or math.isinf(self.end)

    @property
    def is_stretch(self) -> bool:
        """Whether both its ends are told, so that each of its days is meant."""
        return self.direction == "between" and not self.is_open

    def holds(self, other: Time) -> bool:
        """Whether another one lies inside."""
        return self.start <= other.start and other.end <= self.end
