"""Taking a file's bytes away before its name: what the file system keeps elsewhere is out of reach."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_STEP = 1 << 20


def wipe(path: Path) -> None:
    """Overwrite a file with zeros and remove it; one that is not there is no error.

    Raises:
        OSError: it is still there.
    """
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
        try:
            blank(handle)
        finally:
            os.close(handle)
        path.unlink()


def blank(handle: int) -> None:
    """Overwrite an open file with zeros, down to the disk."""
    left = os.lseek(handle, 0, os.SEEK_END)
    os.lseek(handle, 0, os.SEEK_SET)
    while left > 0:
        left -= os.write(handle, bytes(min(_STEP, left)))
    os.fsync(handle)
