"""A copy of what a device knows, for whoever only looks: who looks waits for nobody, and leaves nothing behind."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ntm_memory.errors import StoreError
from ntm_memory.recovery.files import drafts_beside, opened
from ntm_memory.sync.state import NAME, NAMES


@contextmanager
def copied_state(home: Path) -> Iterator[Path]:
    """A folder with a copy of `sync.db`, and of the device's names; what cannot be read is left out, as if lost.

    Args:
        home: the data folder; another process may be syncing it.
    """
    with drafts_beside(home / NAME) as drafts:
        with suppress(OSError):
            shutil.copyfile(home / NAMES, drafts / NAMES)
        source, target = home / NAME, drafts / NAME
        try:
            with closing(opened(source, read_only=True)) as sql, closing(opened(target, like=source)) as copy:
                sql.backup(copy)
        except (sqlite3.Error, StoreError, OSError):
            target.unlink(missing_ok=True)
        yield drafts
