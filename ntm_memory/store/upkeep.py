"""A SQLite store as a whole: checked, mended, cleaned after a purge, all its keys written anew."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.beside import damaged_files
from ntm_memory.errors import DiskFullError, StoreCorruptError, StoreError, StoreLockedError
from ntm_memory.paths import on_disk
from ntm_memory.persistence.faults import faults
from ntm_memory.privacy import cipher
from ntm_memory.store import schema
from ntm_memory.store.engine import Engine
from ntm_memory.store.rows import (
    any_text,
    checksum,
    content_hash,
    fetch,
    from_keys,
    version_checksum,
    what_is_wrong,
    what_is_wrong_with_version,
    width_of,
)

_NEW = "SELECT id, version, keys FROM new_keys"

UNKNOWN = "unknown"
"""The name of an embedder of which nothing is known but that it wrote the vectors."""

_UNFOLDED = """
SELECT * FROM memories WHERE text_hash IS NOT text_hash_of(CAST(content AS BLOB))
OR (folded_key IS NOT NULL AND folded_key IS NOT folded_key_of(CAST(key AS BLOB)))
"""
_ALIKE = """
SELECT one.id, one.key, other.id, other.key FROM memories AS one, memories AS other
WHERE one.state = 'live' AND one.key IS NOT NULL AND one.folded_key IS NULL
AND other.namespace = one.namespace AND other.state = 'live' AND other.folded_key = folded_key_of(one.key)
"""


class SQLiteUpkeep:
    """Checks and mends an open file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = engine.sql
        self._ledger = engine.ledger

    def check(self) -> list[str]:
        """Integrity: the database's own check, a CRC per row, the word index, the derived matrix; one line a fault."""
        books = lambda: (f"bookkeeping: {line}" for line in self._ledger.faults())  # noqa: E731
        return self._looked_at(
            self._structure, self._rows, books, self._identity, self._folded, self._words, self._derived
        )

    def damage(self) -> list[str]:
        """The part of `check` that `repair` must not touch: it could destroy what is left of what is damaged."""
        return self._looked_at(self._structure, self._rows)

    def repair(self) -> list[str]:
        """Make anew what follows from the memories: indexes, words, counters, derived matrix.

        No memory is touched: what cannot be vouched for stays damaged, see `recovery.repair`.
        """
        with self._engine.writing():
            done = self._mended()
            self._engine.word_index.rebuild()
            self._ledger.next_seq()
            self._engine.audit.note("repaired", None, None)
        self._engine.live_matrix.forget()
        with suppress(OSError, StoreError):  # derived; who looks next makes it anew
            self._engine.live_matrix.remove_file()
            self._engine.save_matrix_if_lagging()
        return done

    def _mended(self) -> list[str]:
        """Make anew the columns and bookkeeping that follow from the memories; what the whole repair will have done."""
        with any_text(self._sql):
            self._sql.execute("REINDEX")
            schema.fold_anew(self._sql, self._engine.zone)
            done = ["database indexes rebuilt", "word index rebuilt", "derived matrix rebuilt"]
            return [*done, *self._ledger.mend(), *self._mend_identity()]

    def info(self) -> dict[str, Any]:
        """Engine, path, bytes on disk, journal mode, schema version, how keywords are found, warnings."""
        with faults(self._engine.path):
            files = [file for file in self._engine.path.parent.iterdir() if file.is_file()]
            (schema,) = self._sql.execute("PRAGMA user_version").fetchone()
            (journal,) = self._sql.execute("PRAGMA journal_mode").fetchone()
            traces = self._traces_left()
            alike = [_two_keys(*row) for row in sorted(map(tuple, self._sql.execute(_ALIKE)))]
            return {
                "engine": cipher.engine(self._sql, self._engine.connection.key),
                "path": str(self._engine.path),
                "bytes": sum(map(on_disk, files)),
                "journal_mode": journal,
                "schema_version": schema,
                "keywords": self._engine.word_index.name,
                "warnings": self._engine.warnings
                + (["traces of purged memories may be left: run --repair"] if traces else [])
                + alike,
            }

    def clean_up(self) -> None:
        """Take away what a purge, finished or interrupted, left in free pages, journals and derived files.

        Raises:
            StoreError: or one of its kinds, as `committed`: another program keeps the file busy, or there is no room to
                write it anew; the next purge, repair or opening tries again.
        """
        if not self._traces_left():
            return
        try:
            with faults(self._engine.path), self._engine.connection.exclusive():
                if self._traces_left():
                    self._remove_traces()
        except StoreError as error:
            raise _unfinished(error) from error

    def is_reembedding(self, identity: Mapping[str, Any]) -> bool:
        """Whether keys of this embedder are being prepared."""
        with self._engine.reading():
            return self._ledger.meta("reembedding") == _spelled(identity)

    def without_new_keys(self, identity: Mapping[str, Any]) -> list[tuple[str, int]]:
        """(id, version) of the texts for which no keys of this embedder are prepared, damaged ones left out."""
        with self._engine.reading():
            rows = fetch(self._sql, "SELECT id, version, hash FROM new_keys") if self.is_reembedding(identity) else []
            there = {(id, version): hash for id, version, hash in rows}
            return [name for name, row in self._texts() if there.get(name) != content_hash(row["content"])]

    def texts_of(self, names: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The texts of (id, version), as far as they are still there."""
        found = {}
        queries = [f"SELECT content FROM {table} WHERE id = ? AND version = ?" for table in ("memories", "versions")]
        with self._engine.reading():
            for name in names:
                for row in (row for query in queries for row in fetch(self._sql, query, name)):
                    found[name] = row["content"]
        return found

    def prepare_keys(
        self, identity: Mapping[str, Any], keys: Mapping[tuple[str, int], tuple[str, NDArray[np.float32]]]
    ) -> None:
        """Keep key rows of another embedder beside the old ones, by (id, version), with the text that they are of."""
        with self._engine.writing():
            if not self.is_reembedding(identity):
                self._sql.execute("DELETE FROM new_keys")
                self._ledger.set_meta("reembedding", _spelled(identity))
            rows = [(*name, content_hash(text), from_keys(key, identity["dim"])) for name, (text, key) in keys.items()]
            self._sql.executemany("INSERT OR REPLACE INTO new_keys VALUES (?, ?, ?, ?)", rows)

    def swap_keys(self, identity: Mapping[str, Any]) -> bool:
        """Put the prepared keys in the place of all others; False where some are missing, and nothing is changed."""
        with self._engine.writing():
            if self.without_new_keys(identity):
                return False
            there = dict((row[:2], row[2]) for row in map(tuple, self._sql.execute(_NEW).fetchall()))
            for name, row in list(self._texts()):
                changed = dict(row) | {"keys": there[name]}
                if "row" in changed:
                    stamp = (changed["keys"], checksum(changed, self._ledger.name), self._ledger.next_seq(), row["row"])
                    self._sql.execute("UPDATE memories SET keys = ?, crc = ?, seq = ? WHERE row = ?", stamp)
                else:
                    query = "UPDATE versions SET keys = ?, crc = ? WHERE id = ? AND version = ?"
                    self._sql.execute(query, (changed["keys"], version_checksum(changed), *name))
            self._sql.execute("DELETE FROM new_keys")
            self._sql.execute("DELETE FROM meta WHERE name = 'reembedding'")
            self._ledger.set_meta("embedder", json.dumps(dict(identity), ensure_ascii=False))
            self._ledger.set_meta("dim", str(int(identity["dim"])))
        return True

    def _texts(self) -> Iterator[tuple[tuple[str, int], sqlite3.Row]]:
        """((id, version), row) of everything that has keys and can be vouched for."""
        for row in fetch(self._sql, "SELECT * FROM memories ORDER BY row"):
            if what_is_wrong(row, self._ledger.name) is None:
                yield (row["id"], row["version"]), row
            else:
                self._engine.note_damage(row)
        for row in fetch(self._sql, "SELECT * FROM versions ORDER BY id, version"):
            if what_is_wrong_with_version(row) is None:
                yield (row["id"], row["version"]), row

    def _traces_left(self) -> bool:
        return self._ledger.meta("traces", "0") == "1"

    def _remove_traces(self) -> None:
        self._engine.live_matrix.remove_file()
        self._sql.execute("VACUUM")
        (busy, *_) = self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreLockedError("another program reads the write-ahead log")
        self._sql.execute("UPDATE meta SET value = '0' WHERE name = 'traces'")

    def _looked_at(self, *parts: Callable[[], Iterator[str]]) -> list[str]:
        """The faults of these parts, each looked at by itself: what stops one stops no other."""
        try:
            # FTS5 asks for its integrity check as a write
            with faults(self._engine.path), self._engine.connection.exclusive(), self._engine.connection.reading():
                with any_text(self._sql):
                    return [line for part in parts for line in _lines(part)]
        except StoreError as error:
            return [f"database: {error.message}"]

    def _structure(self) -> Iterator[str]:
        for (line,) in self._sql.execute("PRAGMA integrity_check(20)").fetchall():
            if line != "ok":
                yield f"database: {line}"
        yield from (f"database: {line}" for line in schema.faults_of(self._sql))

    def _identity(self) -> Iterator[str]:
        wrote = self._engine.embedder()
        if wrote is not None and self._engine.dim != wrote["dim"]:
            yield f"bookkeeping: the vectors are {self._engine.dim} wide, their embedder's are {wrote['dim']}"

    def _rows(self) -> Iterator[str]:
        for row in self._sql.execute("SELECT * FROM memories"):
            wrong = what_is_wrong(row, self._ledger.name)
            if wrong is not None:
                yield f"memory {row['id']!s:.100}: {wrong}"
        for row in self._sql.execute("SELECT * FROM versions"):
            wrong = what_is_wrong_with_version(row)
            if wrong is not None:
                yield f"version {row['version']!s:.100} of memory {row['id']!s:.100}: {wrong}"

    def _folded(self) -> Iterator[str]:
        for row in self._sql.execute(_UNFOLDED):
            if what_is_wrong(row, self._ledger.name) is None:
                yield f"memory {row['id']}: its key or text is found by another spelling than its own"

    def _words(self) -> Iterator[str]:
        if not self._engine.word_index.check():
            yield "word index disagrees with the memories"

    def _derived(self) -> Iterator[str]:
        # the file from before a purge that is being finished is nobody's any more
        if not self._traces_left() and not self._engine.live_matrix.agrees(self._engine.now()):
            yield "derived matrix disagrees with the memories"
        yield from (f"{name} is not what was written" for name in damaged_files(self._engine))

    def _mend_identity(self) -> Iterator[str]:
        """Make an embedder that is not told, or told wrongly, an unknown one of the width that the vectors have."""
        with suppress(StoreCorruptError):
            wrote = self._engine.embedder()
            if (wrote is None and not self._sql.execute("SELECT 1 FROM memories").fetchone()) or (
                wrote is not None and self._engine.dim == wrote["dim"]
            ):
                return
        dim = width_of([row["keys"] for row in self._sql.execute("SELECT keys FROM memories LIMIT 100")])
        if dim is not None:
            self._ledger.set_meta("embedder", json.dumps({"name": UNKNOWN, "revision": "", "dim": dim}))
            self._ledger.set_meta("dim", str(dim))
            yield "which embedder wrote the vectors is lost: run reembed.py"


def _unfinished(error: StoreError) -> StoreError:
    """What to say where everything was removed, and what cleans the files afterwards failed."""
    told, then = f"traces may be left ({error.message})", "then run: status.py --repair"
    if isinstance(error, StoreLockedError):
        told, hint = "another program keeps the file busy and traces may be left", "close other programs that use it"
    elif isinstance(error, DiskFullError):
        told, hint = "the disk is too full to write the file anew, so that traces may be left", "free some space"
    else:
        hint = error.hint
    found = type(error)(f"the memories are removed, but {told}", f"{hint}, {then}")
    found.committed = True
    return found


def _spelled(identity: Mapping[str, Any]) -> str:
    return json.dumps(dict(identity), ensure_ascii=False, sort_keys=True)


def _lines(part: Callable[[], Iterator[str]]) -> Iterator[str]:
    try:
        yield from part()
    except sqlite3.Error as error:
        yield f"database: {error}"
    except StoreError as error:
        yield error.message
    except UnicodeError:
        yield "a text is no UTF-8"


def _two_keys(id: str, key: str, other: str, others_key: str) -> str:
    return (
        f"memories {id} and {other} have one key, {key!r} and {others_key!r}, told before keys were compared by case:"
        " erase one, or give it another key (update.py ID --new-key)"
    )
