"""A store on a server as a whole: checked, mended, its keys written anew; the rest is the server's own matter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ntm_memory.postgres.engine import PostgresEngine
from ntm_memory.store import schema
from ntm_memory.store.rows import what_is_wrong
from ntm_memory.store.upkeep import SQLiteUpkeep
from ntm_memory.text.folding import folded_key, text_hash
from ntm_memory.text.occurrence import middle
from ntm_memory.times.kept import kept_times

_SIZE = """
SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS bigint) FROM pg_class
WHERE relnamespace = CAST(CAST(? AS text) AS regnamespace) AND relkind = 'r'
"""
_CLEANED = "memories, versions, links, feedback, new_keys, names"
_ALL = "SELECT row, id, namespace, state, key, content, folded_key, text_hash, mentions, occurred_at, updated_at"
TRACES = "purged texts may stand in the server's log and backups until these are replaced: that is the server's matter"


class PostgresUpkeep(SQLiteUpkeep):
    """Checks and mends a store on a server."""

    def __init__(self, engine: PostgresEngine) -> None:
        super().__init__(engine)
        self._server = engine.server
        self._of_server = engine
        self._has_looked = False

    def info(self) -> dict[str, Any]:
        """Engine, where it is, bytes on the server's disk, schema version, how keywords are found, warnings."""
        with self._engine.reading():
            (version,) = self._sql.execute("SELECT current_setting('server_version')").fetchone()
            (size,) = self._sql.execute(_SIZE, (self._of_server.address.quoted,)).fetchone()
            return {
                "engine": f"PostgreSQL {version.partition(' ')[0]}",
                "path": self._of_server.address.label,
                "bytes": int(size),
                "journal_mode": "server",
                "schema_version": int(self._ledger.meta("version", "0")),
                "keywords": self._engine.word_index.name,
                "warnings": list(self._engine.warnings) + ([TRACES] if self._ledger.purges() else []),
            }

    def clean_up(self) -> None:
        """Let the server take away what a purge left in the tables; its log and backups are its own matter."""
        words = self._of_server.word_index
        if self._has_looked and not words.was_purged:
            return
        self._has_looked, words.was_purged = True, False
        if self._traces_left():
            self._server.plainly(f"VACUUM {_CLEANED}")
            with self._engine.connection.exclusive():
                self._sql.execute("UPDATE meta SET value = '0' WHERE name = 'traces'")
            with suppress(OSError):
                self._engine.live_matrix.remove_file()

    def _mended(self) -> list[str]:
        done = ["word index rebuilt", "derived matrix rebuilt", *self._fold_anew()]
        return [*done, *self._ledger.mend(), *self._mend_identity()]

    def _structure(self) -> Iterator[str]:
        there = "SELECT tablename FROM pg_tables WHERE schemaname = CAST(? AS text)"
        names = {name for (name,) in self._sql.execute(there, (self._of_server.address.schema,)).fetchall()}
        for table in schema.NAMES:
            if table not in names:
                yield f"database: the table {table} is missing"

    def _folded(self) -> Iterator[str]:
        for row in self._sql.execute("SELECT * FROM memories").fetchall():
            folded = None if row["key"] is None else folded_key(row["key"])
            unlike = row["text_hash"] != text_hash(row["content"]) or row["folded_key"] not in (None, folded)
            if unlike and what_is_wrong(row, self._ledger.name) is None:
                yield f"memory {row['id']}: its key or text is found by another spelling than its own"

    def _fold_anew(self) -> Iterator[str]:
        """Make the columns that follow from others; of several live keys that fold to one the oldest has it."""
        zone, taken = self._engine.zone, set[tuple[int, str]]()
        changed = 0
        for row in self._sql.execute(f"{_ALL} FROM memories ORDER BY row").fetchall():
            folded = None if row["key"] is None else folded_key(row["key"])
            if folded is not None and row["state"] == "live":
                folded = None if (row["namespace"], folded) in taken else folded
                taken.add((row["namespace"], folded or ""))
            told = kept_times(row["content"], middle(row["occurred_at"] or row["updated_at"], zone), zone)
            made = (folded, text_hash(row["content"]), told)
            if made != (row["folded_key"], row["text_hash"], row["mentions"]):
                query = "UPDATE memories SET folded_key = ?, text_hash = ?, mentions = ? WHERE row = ?"
                self._sql.execute(query, (*made, row["row"]))
                changed += 1
        if changed:
            yield f"{changed} memories are found by their own spelling again"
