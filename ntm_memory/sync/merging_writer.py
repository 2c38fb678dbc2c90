"""What a memory file is asked, and written, by whoever merges devices: beyond what one device does by itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import StoreCorruptError
from ntm_memory.store.records import Encoding, Link, Memory, Version
from ntm_memory.store.rows import fetch, found_by, from_keys, to_keys, to_tags
from ntm_memory.store.writer import SQLiteWriter

_LINES = "SELECT row, at, who, verb, id, detail FROM audit WHERE row > ? ORDER BY row"
MERGED = "merged"
"""The verb of the audit by which a memory was written as another device has it."""


class Done(NamedTuple):
    """A line of the audit."""

    at: str
    verb: str
    id: str
    detail: Mapping[str, Any]


class Changes(NamedTuple):
    """What was written since somebody looked.

    Args:
        seq: how many rows were ever written.
        ids: of the memories whose rows were.
        line: the last line of the audit.
        mark: what that line says: another file has another one there.
        done: the lines since, those of memories.
    """

    seq: int
    ids: list[str]
    line: int
    mark: str
    done: list[Done]


class MergingWriter(SQLiteWriter):
    """Writes memories as they were told elsewhere into an open file."""

    def is_past(self, seq: int, line: int, mark: str) -> bool:
        """Whether this file was once at a sequence number and a line of the audit: no backup came into its place."""
        with self._engine.reading():
            return self._ledger.seq() >= seq and (not line or self._mark(line) == mark)

    def seq(self) -> int:
        """How many rows were ever written."""
        with self._engine.reading():
            return self._ledger.seq()

    def changes(self, seq: int, line: int) -> Changes:
        """What was written after a sequence number and a line of the audit."""
        with self._engine.reading():
            source = "memories INDEXED BY memories_seq" if seq else "memories"
            query = f"SELECT id FROM {source} WHERE seq > ? ORDER BY namespace, position"
            ids = [str(id) for (id,) in fetch(self._sql, query, (seq,))]
            rows = fetch(self._sql, _LINES, (line,))
            last = rows[-1][0] if rows else line
            done = [Done(at, verb, id, json.loads(d) if d else {}) for _, at, _, verb, id, d in rows if id]
            return Changes(self._ledger.seq(), ids, last, self._mark(last), done)

    def ids(self) -> set[str]:
        """The ids of all memories, whatever their state."""
        with self._engine.reading():
            return {str(id) for (id,) in fetch(self._sql, "SELECT id FROM memories")}

    def place(
        self, memory: Memory, encoding: Encoding, history: Sequence[Version], older: Sequence[NDArray[np.float32]]
    ) -> None:
        """Write a memory as it is elsewhere; in the place of what has its id, else behind all others.

        What was retracted is for the caller to keep out. A slot and a position that it has here it keeps.

        Args:
            memory: as it is to be.
            encoding: how its text is found.
            history: its older versions, with `older` their key rows.
            older: see there.

        Raises:
            BadValueError: another live memory has its key.
        """
        with self._engine.writing():
            found = fetch(self._sql, "SELECT * FROM memories WHERE id = ?", (memory.id,))
            old = dict(found[0]) if found else None
            fields = self._as_row(memory, encoding) | self._codes(memory.namespace, memory.session)
            fields["address"] = self._slot(memory, old)
            if old is None:
                fields["position"] = self._ledger.next_position(fields["namespace"])
                self._insert(fields, encoding.keys.shape[1])
            else:
                ended = old["ended_at"] if memory.state == old["state"] else fields["ended_at"]
                self._sql.execute("DELETE FROM versions WHERE id = ?", (memory.id,))
                self._put({**old, **fields, "position": old["position"], "ended_at": ended}, old)
            for version, keys in zip(history, older, strict=True):
                encoded = {"keys": from_keys(keys, self._engine.dim)}
                self._insert_version(vars(version) | {"tags": to_tags(version.tags)} | encoded, fields)
            self._insert_links(memory.id, memory.links)
            self._engine.audit.note(MERGED, memory.id, fields["namespace"], version=memory.version)

    def keys_by_text(self, id: str) -> dict[str, NDArray[np.float32]]:
        """The key rows of all texts of a memory, by text; nothing of one that is not here."""
        with self._engine.reading():
            rows = [
                row
                for table in ("versions", "memories")
                for row in fetch(self._sql, f"SELECT content, keys FROM {table} WHERE id = ?", (id,))
            ]
            return {row["content"]: to_keys(row["keys"], self._engine.dim or 1) for row in rows}

    def links(self, id: str) -> dict[str, Link]:
        """The links of a memory by their targets, those to what is not live too, which nobody is shown."""
        with self._engine.reading():
            rows = fetch(self._sql, "SELECT target, weight, kind FROM links WHERE id = ?", (id,))
            return {target: Link(target, weight, kind) for target, weight, kind in rows}

    def add_links(self, id: str, links: Sequence[Link]) -> None:
        """Add links from a memory to others, be they here or not yet."""
        with self._engine.writing():
            self._insert_links(id, links)

    def order(self, wanted: Mapping[str, str], namespace: str) -> int:
        """Put the memories of a namespace into an order by moving as few as possible behind others.

        Args:
            wanted: id → what sorts it; one that is not named stays behind whom it is behind.
            namespace: of them.

        Returns:
            how many were moved.
        """
        with self._engine.writing():
            space = self._ledger.known_code(namespace)
            query = "SELECT id, position FROM memories WHERE namespace = ? ORDER BY position, row"
            rows = self._sql.execute(query, (space,)).fetchall()
            last, places = "", {}
            for index, (id, _) in enumerate(rows):
                last = wanted.get(id, last)
                places[id] = (last, id not in wanted, index)
            at, moved = -1, 0
            positions = dict(rows)
            for id in sorted(positions, key=places.__getitem__):
                at = max(at + 1, positions[id])
                if at != positions[id]:
                    moved += self._move(id, at)
            if space is not None:
                self._ledger.position_taken(space, at)
        return moved

    def drop_tombstones(self, names: Collection[tuple[str, str, str, str]]) -> None:
        """Take tombstones away, each by its salt, space, value and id."""
        with self._engine.writing():
            for salt, space, value, id in names:
                row = (salt, bytes.fromhex(space), bytes.fromhex(value), id)
                query = "DELETE FROM tombstones WHERE salt = ? AND space = ? AND value = ? AND id = ?"
                self._sql.execute(query, row)

    def _move(self, id: str, position: int) -> int:
        """Give a memory another position; one that is damaged stays where it is."""
        row = dict(self._engine.row(id))
        with suppress(StoreCorruptError):
            self._put({**row, "position": position}, row)
        return 1

    def _slot(self, memory: Memory, old: Mapping[str, Any] | None) -> int | None:
        """The slot that a memory is to have; one that it has no more is free."""
        had: int | None = None if old is None else old["address"]
        if memory.state == "live":
            return self._ledger.allocate() if had is None else had
        if had is not None:
            self._ledger.release([had])
            self._engine.usage.set_reads(had, 0, 0.0)
        return None

    def _as_row(self, memory: Memory, encoding: Encoding) -> dict[str, Any]:
        return vars(memory) | {
            "strength": memory.retention,
            "tags": to_tags(memory.tags),
            "ended_at": None if memory.state == "live" else memory.updated_at,
            **found_by(memory.content, encoding, self._engine.dim),
        }

    def _mark(self, line: int) -> str:
        row = self._sql.execute("SELECT at, verb, id FROM audit WHERE row = ?", (line,)).fetchone()
        return "" if row is None else json.dumps(list(row))
