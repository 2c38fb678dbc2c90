"""What is listed: live memories of a namespace about somebody, of a kind, of a time, in an order, page by page."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.slots.spans import in_zone
from ntm_memory.store.engine import Engine
from ntm_memory.store.records import About, By, Memory, MemoryMatrix, Page, Place, Selection, Sort, Standing
from ntm_memory.store.rows import fetch, has_tags, tags_in
from ntm_memory.store.schema import ALIKE, STANDING, TAGGED, span_of
from ntm_memory.text.folding import folded_key, spaced_key
from ntm_memory.text.iso_time import unix_seconds
from ntm_memory.text.memory_names import occurs
from ntm_memory.text.occurrence import MOMENT, is_of
from ntm_memory.text.writing_systems import is_cjk

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
_LAST = "\U0010ffff"
_AMONG = "IN (SELECT value FROM json_each(?))"


class SQLiteSelectionReader:
    """The part of `store.base.RecordReader` that lists, on an open file."""

    _in_slots = f"+row IN (SELECT row FROM memories WHERE address {_AMONG})"
    """The condition of being in some slots; by the row, which the index has."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql = engine.sql
        self._ledger = engine.ledger

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
            left = total - looked_at if after is None else self._count(*_beyond(where, arguments, sort, end))
            return Page(found, total, left, end, looked_at - len(found))

    def alike(self, what: Selection, sort: Sort, ids: Sequence[str]) -> list[Memory]:
        """Memories of a selection that have the index words of one of these, in the order of a list."""
        by, way, _ = _ORDERS[sort]
        with self._engine.reading():
            where, arguments = self._where(what)
            same = " AND ".join(
                f"{each} IN (SELECT {each} FROM memories WHERE id {_AMONG})" for each in (ALIKE, "words")
            )
            # the plus: else the planner walks all in that order
            query = f"SELECT * FROM memories WHERE {where} AND {same} ORDER BY +{by} {way}, position {way}"
            return list(self._engine.sound(fetch(self._sql, query, (*arguments, json.dumps(ids), json.dumps(ids)))))

    def outstanding(self, namespace: str, by: By, count: int, after: Place | None = None) -> Standing:
        """Live memories that may stand out, in an order."""
        which = STANDING["named" if by.named else "unnamed"]
        query = f"SELECT * FROM memories WHERE namespace = ? AND {which}"
        order = f" ORDER BY {by.column} DESC, position LIMIT ?"
        with self._engine.reading():
            space = self._ledger.known_code(namespace)
            if after is None:
                rows = fetch(self._sql, query + order, (space, count))
            else:  # two searches: as one condition no index would find where to go on
                equal = f" AND {by.column} = ? AND position > ? ORDER BY position LIMIT ?"
                rows = fetch(self._sql, query + equal, (space, *after, count))
                less = f" AND {by.column} < ?" + order
                rows += fetch(self._sql, query + less, (space, after.value, count - len(rows)))
            end = Place(rows[-1][by.column], rows[-1]["position"]) if len(rows) == count else None
            return Standing(list(self._engine.sound(rows)), end)

    def naming(self, namespace: str, about: About) -> NDArray[np.int64]:
        """Slots of the live memories that a list about this name shows, rising."""
        query = f"SELECT address FROM memories WHERE namespace = ? AND state = 'live' AND row {_AMONG}"
        with self._engine.reading():
            space = self._ledger.known_code(namespace)
            rows = self._sql.execute(query, (space, json.dumps(self._about(space, about)))).fetchall()
            return np.array(sorted(address for (address,) in rows), dtype=np.int64)

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
            query = "SELECT DISTINCT kind FROM memories WHERE namespace = ? AND state = 'live' AND kind IS NOT NULL"
            kinds = [kind for (kind,) in fetch(self._sql, query, (space,)) if folded_key(kind) == folded_key(what.kind)]
            told.append((f"kind {_AMONG}", json.dumps(kinds)))
        if what.session is not None:
            names = fetch(self._sql, "SELECT code, name FROM names")
            codes = [code for code, name in names if folded_key(name) == folded_key(what.session)]
            told.append((f"session {_AMONG}", json.dumps(codes)))
        if (what.since, what.until) != (None, None):
            told.append(self._then(what))
        if what.sources:
            query = "SELECT row FROM memories WHERE namespace = ? AND state = 'live' AND source >= ? AND source < ?"
            found = [fetch(self._sql, query, (space, each, each + _LAST)) for each in what.sources]
            told.append((f"+row {_AMONG}", json.dumps([row for rows in found for (row,) in rows])))
        if what.tags:
            held = [text for text in lists_of_tags(self._sql, space) if has_tags(what.tags, text)]
            told.append((f"tags {_AMONG}", json.dumps(held)))
        if what.about is not None:
            told.append((f"+row {_AMONG}", json.dumps(self._about(space, what.about))))
        return " AND ".join(["state = 'live'", *(condition for condition, _ in told)]), [value for _, value in told]

    def _then(self, what: Selection) -> tuple[str, str]:
        """The condition that it happened in the time asked for, and its argument.

        What is damaged stands in no matrix, and is asked for the time itself.
        """
        ends = [None if end is None else unix_seconds(end) for end in (what.since, what.until)]
        slots, began, ended = self._events(what.namespace)  # first: as it is read it is known what is damaged
        found: list[int] = slots.address[is_of(began, ended, *ends)].tolist()
        damaged = ", ".join(str(row) for row, told in self._left_out() if is_of(*told, *ends))
        others = f" OR +row IN ({damaged})" if damaged else ""
        return f"({self._in_slots}{others})", json.dumps([*found, *what.telling])

    def _left_out(self) -> list[tuple[int, tuple[float, float]]]:
        """Rows that are damaged and in no matrix, and from when until when what they tell happened, if they say so."""
        rows = self._engine.live_matrix.left_out
        query = f"SELECT row, {_HAPPENED} FROM memories WHERE row {_AMONG}"
        found = fetch(self._sql, query, (json.dumps(sorted(rows)),)) if rows else ()
        told = ((row, span_of(when, self._engine.zone)) for row, when in found)
        return [(row, span) for row, span in told if span is not None]

    def _events(self, namespace: str) -> tuple[MemoryMatrix, NDArray[np.float64], NDArray[np.float64]]:
        """(slots, from when, until when) what is told there happened, else when it was told; unix seconds."""
        slots = self._engine.live_matrix.memory_matrix(self._ledger.known_code(namespace), self._engine.now())
        told = np.isnan(slots.occurred)
        nothing: NDArray[np.bool_] = np.zeros(int(told.sum()), dtype=bool)
        began, ended = slots.occurred.copy(), slots.ended.copy()
        began[told], ended[told] = in_zone(slots.told[told], slots.told[told] + MOMENT, nothing, self._engine.zone)
        return slots, began, ended

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

    def _about(self, space: int | None, about: About) -> list[int]:
        """Rows of memories that hold all words of a name, or whose key or one of whose tags has it."""
        query = f"SELECT row, {_SPACED} FROM memories WHERE namespace = ? AND state = 'live' AND instr({_SPACED}, ?)"
        keys = self._sql.execute(query, (space, about.name)).fetchall()
        rows = {row for row, key in keys if _names(about.name, key)}
        held = [
            text
            for text in lists_of_tags(self._sql, space)
            if any(_names(about.name, spaced_key(tag)) for tag in tags_in(text))
        ]
        query = f"SELECT row FROM memories WHERE namespace = ? AND {TAGGED} AND tags {_AMONG}"
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


def lists_of_tags(sql: sqlite3.Connection, space: int | None) -> list[str]:
    """The different lists of tags that live memories of a namespace have."""
    query = f"SELECT DISTINCT tags FROM memories WHERE namespace = ? AND {TAGGED}"
    return [text for (text,) in fetch(sql, query, (space,))]


def _beyond(where: str, arguments: Sequence[Any], sort: Sort, end: Place | None) -> tuple[str, list[Any]]:
    """A condition, and besides that memories stand after a place."""
    if end is None:
        return where, list(arguments)
    by, _, after = _ORDERS[sort]
    return f"{where} AND ({by}, position) {after} (?, ?)", [*arguments, *end]


def _names(name: str, key: str) -> bool:
    return name == key or occurs(name, key)
