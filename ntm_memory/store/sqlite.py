"""The store in one SQLite file: record, key vectors, index words, checksum and sequence number in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.store import schema
from ntm_memory.store.records import Encoding, Feedback, Link, Memory, MemoryInput, Version
from ntm_memory.store.rows import (
    COLUMNS,
    VERSION_COLUMNS,
    checksum,
    found_by,
    from_keys,
    normalised,
    placed,
    to_fields,
    to_tags,
    version_checksum,
)
from ntm_memory.store.upkeep import Upkeep
from ntm_memory.text.iso_time import in_full, to_iso

_INSERT = f"INSERT INTO memories ({', '.join(COLUMNS)}) VALUES ({placed(COLUMNS)})"
_UPDATE = f"UPDATE memories SET {', '.join(f'{name} = :{name}' for name in COLUMNS)} WHERE row = :row"
_INSERT_VERSION = f"INSERT OR REPLACE INTO versions ({', '.join(VERSION_COLUMNS)}) VALUES ({placed(VERSION_COLUMNS)})"
_AMENDABLE = frozenset({"key", "importance", "tags", "source", "occurred_at", "kind", "superseded_by"})


class SQLiteStore(Upkeep):
    """`Store` on one SQLite file; see `store.base.Store` for what each method promises.

    Used from the thread that opened it. Beside `memory.db` stand `memory.lock`, `matrix.bin` (derived) and `usage.db`
    (counters that may be lost).

    Args:
        path: the database file; folder and file are made if need be, for their owner alone.
        lock_seconds: how long to wait for another writer.
        clock: unix seconds.
        create: False: the file must be there.
        word_index: None: FTS5 where this SQLite has it; False: never.

    Raises:
        NotFoundError: the file is not there and must not be made.
        StoreError: or one of its kinds: the file cannot be used.
    """

    def add(self, told: MemoryInput, encoding: Encoding) -> Memory:
        """Write a new memory into a free slot."""
        now = to_iso(self._clock())
        new: dict[str, Any] = {
            "id": schema.new_id(),
            "created_at": now,
            "updated_at": now,
            "version": 1,
            "strength": 1.0,
            "state": "live",
            "ended_at": None,
            "superseded_by": None,
        }
        with self._writing():
            fields = new | to_fields(told, encoding, self.dim) | self._codes(told.namespace, told.session)
            fields |= {"address": self._ledger.allocate(), "position": self._ledger.next_position(fields["namespace"])}
            self._insert(fields, encoding.keys.shape[1])
            return self._memory(self._row(fields["id"]))

    def put(self, memory: Memory, encoding: Encoding, history: Sequence[Version]) -> None:
        """Write a record as another store had it."""
        live = memory.state == "live"
        fields = vars(memory) | {
            "strength": memory.retention,
            "tags": to_tags(memory.tags),
            "created_at": in_full(memory.created_at),
            "updated_at": in_full(memory.updated_at),
            "ended_at": None if live else in_full(memory.updated_at),
            **found_by(memory.content, encoding, self.dim),
        }
        with self._writing():
            if self._sql.execute("SELECT 1 FROM memories WHERE id = ?", (memory.id,)).fetchone():
                raise BadValueError(f"a memory with the id {memory.id} is stored already", "update it instead")
            fields |= self._codes(memory.namespace, memory.session)
            fields["address"] = self._ledger.allocate(memory.address) if live else None
            self._ledger.position_taken(fields["namespace"], memory.position)
            self._insert(fields, encoding.keys.shape[1])
            for version in history:
                self._insert_version(vars(version) | {"tags": to_tags(version.tags)}, fields)
            self._insert_links(memory.id, memory.links)
            if memory.reads and fields["address"] is not None:
                self._usage.set_reads(fields["address"], memory.reads, self._clock())

    def rewrite(self, id: str, told: MemoryInput, encoding: Encoding) -> Memory:
        """Erase 1 + add in the same slot; the old content becomes history."""
        now = to_iso(self._clock())
        with self._writing():
            changes = to_fields(told, encoding, self.dim) | {"updated_at": now, "strength": 1.0, "superseded_by": None}
            old = dict(self._row(id))
            if old["state"] != "live":
                raise NotFoundError(f"memory {id} is {old['state']}", f"bring it back: erase.py --restore {id}")
            codes = self._codes(told.namespace, told.session)
            if codes["namespace"] != old["namespace"]:
                raise BadValueError("a memory cannot move to another namespace", "memorize it there and erase it here")
            self._insert_version(old | {"valid_from": old["updated_at"], "valid_to": now}, old)
            self._put(old | changes | codes | {"version": old["version"] + 1}, old)
            return self._memory(self._row(id))

    def amend(self, id: str, **fields: Any) -> Memory:
        """Change fields that are not content."""
        unknown = sorted(set(fields) - _AMENDABLE)
        if unknown:
            raise BadValueError(f"cannot amend {unknown[0]}", f"amendable: {', '.join(sorted(_AMENDABLE))}")
        if "tags" in fields:
            fields["tags"] = to_tags(fields["tags"])
        with self._writing():
            old = dict(self._row(id))
            self._put(old | fields, old)
            return self._memory(self._row(id))

    def set_retention(self, id: str, retention: float) -> Memory:
        """Partial erase, full erase, restore."""
        if not 0 <= retention <= 1:
            raise BadValueError(f"retention is {retention!r}, expected 0 to 1")
        with self._writing():
            row = dict(self._row(id))
            if retention == 0:
                if row["state"] != "erased":
                    self._end(row, "erased")
            elif row["state"] == "live":
                self._put(row | {"strength": retention}, row)
            else:
                taken = self._row_of_key(row["namespace"], row["key"]) is not None
                changes = {"state": "live", "ended_at": None, "address": self._ledger.allocate(), "strength": retention}
                self._put(row | changes | ({"key": None} if taken else {}), row)
            return self._memory(self._row(id))

    def archive(self, id: str) -> Memory:
        """Take a live memory out of its slot; one that is not live stays as it is."""
        with self._writing():
            row = dict(self._row(id))
            if row["state"] == "live":
                self._end(row, "archived")
            return self._memory(self._row(id))

    def replace_keys(self, keys: Mapping[tuple[str, int], NDArray[np.float32]]) -> None:
        """New key rows by (id, version), of present and older versions."""
        with self._writing():
            for (id, version), rows in keys.items():
                row, blob = dict(self._row(id)), from_keys(rows, self.dim)
                if row["version"] == version:
                    self._put(row | {"keys": blob}, row)
                    continue
                query = "SELECT * FROM versions WHERE id = ? AND version = ?"
                old = self._sql.execute(query, (id, version)).fetchone()
                if old is None:
                    raise NotFoundError(f"memory {id} has no version {version}", f"status.py --history {id}")
                self._insert_version(dict(old) | {"keys": blob}, row)

    def link(self, id: str, links: Sequence[Link]) -> None:
        """Add links from a memory to others."""
        with self._writing():
            for known in (id, *(link.target for link in links)):
                self._row(known)
            self._insert_links(id, links)

    def note_reads(self, addresses: Sequence[int]) -> None:
        """Count a recall of these slots."""
        self._usage.note_reads(addresses, self._clock())

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Remember where a session's read head looked last."""
        self._usage.set_focus(namespace, session, ids, weights)

    def add_feedback(self, feedback: Feedback) -> int:
        """Keep a verdict on a recall."""
        named = (json.dumps(ids) for ids in (feedback.used, feedback.unused, feedback.previous))
        with self._writing():
            self._sql.execute(
                "INSERT INTO feedback (query, namespace, at, used, unused, previous) VALUES (?, ?, ?, ?, ?, ?)",
                (feedback.query, feedback.namespace, feedback.at, *named),
            )
            (count,) = self._sql.execute("SELECT count(*) FROM feedback").fetchone()
        return int(count)

    def _codes(self, namespace: str, session: str | None) -> dict[str, int | None]:
        code = self._ledger.code
        return {"namespace": code(namespace), "session": None if session is None else code(session)}

    def _insert(self, fields: Mapping[str, Any], dim: int) -> None:
        row = normalised(fields)
        self._refuse_taken_key(row, None)
        if self.dim is None:
            self._ledger.set_meta("dim", str(dim))
        row |= {"crc": checksum(row, self._ledger.name), "seq": self._ledger.next_seq()}
        cursor = self._sql.execute(_INSERT, row)
        if row["state"] == "live":
            self._words.add(int(cursor.lastrowid or 0), row["words"])

    def _put(self, changed: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        """Write a changed row back, and the index where its words or its state changed."""
        row = normalised(changed)
        self._refuse_taken_key(row, old["id"])
        was, now = old["state"] == "live", row["state"] == "live"
        if was != now or old["words"] != row["words"]:
            if was:
                self._words.remove(old["row"], old["words"])
            if now:
                self._words.add(old["row"], row["words"])
        stamp = {"row": old["row"], "crc": checksum(row, self._ledger.name), "seq": self._ledger.next_seq()}
        self._sql.execute(_UPDATE, row | stamp)

    def _refuse_taken_key(self, row: Mapping[str, Any], id: str | None) -> None:
        if row["key"] is None or row["state"] != "live":
            return
        other = self._row_of_key(row["namespace"], row["key"])
        if other is not None and other["id"] != id:
            raise BadValueError(
                f"memory {other['id']} has the key {row['key']!r}", "choose another key or rewrite that one"
            )

    def _end(self, row: Mapping[str, Any], state: str) -> None:
        """Take a memory out of its slot; retention 0 is what erased means."""
        if row["address"] is not None:
            self._ledger.release([row["address"]])
            self._usage.set_reads(row["address"], 0, 0.0)
        ended = row["ended_at"] or to_iso(self._clock())
        retention = 0.0 if state == "erased" else row["strength"]
        self._put({**row, "state": state, "strength": retention, "address": None, "ended_at": ended}, row)

    def _insert_version(self, version: Mapping[str, Any], memory: Mapping[str, Any]) -> None:
        """Keep an older version; one that comes without words and keys of its own borrows the memory's."""
        kept = {name: version[name] if name in version else memory[name] for name in VERSION_COLUMNS if name != "crc"}
        kept = kept | normalised(kept)
        self._sql.execute(_INSERT_VERSION, kept | {"crc": version_checksum(kept)})

    def _insert_links(self, id: str, links: Sequence[Link]) -> None:
        rows = [(id, link.target, float(link.weight), link.kind) for link in links]
        self._sql.executemany("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)", rows)
