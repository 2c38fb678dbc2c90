"""How far something long is: one line on a terminal's stderr, redrawn a few times a second, nothing elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from ntm_memory.memn2n.training import EpochReport
    from ntm_memory.training.trainer import BatchReport

_WIDTH = 24
_SMOOTH = 0.02
_LONGEST = 359_999
Line = TypeVar("Line", bound="ProgressLine")


class ProgressLine:
    """The line; leave the `with` block, or call `close`, to end it.

    Args:
        stream: where to draw; nothing is drawn unless it is a terminal.
        every: seconds between two drawings.
        at_once: draw what is said first, too.
    """

    def __init__(self, stream: TextIO, *, every: float = 0.2, at_once: bool = True) -> None:
        self._stream, self._every = stream, every
        self._shown = stream.isatty()
        self._start = time.monotonic()
        self._last = float("-inf") if at_once else self._start
        self._drawn = False

    def __enter__(self: Line) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def draw(self, text: Callable[[float], str]) -> None:
        """Draw what `text` makes of the seconds since the start, if it is time."""
        now = time.monotonic()
        if not self._shown or now - self._last < self._every:
            return
        self._last, self._drawn = now, True
        self._stream.write("\r" + text(now - self._start))
        self._stream.flush()

    def close(self) -> None:
        """End the line."""
        if self._drawn:
            self._stream.write("\n")


class Progress(ProgressLine):
    """Of a bulk command: called with the number of memories done."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, every=0.1)

    def __call__(self, done: int) -> None:
        """Say that `done` records are stored."""
        self.draw(lambda elapsed: f"{done:,} memories, {done / max(elapsed, 1e-9):.0f}/s ")


class TrainingProgress(ProgressLine):
    """Of training on one of the paper's tasks: called with a report after every batch."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream, at_once=False)
        self._first: int | None = None
        self._loss = self._bits = float("nan")

    def __call__(self, report: BatchReport) -> None:
        """Take in one batch's report, and draw if it is time."""
        if self._first is None:
            self._first, self._loss, self._bits = report.sequences, report.loss, report.bits
        self._loss += _SMOOTH * (report.loss - self._loss)
        self._bits += _SMOOTH * (report.bits - self._bits)
        self.draw(lambda elapsed: self.line(report, elapsed))

    def line(self, report: BatchReport, elapsed: float) -> str:
        """The line for a report, `elapsed` seconds after the start."""
        done = report.sequences / report.total
        speed = (report.sequences - (self._first or 0)) / max(elapsed, 1e-9)
        left = (report.total - report.sequences) / speed if speed else float("inf")
        bar = "█" * round(done * _WIDTH)
        minutes = "--:--" if left > _LONGEST else f"{int(left) // 60}:{int(left) % 60:02d}"
        reach = f" range {report.reach:.0%}" if report.reach < 1 else ""
        return (
            f"{bar:░<{_WIDTH}} {report.sequences:,}/{report.total:,} {speed:.0f}/s "
            f"loss {self._loss:.4f} bits a sequence {self._bits:.2f}{reach} left {minutes} "
        )


class BabiProgress(ProgressLine):
    """Of training a Memory Network: called with a report after every pass.

    Args:
        stream: see `ProgressLine`.
        name: what is learned.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self._name = name

    def __call__(self, report: EpochReport) -> None:
        """Draw, if it is time."""
        phase = "linear start" if report.linear else "softmax"
        self.draw(
            lambda elapsed: (
                f"{self._name}, restart {report.restart + 1}, pass {report.epoch} ({phase}): "
                f"loss {report.loss:.4f}, validation {report.valid.error:.2f} % wrong  "
            )
        )
