"""What an open memory was made from: the folder, and the files that decide how it is read."""

from __future__ import annotations

from pathlib import Path

from ntm_memory.operations.context import TUNED

_FILE = "memory.db"
_READ_ONCE = ("config.json", TUNED)


def standing(home: Path) -> tuple[object, ...]:
    """Equal as long as opening the memory anew would make no difference.

    Args:
        home: the data folder.

    Returns:
        the folder; which file the memory is, whatever is in it; the state of each file that is read only once.
    """
    return home, _identity(home / _FILE), *(_state(home / name) for name in _READ_ONCE)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _state(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
