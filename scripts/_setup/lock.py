"""One installation at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from _setup.report import SetupError, say

WAIT_SECONDS = 900.0


@contextmanager
def only_one(path: Path, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold a lock file; a second installer waits, then finds the work done.

    The lock is inherited by the package installer that we start: if we are killed, it holds the lock until it is done.

    Raises:
        SetupError: somebody else held it for longer than we wait.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait_for(descriptor, path, wait)
        if os.name == "posix":
            os.set_inheritable(descriptor, True)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, path: Path, wait: float) -> None:
    start, told = time.monotonic(), False
    while not _take(descriptor):
        if not told:
            say("another installation is running: waiting for it")
            told = True
        if time.monotonic() - start > wait:
            raise SetupError("locked", f"another installation holds {path}", "wait for it to end, then run this again")
        time.sleep(0.2)


def _take(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
