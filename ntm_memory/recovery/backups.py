"""Copies of the memory file in `backups/`: made while others use it, verified, few kept, put back by one command."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ntm_memory.codes.files import drop_derived
from ntm_memory.errors import NotFoundError, StoreCorruptError, StoreError
from ntm_memory.paths import ensure_private_dir
from ntm_memory.persistence.atomic import PRIVATE, flush
from ntm_memory.persistence.faults import faults, refuse_unusual
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.recovery.damaged import FOLDER as DAMAGED
from ntm_memory.recovery.damaged import unused_beginning
from ntm_memory.recovery.files import (
    copy_as_it_is,
    drafts_beside,
    identity_of,
    is_whole,
    memories_in,
    opened,
    put_in_place,
    stamp,
)
from ntm_memory.recovery.keyed import bring_under, key_in_force, refuse_other_key
from ntm_memory.recovery.since import bring_up, known_to
from ntm_memory.recovery.sound import is_sound, sound_memories_in
from ntm_memory.store import schema

FOLDER = "backups"
DAILY = "daily"
LATEST = "latest"
_MEND = "run: status.py --repair"
_NAME = re.compile(r"memory-(\d{8}T\d{6}Z)(?:-\d+)?-([a-z]+)\.db")
_SECONDS = 2.0


def backups(home: Path) -> list[Path]:
    """The backups of a data folder, the newest first."""
    try:
        names = sorted((name for name in os.listdir(home / FOLDER) if _NAME.fullmatch(name)), reverse=True)
    except OSError:
        return []
    return [home / FOLDER / name for name in names]


def unusable(home: Path) -> str | None:
    """What keeps the folder of backups from being used; None: nothing, or there is none yet."""
    folder = home / FOLDER
    if folder.is_dir():
        return None if os.access(folder, os.R_OK | os.W_OK | os.X_OK) else f"{FOLDER}/ may not be read or written"
    return f"{FOLDER} is no folder" if os.path.lexists(folder) else None


def best_backup(home: Path, *, but: int = 0) -> str | None:
    """What to say of the newest backup that holds memories: its name, how many they are, the command; None: no such.

    Args:
        home: the data folder.
        but: it must hold more than so many.
    """
    found = backups(home)
    for file in sorted(found, key=lambda each: not is_sound(each)):  # a whole one first
        count = sound_memories_in(file)
        if count and count > but:
            return f"backups/{file.name} holds {count}: import.py --backup {file.name}"
    return None


def described(home: Path) -> list[dict[str, Any]]:
    """What `status` says of each backup: name, when, why, bytes."""
    found = []
    for file in backups(home):
        match = _NAME.fullmatch(file.name)
        assert match is not None
        with suppress(OSError):
            found.append({"name": file.name, "at": match[1], "why": match[2], "bytes": file.stat().st_size})
    return found


def make_backup(
    home: Path,
    why: str,
    keep: int,
    clock: Callable[[], float] = time.time,
    *,
    spare: Path | None = None,
    rotate: bool = True,
) -> Path | None:
    """Copy the memory file by SQLite's online backup, verify each row of the copy, and remove the oldest ones.

    Args:
        home: the data folder.
        why: one lower-case word for its name.
        keep: how many are kept; 0: none is made.
        clock: unix seconds.
        spare: a backup that stays, however old.
        rotate: False: `remove_oldest` is called later, when it is sure that the copy is worth the place of another.

    Returns:
        the copy; None where none is kept, or where no memory is in the file: it would push out one that holds some.

    Raises:
        StoreError: or one of its kinds: it could not be made, or the copy is damaged; then there is none.
    """
    if not keep:
        return None
    source = home / "memory.db"
    with faults(source):
        if not source.stat().st_size:
            return None
    folder = _usable_folder(home)
    with faults(source):
        target = _unused(folder, stamp(clock()), why)
        if not _make(source, target):
            return None
    flush(folder)
    if rotate:
        remove_oldest(home, keep, target, spare)
    return target


def backup_or_copy(home: Path, why: str, keep: int, clock: Callable[[], float] = time.time) -> None:
    """Make a backup before something is done that goes on without damaged rows; of a file that has any, a plain copy.

    Raises:
        StoreError: or one of its kinds: neither could be made, or SQLite finds fault with the file itself.
    """
    try:
        make_backup(home, why, keep, clock)
    except StoreCorruptError:
        if not is_whole(home / "memory.db"):
            raise
        keep_as_it_is(home, clock)


def is_due(home: Path, now: float) -> bool:
    """Whether the day of a moment (UTC) has no daily backup yet."""
    today = f"memory-{stamp(now)[:8]}"
    return not any(file.name.startswith(today) and file.name.endswith(f"-{DAILY}.db") for file in backups(home))


def restore_backup(
    home: Path, name: str, keep: int, seconds: float, clock: Callable[[], float] = time.time, *, force: bool = False
) -> dict[str, Any]:
    """Put a backup in the place of the memory file, which is itself backed up first; all or nothing.

    What was retracted or purged since the backup was made does not come back, and the audit goes on.

    Args:
        home: the data folder.
        name: of the backup, or `latest`.
        keep: how many backups are kept.
        seconds: how long to wait for other writers.
        clock: unix seconds.
        force: it comes back as it was, whatever was retracted or purged since.

    Raises:
        NotFoundError: there is no such backup.
        StoreError: or one of its kinds: it is damaged or newer than this program, or the memory is in use.
    """
    path = home / "memory.db"
    refuse_unusual(path)
    chosen = _named(home, name)
    lock = WriterLock(path.with_suffix(".lock"), seconds)
    with faults(path):
        key = key_in_force(path)
        lock.acquire()
    try:
        with drafts_beside(path) as drafts, faults(chosen):
            draft = drafts / "new.db"
            copy_as_it_is(chosen, draft)
            _make_ready(draft, chosen)
            bring_under(draft, key, seconds)
            counts = bring_up(draft, known_to(path) if path.exists() else None, chosen.name, force=force, clock=clock)
            before = _kept(home, keep, clock, chosen)
            put_in_place(draft, path, seconds)
        drop_derived(home, "usage.db", f"{FOLDER}/failed")
    finally:
        lock.close()
    told = {"restored": chosen.name, "memories": memories_in(path), "before": before, **counts}
    return told if is_sound(path) else {**told, "warnings": [f"{chosen.name} holds damaged rows: {_MEND}"]}


def _usable_folder(home: Path) -> Path:
    folder = ensure_private_dir(home / FOLDER)
    wrong = unusable(home)
    if wrong is not None:
        raise StoreError(f"no backup was made: {wrong}", "check the folder's owner and permissions")
    return folder


def _unused(folder: Path, when: str, why: str) -> Path:
    """A name for a new backup."""
    number, target = 1, folder / f"memory-{when}-{why}.db"
    while target.exists():
        number, target = number + 1, folder / f"memory-{when}-{number}-{why}.db"
    return target


def _make(source: Path, target: Path) -> bool:
    """Copy a memory file under a new name, whole and verified, or not at all; whether there was anything in it."""
    with drafts_beside(target) as drafts:
        draft = drafts / "new.db"
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))
        _copy(source, draft)
        if not is_sound(draft):  # it would push out one that is
            raise StoreCorruptError(f"{source} is damaged: no backup was made of it", _MEND)
        if not memories_in(draft):
            return False
        flush(draft)
        os.replace(draft, target)
    return True


def _copy(source: Path, draft: Path) -> None:
    with closing(opened(source, timeout=_SECONDS)) as sql, closing(opened(draft, like=source)) as copy:
        copy.execute("PRAGMA synchronous = OFF")  # it is flushed as a whole
        sql.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, whatever mode the memory is in


def remove_oldest(home: Path, keep: int, made: Path, spare: Path | None = None) -> None:
    """Remove the oldest backups of the memory that one was just made of; `spare` stays, however old."""
    files = backups(home)
    if len(files) <= keep:
        return
    whose = identity_of(made)
    for file in [each for each in files if identity_of(each) in (whose, None)][keep:]:
        if file not in (made, spare):
            with suppress(OSError):
                file.unlink()


def _named(home: Path, name: str) -> Path:
    there = backups(home)
    if name == LATEST and there:
        return _latest(there)
    for file in there:
        if name == file.name:
            return file
    hint = f"there are: {', '.join(file.name for file in there[:7])}" if there else "status.py lists backups"
    raise NotFoundError(f"there is no backup {name!r} in {home / FOLDER}", hint)


def _latest(there: list[Path]) -> Path:
    """The newest backup that holds memories, all of them as they were written."""
    for file in there:
        if memories_in(file) and is_sound(file):
            return file
    part = next((file for file in there if sound_memories_in(file)), None)
    if part is None:
        refuse_other_key(there[0], f"the backup {there[0].name}")
        raise StoreCorruptError("no backup holds a memory that can be read", "status.py --check says what is wrong")
    hint = f"the newest of which anything can be used: import.py --backup {part.name}"
    raise StoreCorruptError("every backup is damaged, so none is the latest whole one", hint)


def _make_ready(draft: Path, chosen: Path) -> None:
    """Verify a copy of a backup, and make sure that no derived file of another time is believed beside it."""
    refuse_other_key(draft, f"the backup {chosen.name}")
    if not is_whole(draft):
        raise StoreCorruptError(f"the backup {chosen.name} is damaged", "take another one: status.py lists them")
    with closing(opened(draft)) as sql:
        if not schema.version_of(sql):
            raise StoreCorruptError(f"the backup {chosen.name} holds no memory", "take another one")
        sql.execute("DELETE FROM meta WHERE name LIKE 'matrix %'")
        sql.execute("INSERT OR REPLACE INTO meta VALUES ('matrix', ?)", (os.urandom(8).hex(),))
        sql.commit()


def _kept(home: Path, keep: int, clock: Callable[[], float], chosen: Path) -> str | None:
    """The backup of what is about to be replaced; of what no backup can be made, a copy as it is."""
    path = home / "memory.db"
    if not path.exists() or not path.stat().st_size:
        return None
    with suppress(StoreError):
        made = make_backup(home, "restore", max(keep, 1), clock, spare=chosen)
        return None if made is None else f"{FOLDER}/{made.name}"
    return keep_as_it_is(home, clock)


def keep_as_it_is(home: Path, clock: Callable[[], float] = time.time) -> str:
    """Copy a memory file that is no backup, damaged as it is, to `damaged/`; the copy's name."""
    beginning = unused_beginning(home, stamp(clock()))
    kept = ensure_private_dir(home / DAMAGED) / f"{beginning}-memory.db"
    copy_as_it_is(home / "memory.db", kept)
    return f"{DAMAGED}/{kept.name}"
