"""What this device knows of what was synced: a file of its own in the data folder, made anew from the logs if lost.

It is no truth: where it is lost, torn, or of another memory, the logs are read again.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.errors import StoreError
from ntm_memory.paths import content_of
from ntm_memory.persistence.atomic import replace_text
from ntm_memory.persistence.wiping import wipe
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import Key
from ntm_memory.sync.registers import State
from ntm_memory.sync.stamps import new_device

NAME, NAMES = "sync.db", "sync.json"
_VERSION = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS memories (id TEXT PRIMARY KEY, known TEXT NOT NULL, seen TEXT, due INTEGER NOT NULL,
    space TEXT, birth TEXT, live_key TEXT, twin TEXT, root TEXT, rivals INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS memories_due ON memories(due) WHERE due;
CREATE INDEX IF NOT EXISTS memories_birth ON memories(space, birth);
CREATE INDEX IF NOT EXISTS memories_key ON memories(live_key) WHERE live_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS memories_twin ON memories(twin) WHERE twin IS NOT NULL;
CREATE INDEX IF NOT EXISTS memories_root ON memories(root) WHERE root IS NOT NULL;
CREATE INDEX IF NOT EXISTS memories_rivals ON memories(rivals) WHERE rivals;
CREATE TABLE IF NOT EXISTS tombstones (name TEXT PRIMARY KEY, register TEXT NOT NULL, due INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, signature TEXT NOT NULL, end INTEGER NOT NULL,
    digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS removals (id TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (id, text)) WITHOUT ROWID;
"""


class LogPlace(NamedTuple):
    """How far a log was read.

    Args:
        signature: of the file as it was then.
        end: bytes up to which all lines were taken in.
        digest: of these bytes.
    """

    signature: str
    end: int
    digest: str


class SyncState:
    """The file `sync.db`; one process at a time writes it, which the caller sees to.

    Args:
        home: the data folder.
        key: of the memory file; None: it is plain. What the key does not open is begun anew.
    """

    def __init__(self, home: Path, key: Key | None) -> None:
        self._path = home / NAME
        self._key = key
        try:
            self._sql = self._opened()
        except sqlite3.DatabaseError:
            self._sql = self._begun_anew()
        if self.meta("version") != _VERSION:
            if self.meta("version"):
                self._sql.close()
                self._sql = self._begun_anew()
            self.set_meta("version", _VERSION)
            self.set_meta("former", " ".join(self._names()))
            self._name_itself()
            self._sql.commit()

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; on an exception nothing of it is kept."""
        try:
            yield
            self._sql.commit()
        except BaseException:
            self._sql.rollback()
            raise

    def meta(self, name: str, default: str = "") -> str:
        """A value of the file as a whole."""
        row = self._sql.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def number(self, name: str) -> int:
        """A counter; 0 where it was never written."""
        return int(self.meta(name, "0"))

    def set_meta(self, name: str, value: str | int) -> None:
        """Write a value of the file as a whole."""
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, str(value)))

    @property
    def device(self) -> str:
        """This device's name."""
        return self.meta("device")

    @property
    def own_devices(self) -> frozenset[str]:
        """Every name that this device has had."""
        return frozenset({self.device, *self.meta("former").split()})

    def become_another(self) -> None:
        """Take another name: somebody else writes under this one, as after a data folder was copied."""
        self._name_itself()

    def known(self, id: str) -> State:
        """What is known of a memory; nothing of one that was never told of."""
        row = self._sql.execute("SELECT known FROM memories WHERE id = ?", (id,)).fetchone()
        return {} if row is None else dict(json.loads(row[0]))

    def seen(self, id: str) -> dict[str, Any] | None:
        """The memory as it was when it was last looked at, or written, here."""
        row = self._sql.execute("SELECT seen FROM memories WHERE id = ?", (id,)).fetchone()
        return None if row is None or row[0] is None else dict(json.loads(row[0]))

    def put(self, id: str, known: Mapping[str, Any], *, due: bool, **columns: Any) -> None:
        """Keep what is known of a memory.

        Args:
            id: of it.
            known: all of it.
            due: whether it is still to be written into the memory here.
            columns: by what it is found: space, birth, live_key, twin, root, rivals.
        """
        named = ("space", "birth", "live_key", "twin", "root", "rivals")
        values = [columns.get(name, 0 if name == "rivals" else None) for name in named]
        update = ", ".join(f"{name} = excluded.{name}" for name in ("known", *named))
        self._sql.execute(
            "INSERT INTO memories (id, known, due, space, birth, live_key, twin, root, rivals)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            f" ON CONFLICT (id) DO UPDATE SET {update}, due = max(due, excluded.due)",
            (id, json.dumps(known, ensure_ascii=False), int(due), *values),
        )

    def note_seen(self, id: str, seen: Mapping[str, Any] | None, *, settled: bool = False) -> None:
        """Keep how a memory stands here; `settled`: all that is known of it is written."""
        told = None if seen is None else json.dumps(seen, ensure_ascii=False)
        due = ", due = 0" if settled else ""
        self._sql.execute(f"UPDATE memories SET seen = ?{due} WHERE id = ?", (told, id))

    def mark_due(self, id: str) -> None:
        """A memory does not stand here as it is known, and is to be written."""
        self._sql.execute("UPDATE memories SET due = 1 WHERE id = ?", (id,))

    def forget_seen(self) -> None:
        """The memory file is another one than it was: nothing is known of how it stands."""
        self._sql.execute("UPDATE memories SET seen = NULL, due = 1")
        self._sql.execute("UPDATE tombstones SET due = 1")

    def note_removals(self, id: str, texts: Iterable[str]) -> None:
        """Texts of a memory, by their hashes, are to leave the copies of the memory file."""
        self._sql.executemany("INSERT OR IGNORE INTO removals VALUES (?, ?)", [(id, text) for text in texts])

    def removals(self) -> dict[str, frozenset[str]]:
        """Id → hashes of what is to leave the copies of the memory file."""
        found: dict[str, set[str]] = {}
        for id, text in self._sql.execute("SELECT id, text FROM removals ORDER BY id").fetchall():
            found.setdefault(id, set()).add(text)
        return {id: frozenset(texts) for id, texts in found.items()}

    def forget_removals(self, cleaned: Mapping[str, Iterable[str]]) -> None:
        """No copy holds any of these, id → hashes, any more."""
        pairs = [(id, text) for id, texts in cleaned.items() for text in texts]
        self._sql.executemany("DELETE FROM removals WHERE id = ? AND text = ?", pairs)

    def ids(self, where: str, *arguments: Any) -> list[str]:
        """The ids of the memories of a condition, in order of birth."""
        query = f"SELECT id FROM memories WHERE {where} ORDER BY birth, id"
        return [id for (id,) in self._sql.execute(query, arguments).fetchall()]

    def shared(self, column: str) -> list[str]:
        """The values of a column that several memories have."""
        query = f"SELECT {column} FROM memories WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) > 1"
        return [value for (value,) in self._sql.execute(query).fetchall()]

    def births(self, space: str) -> dict[str, str]:
        """Id → stamp of birth of the memories of a namespace."""
        return dict(self._sql.execute("SELECT id, birth FROM memories WHERE space = ? AND birth <> ''", (space,)))

    def birth(self, id: str) -> str:
        """The stamp of birth of a memory; empty where it is not known."""
        row = self._sql.execute("SELECT birth FROM memories WHERE id = ?", (id,)).fetchone()
        return "" if row is None else row[0] or ""

    def tombstone(self, name: str) -> list[Any] | None:
        """The register of a tombstone."""
        row = self._sql.execute("SELECT register FROM tombstones WHERE name = ?", (name,)).fetchone()
        return None if row is None else list(json.loads(row[0]))

    def last_birth(self, space: str) -> str:
        """The latest stamp of birth in a namespace; empty where there is none."""
        query = "SELECT max(birth) FROM memories WHERE space = ? AND seen IS NOT NULL"
        (birth,) = self._sql.execute(query, (space,)).fetchone()
        return birth or ""

    def tombstones(self, *, due: bool = False) -> dict[str, list[Any]]:
        """Name → register of what was retracted, or lifted; with `due` of what is still to be written here."""
        query = "SELECT name, register FROM tombstones" + (" WHERE due" if due else "")
        return {name: json.loads(register) for name, register in self._sql.execute(query).fetchall()}

    def put_tombstone(self, name: str, register: list[Any], *, due: bool) -> None:
        """Keep what is known of a tombstone."""
        row = (name, json.dumps(register), int(due))
        self._sql.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?)", row)

    def place(self, name: str) -> LogPlace | None:
        """How far a log was read."""
        query = "SELECT signature, end, digest FROM files WHERE name = ?"
        row = self._sql.execute(query, (name,)).fetchone()
        return None if row is None else LogPlace(*row)

    def is_settled(self) -> bool:
        """Whether the last round came to its end, and left nothing to be done."""
        waits = "SELECT EXISTS (SELECT 1 FROM memories WHERE due) OR EXISTS (SELECT 1 FROM removals)"
        (is_waiting,) = self._sql.execute(waits).fetchone()
        return bool(self.meta("synced")) and not (is_waiting or self.number("running") or self.number("removed"))

    def signatures(self) -> dict[str, str]:
        """Name → signature, as it was when it was read or written, of each log."""
        return dict(self._sql.execute("SELECT name, signature FROM files").fetchall())

    def note_place(self, name: str, place: LogPlace) -> None:
        """Keep how far a log was read."""
        self._sql.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (name, *place))

    def forget_place(self, name: str) -> None:
        """A log is not there any more."""
        self._sql.execute("DELETE FROM files WHERE name = ?", (name,))

    def forget_files(self) -> None:
        """Read every log from its beginning next time."""
        self._sql.execute("DELETE FROM files")

    def forget_all(self) -> None:
        """Know nothing any more, but who this device is."""
        for table in ("memories", "tombstones", "files"):
            self._sql.execute(f"DELETE FROM {table}")
        for name in ("seq", "line", "mark"):
            self._sql.execute("DELETE FROM meta WHERE name = ?", (name,))

    def leave_no_traces(self) -> None:
        """Let no free page hold what was removed."""
        self._sql.commit()
        self._sql.execute("VACUUM")

    def _name_itself(self) -> None:
        """Take a new name, and note it where it outlives this file: whose logs it must mend after a purge."""
        name = new_device()
        self.set_meta("device", name)
        replace_text(self._path.with_name(NAMES), json.dumps([*self._names(), name]))

    def _names(self) -> list[str]:
        """The names that this device has had."""
        try:
            names = json.loads(content_of(self._path.with_name(NAMES)))
        except (OSError, ValueError):
            return []
        return [str(name) for name in names] if isinstance(names, list) else []

    def _opened(self) -> sqlite3.Connection:
        if (cipher.salt_of(self._path) is None) != (self._key is None) and self._path.exists():
            wipe(self._path)
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        sql = cipher.connect(self._path, self._key, timeout=10.0)
        try:
            sql.execute("PRAGMA secure_delete = ON")
            sql.executescript(_TABLES)
        except sqlite3.OperationalError as error:
            sql.close()
            raise StoreError(f"{self._path} cannot be used: {error}", "check the disk and its permissions") from error
        except sqlite3.Error:
            sql.close()
            raise
        return sql

    def _begun_anew(self) -> sqlite3.Connection:
        wipe(self._path)
        return self._opened()
