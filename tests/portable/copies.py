"""Backups, made as the package makes them, and put back in both ways."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

BY_HAND, BY_IMPORT = "by hand", "by import.py"


def backed_up(memory, name="memory-20260101T000000Z-daily.db"):
    """A backup, as the package makes them: SQLite's online copy into the folder `backups`."""
    folder = memory.home / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    with closing(sqlite3.connect(memory.home / "memory.db")) as source, closing(sqlite3.connect(folder / name)) as copy:
        source.backup(copy)
    return name


def put_back(memory, name, how):
    """Put a backup into the memory's place."""
    if how == BY_IMPORT:
        memory.ask("import", "--backup", name)
    else:
        shutil.copy(memory.home / "backups" / name, memory.home / "memory.db")
