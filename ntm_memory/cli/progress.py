"""How far a bulk command is, on a terminal's stderr only."""

from __future__ import annotations

import time
from typing import TextIO


class Progress:
    """Called with the number of records done; draws one line, at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._start = time.monotonic()
        self._last = 0.0
        self._drawn = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self._drawn:
            self._stream.write("\n")

    def __call__(self, done: int) -> None:
        """Say that `done` records are stored."""
        now = time.monotonic()
        if not self._shown or now - self._last < 0.1:
            return
        self._last, self._drawn = now, True
        self._stream.write(f"\r{done:,} memories, {done / max(now - self._start, 1e-9):.0f}/s ")
        self._stream.flush()
