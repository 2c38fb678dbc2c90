"""How far the training of a Memory Network is: one line on a terminal, redrawn at most five times a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ntm_memory.memn2n.training import Report

_INTERVAL = 0.2


class BabiProgress:
    """Called with a report after every pass.

    Args:
        stream: where to draw; nothing is drawn unless it is a terminal.
        name: what is learned.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name
        self._shown = stream.isatty()
        self._last = 0.0
        self._drawn = False

    def __call__(self, report: Report) -> None:
        """Draw, if it is time."""
        now = time.monotonic()
        if self._shown and now - self._last >= _INTERVAL:
            self._last, self._drawn = now, True
            self._stream.write("\r" + self.line(report))
            self._stream.flush()

    def line(self, report: Report) -> str:
        """The line for a report."""
        phase = "linear start" if report.linear else "softmax"
        return (
            f"{self._name}, restart {report.restart + 1}, pass {report.epoch} ({phase}): "
            f"loss {report.loss:.4f}, validation {report.valid.error:.2f} % wrong  "
        )

    def close(self) -> None:
        """End the line."""
        if self._drawn:
            self._stream.write("\n")
