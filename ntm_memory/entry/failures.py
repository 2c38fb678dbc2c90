"""What failed of many records, and what to do about it."""

from __future__ import annotations

from ntm_memory.errors import NTMMemoryError
from ntm_memory.operations.results import Failure

_MOST_HINTS = 5


class Failures:
    """Collects what fails; each hint is told once."""

    def __init__(self) -> None:
        self._found: list[Failure] = []
        self._hints: dict[str, None] = {}

    def add(self, line: int, error: NTMMemoryError) -> None:
        """Note why a record failed."""
        self._found.append(Failure(line, error.code, error.message))
        if error.hint:
            self._hints[error.hint] = None

    def by_line(self) -> tuple[Failure, ...]:
        """All of them, in the order of their lines."""
        return tuple(sorted(self._found, key=lambda failure: failure.line))

    def hints(self) -> tuple[str, ...]:
        """The first hints."""
        return tuple(self._hints)[:_MOST_HINTS]
