"""The store in one SQLite file: record, key vectors, index words, checksum and sequence number in one transaction."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import EmbedderError, NotFoundError, StoreError
from ntm_memory.store import schema
from ntm_memory.store.connection import Connection, errors
from ntm_memory.store.past import slots_as_of
from ntm_memory.store.records import Draft, Feedback, Link, Memory, Postings, Slots, Version
from ntm_memory.store.rows import (
    COLUMNS,
    checksum,
    content_hash,
    from_keys,
    to_iso,
    to_keys,
    to_memory,
    to_version,
)
from ntm_memory.store.snapshot import Snapshot
from ntm_memory.store.upkeep import Upkeep
from ntm_memory.store.usage import Usage
from ntm_memory.store.words import FullTextIndex, ScannedWords, decode, encode, has_fts5

_INSERT = f"INSERT INTO memories ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + name for name in COLUMNS)})"
_UPDATE = f"UPDATE memories SET {', '.join(f'{name} = :{name}' for name in COLUMNS)} WHERE row = :row"
_LINKS = """
SELECT target, weight, links.kind FROM links
JOIN memories ON memories.id = target AND memories.state = 'live' WHERE links.id = ?
"""
_AMENDABLE = frozenset({"key", "importance", "tags", "source", "occurred_at", "kind", "superseded_by"})


class SQLiteStore(Upkeep):
    """`Store` on one SQLite file; see `store.base.Store` for what each method promises.

    Used from the thread that opened it. Beside `memory.db` stand `memory.lock`, `matrix.bin` (derived) and `usage.db`
    (counters that may be lost).

    Args:
        path: the database file; its folder must exist.
        lock_seconds: how long to wait for another writer.
        clock: unix seconds.
        word_index: None: FTS5 where this SQLite has it; False: never.

    Raises:
        StoreError: or one of its kinds: the file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_seconds: float = 10.0,
        clock: Callable[[], float] = time.time,
        word_index: bool | None = None,
    ) -> None:
        self._path = path
        self._clock = clock
        self._connection = Connection(path, lock_seconds)
        self._sql = self._connection.sql
        self._sql.row_factory = sqlite3.Row
        with errors(path):
            fts5 = has_fts5(self._sql) if word_index is None else word_index
            with self._connection.exclusive():
                schema.prepare(self._sql, word_index=fts5)
            indexed = self._sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'word_index'").fetchone()
            self._words = FullTextIndex(self._sql) if fts5 and indexed else ScannedWords(self._sql)
            self._uuid = self._meta("uuid")
        self._usage = Usage(path.with_name("usage.db"))
        self._snapshot = Snapshot(path.with_name("matrix.bin"), self._sql, self._uuid, self._usage)
        self._names: dict[int, str] = {}
        self._codes: dict[str, int] = {}

    @property
    def uuid(self) -> str:
        """Identity of this store, made at creation."""
        return self._uuid

    @property
    def dim(self) -> int | None:
        """Width of the key vectors."""
        identity = self.embedder()
        return None if identity is None else int(identity["dim"])

    def transaction(self) -> AbstractContextManager[None]:
        """Writer lock and one transaction."""
        return self._connection.transaction()

    def close(self) -> None:
        """Bring the derived matrix up to date if it lags, and close the files."""
        with errors(self._path):
            self._snapshot.save_if_lagging(*self._shape())
        self._usage.close()
        self._connection.close()

    # who wrote the vectors

    def embedder(self) -> Mapping[str, Any] | None:
        """{name, revision, dim} of the embedder that wrote the keys."""
        text = self._meta("embedder", "null")
        identity: Mapping[str, Any] | None = json.loads(text)
        return identity

    def set_embedder(self, identity: Mapping[str, Any]) -> None:
        """Record the embedder."""
        with self.transaction():
            self._set_meta("embedder", json.dumps(dict(identity)))

    def replace_keys(self, keys: Mapping[tuple[str, int], NDArray[np.float32]]) -> None:
        """New key rows by (id, version), of present and older versions."""
        with self.transaction():
            for (id, version), rows in keys.items():
                row = dict(self._row(id))
                if row["version"] == version:
                    self._put(row | {"keys": from_keys(rows)})
                else:
                    query = "UPDATE versions SET keys = ? WHERE id = ? AND version = ?"
                    self._sql.execute(query, (from_keys(rows), id, version))

    # writing

    def add(self, draft: Draft) -> Memory:
        """Write a new memory into a free slot."""
        now = to_iso(self._clock())
        with self.transaction():
            space = self._code(draft.namespace)
            fields = self._fields(draft) | {
                "id": schema.new_id(),
                "address": self._allocate(),
                "position": self._next_position(space),
                "created_at": now,
                "updated_at": now,
                "version": 1,
                "strength": 1.0,
                "state": "live",
                "ended_at": None,
                "superseded_by": None,
            }
            self._insert(fields)
        return self.get(fields["id"])

    def put(
        self, memory: Memory, keys: NDArray[np.float32], words: Sequence[str], cjk: bool, history: Sequence[Version]
    ) -> None:
        """Write a record as another store had it: id, position, times, version and state stay; the slot if it is free."""
        with self.transaction():
            live = memory.state == "live"
            space = self._code(memory.namespace)
            fields = vars(memory) | {
                "address": self._allocate(memory.address) if live else None,
                "namespace": space,
                "session": None if memory.session is None else self._code(memory.session),
                "tags": json.dumps(memory.tags, ensure_ascii=False),
                "ended_at": None if live else memory.updated_at,
                "words": encode(words),
                "length": len(words),
                "cjk": int(cjk),
                "keys": from_keys(keys),
                "hash": content_hash(memory.content),
            }
            self._insert({name: fields[name] for name in COLUMNS if name not in ("crc", "seq")})
            self._sql.execute("UPDATE names SET written = max(written, ?) WHERE code = ?", (memory.position + 1, space))
            for version in history:
                self._insert_version(
                    vars(version) | {"tags": json.dumps(version.tags, ensure_ascii=False)}, fields
                )
            self.link(memory.id, memory.links)
            if memory.reads and fields["address"] is not None:
                self._usage.set_reads(fields["address"], memory.reads, self._clock())

    def rewrite(self, id: str, draft: Draft) -> Memory:
        """Erase 1 + add in the same slot; the old content becomes history."""
        now = to_iso(self._clock())
        with self.transaction():
            old = dict(self._row(id))
            if old["state"] != "live":
                raise NotFoundError(f"memory {id} is {old['state']}", "bring it back with erase.py --restore")
            self._insert_version({**old, "valid_from": old["updated_at"], "valid_to": now}, old)
            changes = {"updated_at": now, "version": old["version"] + 1, "superseded_by": None}
            self._put(old | self._fields(draft) | changes, old=old)
        return self.get(id)

    def amend(self, id: str, **fields: Any) -> Memory:
        """Change fields that are not content."""
        unknown = set(fields) - _AMENDABLE
        if unknown:
            raise StoreError(f"cannot amend {sorted(unknown)[0]}", f"amendable: {', '.join(sorted(_AMENDABLE))}")
        if "tags" in fields:
            fields["tags"] = json.dumps(fields["tags"], ensure_ascii=False)
        with self.transaction():
            self._put(dict(self._row(id)) | fields)
        return self.get(id)

    def set_strength(self, id: str, strength: float) -> Memory:
        """Partial erase, full erase, restore."""
        now = to_iso(self._clock())
        with self.transaction():
            row = dict(self._row(id))
            if strength > 0 and row["state"] != "live":
                taken = row["key"] is not None and self._find_key(row["namespace"], row["key"]) is not None
                changes = {"state": "live", "ended_at": None, "address": self._allocate()}
                self._put(row | changes | {"strength": strength} | ({"key": None} if taken else {}))
            elif strength > 0:
                self._put(row | {"strength": strength})
            else:
                self._end(row, "erased", now)
        return self.get(id)

    def archive(self, id: str) -> Memory:
        """Take a live memory out of its slot."""
        with self.transaction():
            self._end(dict(self._row(id)), "archived", to_iso(self._clock()))
        return self.get(id)

    def link(self, id: str, links: Sequence[Link]) -> None:
        """Add links from a memory to others."""
        rows = [(id, link.target, link.weight, link.kind) for link in links]
        with self.transaction():
            self._sql.executemany("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)", rows)

    # reading

    def get(self, id: str) -> Memory:
        """The memory with this id, whatever its state."""
        with errors(self._path):
            return self._memory(self._row(id))

    def get_many(self, addresses: Sequence[int]) -> list[Memory]:
        """The live memories in these slots, in the order asked."""
        query = "SELECT * FROM memories WHERE address = ?"
        with errors(self._path):
            rows = (self._sql.execute(query, (int(address),)).fetchone() for address in addresses)
            return [self._memory(row) for row in rows if row is not None]

    def find_key(self, namespace: str, key: str) -> Memory | None:
        """The live memory with this key."""
        with errors(self._path):
            code = self._known_code(namespace)
            row = None if code is None else self._find_key(code, key)
            return None if row is None else self._memory(row)

    def find_content(self, namespace: str, content: str) -> list[Memory]:
        """Live memories with exactly this content, oldest first."""
        query = "SELECT * FROM memories WHERE hash = ? AND namespace = ? AND content = ? AND state = 'live' ORDER BY row"
        with errors(self._path):
            rows = self._sql.execute(query, (content_hash(content), self._known_code(namespace), content)).fetchall()
            return [self._memory(row) for row in rows]

    def memories(self, namespace: str | None = None, *, states: Sequence[str] = ("live",)) -> Iterator[Memory]:
        """All memories in order of namespace and writing."""
        marks = ", ".join("?" * len(states))
        query = f"SELECT row FROM memories WHERE state IN ({marks})"
        arguments: list[Any] = list(states)
        if namespace is not None:
            query, arguments = query + " AND namespace = ?", [*arguments, self._known_code(namespace)]
        with errors(self._path):
            rows = [row for (row,) in self._sql.execute(query + " ORDER BY namespace, position, row", arguments)]
            for row in rows:
                found = self._sql.execute("SELECT * FROM memories WHERE row = ?", (row,)).fetchone()
                if found is not None:
                    yield self._memory(found)

    def keys_of(self, id: str) -> NDArray[np.float32]:
        """Key rows of one memory."""
        if self.dim is None:
            raise EmbedderError("this store has no embedder yet")
        with errors(self._path):
            return to_keys(self._row(id)["keys"], self.dim)

    def words_of(self, id: str) -> tuple[tuple[str, ...], bool]:
        """(index words, whether the text is CJK) of one memory."""
        with errors(self._path):
            row = self._row(id)
            return decode(row["words"]), bool(row["cjk"])

    def history(self, id: str) -> list[Version]:
        """Older versions, oldest first."""
        with errors(self._path):
            self._row(id)
            rows = self._sql.execute("SELECT * FROM versions WHERE id = ? ORDER BY version", (id,)).fetchall()
            return [to_version(row) for row in rows]

    def namespaces(self) -> dict[str, int]:
        """Live memories of each namespace."""
        query = "SELECT namespace, count(*) FROM memories WHERE state = 'live' GROUP BY namespace"
        with errors(self._path):
            return {self._name(code): count for code, count in self._sql.execute(query).fetchall()}

    def count(self, *, state: str = "live") -> int:
        """Number of memories in this state."""
        with errors(self._path):
            (count,) = self._sql.execute("SELECT count(*) FROM memories WHERE state = ?", (state,)).fetchone()
            return int(count)

    # candidates

    def slots(self, namespace: str) -> Slots:
        """The live memory matrix of a namespace."""
        with errors(self._path):
            return self._snapshot.slots(self._known_code(namespace), *self._shape())

    def slots_as_of(self, namespace: str, at: str) -> tuple[Slots, list[Memory], list[tuple[str, ...]]]:
        """What was known at a moment."""
        with errors(self._path):
            return slots_as_of(self._sql, self._known_code(namespace), at, self.dim or 1, self._memory)

    def postings(self, namespace: str, words: Sequence[str]) -> Postings:
        """Where these words occur among the live memories of a namespace."""
        with errors(self._path):
            code = self._known_code(namespace)
            address, count = {}, {}
            for word, (rows, counts) in self._words.find(words).items():
                where, mine = self._snapshot.addresses(rows, code)
                address[word], count[word] = where[mine], counts[mine]
            return Postings(address, count)

    def tagged(self, namespace: str, tags: Sequence[str]) -> NDArray[np.int64]:
        """Slots of the live memories that have all of these tags."""
        query = "SELECT address, tags FROM memories WHERE namespace = ? AND state = 'live' AND tags <> '[]'"
        with errors(self._path):
            rows = self._sql.execute(query, (self._known_code(namespace),)).fetchall()
            found = [address for address, text in rows if set(tags) <= set(json.loads(text))]
            return np.array(found, dtype=np.int64)

    def sessions(self, namespace: str) -> dict[str, int]:
        """Session name → code used in `Slots.session`."""
        query = "SELECT DISTINCT session FROM memories WHERE namespace = ? AND session IS NOT NULL"
        with errors(self._path):
            codes = self._sql.execute(query, (self._known_code(namespace),)).fetchall()
            return {self._name(code): code for (code,) in codes}

    # what may be lost

    def note_reads(self, addresses: Sequence[int]) -> None:
        """Count a recall of these slots."""
        self._usage.note_reads(addresses, self._clock())

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Remember where a session's read head looked last."""
        self._usage.set_focus(namespace, session, ids, weights)

    def focus(self, namespace: str, session: str) -> list[tuple[str, float]]:
        """[(id, weight)] of the session's last focus, live memories only."""
        live = "SELECT 1 FROM memories WHERE id = ? AND state = 'live'"
        looked = self._usage.focus(namespace, session)
        with errors(self._path):
            return [(id, weight) for id, weight in looked if self._sql.execute(live, (id,)).fetchone()]

    # learning

    def add_feedback(self, feedback: Feedback) -> int:
        """Keep a verdict on a recall."""
        used, unused = json.dumps(feedback.used), json.dumps(feedback.unused)
        with self.transaction():
            self._sql.execute(
                "INSERT INTO feedback (query, namespace, used, unused, at) VALUES (?, ?, ?, ?, ?)",
                (feedback.query, feedback.namespace, used, unused, feedback.at),
            )
            (count,) = self._sql.execute("SELECT count(*) FROM feedback").fetchone()
        return int(count)

    def feedback(self) -> list[Feedback]:
        """All verdicts, oldest first."""
        with errors(self._path):
            rows = self._sql.execute("SELECT query, namespace, used, unused, at FROM feedback ORDER BY row").fetchall()
        return [
            Feedback(query, space, tuple(json.loads(used)), tuple(json.loads(unused)), at)
            for query, space, used, unused, at in rows
        ]

    # inside

    def _fields(self, draft: Draft) -> dict[str, Any]:
        return {
            "namespace": self._code(draft.namespace),
            "session": None if draft.session is None else self._code(draft.session),
            "key": draft.key,
            "content": draft.content,
            "importance": draft.importance,
            "tags": json.dumps(draft.tags, ensure_ascii=False),
            "source": draft.source,
            "occurred_at": draft.occurred_at,
            "kind": draft.kind,
            "words": encode(draft.words),
            "length": len(draft.words),
            "cjk": int(draft.cjk),
            "keys": from_keys(draft.keys),
            "hash": content_hash(draft.content),
        }

    def _insert(self, fields: dict[str, Any]) -> None:
        cursor = self._sql.execute(_INSERT, fields | {"crc": checksum(fields), "seq": self._next_seq()})
        if fields["state"] == "live":
            self._words.add(int(cursor.lastrowid or 0), fields["words"])

    def _put(self, row: dict[str, Any], old: Mapping[str, Any] | None = None) -> None:
        """Write a changed row back, and the index where its words or its state changed."""
        before = old or self._sql.execute("SELECT words, state FROM memories WHERE row = ?", (row["row"],)).fetchone()
        was, now = before["state"] == "live", row["state"] == "live"
        if was != now or before["words"] != row["words"]:
            if was:
                self._words.remove(row["row"], before["words"])
            if now:
                self._words.add(row["row"], row["words"])
        self._sql.execute(_UPDATE, row | {"crc": checksum(row), "seq": self._next_seq()})

    def _insert_version(self, version: Mapping[str, Any], keyed: Mapping[str, Any]) -> None:
        columns = (
            "id", "version", "content", "key", "importance", "tags", "occurred_at", "valid_from", "valid_to", "words",
            "length", "cjk", "keys",
        )  # fmt: skip
        values = [version[name] if name in version else keyed[name] for name in columns]
        self._sql.execute(f"INSERT OR REPLACE INTO versions VALUES ({', '.join('?' * len(columns))})", values)

    def _end(self, row: dict[str, Any], state: str, now: str) -> None:
        if row["address"] is not None:
            self._sql.execute("INSERT OR IGNORE INTO free VALUES (?)", (row["address"],))
            self._usage.set_reads(row["address"], 0, 0.0)
        strength = 0.0 if state == "erased" else row["strength"]
        self._put(row | {"state": state, "strength": strength, "address": None, "ended_at": now})

    def _allocate(self, wanted: int | None = None) -> int:
        """A free slot: the wanted one if it is free, else the lowest freed one, else the next."""
        after = int(self._meta("next_address"))
        if wanted is not None and wanted >= after:
            self._sql.executemany("INSERT INTO free VALUES (?)", [(a,) for a in range(after, wanted)])
            self._set_meta("next_address", str(wanted + 1))
            return wanted
        row = self._sql.execute("SELECT address FROM free WHERE address = ?", (wanted,)).fetchone()
        row = row or self._sql.execute("SELECT min(address) FROM free").fetchone()
        if row[0] is not None:
            self._sql.execute("DELETE FROM free WHERE address = ?", (row[0],))
            return int(row[0])
        self._set_meta("next_address", str(after + 1))
        return after

    def _next_position(self, space: int) -> int:
        query = "UPDATE names SET written = written + 1 WHERE code = ?"
        self._sql.execute(query, (space,))
        (written,) = self._sql.execute("SELECT written FROM names WHERE code = ?", (space,)).fetchone()
        return int(written) - 1

    def _next_seq(self) -> int:
        seq = int(self._meta("seq")) + 1
        self._set_meta("seq", str(seq))
        return seq

    def _shape(self) -> tuple[int | None, int]:
        return self.dim, int(self._meta("seq"))

    def _meta(self, name: str, default: str = "") -> str:
        row = self._sql.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        self._sql.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _code(self, name: str) -> int:
        self._sql.execute("INSERT OR IGNORE INTO names (name) VALUES (?)", (name,))
        code = self._known_code(name)
        assert code is not None
        return code

    def _known_code(self, name: str) -> int | None:
        row = self._sql.execute("SELECT code FROM names WHERE name = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def _name(self, code: int) -> str:
        if code not in self._names:
            self._names[code] = self._sql.execute("SELECT name FROM names WHERE code = ?", (code,)).fetchone()[0]
        return self._names[code]

    def _row(self, id: str) -> sqlite3.Row:
        row: sqlite3.Row | None = self._sql.execute("SELECT * FROM memories WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no memory has the id {id!r}", "recall.py prints ids")
        return row

    def _find_key(self, space: int, key: str) -> sqlite3.Row | None:
        query = "SELECT * FROM memories WHERE namespace = ? AND key = ? AND state = 'live'"
        row: sqlite3.Row | None = self._sql.execute(query, (space, key)).fetchone()
        return row

    def _memory(self, row: Mapping[str, Any]) -> Memory:
        codes = [row["namespace"]] + ([] if row["session"] is None else [row["session"]])
        names = {code: self._name(code) for code in codes}
        reads = self._usage.read(row["address"]) if row["address"] is not None else (0, 0.0)
        links = tuple(Link(*link) for link in self._sql.execute(_LINKS, (row["id"],)).fetchall())
        return to_memory(row, names, reads, links)
