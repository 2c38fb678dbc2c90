"""The open file: what the reader, the writer and the upkeep of a SQLite store share."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import tzinfo
from pathlib import Path
from typing import Any

from ntm_memory.errors import NotFoundError, NTMMemoryError, StoreCorruptError, StoreLockedError
from ntm_memory.persistence.faults import MEND, faults
from ntm_memory.privacy.audit import AuditTrail
from ntm_memory.privacy.tombstones import Tombstones
from ntm_memory.slots.stamp import Stamp
from ntm_memory.store import postings, schema
from ntm_memory.store.connection import Connection
from ntm_memory.store.ledger import Ledger
from ntm_memory.store.live_matrix import LiveMatrix
from ntm_memory.store.records import Link, Memory
from ntm_memory.store.rows import Row, fetch, to_memory, what_is_wrong
from ntm_memory.store.usage import UsageCounters
from ntm_memory.text.folding import folded_key

_PATIENCE = 0.2
_HEAD = 100
"""Bytes that each SQLite file begins with."""
_EMPTIED = "put a backup back: import.py --backup latest; or, to begin anew, remove the empty file"
_DELETED = "put one back: import.py --backup latest; or, to begin anew, move the folder backups away"
_LINKS = """
SELECT links.target, links.weight, links.kind FROM links JOIN memories ON memories.id = links.target
WHERE links.id = ? AND memories.state = 'live' ORDER BY memories.row
"""


class Engine:
    """A memory file opened, and what all parts of a store need of it; see `SQLiteStore` for errors.

    Args:
        path: the database file; folder and file are made if need be, for their owner alone.
        lock_seconds: how long to wait for another writer.
        clock: unix seconds.
        create: False: the file must be there.
        word_index: None: FTS5 where this SQLite has it; False: never.
        encrypt: whether a file that is made is encrypted.
        before_upgrade: called before tables of an older version are brought up to date.
        zone: whose days memories tell of; None: the system's.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
        create: bool = True,
        word_index: bool | None = None,
        encrypt: bool = False,
        before_upgrade: Callable[[], object] | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        self.path, self.zone = path, zone
        self._before_upgrade = before_upgrade
        _refuse_deleted(path)
        _refuse_rest(path)
        self._was_emptied = path.exists() and not path.stat().st_size and _others_tell(path.parent)
        self.clock, self._closed = clock, False
        self.warnings, self._damaged = list[str](), dict[int, str]()
        self.connection = Connection(path, lock_seconds, create=create, encrypt=encrypt)
        self.sql = self.connection.sql
        self.ledger = Ledger(self.sql)
        self.tombstones = Tombstones(self.sql)
        self.audit = AuditTrail(self.sql, clock)
        try:
            with faults(path):
                self._prepare(word_index)
        except BaseException:
            self.connection.close()
            raise
        key, writes = self.connection.key, lambda: self.connection.in_transaction
        self.usage = UsageCounters(path.with_name("usage.db"), key)
        derived = path.with_name("matrix.bin")
        self.live_matrix = LiveMatrix(derived, self.sql, self.ledger, self.usage, key, zone, writes)
        self.connection.on_rollback = self._rolled_back

    @property
    def uuid(self) -> str:
        """Identity of this store, made at creation."""
        return self._uuid

    @property
    def encrypted(self) -> bool:
        """Whether the file can be read with a key only."""
        return self.connection.key is not None

    @property
    def dim(self) -> int | None:
        """Width of the key vectors."""
        with faults(self.path):
            return self.ledger.number("dim") if self.ledger.meta("dim") else None

    def close(self) -> None:
        """Bring the derived matrix up to date if it lags, and close the files; closing twice is closing once."""
        if self._closed:
            return
        self._closed = True
        try:
            if not self.sql.in_transaction:
                # derived: what goes wrong with it is no error, and nobody waits for it
                with suppress(NTMMemoryError, sqlite3.Error, MemoryError):
                    self.connection.wait_at_most(_PATIENCE)
                    self.save_matrix_if_lagging()
        finally:
            self.usage.close()
            self.connection.close()

    def save_matrix_if_lagging(self) -> None:
        """Write the derived matrix and its token if it is to be.

        Raises:
            StoreError: or one of its kinds: it could not be written.
        """
        with self.reading():
            if not self.live_matrix.lags(self.now()):
                return
        # one transaction: a copy of the database either has the token and all that is in the matrix, or has neither
        with self.writing():
            self.set_matrix_token(self.live_matrix.save(self.now()))

    def set_matrix_token(self, token: str) -> None:
        """Note which derived matrix agrees with the file."""
        self.ledger.set_meta("matrix", token)

    def embedder(self) -> Mapping[str, Any] | None:
        """{name, revision, dim} of the embedder that wrote the keys."""
        with faults(self.path):
            text = self.ledger.meta("embedder", "null")
        try:
            identity: Mapping[str, Any] | None = json.loads(text)
            if identity is None or identity["name"] and identity["dim"] and "revision" in identity:
                return identity
        except (ValueError, TypeError, KeyError):
            pass
        raise StoreCorruptError("what the file says of its embedder is damaged", "run: status.py --repair")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction for the store's own statements, whose errors are said in our own words."""
        with faults(self.path), self.connection.transaction():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the database for the store's own queries."""
        with faults(self.path), self.connection.reading():
            yield

    def now(self) -> Stamp:
        """The state of the file as of this moment."""
        token = self.ledger.meta("matrix")
        return Stamp(self._uuid, self.ledger.seq(), self.ledger.purges(), self.dim or 1, token)

    def row(self, id: str) -> sqlite3.Row:
        """The row of a memory, whatever its state.

        Raises:
            NotFoundError: there is none.
        """
        found = fetch(self.sql, "SELECT * FROM memories WHERE id = ?", (id,))
        if not found:
            raise NotFoundError(f"no memory has the id {id!r}", "recall.py prints ids")
        row: sqlite3.Row = found[0]
        return row

    def row_of_key(self, space: int | None, key: str | None) -> sqlite3.Row | None:
        """The row of the live memory with this key in the namespace of a code: spelled so, else spelled otherwise."""
        if key is None:
            return None
        for column, wanted in (("key", key), ("folded_key", folded_key(key))):
            query = f"SELECT * FROM memories WHERE namespace = ? AND {column} = ? AND state = 'live'"
            found: list[sqlite3.Row] = fetch(self.sql, query, (space, wanted))
            if found:
                return found[0]
        return None

    def live_id_of(self, space: int | None, column: str, key: str | None) -> str | None:
        """The id of the live memory whose `key` or `folded_key` is exactly this."""
        query = f"SELECT id FROM memories WHERE namespace = ? AND {column} = ? AND state = 'live'"
        found = self.sql.execute(query, (space, key)).fetchone()
        return None if found is None else str(found[0])

    def memory(self, row: Row) -> Memory:
        """The record of a row, with its counters and links.

        Raises:
            StoreCorruptError: the row is not what was written.
        """
        reads = (0, 0.0) if row["address"] is None else self.usage.read(row["address"])
        links = tuple(Link(*link) for link in self.sql.execute(_LINKS, (row["id"],)).fetchall())
        return to_memory(row, self.ledger.name, reads, links)

    def sound(self, rows: Iterable[Row]) -> Iterator[Memory]:
        """The records of the rows that are what was written; of the others it is noted that they were left out."""
        for row in rows:
            try:
                yield self.memory(row)
            except StoreCorruptError:
                self.note_damage(row)

    def note_damage(self, row: Row) -> None:
        """Remember that a memory was left out."""
        wrong = what_is_wrong(row, self.ledger.name) or "its vectors are not of length 1"
        self._damaged[row["row"]] = f"memory {row['id']!s:.100} is damaged: {wrong}"

    def vouch(self, row: Row) -> None:
        """Refuse to write over a row that is not what was written: its text would be true from then on.

        Raises:
            StoreCorruptError: it is not.
        """
        wrong = what_is_wrong(row, self.ledger.name)
        if wrong is not None:
            raise StoreCorruptError(f"memory {row['id']!s:.100} is damaged: {wrong}", "run: status.py --repair")

    def damaged(self) -> list[str]:
        """One line for each memory that was left out of an answer since it is damaged."""
        for number in {*self._damaged, *self.live_matrix.left_out}:
            rows = fetch(self.sql, "SELECT * FROM memories WHERE row = ?", (number,))
            is_sound = rows and what_is_wrong(rows[0], self.ledger.name) is None
            if not rows or (is_sound and number not in self.live_matrix.left_out):
                self._damaged.pop(number, None)  # it was put right since
            else:
                self.note_damage(rows[0])
        return list(self._damaged.values())

    def _prepare(self, word_index: bool | None) -> None:
        schema.add_functions(self.sql, self.zone)
        version = self._version()
        if version < schema.VERSION:
            if version and self._before_upgrade is not None:
                self._before_upgrade()
            with self.connection.exclusive():
                if self._was_emptied and not self._version():
                    raise StoreCorruptError(f"{self.path} is empty, and there was a memory in it", _EMPTIED)
                schema.bring_up(self.sql)
        schema.refuse_damaged(self.sql)
        warning = self.connection.set_journal()
        if schema.lacks_indexes(self.sql):
            with suppress(StoreLockedError), self.writing():
                schema.make_indexes(self.sql)
        self._uuid = self.ledger.meta("uuid")
        if postings.has_fts5(self.sql) if word_index is None else word_index:
            if not postings.is_ready(self.sql, self.ledger):
                with self.writing():
                    if not postings.is_ready(self.sql, self.ledger):
                        postings.make_index(self.sql, self.ledger)
            self.word_index: postings.WordIndex = postings.FullTextIndex(self.sql, self.ledger)
        else:
            self.word_index = postings.ScannedWords(self.sql, self.ledger)
        self.warnings = [line for line in (warning, self.word_index.warning) if line]

    def _version(self) -> int:
        with self.connection.reading():  # else tables that another process makes meanwhile look like a stranger's
            return schema.version_of(self.sql)

    def _rolled_back(self) -> None:
        self.ledger.rolled_back()
        self.live_matrix.rolled_back()  # what it took back may have been remembered


def _refuse_deleted(path: Path) -> None:
    """Refuse to begin a new memory where backups of one lie: they would be pushed out by its own.

    Raises:
        StoreCorruptError: naming the way back.
    """
    if not os.path.lexists(path) and any((path.parent / "backups").glob("memory-*.db")):
        raise StoreCorruptError(f"{path} is gone, and there are backups of a memory beside it", _DELETED)


def _refuse_rest(path: Path) -> None:
    """Refuse a file that is shorter than the head of any database: SQLite takes some of these for new ones.

    Raises:
        StoreCorruptError: it is.
    """
    size = path.stat().st_size if path.is_file() else 0
    if 0 < size < _HEAD:
        raise StoreCorruptError(f"{path} is no memory: all that is left of it is {size} bytes", MEND)


def _others_tell(home: Path) -> bool:
    """Whether other files of a data folder show that there was a memory."""
    derived = any((home / name).exists() for name in ("matrix.bin", "usage.db", "recall.json"))
    return derived or any((home / "backups").glob("*.db")) or any((home / "damaged").glob("*"))
