"""What is removed for good is removed from the backups of the memory file too."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ntm_memory.errors import NotFoundError, NTMMemoryError, StoreCorruptError, StoreError
from ntm_memory.operations.results import EraseResult
from ntm_memory.recovery.files import drafts_beside, opened
from ntm_memory.store import open_store
from ntm_memory.store.base import Store

FOLDER = "backups"
ENDING = ".db"


def purged_in_backups(folder: Path, result: EraseResult) -> EraseResult:
    """Remove from every backup what an erase removes for good, and say where that was, or would be.

    Args:
        folder: holds copies of the memory file; it may be missing.
        result: what is removed; with `dry_run` the backups are only looked at.
    """
    ids = [each.id for each in result.erased]
    holding = [file for file in backups_holding(folder, ids, result.version)]
    purged = [] if result.dry_run else [file for file in holding if purge_in_file(file, ids, result.version)]
    names = tuple(file.name for file in holding if file not in purged)
    return replace(result, backups_purged=tuple(file.name for file in purged), backups_holding=names)


def backups_holding(folder: Path, ids: Sequence[str], version: int | None = None) -> list[Path]:
    """The backups that hold one of these memories, or an old version of one; also those that cannot be read.

    Args:
        folder: may be missing.
        ids: of memories.
        version: None: any.
    """
    files = sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []
    return [file for file in files if file.is_file() and _may_hold(file, ids, version)]


def holds(file: Path, ids: Sequence[str], version: int | None) -> bool:
    """Whether a memory file holds one of these memories, or an old version of one.

    Raises:
        sqlite3.Error: it cannot be read.
        StoreKeyError: it is encrypted, and its key is not at hand.
    """
    marks = ", ".join("?" * len(ids))
    told = "SELECT id, version FROM memories UNION SELECT id, version FROM versions"
    query = f"SELECT count(*) FROM ({told}) WHERE id IN ({marks})"
    arguments: list[str | int] = list(ids)
    if version is not None:
        query, arguments = f"{query} AND version = ?", [*arguments, version]
    with closing(opened(file, read_only=True)) as sql:
        return bool(sql.execute(query, arguments).fetchone()[0])


def purge_in_file(file: Path, ids: Sequence[str], version: int | None) -> bool:
    """Remove memories from a memory file that nobody uses by putting a copy without them in its place.

    Returns:
        whether that could be done.
    """
    try:
        with drafts_beside(file) as drafts:
            copy = drafts / "memory.db"
            copy.touch(mode=0o600)
            with closing(opened(file, read_only=True)) as source, closing(opened(copy, like=file)) as target:
                source.backup(target)
            with closing(open_store(copy)) as store:
                remove_from(store, ids, version)
            with copy.open("rb") as written:
                os.fsync(written.fileno())
            copy.replace(file)
    except (NTMMemoryError, sqlite3.Error, OSError):
        return False
    return True


def _may_hold(file: Path, ids: Sequence[str], version: int | None) -> bool:
    try:
        return holds(file, ids, version)
    except (sqlite3.Error, StoreError):
        return True


def remove_from(store: Store, ids: Sequence[str], version: int | None) -> int:
    """Remove memories, or an old version of each, from another state of a store; how many of them it held.

    What is an old version now may be all that a memory says in an older backup: then that memory goes from it.
    """
    removed = 0
    for id in ids:
        try:
            memory = store.get(id)
        except NotFoundError:
            continue
        except StoreCorruptError:
            if version is not None:  # of a damaged memory nobody knows which version it is
                raise
            removed += store.purge([id])
            continue
        if version is None or memory.version == version:
            removed += store.purge([id])
        elif any(old.version == version for old in store.history(id)):
            store.purge_version(id, version)
            removed += 1
    return removed
