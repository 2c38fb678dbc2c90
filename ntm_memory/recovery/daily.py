"""One backup a day, made when the first write of the day is over; what goes wrong with it fails no write."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ntm_memory.config import Settings, zone_named
from ntm_memory.errors import NTMMemoryError
from ntm_memory.paths import content_of
from ntm_memory.postgres import open_server_store
from ntm_memory.postgres.only_files import refuse_on_server
from ntm_memory.recovery.files import remove_abandoned
from ntm_memory.store import open_store

if TYPE_CHECKING:
    from ntm_memory.store.base import Store

FAILED = "failed"
"""In the folder of backups: why the last daily one could not be made."""
_DAY = 86_400
_HOUR = 3_600


def open_backed_up(home: Path, settings: Settings, clock: Callable[[], float]) -> tuple[Store, DailyBackup]:
    """The store of a data folder, a file in it or on a server, and what makes its backups.

    Raises:
        BadValueError: it is on a server and is to be encrypted by a key of ours.
        NotSetUpError: it is on a server, and the client library is not installed.
        StoreError: or one of its kinds: it cannot be opened.
    """
    remove_abandoned(home)
    zone, seconds = zone_named(settings.time_zone), settings.store.lock_seconds
    if settings.store.url is not None:
        # backups of a server are made where it is
        refuse_on_server(None if settings.privacy.encrypt == "off" else settings.store.url, "encryption")
        there = open_server_store(settings.store.url, home, lock_seconds=seconds, clock=clock, zone=zone)
        return there, DailyBackup(home, 0, clock)
    daily = DailyBackup(home, settings.store.backups, clock)
    store = open_store(
        home / "memory.db",
        lock_seconds=seconds,
        clock=clock,
        encrypt=settings.privacy.encrypt != "off",
        on_write=daily.written,
        before_upgrade=daily.before_upgrade,
        zone=zone,
    )
    return store, daily


def left_beside(url: str | None, home: Path) -> str | None:
    """What to say of a memory in a file that nobody reads, since `store.url` was set without moving it.

    Args:
        url: `store.url`.
        home: the data folder.

    Returns:
        a sentence; None: there is no such file.
    """
    file = home / "memory.db"
    if url is None or not file.is_file() or not file.stat().st_size:
        return None
    return f"{file} is not read, for store.url names a server: move.py --to that URL brings it there"


class DailyBackup:
    """Called after every committed write; does nothing but compare two numbers, once the day has been looked at.

    Args:
        home: the data folder.
        keep: how many backups are kept; 0: none is made.
        clock: unix seconds.
    """

    def __init__(self, home: Path, keep: int, clock: Callable[[], float]) -> None:
        self._home = home
        self._keep = keep
        self._clock = clock
        self._day: int | None = None
        self._waits = False

    def written(self) -> None:
        """Something was written: on the first day that this process writes the backup waits for `settle`."""
        if not self._keep:
            return
        today = int(self._clock() // _DAY)
        if self._day is None:
            self._waits = True
        elif today != self._day:
            self._make()
        self._day = today

    def before_upgrade(self) -> None:
        """The tables are about to be brought up to date.

        Raises:
            StoreError: or one of its kinds: no backup could be made.
        """
        from ntm_memory.recovery.backups import backup_or_copy

        backup_or_copy(self._home, "upgrade", self._keep, self._clock)

    def settle(self, later: list[Callable[[], None]] | None = None) -> None:
        """Make the backup that waits, if today has none yet.

        Args:
            later: gets what makes it, for when nobody waits any more; None: it is made now.
        """
        if self._waits:
            self._waits = False
            self._make() if later is None else later.append(self._make)

    def _make(self) -> None:
        from ntm_memory.recovery.backups import DAILY, FOLDER, is_due, make_backup

        note = self._home / FOLDER / FAILED
        try:
            if is_due(self._home, self._clock()) and not _is_known_damaged(note):
                make_backup(self._home, DAILY, self._keep, self._clock)
                with suppress(OSError):
                    note.unlink(missing_ok=True)
        except (NTMMemoryError, OSError) as error:
            with suppress(OSError):
                note.write_text(str(error), encoding="utf-8")
                note.chmod(0o600)


def _is_known_damaged(note: Path) -> bool:
    """Whether it was noted within the hour that the memory is damaged: until it is repaired copies are for nothing."""
    try:
        return time.time() - note.stat().st_mtime < _HOUR and "is damaged" in content_of(note).decode()
    except (OSError, UnicodeDecodeError):
        return False
