"""How far a training run is: one line on a terminal, redrawn at most five times a second."""

from __future__ import annotations

import time
from typing import TextIO

from ntm_memory.training.trainer import Report

_WIDTH = 24
_SMOOTH = 0.02
_INTERVAL = 0.2


class TrainingProgress:
    """Called with a report after every batch.

    Args:
        stream: where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._start = self._last = time.monotonic()
        self._first: int | None = None
        self._loss = self._bits = float("nan")
        self._drawn = False

    def __call__(self, report: Report) -> None:
        """Take in one batch's report, and draw if it is time."""
        if self._first is None:
            self._first, self._loss, self._bits = report.sequences, report.loss, report.bits
        self._loss += _SMOOTH * (report.loss - self._loss)
        self._bits += _SMOOTH * (report.bits - self._bits)
        now = time.monotonic()
        if self._shown and now - self._last >= _INTERVAL:
            self._last, self._drawn = now, True
            self._stream.write("\r" + self.line(report, now - self._start))
            self._stream.flush()

    def line(self, report: Report, elapsed: float) -> str:
        """The line for a report, `elapsed` seconds after the start."""
        done = report.sequences / report.total
        speed = (report.sequences - (self._first or 0)) / max(elapsed, 1e-9)
        left = (report.total - report.sequences) / speed if speed else float("inf")
        bar = "█" * round(done * _WIDTH)
        minutes = "--:--" if left > 359_999 else f"{int(left) // 60}:{int(left) % 60:02d}"
        reach = f" range {report.reach:.0%}" if report.reach < 1 else ""
        return (
            f"{bar:░<{_WIDTH}} {report.sequences:,}/{report.total:,} {speed:.0f}/s "
            f"loss {self._loss:.4f} bits a sequence {self._bits:.2f}{reach} left {minutes} "
        )

    def close(self) -> None:
        """End the line."""
        if self._drawn:
            self._stream.write("\n")
