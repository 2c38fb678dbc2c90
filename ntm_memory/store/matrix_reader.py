"""The memory matrix of a namespace, now and as it was, and what finds candidates in it: words, tags, focus."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.spans import in_zone
from ntm_memory.store.engine import Engine
from ntm_memory.store.postings import decode_words, encode_words
from ntm_memory.store.records import Memory, MemoryMatrix, Postings, SessionFocus
from ntm_memory.store.rows import (
    Row,
    fetch,
    has_tags,
    to_kept,
    to_keys,
    to_seconds,
    to_version,
    what_is_wrong_with_version,
)
from ntm_memory.store.schema import GONE, TAGGED
from ntm_memory.store.selections import lists_of_tags
from ntm_memory.text.occurrence import middle
from ntm_memory.times.kept import MOST_KEPT, kept_intervals, kept_times

COMMON = 1024
"""Places of a word; one that has more finds nobody where others have fewer."""
_LOOKED_AT, _READ = 1024, 16
"""Memories whose lengths are looked at, and of those that may have no more than the share how many are read."""
_THEN = """
SELECT memories.*, (SELECT created_at FROM memories AS later WHERE later.id = memories.superseded_by) AS succeeded_at
FROM memories
WHERE namespace = ? AND created_at <= ? AND (ended_at IS NULL OR ended_at > ?) ORDER BY position
"""
_FORMER = "SELECT * FROM memories WHERE namespace = ? AND state = 'live' AND version > 1 ORDER BY position"
_VERSIONS = "SELECT * FROM versions WHERE id = ? ORDER BY version"
_VERSION = "SELECT * FROM versions WHERE id = ? AND valid_from <= ? AND valid_to > ? ORDER BY version DESC LIMIT 1"
_WITH_ID = "SELECT * FROM memories WHERE id IN (SELECT value FROM json_each(?))"
_LIVE = "SELECT id, row FROM memories WHERE id IN (SELECT value FROM json_each(?)) AND +state = 'live'"
_AT_ONCE = 500


class _Decoded(dict[str, str]):
    """Words by how the index spells them, each decoded once."""

    def __missing__(self, term: str) -> str:
        (word,) = decode_words(term)
        self[term] = word
        return word


class SQLiteMatrixReader:
    """`store.base.MatrixReader` on an open file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = engine.sql
        self._ledger = engine.ledger

    def snapshot(self) -> AbstractContextManager[None]:
        """One state of the store for several reads."""
        return self._engine.connection.reading()

    def memory_matrix(self, namespace: str) -> MemoryMatrix:
        """The live memory matrix of a namespace."""
        with self._engine.reading():
            return self._engine.live_matrix.memory_matrix(self._ledger.known_code(namespace), self._engine.now())

    def memory_matrix_as_of(self, namespace: str, at: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What was known at a moment."""
        with self._engine.reading():
            return self._as_of(self._ledger.known_code(namespace), at)

    def memory_matrix_of_restorable(self, namespace: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What is erased, archived or weakened, as if it were whole."""
        query = f"SELECT * FROM memories WHERE namespace = ? AND {GONE} ORDER BY +position"
        with self._engine.reading():
            rows = self._sql.execute(query, (self._ledger.known_code(namespace),)).fetchall()
            records = [replace(self._engine.memory(row), retention=1.0) for row in rows]
            slots = self._matrix(rows, records)
            return slots, records, [decode_words(row["words"]) for row in rows]

    def memory_matrix_of_former(self, namespace: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """What live memories said before they were changed, each version by itself."""
        with self._engine.reading():
            rows, records = [], []
            for row in fetch(self._sql, _FORMER, (self._ledger.known_code(namespace),)):
                for memory in self._engine.sound([row]):
                    for old in self._versions(row["id"]):
                        if what_is_wrong_with_version(old) is None:
                            rows.append(dict(row) | dict(old) | {"mentions": self._mentions(old)})
                            records.append(_as_it_was(memory, old, None))
            slots = self._matrix(rows, records)
            return slots, records, [decode_words(row["words"]) for row in rows]

    def postings(self, namespace: str, words: Sequence[str], most: int | None = None) -> Postings:
        """Where these words occur among the live memories of a namespace."""
        address, count = {}, {}
        with self._engine.reading():
            space, now = self._ledger.known_code(namespace), self._engine.now()
            index = self._engine.word_index
            found, cut = (index.find(words), frozenset[str]()) if most is None else index.find_some(words, most)
            for word, (rows, counts) in found.items():
                where, mine = self._engine.live_matrix.addresses(rows, space, now)
                order = np.argsort(where[mine])
                address[word], count[word] = where[mine][order], counts[mine][order]
        return Postings(address, count, cut)

    def made_of(self, namespace: str, words: Sequence[str], share: float, count: int) -> list[Memory]:
        """Live memories most of whose words are among these; the matrix is not asked, which another process may lack.

        Of a file of many memories those are looked at that hold a word that few hold; where there is no such word, all.
        """
        with self._engine.reading():
            space, index = self._ledger.known_code(namespace), self._engine.word_index
            found, common = index.find_some(words, COMMON)
            if common and common == found.keys():
                found, common = index.find(words), frozenset()
            held = [rows for word, (rows, _) in found.items() if word not in common]
            if not held or space is None:
                return []
            rows, times = np.unique(np.concatenate(held), return_counts=True)
            likely = np.argsort(-times, kind="stable")[:_LOOKED_AT]
            least = (times[likely] + len(common)) / np.maximum(index.lengths(rows[likely]), 1)
            order = np.argsort(-least, kind="stable")
            enough, whole = int((least >= share).sum()), int((least >= 1).sum())
            if common:  # so that what is not known whole may be much: the best of it alone is read
                enough = min(enough, max(_READ, min(whole, 2 * count)))
            terms = {encode_words([word]) for word in words}
            return self._with_share(rows[likely[order[:enough]]].tolist(), space, terms, share, count)

    def _with_share(self, rows: Sequence[int], space: int, terms: set[str], share: float, count: int) -> list[Memory]:
        if not rows:
            return []
        among = "row IN (SELECT value FROM json_each(?))"
        query = f"SELECT row, words FROM memories WHERE {among} AND +namespace = ? AND +state = 'live'"
        best = most_of(fetch(self._sql, query, (json.dumps(rows), space)), terms, share, count)
        whole = [each for row in best for each in fetch(self._sql, "SELECT * FROM memories WHERE row = ?", (row,))]
        return list(self._engine.sound(whole))

    def revised_by(self, ids: Sequence[str]) -> list[Memory]:
        """Live memories that are marked as revised by one of these."""
        query = "SELECT * FROM memories WHERE superseded_by = ? AND state = 'live' ORDER BY row"
        with self._engine.reading():
            rows = [row for id in dict.fromkeys(ids) for row in fetch(self._sql, query, (id,))]
            return list(self._engine.sound(rows))

    def words_at(self, addresses: NDArray[np.int64]) -> list[tuple[str, ...]]:
        """The index words and marks of the live memories in some slots, in the order asked; none where none is."""
        found: dict[int, str] = {}
        with self._engine.reading():
            for start in range(0, len(addresses), _AT_ONCE):
                some = addresses[start : start + _AT_ONCE].tolist()
                query = f"SELECT address, words FROM memories WHERE address IN ({', '.join('?' * len(some))})"
                found.update(self._sql.execute(query, some))
        word = _Decoded().__getitem__
        return [tuple(map(word, found.get(address, "").split())) for address in addresses.tolist()]

    def tagged(self, namespace: str, tags: Sequence[str]) -> NDArray[np.int64]:
        """Slots of the live memories that have all of these tags, rising."""
        with self._engine.reading():
            space = self._ledger.known_code(namespace)
            held = [text for text in lists_of_tags(self._sql, space) if has_tags(tags, text)]
            among = f"{TAGGED} AND tags IN (SELECT value FROM json_each(?))"
            query = f"SELECT address FROM memories WHERE namespace = ? AND {among}"
            rows = self._sql.execute(query, (space, json.dumps(held))).fetchall()
            return np.array(sorted(address for (address,) in rows), dtype=np.int64)

    def trusted(self, namespace: str, levels: Sequence[str]) -> NDArray[np.int64]:
        """Slots of the live memories that have one of these levels of trust, rising."""
        marks = ", ".join("?" * len(levels))
        query = f"SELECT address FROM memories WHERE namespace = ? AND state = 'live' AND trust IN ({marks})"
        with self._engine.reading():
            rows = self._sql.execute(query, (self._ledger.known_code(namespace), *levels)).fetchall()
            return np.array(sorted(address for (address,) in rows), dtype=np.int64)

    def sessions(self, namespace: str) -> dict[str, int]:
        """Session name → code used in `MemoryMatrix.session`."""
        query = "SELECT DISTINCT session FROM memories WHERE namespace = ? AND session IS NOT NULL"
        with self._engine.reading():
            codes = self._sql.execute(query, (self._ledger.known_code(namespace),)).fetchall()
            return {self._ledger.name(code): code for (code,) in codes}

    def focus(self, namespace: str, session: str) -> SessionFocus:
        """Where a session looked last, and the trace of all its looks; live memories only."""
        looked = self._engine.usage.focus(namespace, session)
        known = list({**looked.last, **looked.trace})
        if not known:
            return looked
        with self._engine.reading():
            live = dict(self._sql.execute(_LIVE, (json.dumps(known),)))
        last, trace = ({id: weight for id, weight in each.items() if id in live} for each in looked)
        return SessionFocus(last, trace)

    def slots_of(self, ids: Sequence[str]) -> dict[str, int]:
        """Id → slot, of those of some ids that are live."""
        with self._engine.reading():
            rows = fetch(self._sql, _WITH_ID, (json.dumps(list(ids)),))
            found = {memory.id: memory.address for memory in self._engine.sound(rows)}
        return {id: address for id in ids if (address := found.get(id)) is not None}

    def _as_of(self, space: int | None, at: str) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
        """(matrix, records, words) of the memories that were live at a moment.

        Slot numbers are 0…N−1 in order of writing: an erased memory has no slot any more.
        """
        moment = at if "." in at else at.replace("Z", ".999999Z")  # a second ends with its last microsecond
        rows, records = [], []
        for row in fetch(self._sql, _THEN, (space, moment, moment)):
            for memory in self._engine.sound([row]):
                old = self._version_at(row["id"], moment) if row["version"] > 1 else None
                if old is not None and what_is_wrong_with_version(old) is not None:
                    continue  # what it said then is not known
                revised = row["succeeded_at"] is not None and row["succeeded_at"] <= moment
                rows.append(dict(row) | ({} if old is None else dict(old) | {"mentions": self._mentions(old)}))
                records.append(_as_it_was(memory, old, row["superseded_by"] if revised else None))
        slots = self._matrix(rows, records)
        return slots, records, [decode_words(row["words"]) for row in rows]

    def _versions(self, id: str) -> Sequence[Row]:
        """The older versions of a memory, oldest first."""
        found: list[Row] = fetch(self._sql, _VERSIONS, (id,))
        return found

    def _version_at(self, id: str, moment: str) -> Row | None:
        """The older version of a memory that was so at a moment; None: it said then what it says now."""
        return next(iter(fetch(self._sql, _VERSION, (id, moment, moment))), None)

    def _matrix(self, rows: Sequence[Row], records: Sequence[Memory]) -> MemoryMatrix:
        return _matrix_of(rows, records, self._engine.dim or 1, self._engine.zone)

    def _mentions(self, version: Row) -> str | None:
        zone = self._engine.zone
        return kept_times(version["content"], middle(version["occurred_at"] or version["valid_from"], zone), zone)


def most_of(held: Iterable[tuple[int, str]], terms: set[str], share: float, count: int) -> list[int]:
    """Of (database row, its index words) the rows of which at least a share is among some, those with most first."""
    told = sorted((-len(terms & set(own := text.split())) / max(len(own), 1), row) for row, text in held)
    return [row for of, row in told[:count] if -of >= share]


def _as_it_was(record: Memory, old: Row | None, successor: str | None) -> Memory:
    changes: dict[str, Any] = {"state": "live", "retention": record.retention or 1.0, "superseded_by": successor}
    if old is not None:
        then = to_version(old)
        shared = ("content", "key", "importance", "tags", "occurred_at", "version", "trust")
        changes |= {name: getattr(then, name) for name in shared} | {"updated_at": then.valid_from}
    return replace(record, **changes)


def _matrix_of(rows: Sequence[Row], records: Sequence[Memory], dim: int, zone: tzinfo | None) -> MemoryMatrix:
    told = np.array([to_kept(record.occurred_at) for record in records], dtype=np.float64).reshape(-1, 3)
    occurred, ended = in_zone(told[:, 0], told[:, 1], told[:, 2] == 1, zone)
    keys = [to_keys(row["keys"], dim) for row in rows]
    count = len(rows)
    return MemoryMatrix(
        keys=np.concatenate(keys) if keys else np.empty((0, dim), dtype=np.float32),
        owner=np.repeat(np.arange(count), [len(each) for each in keys]),
        address=np.arange(count),
        position=np.array([record.position for record in records], dtype=np.int64),
        session=np.array([-1 if row["session"] is None else row["session"] for row in rows], dtype=np.int64),
        occurred=occurred,
        ended=ended,
        created=np.array([to_seconds(record.created_at) for record in records], dtype=np.float64),
        told=np.array([to_seconds(record.updated_at) for record in records], dtype=np.float64),
        importance=np.array([record.importance for record in records], dtype=np.float32),
        retention=np.array([record.retention for record in records], dtype=np.float32),
        length=np.array([row["length"] for row in rows], dtype=np.int64),
        cjk=np.array([row["cjk"] for row in rows], dtype=bool),
        superseded=np.array([record.superseded_by is not None for record in records], dtype=bool),
        mentioned=np.array([kept_intervals(row["mentions"]) for row in rows]).reshape(-1, MOST_KEPT, 3),
        reads=np.zeros(count, dtype=np.int64),
    )
