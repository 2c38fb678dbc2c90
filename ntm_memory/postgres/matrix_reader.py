"""What finds candidates in the memory matrix of a store on a server: as in a file, each in one message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from ntm_memory.store.matrix_reader import SQLiteMatrixReader, most_of
from ntm_memory.store.records import Memory, MemoryMatrix
from ntm_memory.store.rows import Row

_OLDER = """
SELECT versions.* FROM versions JOIN memories ON memories.id = versions.id
WHERE memories.namespace = ? ORDER BY versions.id, versions.version
"""
_WHOLE = 64
"""Of so few rows the records are asked for at once, their words are among them."""


class PostgresMatrixReader(SQLiteMatrixReader):
    """`store.base.MatrixReader` on a server."""

    _held: Mapping[str, Sequence[Row]] = {}
    """Id → older versions, oldest first, of the namespace whose past is being read."""

    def memory_matrix_of_former(self, namespace: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What live memories said before they were changed, each version by itself."""
        with self._engine.reading(), self._holding(self._ledger.known_code(namespace)):
            return super().memory_matrix_of_former(namespace)

    def _as_of(self, space: int | None, at: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        with self._holding(space):
            return super()._as_of(space, at)

    @contextmanager
    def _holding(self, space: int | None) -> Iterator[None]:
        """Within, the older versions of all memories of a namespace are at hand: one message in the place of many."""
        found: dict[str, list[Row]] = {}
        for row in self._sql.execute(_OLDER, (space,)).fetchall():
            found.setdefault(row["id"], []).append(row)
        self._held = found
        try:
            yield
        finally:
            self._held = {}

    def _versions(self, id: str) -> Sequence[Row]:
        return self._held.get(id, ())

    def _version_at(self, id: str, moment: str) -> Row | None:
        then = [row for row in self._versions(id) if row["valid_from"] <= moment < row["valid_to"]]
        return then[-1] if then else None

    def _with_share(self, rows: Sequence[int], space: int, terms: set[str], share: float, count: int) -> list[Memory]:
        if len(rows) > _WHOLE:
            return super()._with_share(rows, space, terms, share, count)
        query = "SELECT * FROM memories WHERE row = ANY (CAST(? AS bigint[])) AND namespace = ? AND state = 'live'"
        there = self._sql.execute(query, (list(rows), space)).fetchall() if rows else []
        by_row = {row["row"]: row for row in there}
        best = most_of(((row, each["words"]) for row, each in by_row.items()), terms, share, count)
        return list(self._engine.sound([by_row[row] for row in best]))
