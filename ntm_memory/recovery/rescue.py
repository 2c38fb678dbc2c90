"""What needs no memory that can be opened: repair, an export of all that is undamaged, a backup put back."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import BadValueError, DiskFullError, NotFoundError, NTMMemoryError, StoreCorruptError
from ntm_memory.persistence.atomic import replacing_text, see_folder
from ntm_memory.persistence.faults import faults, refuse_unusual
from ntm_memory.persistence.owned import refuse_owned
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.recovery.backups import FOLDER as BACKUPS
from ntm_memory.recovery.backups import make_backup, remove_oldest
from ntm_memory.recovery.daily import FAILED
from ntm_memory.recovery.files import copy_as_it_is, drafts_beside
from ntm_memory.recovery.keyed import key_in_force
from ntm_memory.recovery.losses import way_out, what_is_missing
from ntm_memory.recovery.repair import mend
from ntm_memory.recovery.salvage import salvage
from ntm_memory.recovery.salvaged import Salvaged
from ntm_memory.store.records import Link, Memory, Version
from ntm_memory.store.rows import to_keys, to_memory, to_version
from ntm_memory.upkeep import exchange

_LET = 2.0


def repair(home: Path, settings: Settings, clock: Callable[[], float] = time.time) -> list[str]:
    """Back the memory up as far as it is whole, then mend it; see `repair.mend`."""
    path, done = home / "memory.db", list[str]()
    refuse_unusual(path)
    with faults(path):
        key_in_force(path)  # a wrong one changes nothing
    made, keep = None, settings.store.backups
    try:
        made = make_backup(home, "repair", keep, clock, rotate=False) if path.exists() else None
        done = [] if made is None else [f"backed up as backups/{made.name}"]
    except StoreCorruptError:
        pass  # too damaged for that: `mend` keeps it as it is
    except NTMMemoryError as error:
        done = [error.message]
    try:
        done += mend(path, settings.store.lock_seconds, clock)
    except StoreCorruptError:
        if made is not None:  # it is worth no more than what it is a copy of, which is still there
            made.unlink()
        raise
    with suppress(OSError):
        (home / BACKUPS / FAILED).unlink()  # the next write tries again
    if made is not None:
        remove_oldest(home, keep, made)
    return done


def export_salvaged(home: Path, path: Path) -> dict[str, Any]:
    """Write every undamaged memory to a file in the lossless form, whatever the state of the memory file.

    Args:
        home: the data folder; nothing in it is changed.
        path: the file.

    Returns:
        the path, how many memories were written, and one line for each that was left out.

    Raises:
        NotFoundError: there is no memory file.
        StoreCorruptError: nothing in it reads like memories.
        BadValueError: the file cannot be written, or is one of the memory's own.
    """
    refuse_owned(path, home)
    found = _read(home / "memory.db")
    if found.is_empty:
        raise StoreCorruptError("nothing in the file reads like memories", way_out(home, found))
    dim = found.dim or 1
    head = {"memory_size": len(found.memories), "memory_dim": found.dim, "embedder": found.embedder()}
    histories: dict[str, list[Version]] = {}
    for version in map(to_version, found.versions):
        histories.setdefault(version.id, []).append(version)
    keys = {row["id"]: to_keys(row["keys"], dim) for row in found.memories}
    records = (exchange.to_record(each, keys[each.id], histories.get(each.id, ())) for each in _memories(found))
    try:
        see_folder(path, home)
        with replacing_text(path) as out:
            out.writelines(exchange.write_json(head, records))
    except (OSError, ValueError) as error:
        if isinstance(error, NTMMemoryError):
            raise
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise DiskFullError(f"{path} was not written: the disk is full", "free some space") from error
        raise BadValueError(f"{path} cannot be written: {error}", "choose another path") from error
    left_out = [*(f"{each.name}: {each.failed}" for each in found.damaged), *what_is_missing(home, found)]
    return {"path": str(path.resolve()), "count": len(found.memories), "form": "json", "left_out": left_out}


def _read(path: Path) -> Salvaged:
    refuse_unusual(path)
    if not path.exists():
        raise NotFoundError(f"there is no memory at {path}", "check --home")
    with faults(path):
        key = key_in_force(path)
    lock = WriterLock(path.with_suffix(".lock"), _LET)
    try:
        lock.acquire()
    except (OSError, NTMMemoryError):
        pass  # a folder that cannot be written to, or a writer that does not end: what is read is checked anyway
    try:
        with drafts_beside(path) as drafts:
            copy_as_it_is(path, drafts / "copy.db")
            return salvage(drafts / "copy.db", key)
    finally:
        lock.close()


def _memories(found: Salvaged) -> Iterator[Memory]:
    ids = {row["id"] for row in found.memories}
    links: dict[str, list[Link]] = {}
    for row in found.others.get("links", ()):
        weight = row.get("weight")
        if {row.get("id"), row.get("target")} <= ids and isinstance(weight, float) and 0 <= weight <= 1:
            links.setdefault(row["id"], []).append(Link(row["target"], weight, str(row["kind"])))
    for row in found.memories:
        yield to_memory(row, found.name, (0, 0.0), tuple(links.get(row["id"], ())))
