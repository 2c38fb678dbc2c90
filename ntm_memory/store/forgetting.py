"""Forgetting for good: what is removed from a SQLite store without a trace, and what must not come back to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.privacy.tombstones import Tombstone
from ntm_memory.store.engine import Engine
from ntm_memory.store.rows import checksum, fetch, what_is_wrong
from ntm_memory.text.iso_time import to_iso

_FORGET = (
    "DELETE FROM memories WHERE id = ?1",
    "DELETE FROM versions WHERE id = ?1",
    "DELETE FROM new_keys WHERE id = ?1",
    "DELETE FROM links WHERE id = ?1 OR target = ?1",
    "DELETE FROM feedback WHERE instr(used || unused || previous, '\"' || ?1 || '\"')",
)


class SQLiteForgetter:
    """Purges and retracts in an open file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = engine.sql
        self._ledger = engine.ledger

    def purge(self, ids: Iterable[str]) -> int:
        """Remove memories for good; once the outermost transaction is over, no file of the folder holds a byte of them.

        Raises:
            StoreLockedError: they are removed, but another program kept the file busy, so that traces may be left; the
                next `purge`, `repair` or opening takes them away.
        """
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return 0
        with self._engine.writing():
            for id in wanted:
                self._purge_one(id)
            self._engine.tombstones.note_purge(wanted)
            for name in self._ledger.forget_unused():
                self._sql.execute("DELETE FROM feedback WHERE namespace = ?", (name,))
                self._engine.usage.forget_place(name)
            self.leave_no_traces()
        return len(wanted)

    def purge_version(self, id: str, version: int) -> None:
        """Remove an older version of a memory for good, and nothing else.

        Raises:
            NotFoundError: there is no such memory or version.
            BadValueError: it is the current one.
        """
        with self._engine.writing():
            row = self._engine.row(id)
            if row["version"] == version:
                raise BadValueError(
                    f"version {version} is what memory {id} says now",
                    f"update it first, or purge it whole: erase.py {id} --purge",
                )
            query = "DELETE FROM versions WHERE id = ? AND version = ?"
            self._sql.execute("DELETE FROM new_keys WHERE id = ? AND version = ?", (id, version))
            if not self._sql.execute(query, (id, version)).rowcount:
                raise NotFoundError(f"memory {id} has no version {version}", f"status.py --history {id}")
            self._ledger.touch(id)
            self._engine.audit.note("version purged", id, row["namespace"], version=version)
            self.leave_no_traces()

    def retract(self, ids: Iterable[str]) -> None:
        """Leave a tombstone of each memory's text, so that it is refused when told again in its namespace."""
        with self._engine.writing():
            at = to_iso(self._engine.clock())
            for row in [self._engine.row(id) for id in ids]:
                self._engine.tombstones.set(
                    row["id"], self._ledger.name(row["namespace"]), row["content"], row["key"], at
                )
                self._engine.audit.note("retracted", row["id"], row["namespace"], at)

    def lift(self, namespace: str, content: str) -> int:
        """Take away the tombstones by which a text is refused; returns of how many memories."""
        with self._engine.writing():
            matches = self._engine.tombstones.matches(namespace, content) if self._engine.tombstones.any() else []
            for id in dict.fromkeys(match.id for match in matches):
                self._engine.audit.note("lifted", id, self._ledger.known_code(namespace))
            return self._engine.tombstones.lift(namespace, content)

    def take_over(self, tombstones: Sequence[Tombstone]) -> int:
        """Keep another store's tombstones too; returns how many are new."""
        with self._engine.writing():
            return self._engine.tombstones.take_over(tombstones)

    def leave_no_traces(self) -> None:
        """When the transaction is over, no free page, journal or derived file holds what is gone."""
        self._engine.word_index.forget()
        self._ledger.next_seq()
        self._ledger.set_meta("purges", str(self._ledger.purges() + 1))
        self._ledger.set_meta("traces", "1")

    def _purge_one(self, id: str) -> None:
        row = self._engine.row(id)
        if row["state"] == "live":
            self._engine.word_index.remove(row["row"], row["words"])
            self._ledger.release([row["address"]])
            self._engine.usage.set_reads(row["address"], 0, 0.0)
        for statement in _FORGET:
            self._sql.execute(statement, (id,))
        for other in fetch(self._sql, "SELECT * FROM memories WHERE superseded_by = ?", (id,)):
            changed = dict(other) | {"superseded_by": None}
            is_sound = what_is_wrong(other, self._ledger.name) is None
            crc = checksum(changed, self._ledger.name) if is_sound else other["crc"]
            seal = (crc, self._ledger.next_seq(), other["row"])
            self._sql.execute("UPDATE memories SET superseded_by = NULL, crc = ?, seq = ? WHERE row = ?", seal)
        self._engine.usage.forget([id])
        self._engine.audit.note("purged", id, row["namespace"])
