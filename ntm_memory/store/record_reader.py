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
from ntm_memory.store.lookup import says_one_of
from ntm_memory.store.postings import decode_words
from ntm_memory.store.records import About, Feedback, Memory, Page, Place, Selection, Sort, Version
from ntm_memory.store.rows import fetch, has_tags, tags_in, to_keys, to_version
from ntm_memory.text.folding import folded_key, near_keys, spaced_key, text_hash
from ntm_memory.text.iso_time import unix_seconds
from ntm_memory.text.memory_names import occurs
from ntm_memory.text.writing_systems import is_cjk

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
WHERE text_hash = ? AND namespace = ? AND state = 'live'{stated} ORDER BY position
"""
# of all that is listed by the index memories_listed alone tells; the rows themselves are read for one page
_HAPPENED = "coalesce(occurred_at, updated_at)"
_BEGAN = f"began({_HAPPENED})"
_ORDERS: dict[Sort, tuple[str, str, str]] = {
    "newest": ("position", "DESC", "<"),
    "oldest": ("position", "ASC", ">"),
    "importance": ("importance", "DESC", "<"),
    "happened": (_BEGAN, "DESC", "<"),
}
# of the column folded_key; as `spaced_key`
_SPACED = "replace(replace(replace(folded_key, '-', ' '), '_', ' '), '.', ' ')"
_AMONG = "IN (SELECT value FROM json_each(?))"


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
        same, told = _SAME.format(stated="".join(f" AND {name} = ?" for name in stated)), set(map(text_hash, contents))
        with self._engine.reading():
            values = [self._ledger.known_code(value) if name == "session" else value for name, value in stated.items()]
            space = self._ledger.known_code(namespace)
            found = self._engine.sound([row for each in told for row in fetch(self._sql, same, (each, space, *values))])
            return sorted((each for each in found if says_one_of(each, contents)), key=lambda memory: memory.position)

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

    def selected(self, what: Selection, sort: Sort = "newest", count: int = 20, after: Place | None = None) -> Page:
        """One page of the live memories of a selection."""
        with self._engine.reading():
            where, arguments = self._where(what)
            total, found, end, looked_at = self._count(where, arguments), list[Memory](), after, 0
            while len(found) < count:  # damaged ones are left out, others take their places
                rows = self._after(where, arguments, sort, end, count - len(found))
                if not rows:
                    break
                end = Place(*rows[-1][1:])
                looked_at += len(rows)
                found += self._page([row for row, *_ in rows], ("live",))
            where, arguments = _beyond(where, arguments, sort, end)
            return Page(found, total, self._count(where, arguments), end, looked_at - len(found))

    def alike(self, what: Selection, sort: Sort, ids: Sequence[str]) -> list[Memory]:
        """Memories of a selection that have the index words of one of these, in the order of a list."""
        by, way, _ = _ORDERS[sort]
        with self._engine.reading():
            where, arguments = self._where(what)
            same = f"words IN (SELECT words FROM memories WHERE id {_AMONG})"
            query = f"SELECT * FROM memories WHERE {where} AND {same} ORDER BY {by} {way}, position {way}"
            return list(self._engine.sound(fetch(self._sql, query, (*arguments, json.dumps(ids)))))

    def naming(self, namespace: str, about: About) -> NDArray[np.int64]:
        """Slots of the live memories that a list about this name shows, rising."""
        query = f"SELECT address FROM memories WHERE namespace = ? AND state = 'live' AND row {_AMONG}"
        with self._engine.reading():
            space = self._ledger.known_code(namespace)
            rows = self._sql.execute(query, (space, json.dumps(self._about(space, about)))).fetchall()
            return np.array(sorted(address for (address,) in rows), dtype=np.int64)

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

    def _page(self, rows: Sequence[int], states: Sequence[str]) -> list[Memory]:
        query = "SELECT * FROM memories WHERE row = ?"
        with self._engine.reading():
            found = [each for row in rows for each in fetch(self._sql, query, (row,))]
            # others may have written since the rows were listed
            return list(self._engine.sound([row for row in found if row["state"] in states]))

    def _where(self, what: Selection) -> tuple[str, list[Any]]:
        """The condition of a selection, and its arguments."""
        space = self._ledger.known_code(what.namespace)
        told: list[tuple[str, Any]] = [("namespace = ?", space)]
        if what.kind is not None:
            told.append(("folded_key_of(kind) = ?", folded_key(what.kind)))
        if what.session is not None:
            spelled = "session IN (SELECT code FROM names WHERE folded_key_of(name) = ?)"
            told.append((spelled, folded_key(what.session)))
        if (what.since, what.until) != (None, None):
            since, until = ("NULL" if end is None else unix_seconds(end) for end in (what.since, what.until))
            # by the row, which the index has
            tells = f"row IN (SELECT row FROM memories WHERE address {_AMONG})"
            told.append((f"(is_of({_HAPPENED}, {since}, {until}) OR {tells})", json.dumps(what.telling)))
        if what.tags:
            held = [text for text in self._tags(space) if has_tags(what.tags, text)]
            told.append((f"tags {_AMONG}", json.dumps(held)))
        if what.about is not None:
            told.append((f"+row {_AMONG}", json.dumps(self._about(space, what.about))))
        return " AND ".join(["state = 'live'", *(condition for condition, _ in told)]), [value for _, value in told]

    def _count(self, where: str, arguments: Sequence[Any]) -> int:
        (count,) = self._sql.execute(f"SELECT count(*) FROM memories WHERE {where}", arguments).fetchone()
        return int(count)

    def _after(
        self, where: str, arguments: Sequence[Any], sort: Sort, end: Place | None, count: int
    ) -> list[tuple[int, Any, int]]:
        """(row, what it is sorted by, position) of the next ones of a selection."""
        where, arguments = _beyond(where, arguments, sort, end)
        by, way, _ = _ORDERS[sort]
        query = f"SELECT row, {by}, position FROM memories WHERE {where} ORDER BY {by} {way}, position {way} LIMIT ?"
        return self._sql.execute(query, (*arguments, count)).fetchall()

    def _tags(self, space: int | None) -> list[str]:
        """The different lists of tags that live memories of a namespace have."""
        query = "SELECT DISTINCT tags FROM memories WHERE state = 'live' AND namespace = ? AND tags <> '[]'"
        return [text for (text,) in fetch(self._sql, query, (space,))]

    def _about(self, space: int | None, about: About) -> list[int]:
        """Rows of memories that hold all words of a name, or whose key or one of whose tags has it."""
        query = f"SELECT row, {_SPACED} FROM memories WHERE namespace = ? AND state = 'live' AND instr({_SPACED}, ?)"
        keys = self._sql.execute(query, (space, about.name)).fetchall()
        rows = {row for row, key in keys if _names(about.name, key)}
        held = [text for text in self._tags(space) if any(_names(about.name, spaced_key(tag)) for tag in tags_in(text))]
        query = f"SELECT row FROM memories WHERE namespace = ? AND state = 'live' AND tags {_AMONG}"
        rows |= {row for (row,) in self._sql.execute(query, (space, json.dumps(held)))}
        return sorted(rows | self._holding(about.words))

    def _holding(self, words: Sequence[str]) -> set[int]:
        """Rows, of any namespace, of the live memories that hold all of these words; none of no words."""
        index = self._engine.word_index
        whole: set[int] | None = None
        for word in dict.fromkeys(words):
            spellings = index.find_within(word) if len(word) == 1 and is_cjk(word) else [word]
            rows = {row for held, _ in index.find(spellings).values() for row in held.tolist()}
            whole = rows if whole is None else whole & rows
        return whole or set()


def _beyond(where: str, arguments: Sequence[Any], sort: Sort, end: Place | None) -> tuple[str, list[Any]]:
    """A condition, and besides that memories stand after a place."""
    if end is None:
        return where, list(arguments)
    by, _, after = _ORDERS[sort]
    return f"{where} AND ({by}, position) {after} (?, ?)", [*arguments, *end]


def _names(name: str, key: str) -> bool:
    return name == key or occurs(name, key)


def _verdict(query: str, namespace: str, at: str, *named: str) -> Iterator[Feedback]:
    """The verdict of a row; none where it is damaged: what is learned from can do without one."""
    with suppress(ValueError, TypeError, RecursionError):
        used, unused, previous = (tuple(json.loads(ids)) for ids in named)
        yield Feedback(query, namespace, used, unused, at, previous)
