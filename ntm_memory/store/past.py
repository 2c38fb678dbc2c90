"""The memory matrix as it was: what had been told by a moment, in the words of then."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ntm_memory.store.records import Memory, MemoryMatrix
from ntm_memory.store.rows import Row, to_keys, to_seconds, to_version
from ntm_memory.store.words import decode

_THEN = """
SELECT memories.*, (SELECT created_at FROM memories AS later WHERE later.id = memories.superseded_by) AS succeeded_at
FROM memories
WHERE namespace = ? AND created_at <= ? AND (ended_at IS NULL OR ended_at > ?) ORDER BY position
"""
_VERSION = "SELECT * FROM versions WHERE id = ? AND valid_from <= ? AND valid_to > ? ORDER BY version DESC LIMIT 1"


def memory_matrix_as_of(
    sql: sqlite3.Connection,
    space: int | None,
    at: str,
    dim: int,
    to_record: Callable[[Row], Memory],
) -> tuple[MemoryMatrix, list[Memory], list[tuple[str, ...]]]:
    """(matrix, records, words) of the memories that were live at a moment.

    Slot numbers are 0…N−1 in order of writing: an erased memory has no slot any more.
    """
    moment = at if "." in at else at.replace("Z", ".999999Z")  # a second ends with its last microsecond
    rows, records, superseded = [], [], []
    for row in sql.execute(_THEN, (space, moment, moment)).fetchall():
        old = sql.execute(_VERSION, (row["id"], moment, moment)).fetchone()
        successor = row["superseded_by"] if row["succeeded_at"] is not None and row["succeeded_at"] <= moment else None
        rows.append(dict(row) | (dict(old) if old is not None else {}))
        records.append(_as_it_was(to_record(row), old, successor))
        superseded.append(successor is not None)
    keys = [to_keys(row["keys"], dim) for row in rows]
    count = len(rows)
    slots = MemoryMatrix(
        keys=np.concatenate(keys) if keys else np.empty((0, dim), dtype=np.float32),
        owner=np.repeat(np.arange(count), [len(each) for each in keys]),
        address=np.arange(count),
        position=np.array([record.position for record in records], dtype=np.int64),
        session=np.array([-1 if row["session"] is None else row["session"] for row in rows], dtype=np.int64),
        occurred=np.array([to_seconds(record.occurred_at) for record in records], dtype=np.float64),
        created=np.array([to_seconds(record.created_at) for record in records], dtype=np.float64),
        importance=np.array([record.importance for record in records], dtype=np.float32),
        retention=np.array([record.retention for record in records], dtype=np.float32),
        length=np.array([row["length"] for row in rows], dtype=np.int64),
        cjk=np.array([row["cjk"] for row in rows], dtype=bool),
        superseded=np.array(superseded, dtype=bool),
        reads=np.zeros(count, dtype=np.int64),
    )
    return slots, records, [decode(row["words"]) for row in rows]


def _as_it_was(record: Memory, old: Row | None, successor: str | None) -> Memory:
    changes: dict[str, Any] = {"state": "live", "retention": record.retention or 1.0, "superseded_by": successor}
    if old is not None:
        then = to_version(old)
        shared = ("content", "key", "importance", "tags", "occurred_at", "version")
        changes |= {name: getattr(then, name) for name in shared} | {"updated_at": then.valid_from}
    return replace(record, **changes)
