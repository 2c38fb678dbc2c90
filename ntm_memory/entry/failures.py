"""What failed of many records, or was not believed, and what to do about it."""

from __future__ import annotations

from ntm_memory.errors import NTMMemoryError
from ntm_memory.operations.results import Failure

_MOST_HINTS = 5


class Failures:
    """Collects what fails; each hint is told once."""

    def __init__(self) -> None:
        self._found: list[Failure] = []
        self._hints: dict[str, None] = {}
        self._claims, self._most = 0, ""

    def add(self, line: int, error: NTMMemoryError) -> None:
        """Note why a record failed."""
        self._found.append(Failure(line, error.code, error.message))
        if error.hint:
            self._hints[error.hint] = None

    def by_line(self) -> tuple[Failure, ...]:
        """All of them, in the order of their lines."""
        return tuple(sorted(self._found, key=lambda failure: failure.line))

    def note_claim(self, most: str) -> None:
        """Note that a record claimed more trust than its call gives, which is so much."""
        self._claims, self._most = self._claims + 1, most

    def hints(self) -> tuple[str, ...]:
        """The first hints, and how many records claimed too much."""
        records = "1 record claims" if self._claims == 1 else f"{self._claims:,} records claim"
        claims = f"{records} more trust than the call gives: kept as {self._most}; a call with --trust vouches for all"
        return (*tuple(self._hints)[:_MOST_HINTS], *([claims] if self._claims else []))
