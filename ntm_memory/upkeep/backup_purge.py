"""What is removed for good is removed from the backups of the memory file too."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

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
_AT_ONCE = 500
_ROWS = (
    "SELECT id, version, CAST(content AS BLOB), updated_at FROM memories {0}"
    " UNION ALL SELECT id, version, CAST(content AS BLOB), valid_from FROM versions {0}"
)


class Row(NamedTuple):
    """One text of a memory as a copy has it.

    Args:
        id: of the memory.
        version: its number in that copy: two machines that were merged may have had others.
        text: in UTF-8.
        at: from when on it was what the memory says, ISO 8601.
    """

    id: str
    version: int
    text: bytes
    at: str


class ToBeRemoved(Protocol):
    """What is to leave the copies."""

    @property
    def ids(self) -> Sequence[str] | None:
        """Of the memories of which anything may be; None: any."""

    def is_whole(self, id: str) -> bool:
        """Whether all of a memory is."""

    def means(self, row: Row) -> bool:
        """Whether one text of it is."""


class Wanted(NamedTuple):
    """What an erase removes for good.

    Args:
        ids: of memories.
        version: one old version alone; None: all of them.
        texts: what these say, and said.
        uuid: of the store: a file that cannot be opened is its own if it has this, or the salt of its key.
        kept: what a memory of which one version is removed still says: that is left, whatever its number.
    """

    ids: Sequence[str]
    version: int | None = None
    texts: Sequence[bytes] = ()
    uuid: str = ""
    kept: Sequence[bytes] = ()

    def is_whole(self, id: str) -> bool:
        """Whether all of a memory is meant."""
        return self.version is None

    def means(self, row: Row) -> bool:
        """Whether a text of these memories is meant: by what it says, and by its number where it says something else.

        What was told as version 2 may have become version 3 when another machine's telling came before it; and the
        same version says something else in a copy of before a secret was left out of it.
        """
        is_kept = row.text in self.kept
        return (row.text in self.texts and not is_kept) or (
            row.version == self.version and (row.text in self.texts or not is_kept)
        )


def purged_in_backups(folder: Path, result: EraseResult, meant: ToBeRemoved) -> EraseResult:
    """Remove from every backup what is removed for good, and say where that was, or would be.

    Args:
        folder: holds copies of the memory file; it may be missing.
        result: gets the names; with `dry_run` the backups are only looked at.
        meant: what is removed.
    """
    holding = backups_holding(folder, meant)
    purged = [] if result.dry_run else [file for file in holding if purge_in_file(file, meant)]
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


def backups_holding(folder: Path, meant: ToBeRemoved) -> list[Path]:
    """The backups that hold any of what is meant; also those that cannot be read.

    Args:
        folder: may be missing.
        meant: what is looked for.
    """
    try:
        files = sorted(folder / name for name in os.listdir(folder) if name.endswith(ENDING))
        return [file for file in files if file.is_file() and _may_hold(file, meant)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        return [folder]


def rows_meant(file: Path, meant: ToBeRemoved) -> list[Row]:
    """The texts in a memory file that are meant.

    Raises:
        sqlite3.Error: it cannot be read.
        StoreKeyError: it is encrypted, and its key is not at hand.
    """
    found: list[Row] = []
    with closing(opened(file, read_only=True)) as sql:
        for where, ids in _parts(meant.ids):
            rows = (Row(id, n, text or b"", at or "") for id, n, text, at in sql.execute(_ROWS.format(where), ids))
            found += [row for row in rows if meant.is_whole(row.id) or meant.means(row)]
    return found


def _parts(ids: Sequence[str] | None) -> Iterator[tuple[str, Sequence[str]]]:
    """A condition, and what it asks for: some ids at a time."""
    if ids is None:
        yield "", ()
    for start in range(0, len(ids or ()), _AT_ONCE):
        some = (ids or ())[start : start + _AT_ONCE]
        yield f"WHERE id IN ({', '.join(f'?{number}' for number in range(1, len(some) + 1))})", some


def purge_in_file(file: Path, meant: ToBeRemoved) -> bool:
    """Remove texts from a memory file that nobody uses by putting a copy without them in its place.

    Returns:
        whether that could be done.
    """
    try:
        rows = rows_meant(file, meant)
        with drafts_beside(file) as drafts:
            copy = drafts / "memory.db"
            copy.touch(mode=0o600)
            with closing(opened(file, read_only=True)) as source, closing(opened(copy, like=file)) as target:
                source.backup(target)
            with closing(open_store(copy)) as store, store.transaction():
                remove_from(store, dict.fromkeys((e.id, None if meant.is_whole(e.id) else e.version) for e in rows))
            with copy.open("rb") as written:
                os.fsync(written.fileno())
            copy.replace(file)
    except (NTMMemoryError, sqlite3.Error, OSError):
        return False
    return True


def _may_hold(file: Path, meant: ToBeRemoved) -> bool:
    try:
        return bool(rows_meant(file, meant))
    except (sqlite3.Error, StoreError, OSError):
        return True


def remove_from(store: Store, wanted: Iterable[tuple[str, int | None]]) -> int:
    """Remove memories, or single old versions of them, from another state of a store; how many of them it held.

    What is an old version now may be all that a memory says in an older backup: then that memory goes from it.

    Args:
        store: the other state.
        wanted: (id, version); None: all of the memory.

    Raises:
        StoreCorruptError: of a damaged memory nobody knows which version it is.
    """
    whole, versions = list[str](), list[tuple[str, int]]()
    for id, version in wanted:
        try:
            memory = store.get(id)
        except NotFoundError:
            continue
        except StoreCorruptError:
            if version is not None:
                raise
            whole.append(id)
            continue
        if version is None or memory.version == version:
            whole.append(id)
        elif any(old.version == version for old in store.history(id)):
            versions.append((id, version))
    gone = set(whole)
    versions = [each for each in versions if each[0] not in gone]
    for id, version in versions:
        store.purge_version(id, version)
    return store.purge(whole) + len(versions)  # all at once: each time the word index is merged
