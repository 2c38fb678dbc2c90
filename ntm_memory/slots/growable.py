"""An array that is appended to in place, while what was handed out of it before stays as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEAST = 64


class Growable:
    """Rows that are only added: each costs its own copy, now and then that of all (amortised: a constant).

    Args:
        start: (n, …) the first rows. They are not copied before something is added, and nobody may write to them.
        used: how many of them count; behind these is room for others. None: all.
    """

    def __init__(self, start: NDArray[Any], used: int | None = None) -> None:
        self._data = start
        self._used = len(start) if used is None else used

    def __len__(self) -> int:
        return self._used

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows (m, …) behind the others."""
        used = self._used + len(rows)
        if used > len(self._data) or not self._data.flags.writeable:
            # half as much again: pages that nobody has written to yet take no memory
            roomy = np.empty((used + used // 2 + _LEAST, *self._data.shape[1:]), dtype=self._data.dtype)
            roomy[: self._used] = self._data[: self._used]
            self._data = roomy
        if len(rows):
            self._data[self._used : used] = rows
        self._used = used

    def view(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Rows [start, stop) of those there are now, read-only; they never change."""
        rows = self._data[start : self._used if stop is None else min(stop, self._used)]
        rows.flags.writeable = False
        return rows
