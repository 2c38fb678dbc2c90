"""The reading half of a SQLite store: records, candidates, the past."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.store.engine import Engine
from ntm_memory.store.faults import faults
from ntm_memory.store.past import memory_matrix_as_of
from ntm_memory.store.records import Feedback, Memory, MemoryMatrix, Postings, Version
from ntm_memory.store.rows import content_hash, to_keys, to_version
from ntm_memory.store.words import decode

_PAGE = 256
# left alone, the planner walks the whole namespace in order
_SAME = """
SELECT * FROM memories INDEXED BY memories_hash
WHERE hash = ? AND namespace = ? AND content = ? AND state = 'live' ORDER BY position
"""


class Reading(Engine):
    """What `store.base.Store` promises of reading."""

    def get(self, id: str) -> Memory:
        """The memory with this id, whatever its state."""
        with self._reading():
            return self._memory(self._row(id))

    def get_many(self, addresses: Sequence[int]) -> list[Memory]:
        """The live memories in these slots, in the order asked."""
        query = "SELECT * FROM memories WHERE address = ?"
        with self._reading():
            rows = [self._sql.execute(query, (int(address),)).fetchone() for address in addresses]
            return [self._memory(row) for row in rows if row is not None]

    def find_key(self, namespace: str, key: str) -> Memory | None:
        """The live memory with this key."""
        with self._reading():
            row = self._row_of_key(self._ledger.known_code(namespace), key)
            return None if row is None else self._memory(row)

    def find_content(self, namespace: str, content: str) -> list[Memory]:
        """Live memories with exactly this content, oldest first."""
        with self._reading():
            space = self._ledger.known_code(namespace)
            rows = self._sql.execute(_SAME, (content_hash(content), space, content)).fetchall()
            return [self._memory(row) for row in rows]

    def memories(self, namespace: str | None = None, *, states: Sequence[str] = ("live",)) -> Iterator[Memory]:
        """All memories in order of namespace and writing; the caller may write meanwhile."""
        marks = ", ".join("?" * len(states))
        query, arguments = f"SELECT row FROM memories WHERE state IN ({marks})", list[Any](states)
        with self._reading():
            if namespace is not None:
                query, arguments = query + " AND namespace = ?", [*arguments, self._ledger.known_code(namespace)]
            rows = [row for (row,) in self._sql.execute(query + " ORDER BY namespace, position", arguments)]
        for start in range(0, len(rows), _PAGE):
            yield from self._page(rows[start : start + _PAGE])

    def keys_of(self, id: str) -> NDArray[np.float32]:
        """Key rows of one memory."""
        with self._reading():
            return to_keys(self._row(id)["keys"], self.dim or 1)

    def words_of(self, id: str) -> tuple[tuple[str, ...], bool]:
        """(index words, whether the text is CJK) of one memory."""
        with self._reading():
            row = self._row(id)
            return decode(row["words"]), bool(row["cjk"])

    def history(self, id: str) -> list[Version]:
        """Older versions, oldest first."""
        with self._reading():
            self._row(id)
            rows = self._sql.execute("SELECT * FROM versions WHERE id = ? ORDER BY version", (id,)).fetchall()
            return [to_version(row) for row in rows]

    def namespaces(self) -> dict[str, int]:
        """Live memories of each namespace."""
        query = "SELECT namespace, count(*) FROM memories WHERE state = 'live' GROUP BY namespace"
        with self._reading():
            return {self._ledger.name(code): count for code, count in self._sql.execute(query).fetchall()}

    def count(self, *, state: str = "live") -> int:
        """Number of memories in this state."""
        with faults(self._path):
            (count,) = self._sql.execute("SELECT count(*) FROM memories WHERE state = ?", (state,)).fetchone()
            return int(count)

    def memory_matrix(self, namespace: str) -> MemoryMatrix:
        """The live memory matrix of a namespace."""
        with self._reading():
            return self._snapshot.memory_matrix(self._ledger.known_code(namespace), self._now())

    def memory_matrix_as_of(self, namespace: str, at: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What was known at a moment."""
        with self._reading():
            return memory_matrix_as_of(self._sql, self._ledger.known_code(namespace), at, self.dim or 1, self._memory)

    def postings(self, namespace: str, words: Sequence[str]) -> Postings:
        """Where these words occur among the live memories of a namespace."""
        address, count = {}, {}
        with self._reading():
            space, now = self._ledger.known_code(namespace), self._now()
            for word, (rows, counts) in self._words.find(words).items():
                where, mine = self._snapshot.addresses(rows, space, now)
                order = np.argsort(where[mine])
                address[word], count[word] = where[mine][order], counts[mine][order]
        return Postings(address, count)

    def tagged(self, namespace: str, tags: Sequence[str]) -> NDArray[np.int64]:
        """MemoryMatrix of the live memories that have all of these tags."""
        query = "SELECT address, tags FROM memories WHERE namespace = ? AND state = 'live' AND tags <> '[]'"
        with self._reading():
            rows = self._sql.execute(query, (self._ledger.known_code(namespace),)).fetchall()
            found = [address for address, text in rows if set(tags) <= set(json.loads(text))]
            return np.array(sorted(found), dtype=np.int64)

    def sessions(self, namespace: str) -> dict[str, int]:
        """Session name → code used in `MemoryMatrix.session`."""
        query = "SELECT DISTINCT session FROM memories WHERE namespace = ? AND session IS NOT NULL"
        with self._reading():
            codes = self._sql.execute(query, (self._ledger.known_code(namespace),)).fetchall()
            return {self._ledger.name(code): code for (code,) in codes}

    def focus(self, namespace: str, session: str) -> list[tuple[str, float]]:
        """[(id, weight)] of the session's last focus, live memories only."""
        live = "SELECT 1 FROM memories WHERE id = ? AND state = 'live'"
        looked = self._usage.focus(namespace, session)
        with self._reading():
            return [(id, weight) for id, weight in looked if self._sql.execute(live, (id,)).fetchone()]

    def feedback(self) -> list[Feedback]:
        """All verdicts, oldest first."""
        query = "SELECT query, namespace, at, used, unused, previous FROM feedback ORDER BY row"
        with self._reading():
            rows = self._sql.execute(query).fetchall()
        return [_verdict(*row) for row in rows]

    def _page(self, rows: Sequence[int]) -> list[Memory]:
        query = "SELECT * FROM memories WHERE row = ?"
        with self._reading():
            found = [self._sql.execute(query, (row,)).fetchone() for row in rows]
            return [self._memory(row) for row in found if row is not None]


def _verdict(query: str, namespace: str, at: str, *named: str) -> Feedback:
    used, unused, previous = (tuple(json.loads(ids)) for ids in named)
    return Feedback(query, namespace, used, unused, at, previous)
