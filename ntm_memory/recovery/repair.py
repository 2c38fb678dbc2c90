"""Mending a memory file in whatever state: what can be vouched for goes on, the rest is put aside, nothing is lost."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ntm_memory.codes.files import derived_files, drop_derived
from ntm_memory.errors import (
    NotFoundError,
    StoreCorruptError,
    StoreError,
    StoreFromFutureError,
    StoreKeyError,
    StoreLockedError,
)
from ntm_memory.paths import ensure_private_dir
from ntm_memory.persistence.atomic import flush
from ntm_memory.persistence.faults import faults, refuse_unusual
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.privacy import cipher
from ntm_memory.recovery.damaged import FOLDER, files_kept, keep_damaged, unused_beginning
from ntm_memory.recovery.files import (
    copy_as_it_is,
    drafts_beside,
    is_whole,
    put_in_place,
    stamp,
)
from ntm_memory.recovery.keyed import key_in_force
from ntm_memory.recovery.losses import NOTHING, way_out, what_is_missing
from ntm_memory.recovery.retaken import take_from_backups
from ntm_memory.recovery.salvage import columns_of_tables, salvage
from ntm_memory.recovery.salvaged import Row, Salvaged
from ntm_memory.store import open_store, postings, schema
from ntm_memory.store.ledger import Ledger
from ntm_memory.store.rows import checksum
from ntm_memory.store.upkeep import UNKNOWN

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

_TEMPORARY = (StoreLockedError, StoreFromFutureError)


def mend(path: Path, seconds: float, clock: Callable[[], float] = time.time) -> list[str]:
    """Repair a memory file; what was done, one line each.

    What follows from the memories (indexes, words, counters, the derived matrix) is made anew. If that does not mend
    it, everything that can be vouched for is written into a new file, which takes the old one's place, and with it what
    a backup has of damaged and missing rows; the old file and each row that none has are kept in `damaged/`. A kill
    leaves the old file or the new one.

    Args:
        path: the database file.
        seconds: how long to wait for other writers.
        clock: unix seconds.

    Raises:
        NotFoundError: there is no file.
        StoreCorruptError: nothing in it reads like memories; it is left as it is.
        StoreError: or one of its kinds: it is in use, newer, or cannot be written.
    """
    refuse_unusual(path)
    if not path.exists():
        raise NotFoundError(f"there is no memory at {path}", "check --home")
    with faults(path):
        key = key_in_force(path)
    done = _put_folders_aside(path.parent, stamp(clock()))
    mended = _mended_in_place(path, seconds)
    return [*done, *(_rebuilt(path, key, seconds, stamp(clock())) if mended is None else mended)]


def _put_folders_aside(home: Path, when: str) -> list[str]:
    """Move folders away that stand where derived files belong."""
    done = []
    for name in ("matrix.bin", "usage.db", *(file.name for file in derived_files(home))):
        if (home / name).is_dir():
            kept = ensure_private_dir(home / FOLDER) / f"{unused_beginning(home, when)}-{name}"
            with faults(home / name):
                os.replace(home / name, kept)
            done.append(f"{name} was a folder: it is in {FOLDER}/{kept.name} now")
    return done


def _mended_in_place(path: Path, seconds: float) -> list[str] | None:
    """What was done; None where that is not enough."""
    try:
        store = open_store(path, lock_seconds=seconds, create=False)
    except StoreCorruptError:
        return None
    except StoreKeyError:  # the key is right: the head is damaged
        return None
    except StoreError as error:
        if isinstance(error, _TEMPORARY) or _may_not(path):
            raise
        return None
    try:
        if store.damage():
            return None
        done = store.repair()
        return None if store.check() else done
    except StoreError as error:
        if isinstance(error, _TEMPORARY) or _may_not(path):
            raise
        return None
    finally:
        store.close()


def _may_not(path: Path) -> bool:
    """Whether it is the file's permissions that keep us from mending it."""
    return not os.access(path, os.R_OK | os.W_OK)


def _rebuilt(path: Path, key: Key | None, seconds: float, when: str) -> list[str]:
    lock = WriterLock(path.with_suffix(".lock"), seconds)
    with faults(path):
        lock.acquire()
    try:
        with drafts_beside(path) as drafts:
            copy_as_it_is(path, drafts / "copy.db")
            found = salvage(drafts / "copy.db", key)
            taken = take_from_backups(path.parent, found) if found.is_sound or not found.is_empty else []
            if found.is_empty:
                _refuse_empty(path, found, when)
            folder = ensure_private_dir(path.parent / FOLDER)
            when = unused_beginning(path.parent, when)
            kept = folder / f"{when}-{path.name}"
            copy_as_it_is(path, kept)
            aside = keep_damaged(path.parent, when, found)
            done = [f"the damaged file is kept as {FOLDER}/{kept.name}", *taken, *aside]
            flush(folder)
            with faults(path):
                done += rebuild(found, drafts / "new.db", key)
                if not is_whole(drafts / "new.db"):
                    raise StoreError(f"{path} could not be mended", f"it is as it was; a copy is in {FOLDER}/")
                put_in_place(drafts / "new.db", path, seconds)
            drop_derived(path.parent)
    finally:
        lock.close()
    missing = what_is_missing(path.parent, found)
    return [*done, f"{len(found.memories)} undamaged memories written anew", *missing]


def _refuse_empty(path: Path, found: Salvaged, when: str) -> NoReturn:
    """Leave a file as it is of which nothing can be vouched for; what can be read of it is put where a person reads it.

    Raises:
        StoreCorruptError: always.
    """
    kept = []
    if found.damaged and not files_kept(path.parent):
        kept = [f"what can be read of {len(keep_damaged(path.parent, when, found))} is in {FOLDER}/"]
    hint = "; ".join([*kept, way_out(path.parent, found)])
    raise StoreCorruptError(NOTHING.format(path), hint)


def rebuild(found: Salvaged, target: Path, key: Key | None = None) -> list[str]:
    """Write what can be vouched for into a new file under a key, or a plain one; what was set right, one line each."""
    done: list[str] = []
    with closing(cipher.connect(target, key, isolation_level=None)) as sql:
        target.chmod(0o600)
        sql.row_factory = cipher.row_factory(key)
        sql.execute("PRAGMA synchronous = OFF")  # a draft: whoever takes it waits for the disk
        schema.bring_up(sql)
        ledger = Ledger(sql)
        has_fts5 = postings.has_fts5(sql)
        sql.execute("BEGIN")
        for code, name in found.names.items():
            sql.execute("INSERT OR IGNORE INTO names VALUES (?, ?, 0)", (code, name))
        for row in found.memories:
            done += _insert_memory(sql, ledger, row, found)
        for row in found.versions:
            _insert(sql, "versions", row)
        done += _insert_others(sql, found)
        sql.execute(
            "UPDATE names SET written = coalesce((SELECT max(position) + 1 FROM memories WHERE namespace = code), 0)"
        )
        done += _write_meta(sql, ledger, found)
        schema.fold_anew(sql)
        if has_fts5:
            postings.make_index(sql, ledger)
        sql.execute("COMMIT")
    return done


def _insert(sql: sqlite3.Connection, table: str, row: Row) -> None:
    columns = ", ".join(row)
    sql.execute(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def _insert_memory(sql: sqlite3.Connection, ledger: Ledger, row: Row, found: Salvaged) -> list[str]:
    """Write an undamaged memory; a reference to one that is not there any more, or a slot that is taken, is let go."""
    there = {each["id"] for each in found.memories} if row["superseded_by"] is not None else set()
    changes: Row = {}
    if row["superseded_by"] is not None and row["superseded_by"] not in there:
        changes["superseded_by"] = None
    taken = "SELECT 1 FROM memories WHERE address = ?"
    if row["address"] is not None and sql.execute(taken, (row["address"],)).fetchone():
        addresses = (each["address"] for each in found.memories)
        changes["address"] = max(address for address in addresses if address is not None) + 1 + int(row["row"])
    row = {name: value for name, value in row.items() if name not in schema.FOLDED}  # they follow from the others
    same = "SELECT 1 FROM memories WHERE namespace = ? AND key = ? AND state = 'live'"
    if row["state"] == "live" and row["key"] and sql.execute(same, (row["namespace"], row["key"])).fetchone():
        changes["key"] = None
    new = row | changes
    if sql.execute("SELECT 1 FROM memories WHERE row = ?", (row["row"],)).fetchone():
        del new["row"]
    _insert(sql, "memories", new | ({"crc": checksum(new, found.name)} if changes else {}))
    return [f"memory {row['id']}: {', '.join(changes)} let go, since it is another's or gone"] if changes else []


def _insert_others(sql: sqlite3.Connection, found: Salvaged) -> list[str]:
    """Write the rows of the tables that have no checksum, as far as they are what they must be."""
    ids, lost = {row["id"] for row in found.memories}, 0
    for table in columns_of_tables():
        if table in ("meta", "names", "memories", "versions", "free"):
            continue
        for row in found.others.get(table, ()):
            if table == "links" and not {row.get("id"), row.get("target")} <= ids:
                continue
            try:
                if table == "feedback":
                    [json.loads(row[name]) for name in ("used", "unused", "previous")]
                _insert(sql, table, row)
            except (sqlite3.Error, ValueError, TypeError, KeyError, UnicodeError):
                lost += 1
    return [f"{lost} links or verdicts are damaged and left out"] if lost else []


def _write_meta(sql: sqlite3.Connection, ledger: Ledger, found: Salvaged) -> list[str]:
    told, done = found.meta, list[str]()
    for name in ("uuid", "traces", "words_stale", *sorted(set(told) - {"seq", "next_address", "purges", "matrix"})):
        if told.get(name):
            ledger.set_meta(name, told[name])
    wrote: dict[str, Any] | None = found.embedder()
    if wrote is None and found.dim is not None:
        wrote = {"name": UNKNOWN, "revision": "", "dim": found.dim}
        done.append("which embedder wrote the vectors is lost: run reembed.py")
    if wrote is not None:
        ledger.set_meta("embedder", json.dumps(wrote, ensure_ascii=False))
        ledger.set_meta("dim", str(wrote["dim"]))
    seq, address = sql.execute("SELECT coalesce(max(seq), 0), coalesce(max(address) + 1, 0) FROM memories").fetchone()
    ledger.set_meta("seq", str(seq + 1))
    ledger.set_meta("next_address", str(address))
    # no matrix from before may be believed
    ledger.set_meta("matrix", os.urandom(8).hex())
    used = {row[0] for row in sql.execute("SELECT address FROM memories WHERE address IS NOT NULL")}
    ledger.release(slot for slot in range(min(address, 2 * len(used) + 1024)) if slot not in used)
    return done
