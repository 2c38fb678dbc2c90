"""Records of a SQLite store by id, key, content and namespace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.privacy.audit import AuditEntry
from ntm_memory.privacy.tombstones import Match, Tombstone
from ntm_memory.store.engine import Engine
from ntm_memory.store.postings import decode_words
from ntm_memory.store.records import Feedback, Memory, Version
from ntm_memory.store.rows import fetch, to_keys, to_version
from ntm_memory.text.folding import folded_text, near_keys, text_hash

_PAGE = 256
_SPREAD = 6
"""How much longer or shorter, with separators, a key may be that is near another one."""
# left alone, the planner walks the whole namespace in order
_SAME = """
SELECT * FROM memories INDEXED BY memories_text
WHERE text_hash = ? AND namespace = ? AND state = 'live' ORDER BY position
"""

_NEWEST = """
SELECT * FROM memories WHERE namespace = ? AND position < ? AND state = 'live' ORDER BY position DESC LIMIT ?
"""
_LAST = 2**63 - 1


class SQLiteRecordReader:
    """`store.base.RecordReader` on an open file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = engine.sql
        self._ledger = engine.ledger

    def get(self, id: str) -> Memory:
        """The memory with this id, whatever its state."""
        with self._engine.reading():
            return self._engine.memory(self._engine.row(id))

    def get_many(self, addresses: Sequence[int]) -> list[Memory]:
        """The live memories in these slots, in the order asked."""
        query = "SELECT * FROM memories WHERE address = ?"
        with self._engine.reading():
            rows = [row for address in addresses for row in fetch(self._sql, query, (int(address),))]
            return list(self._engine.sound(rows))

    def find_key(self, namespace: str, key: str) -> Memory | None:
        """The live memory with this key, however it is spelled."""
        with self._engine.reading():
            row = self._engine.row_of_key(self._ledger.known_code(namespace), key)
            return None if row is None else self._engine.memory(row)

    def keys_like(self, namespace: str, key: str) -> list[str]:
        """Live keys of a namespace that may be meant by a key and are not the same."""
        length = len(key)
        query = (
            "SELECT key FROM memories WHERE namespace = ? AND key IS NOT NULL AND state = 'live'"
            " AND length(key) BETWEEN ? AND ? ORDER BY key"
        )
        with self._engine.reading():
            space = self._ledger.known_code(namespace)
            rows = self._sql.execute(query, (space, length - _SPREAD, length + _SPREAD)).fetchall()
        return near_keys(key, (key for (key,) in rows))

    def find_content(self, namespace: str, content: str) -> list[Memory]:
        """Live memories that say this word by word, oldest first."""
        folded = folded_text(content)
        with self._engine.reading():
            rows = fetch(self._sql, _SAME, (text_hash(content), self._ledger.known_code(namespace)))
            return [memory for memory in self._engine.sound(rows) if folded_text(memory.content) == folded]

    def memories(self, namespace: str | None = None, *, states: Sequence[str] = ("live",)) -> Iterator[Memory]:
        """All memories in order of namespace and writing, but for damaged ones; the caller may write meanwhile."""
        marks = ", ".join("?" * len(states))
        query, arguments = f"SELECT row FROM memories WHERE state IN ({marks})", list[Any](states)
        with self._engine.reading():
            if namespace is not None:
                query, arguments = query + " AND namespace = ?", [*arguments, self._ledger.known_code(namespace)]
            rows = [row for (row,) in self._sql.execute(query + " ORDER BY namespace, position", arguments)]
        for start in range(0, len(rows), _PAGE):
            yield from self._page(rows[start : start + _PAGE], states)

    def newest(self, namespace: str, count: int, before: int | None = None) -> list[Memory]:
        """Live memories of a namespace, the last written first."""
        with self._engine.reading():
            code = self._ledger.known_code(namespace)
            found, below = list[Memory](), _LAST if before is None else before
            while len(found) < count:  # damaged ones are left out, others take their places
                rows = fetch(self._sql, _NEWEST, (code, below, count - len(found)))
                if not rows:
                    break
                found += self._engine.sound(rows)
                below = rows[-1]["position"]
            return found

    def keys_of(self, id: str) -> NDArray[np.float32]:
        """Key rows of one memory."""
        with self._engine.reading():
            row = self._engine.row(id)
            self._engine.vouch(row)
            return to_keys(row["keys"], self._engine.dim or 1)

    def words_of(self, id: str) -> tuple[tuple[str, ...], bool]:
        """(index words, whether the text is CJK) of one memory."""
        with self._engine.reading():
            row = self._engine.row(id)
            self._engine.vouch(row)
            return decode_words(row["words"]), bool(row["cjk"])

    def history(self, id: str) -> list[Version]:
        """Older versions, oldest first."""
        with self._engine.reading():
            self._engine.row(id)
            rows = fetch(self._sql, "SELECT * FROM versions WHERE id = ? ORDER BY version", (id,))
            return [to_version(row) for row in rows]

    def namespaces(self) -> dict[str, int]:
        """Live memories of each namespace."""
        query = "SELECT namespace, count(*) FROM memories WHERE state = 'live' GROUP BY namespace"
        with self._engine.reading():
            return {self._ledger.name(code): count for code, count in self._sql.execute(query).fetchall()}

    def count(self, *, state: str = "live") -> int:
        """Number of memories in this state."""
        with self._engine.reading():
            (count,) = self._sql.execute("SELECT count(*) FROM memories WHERE state = ?", (state,)).fetchone()
            return int(count)

    def feedback(self) -> list[Feedback]:
        """All verdicts, oldest first."""
        query = "SELECT query, namespace, at, used, unused, previous FROM feedback ORDER BY row"
        with self._engine.reading():
            rows = fetch(self._sql, query)
        return [verdict for row in rows for verdict in _verdict(*row)]

    def tombstones(self) -> list[Tombstone]:
        """What was retracted, oldest first."""
        with self._engine.reading():
            return self._engine.tombstones.all()

    def retracted_in(self, namespace: str, content: str) -> list[Match]:
        """What of a text was retracted in a namespace."""
        with self._engine.reading():
            return self._engine.tombstones.matches(namespace, content) if self._engine.tombstones.any() else []

    def quotes_retracted(self, namespace: str, content: str) -> bool:
        """Whether a text has it anywhere."""
        with self._engine.reading():
            return self._engine.tombstones.any() and self._engine.tombstones.quotes(namespace, content)

    def audit(self, count: int, id: str | None = None) -> list[AuditEntry]:
        """What was done last, newest first."""
        with self._engine.reading():
            return self._engine.audit.newest(count, id, self._ledger.name)

    def _page(self, rows: Sequence[int], states: Sequence[str]) -> list[Memory]:
        query = "SELECT * FROM memories WHERE row = ?"
        with self._engine.reading():
            found = [each for row in rows for each in fetch(self._sql, query, (row,))]
            # others may have written since the rows were listed
            return list(self._engine.sound([row for row in found if row["state"] in states]))


def _verdict(query: str, namespace: str, at: str, *named: str) -> Iterator[Feedback]:
    """The verdict of a row; none where it is damaged: what is learned from can do without one."""
    with suppress(ValueError, TypeError, RecursionError):
        used, unused, previous = (tuple(json.loads(ids)) for ids in named)
        yield Feedback(query, namespace, used, unused, at, previous)
