"""Records of a SQLite store by id, key, content and namespace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from ntm_memory.privacy.audit import AuditEntry
from ntm_memory.privacy.tombstones import Match, Tombstone
from ntm_memory.store.postings import decode_words
from ntm_memory.store.records import Feedback, Memory, Version
from ntm_memory.store.rows import fetch, to_keys, to_version
from ntm_memory.store.schema import GONE
from ntm_memory.store.selections import SQLiteSelectionReader
from ntm_memory.text.folding import folded_key, near_keys, same_telling, text_hash

_PAGE = 256
_SPREAD = 6
"""How much longer or shorter, with separators, a key may be that is near another one."""
# keys that begin alike stand beside each other: of a namespace of many keys these alone are looked at
_BESIDE = """
SELECT key FROM memories INDEXED BY memories_folded_key WHERE namespace = ? AND folded_key {} ?
AND folded_key IS NOT NULL AND state = 'live' ORDER BY folded_key {} LIMIT 512
"""
# left alone, the planner walks the whole namespace in order
_SAME = """
SELECT * FROM memories INDEXED BY memories_text
WHERE text_hash IN (SELECT value FROM json_each(?)) AND namespace = ? AND state = 'live'{stated} ORDER BY position
"""
_FOLLOWING = """
SELECT position, row FROM memories INDEXED BY memories_position
WHERE namespace = ? AND (position, row) > (?, ?) AND row <= ? ORDER BY position, row LIMIT ?
"""
_FORGOTTEN = f"""
SELECT * FROM memories WHERE namespace = ? AND folded_key = ? AND {GONE} ORDER BY position DESC
"""


class SQLiteRecordReader(SQLiteSelectionReader):
    """`store.base.RecordReader` on an open file."""

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

    def find_key(self, namespace: str, key: str, states: Sequence[str] = ("live",)) -> Memory | None:
        """The live memory with this key, however it is spelled, else the last written in one of these states."""
        with self._engine.reading():
            space = self._ledger.known_code(namespace)
            row = self._engine.row_of_key(space, key)
            if row is not None:
                return self._engine.memory(row)
            gone = fetch(self._sql, _FORGOTTEN, (space, folded_key(key))) if tuple(states) != ("live",) else ()
            return next(self._engine.sound(row for row in gone if row["state"] in states), None)

    def keys_like(self, namespace: str, key: str) -> list[str]:
        """Live keys of a namespace that may be meant by a key and are not the same."""
        folded, length = folded_key(key), len(key)
        with self._engine.reading():
            space = self._ledger.known_code(namespace)
            sides = [
                self._sql.execute(_BESIDE.format(*side), (space, folded)) for side in (("<", "DESC"), (">", "ASC"))
            ]
            others = sorted(other for side in sides for (other,) in side.fetchall())
        return near_keys(key, (other for other in others if abs(len(other) - length) <= _SPREAD))

    def find_content(self, namespace: str, *contents: str, **stated: str) -> list[Memory]:
        """Live memories that say one of these; see `text.folding.same_telling`. Oldest first; of many few are read."""
        same = _SAME.format(stated="".join(f" AND {name} = ?" for name in stated))
        told = json.dumps(sorted(set(map(text_hash, contents))))
        with self._engine.reading():
            values = [self._ledger.known_code(value) if name == "session" else value for name, value in stated.items()]
            found = self._engine.sound(fetch(self._sql, same, (told, self._ledger.known_code(namespace), *values)))
            return [each for each in found if any(same_telling(each.content, content) for content in contents)]

    def memories(self, namespace: str | None = None, *, states: Sequence[str] = ("live",)) -> Iterator[Memory]:
        """All memories in order of namespace and writing, but for damaged ones; the caller may write meanwhile.

        What is told after the first page was read is not among them.
        """
        with self._engine.reading():
            (newest,) = self._sql.execute("SELECT max(row) FROM memories").fetchone()
            space = None if namespace is None else self._ledger.known_code(namespace)
        spaces = self._spaces() if namespace is None else () if space is None else (space,)
        for each in spaces:
            place = (-1, -1)
            while following := self._following(each, place, newest or 0):
                place = following[-1]
                yield from self._page([row for _, row in following], states)

    def _spaces(self) -> Iterator[int]:
        """The codes of the namespaces, rising."""
        query = "SELECT min(namespace) FROM memories INDEXED BY memories_position WHERE namespace > ?"
        space = -1
        while True:
            with self._engine.reading():
                (space,) = self._sql.execute(query, (space,)).fetchone()
            if space is None:
                return
            yield space

    def _following(self, space: int, after: tuple[int, int], newest: int) -> list[tuple[int, int]]:
        """(position, row) of the next memories of a namespace, by the index alone: a row may be damaged."""
        with self._engine.reading():
            return self._sql.execute(_FOLLOWING, (space, *after, newest, _PAGE)).fetchall()

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

    def last_written(self) -> dict[str, tuple[int, str]]:
        """Of each namespace the number of live memories, and when one of them was last told or changed."""
        query = "SELECT namespace, count(*), max(updated_at) FROM memories WHERE state = 'live' GROUP BY namespace"
        with self._engine.reading():
            return {self._ledger.name(code): (count, last) for code, count, last in self._sql.execute(query).fetchall()}

    def count(self, *, state: str = "live") -> int:
        """Number of memories in this state."""
        with self._engine.reading():
            found = "" if state == "live" else f" AND {GONE}"
            (count,) = self._sql.execute(f"SELECT count(*) FROM memories WHERE state = ?{found}", (state,)).fetchone()
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

    def retracted_name(self, namespace: str | None, name: str) -> Match | None:
        """What of a name was retracted in a namespace, or in any."""
        with self._engine.reading():
            return self._engine.tombstones.in_name(namespace, name)

    def quotes_retracted(self, namespace: str, content: str) -> bool:
        """Whether a text has it anywhere."""
        with self._engine.reading():
            return self._engine.tombstones.any() and self._engine.tombstones.quotes(namespace, content)

    def purged(self) -> dict[str, str]:
        """Id → time of what was removed for good, as the audit has it."""
        with self._engine.reading():
            return dict(self._sql.execute("SELECT id, at FROM audit WHERE verb = 'purged' ORDER BY row").fetchall())

    def audit(self, count: int, id: str | None = None) -> list[AuditEntry]:
        """What was done last, newest first."""
        with self._engine.reading():
            return self._engine.audit.newest(count, id, self._ledger.name)


def _verdict(query: str, namespace: str, at: str, *named: str) -> Iterator[Feedback]:
    """The verdict of a row; none where it is damaged: what is learned from can do without one."""
    with suppress(ValueError, TypeError, RecursionError):
        used, unused, previous = (tuple(json.loads(ids)) for ids in named)
        yield Feedback(query, namespace, used, unused, at, previous)
