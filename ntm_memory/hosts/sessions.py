"""Which memories a session has been shown, in a small file that may be lost: then one may be shown twice."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ntm_memory.errors import NTMMemoryError
from ntm_memory.persistence.host_notes import FOLDER, read_note, write_note

MOST_SESSIONS = 100
MOST_IDS = 500


class Session:
    """One session of a host.

    Args:
        home: the data folder.
        id: the session's, as the host has it; empty: nothing is noted.
    """

    def __init__(self, home: Path, id: str) -> None:
        name = hashlib.sha256(id.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._home = home
        self._file = home / FOLDER / f"session-{name}.json" if id else None

    def shown(self) -> list[str]:
        """Ids of the memories it was shown, in order; empty if nothing is known."""
        if self._file is None:
            return []
        ids = read_note(self._home, self._file.name)
        return ids if isinstance(ids, list) and all(isinstance(id, str) for id in ids) else []

    def note(self, ids: Iterable[str]) -> None:
        """Add to what it was shown."""
        new = list(ids)
        if new:
            self._write([*self.shown(), *new])

    def begin(self) -> None:
        """Forget what it was shown: its context begins anew."""
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink()

    def _write(self, ids: list[str]) -> None:
        if self._file is None:
            return
        with suppress(OSError, NTMMemoryError):
            is_new = not self._file.exists()
            write_note(self._home, self._file.name, list(dict.fromkeys(ids))[-MOST_IDS:])
            if is_new:
                _forget_old(self._file.parent)


def _forget_old(folder: Path) -> None:
    """Keep the files of the newest sessions."""
    files = sorted(((file.stat().st_mtime, file) for file in folder.glob("session-*.json")), key=lambda each: each[0])
    for _, file in files[:-MOST_SESSIONS]:
        with suppress(OSError):
            os.unlink(file)
