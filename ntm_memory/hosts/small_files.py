"""Small files that lie in a folder of strangers: read only where they are plain files, and never to their end."""

from __future__ import annotations

import os
import stat
from pathlib import Path

MOST = 4_000
"""Bytes; a file that has more is none of those that are looked for."""
_ONLY_LOOKING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class NotPlainError(OSError):
    """It is a link, a pipe, a device or a folder, or it is too long."""


def read_small(file: Path) -> bytes:
    """What a small plain file says.

    A repository may carry a link to whatever its author likes, and a folder that was unpacked a pipe: to read these
    may take forever or change something.

    Raises:
        FileNotFoundError: nothing has this name.
        OSError: it is no plain file, has more than `MOST` bytes, or cannot be read.
    """
    if not stat.S_ISREG(os.lstat(file).st_mode):
        raise NotPlainError(f"{file} is no plain file")
    opened = os.open(file, _ONLY_LOOKING | getattr(os, "O_BINARY", 0))
    with open(opened, "rb") as content:
        if not stat.S_ISREG(os.fstat(opened).st_mode):  # another one stands there by now
            raise NotPlainError(f"{file} is no plain file")
        said = content.read(MOST + 1)
    if len(said) > MOST:
        raise NotPlainError(f"{file} has more than {MOST} bytes")
    return said
