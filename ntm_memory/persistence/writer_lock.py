"""The writer lock: one process at a time, by a lock on a file of our own that dies with the process.

SQLite's busy handler is not fair, and a writer that waits inside SQLite may already hold what another one needs.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ntm_memory.errors import StoreError, StoreLockedError, hint_of_writing

_PAUSE = 0.005


class WriterLock:
    """A lock file; it is made when first needed and never removed.

    Args:
        path: the lock file.
        seconds: how long to wait for another writer.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self._path = path
        self.seconds = seconds
        self._file: int | None = None

    def acquire(self) -> None:
        """Wait for the lock.

        Raises:
            StoreLockedError: another process kept it too long.
            StoreError: there is something that can be no lock file.
            OSError: the folder cannot be used.
        """
        if self._file is None:
            self._file = self._opened()
        deadline = time.monotonic() + self.seconds
        while not _try_lock(self._file):
            if time.monotonic() >= deadline:
                raise StoreLockedError(
                    f"another process has been writing for {self.seconds:g} seconds",
                    "try again, or raise store.lock_seconds",
                )
            time.sleep(_PAUSE)

    def _opened(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            if not os.path.lexists(self._path):  # then the folder is at fault
                raise
            otherwise = "move it away: it holds nothing, and is made again"
            if not os.access(self._path.parent, os.W_OK):
                otherwise = "the folder may not be written to: check its owner and permissions"
            hint = hint_of_writing(error.errno, otherwise)
            raise StoreError(f"the lock file {self._path} cannot be opened: {error.strerror}", hint) from error

    def release(self) -> None:
        """Let the next writer in."""
        if self._file is not None:
            _unlock(self._file)

    def close(self) -> None:
        """Close the file, which also lets the lock go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: int) -> bool:
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
