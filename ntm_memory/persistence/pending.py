"""Tellings that wait to be written into memory: a small private file each, in `hosts/` of the data folder.

A hook answers before a memory of thousands of characters is read and written, and its process may be ended right then.
What is in these files is on the disk by that time; whoever opens the memory next writes it.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from pathlib import Path

from ntm_memory.paths import ensure_private_dir
from ntm_memory.persistence.atomic import replace_bytes
from ntm_memory.persistence.host_notes import FOLDER

LOCK = "pending.lock"
_NAME = re.compile(r"pending-\d{20}-[0-9a-f]{8}\.json")


def new_name() -> str:
    """A name for a file, behind those given before: what was told first is written first."""
    return f"pending-{time.time_ns():020d}-{os.urandom(4).hex()}.json"


def waiting(home: Path) -> list[str]:
    """The names of the files that wait, what was told first at the beginning."""
    try:
        with os.scandir(home / FOLDER) as found:
            return sorted(each.name for each in found if _NAME.fullmatch(each.name))
    except OSError:
        return []


def put(home: Path, name: str, content: bytes) -> None:
    """Write one file; it is on the disk when this returns.

    Raises:
        OSError: it cannot be written.
        NTMMemoryError: the folder cannot be made.
    """
    ensure_private_dir(home / FOLDER)
    replace_bytes(home / FOLDER / name, content)


def content_of(home: Path, name: str) -> bytes | None:
    """What a file says; None where it is gone or cannot be read."""
    with suppress(OSError):
        return (home / FOLDER / name).read_bytes()
    return None


def path_of(home: Path, name: str) -> Path:
    """Where a file is."""
    return home / FOLDER / name
