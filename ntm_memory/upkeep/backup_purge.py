"""What is removed for good is removed from the backups of the memory file too."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from ntm_memory.codes.files import derived_files
from ntm_memory.errors import NotFoundError, NTMMemoryError, StoreCorruptError, StoreError
from ntm_memory.operations.results import EraseResult
from ntm_memory.paths import bytecode_dir, environment_dir, weights_dir
from ntm_memory.recovery.damaged import FOLDER as DAMAGED
from ntm_memory.recovery.files import drafts_beside, opened
from ntm_memory.store import open_store
from ntm_memory.store.base import Store

FOLDER = "backups"
_OWN = frozenset({"usage.db", "usage.db-journal", "matrix.bin", "memory.lock", "sync.db", "sync.db-journal"})
_BLOCK, _LEAST = 1 << 22, 8
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


def unreachable(home: Path) -> list[str]:
    """The folders and files of copies, below a data folder, that we may not read: what they hold nobody knows."""
    found = []
    for folder in (home / FOLDER, home / DAMAGED):
        if not folder.is_dir():
            continue
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            found.append(f"{folder.name}/")
            continue
        closed = (file.name for file in sorted(folder.iterdir()) if not os.access(file, os.R_OK))
        found += [f"{folder.name}/{name}" for name in closed]
    return found


def refuse_unreachable(names: Sequence[str]) -> None:
    """Refuse to remove anything while copies cannot be looked at: once it is gone, they could not be asked for it.

    Raises:
        StoreError: naming them.
    """
    if names:
        hint = "make them readable, or remove them, and purge again"
        raise StoreError(f"nothing was purged: it may be in {', '.join(names)}, which cannot be read", hint)


def others_holding(home: Path, texts: Sequence[bytes]) -> tuple[str, ...]:
    """The other files of a data folder that hold one of these texts, as exports put there do.

    Args:
        home: the data folder; folders of installed programs in it are left out.
        texts: in UTF-8; short ones stand in files that have nothing to do with them, and are not looked for.
    """
    texts = [text for text in texts if len(text) >= _LEAST]
    forms = {form for text in texts for form in (text, json.dumps(text.decode())[1:-1].encode())}
    forms |= {json.dumps(text.decode(), ensure_ascii=False)[1:-1].encode() for text in texts}
    return tuple(str(file.relative_to(home)) for file in _others(home) if forms and _tells(file, forms))


def _others(home: Path) -> Iterator[Path]:
    programs = {environment_dir(), bytecode_dir(environment_dir()), weights_dir()}
    for folder, folders, files in os.walk(home):
        at = Path(folder)
        own = {FOLDER, DAMAGED} if at == home else set()
        folders[:] = sorted(name for name in folders if name not in own and at / name not in programs)
        mine = _OWN | {file.name for file in derived_files(home)} if at == home else frozenset()
        yield from (at / name for name in sorted(files) if name not in mine and not name.startswith("memory.db"))


def _tells(file: Path, forms: Collection[bytes]) -> bool:
    """Whether a regular file holds one of these; what may not be read is not known to."""
    longest, rest = max(map(len, forms)), b""
    with suppress(OSError):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as opened_file:
                while block := opened_file.read(_BLOCK):
                    if any(form in rest + block for form in forms):
                        return True
                    rest = (rest + block)[-longest:]
    return False


def backups_holding(folder: Path, ids: Sequence[str], version: int | None = None) -> list[Path]:
    """The backups that hold one of these memories, or an old version of one; also those that cannot be read.

    Args:
        folder: may be missing.
        ids: of memories.
        version: None: any.
    """
    try:
        files = sorted(folder / name for name in os.listdir(folder) if name.endswith(ENDING))
        return [file for file in files if file.is_file() and _may_hold(file, ids, version)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        return [folder]


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
    except (sqlite3.Error, StoreError, OSError):
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
