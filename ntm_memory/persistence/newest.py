"""A few values by name that a process keeps of late, for threads to share; the oldest make room."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """The values that were put last.

    Args:
        most: so many at most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[str, T] = {}
        self._lock = threading.Lock()

    def put(self, name: str, value: T) -> None:
        """Keep a value; it is the newest now."""
        with self._lock:
            self._values.pop(name, None)
            while len(self._values) >= self._most:
                self._values.pop(next(iter(self._values)))
            self._values[name] = value

    def get(self, name: str) -> T | None:
        """A value; None where there is none."""
        return self._values.get(name)

    def clear(self) -> None:
        """Keep nothing any longer."""
        with self._lock:
            self._values.clear()

    def take(self, name: str) -> T | None:
        """A value, which is kept no longer; None where there is none."""
        with self._lock:
            return self._values.pop(name, None)
