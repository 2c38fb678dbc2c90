"""Writing to a SQLite store: record, key vectors, index words, checksum and sequence number in one transaction."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import BadValueError, NotFoundError, real_number
from ntm_memory.store.engine import Engine
from ntm_memory.store.ledger import new_id
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
    to_seconds,
    to_tags,
    version_checksum,
)
from ntm_memory.text.folding import folded_key
from ntm_memory.text.iso_time import in_full, to_iso
from ntm_memory.text.occurrence import middle
from ntm_memory.times.kept import kept_times

_INSERT = f"INSERT INTO memories ({', '.join(COLUMNS)}) VALUES ({placed(COLUMNS)})"
_UPDATE = f"UPDATE memories SET {', '.join(f'{name} = :{name}' for name in COLUMNS)} WHERE row = :row"
_INSERT_VERSION = f"INSERT OR REPLACE INTO versions ({', '.join(VERSION_COLUMNS)}) VALUES ({placed(VERSION_COLUMNS)})"
_AMENDABLE = frozenset({"key", "importance", "tags", "source", "occurred_at", "kind", "superseded_by", "trust"})


class SQLiteWriter:
    """`store.base.StoreWriter` on an open file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = engine.sql
        self._ledger = engine.ledger

    def transaction(self) -> AbstractContextManager[None]:
        """Writer lock and one transaction."""
        return self._engine.connection.transaction()

    def set_embedder(self, identity: Mapping[str, Any]) -> None:
        """Record the embedder."""
        with self._engine.writing():
            self._ledger.set_meta("embedder", json.dumps(dict(identity), ensure_ascii=False))
            self._ledger.set_meta("dim", str(int(identity["dim"])))

    def add(self, told: MemoryInput, encoding: Encoding) -> Memory:
        """Write a new memory into a free slot."""
        now = to_iso(self._engine.clock())
        new: dict[str, Any] = {
            "id": new_id(),
            "created_at": now,
            "updated_at": now,
            "version": 1,
            "strength": 1.0,
            "state": "live",
            "ended_at": None,
            "superseded_by": None,
        }
        with self._engine.writing():
            fields = new | to_fields(told, encoding, self._engine.dim) | self._codes(told.namespace, told.session)
            self._engine.tombstones.refuse(told.namespace, told.content)
            fields |= {"address": self._ledger.allocate(), "position": self._ledger.next_position(fields["namespace"])}
            self._insert(fields, encoding.keys.shape[1])
            self._engine.audit.note("created", fields["id"], fields["namespace"], now)
            return self._engine.memory(self._engine.row(fields["id"]))

    def put(
        self, memory: Memory, encoding: Encoding, history: Sequence[Version], older: Sequence[NDArray[np.float32]] = ()
    ) -> None:
        """Write a record as another store had it."""
        live = memory.state == "live"
        fields = vars(memory) | {
            "strength": memory.retention,
            "tags": to_tags(memory.tags),
            "created_at": in_full(memory.created_at),
            "updated_at": in_full(memory.updated_at),
            "ended_at": None if live else in_full(memory.updated_at),
            **found_by(memory.content, encoding, self._engine.dim),
        }
        with self._engine.writing():
            if self._sql.execute("SELECT 1 FROM memories WHERE id = ?", (memory.id,)).fetchone():
                raise BadValueError(f"a memory with the id {memory.id} is stored already", "update it instead")
            if memory.state != "erased" or not self._engine.tombstones.holds(memory.id):
                self._engine.tombstones.refuse(memory.namespace, memory.content)
            fields |= self._codes(memory.namespace, memory.session)
            fields["address"] = self._ledger.allocate(memory.address) if live else None
            self._ledger.position_taken(fields["namespace"], memory.position)
            self._insert(fields, encoding.keys.shape[1])
            for version, keys in itertools.zip_longest(history, older):
                own = {} if keys is None else {"keys": from_keys(keys, self._engine.dim)}
                self._insert_version(vars(version) | {"tags": to_tags(version.tags)} | own, fields)
            self._insert_links(memory.id, memory.links)
            if memory.reads and fields["address"] is not None:
                last = (
                    self._engine.clock() if memory.last_read_at is None else max(to_seconds(memory.last_read_at), 0.0)
                )
                self._engine.usage.set_reads(fields["address"], memory.reads, last)

    def rewrite(self, id: str, told: MemoryInput, encoding: Encoding, *, verb: str = "updated") -> Memory:
        """Erase 1 + add in the same slot; the old content becomes history; `verb` says in the audit why."""
        now = to_iso(self._engine.clock())
        with self._engine.writing():
            changes = to_fields(told, encoding, self._engine.dim)
            changes |= {"updated_at": now, "strength": 1.0, "superseded_by": None}
            old = dict(self._engine.row(id))
            if old["state"] != "live":
                raise NotFoundError(f"memory {id} is {old['state']}", f"bring it back: erase.py --restore {id}")
            codes = self._codes(told.namespace, told.session)
            if codes["namespace"] != old["namespace"]:
                raise BadValueError("a memory cannot move to another namespace", "memorize it there and erase it here")
            self._engine.tombstones.refuse(told.namespace, told.content)
            self._insert_version(old | {"valid_from": old["updated_at"], "valid_to": now}, old)
            self._put(old | changes | codes | {"version": old["version"] + 1}, old)
            self._engine.audit.note(verb, id, old["namespace"], now, version=old["version"] + 1)
            return self._engine.memory(self._engine.row(id))

    def amend(self, id: str, **fields: Any) -> Memory:
        """Change fields that are not content."""
        unknown = sorted(set(fields) - _AMENDABLE)
        if unknown:
            raise BadValueError(f"cannot amend {unknown[0]}", f"amendable: {', '.join(sorted(_AMENDABLE))}")
        if "tags" in fields:
            fields["tags"] = to_tags(fields["tags"])
        with self._engine.writing():
            old = dict(self._engine.row(id))
            self._put(old | fields, old)
            return self._engine.memory(self._engine.row(id))

    def set_retention(self, id: str, retention: float) -> Memory:
        """Partial erase, full erase, restore."""
        real_number("retention", retention, 0, 1)
        with self._engine.writing():
            row = dict(self._engine.row(id))
            if retention == 0 and row["state"] != "erased":
                self._end(row, "erased")
            elif retention and row["state"] == "live":
                if retention != row["strength"]:
                    verb = "weakened" if retention < row["strength"] else "restored"
                    self._engine.audit.note(verb, id, row["namespace"], retention=retention)
                self._put(row | {"strength": retention}, row)
            elif retention:
                self._restore(row, retention)
            return self._engine.memory(self._engine.row(id))

    def archive(self, id: str, **why: Any) -> Memory:
        """Take a live memory out of its slot, `why` in the audit; one that is not live stays as it is."""
        with self._engine.writing():
            row = dict(self._engine.row(id))
            if row["state"] == "live":
                self._end(row, "archived", **why)
            return self._engine.memory(self._engine.row(id))

    def overwrite(self, texts: Mapping[tuple[str, int], tuple[str, Encoding]]) -> None:
        """Other texts in the place of those of (id, version), as if they had been told so."""
        with self._engine.writing():
            for (id, version), (content, encoding) in texts.items():
                row = dict(self._engine.row(id))
                changes = {"content": content} | found_by(content, encoding, self._engine.dim)
                if row["version"] == version:
                    self._put(row | changes, row)
                    self._engine.audit.note("redacted", id, row["namespace"], version=version)
                    continue
                query = "SELECT * FROM versions WHERE id = ? AND version = ?"
                old = self._sql.execute(query, (id, version)).fetchone()
                if old is not None:  # else it was purged meanwhile
                    self._insert_version(dict(old) | changes, row)
                    self._ledger.touch(id)
                    self._engine.audit.note("redacted", id, row["namespace"], version=version)

    def link(self, id: str, links: Sequence[Link]) -> None:
        """Add links from a memory to others."""
        with self._engine.writing():
            for known in (id, *(link.target for link in links)):
                self._engine.row(known)
            self._insert_links(id, links)
            self._ledger.touch(id)

    def note(self, verb: str, id: str | None = None, namespace: str | None = None, **detail: Any) -> None:
        """Add a line to the audit."""
        with self._engine.writing():
            space = None if namespace is None else self._ledger.known_code(namespace)
            self._engine.audit.note(verb, id, space, **detail)

    def note_reads(self, addresses: Sequence[int]) -> None:
        """Count a recall of these slots."""
        self._engine.usage.note_reads(addresses, self._engine.clock())

    def set_focus(self, namespace: str, session: str, ids: Sequence[str], weights: Sequence[float]) -> None:
        """Remember where a session's read head looked last."""
        self._engine.usage.set_focus(namespace, session, ids, weights)

    def add_feedback(self, feedback: Feedback) -> int:
        """Keep a verdict on a recall."""
        named = (json.dumps(ids) for ids in (feedback.used, feedback.unused, feedback.previous))
        with self._engine.writing():
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
        row = normalised(fields) | {"folded_key": self._folded_key(fields, None), "mentions": self._mentions(fields)}
        if self._engine.dim is None:
            self._ledger.set_meta("dim", str(dim))
        row |= {"crc": checksum(row, self._ledger.name), "seq": self._ledger.next_seq()}
        cursor = self._sql.execute(_INSERT, row)
        if row["state"] == "live":
            self._engine.word_index.add(int(cursor.lastrowid or 0), row["words"])

    def _put(self, changed: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        """Write a changed row back, and the index where its words or its state changed."""
        self._engine.vouch(old)
        row = normalised(changed) | {"folded_key": self._folded_key(changed, old)}
        if any(changed[name] != old[name] for name in ("content", "occurred_at", "updated_at")):
            row["mentions"] = self._mentions(changed)
        was, now = old["state"] == "live", row["state"] == "live"
        if was != now or old["words"] != row["words"]:
            if was:
                self._engine.word_index.remove(old["row"], old["words"])
            if now:
                self._engine.word_index.add(old["row"], row["words"])
        stamp = {"row": old["row"], "crc": checksum(row, self._ledger.name), "seq": self._ledger.next_seq()}
        self._sql.execute(_UPDATE, row | stamp)

    def _mentions(self, row: Mapping[str, Any]) -> str | None:
        """The times that a memory tells, relative to when it happened, else to when it was told in these words."""
        zone = self._engine.zone
        return kept_times(row["content"], middle(row["occurred_at"] or row["updated_at"], zone), zone)

    def _folded_key(self, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> str | None:
        """The key as keys are compared; None for none, and for one of two that were live before keys were folded.

        Raises:
            BadValueError: another live memory has the key.
        """
        key = None if row["key"] is None else str(row["key"])
        as_before = old is not None and (old["key"], old["state"]) == (key, "live")
        if old is not None and as_before and old["folded_key"] is not None:
            return str(old["folded_key"])
        folded = None if key is None else folded_key(key)
        if key is None or row["state"] != "live":
            return folded
        for column, wanted in (("key", key), ("folded_key", folded)):
            other = self._engine.live_id_of(row["namespace"], column, wanted)
            if other is not None and other != row["id"]:
                if as_before:
                    return None
                raise BadValueError(f"memory {other} has the key {key!r}", "choose another key or rewrite that one")
        return folded

    def _restore(self, row: Mapping[str, Any], retention: float) -> None:
        """Give a memory that is not live a slot again; that it was retracted is lifted by it."""
        if self._engine.tombstones.lift_of(row["id"]):
            self._engine.audit.note("lifted", row["id"], row["namespace"])
        self._engine.tombstones.refuse(self._ledger.name(row["namespace"]), row["content"])
        taken = self._engine.row_of_key(row["namespace"], row["key"]) is not None
        changes = {"state": "live", "ended_at": None, "address": self._ledger.allocate(), "strength": retention}
        self._put({**row, **changes, **({"key": None} if taken else {})}, row)
        self._engine.audit.note("restored", row["id"], row["namespace"])

    def _end(self, row: Mapping[str, Any], state: str, **why: Any) -> None:
        """Take a memory out of its slot; retention 0 is what erased means."""
        if row["address"] is not None:
            self._ledger.release([row["address"]])
            self._engine.usage.set_reads(row["address"], 0, 0.0)
        ended = row["ended_at"] or to_iso(self._engine.clock())
        retention = 0.0 if state == "erased" else row["strength"]
        self._put({**row, "state": state, "strength": retention, "address": None, "ended_at": ended}, row)
        self._engine.audit.note(state, row["id"], row["namespace"], **why)

    def _insert_version(self, version: Mapping[str, Any], memory: Mapping[str, Any]) -> None:
        """Keep an older version; one that comes without words and keys of its own borrows the memory's."""
        kept = {name: version[name] if name in version else memory[name] for name in VERSION_COLUMNS if name != "crc"}
        kept = kept | normalised(kept)
        self._sql.execute(_INSERT_VERSION, kept | {"crc": version_checksum(kept)})

    def _insert_links(self, id: str, links: Sequence[Link]) -> None:
        rows = [(id, link.target, float(link.weight), link.kind) for link in links]
        self._sql.executemany("INSERT OR REPLACE INTO links VALUES (?, ?, ?, ?)", rows)
