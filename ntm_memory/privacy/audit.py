"""The audit: who did what to which memory and when, without a word of what it said. It only grows."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from ntm_memory.text.iso_time import to_iso
from ntm_memory.text.printable import in_one_line

TABLE = """
CREATE TABLE audit (row INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL, id TEXT,
    namespace INTEGER, detail TEXT);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
"""
ACTOR = "NTM_MEMORY_ACTOR"
MOST_OF_A_NAME = 60
_INSERT = "INSERT INTO audit (at, who, verb, id, namespace, detail) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class AuditEntry:
    """One thing that was done.

    Args:
        at: when, ISO 8601 in UTC.
        who: by whom: the environment's `NTM_MEMORY_ACTOR`, else the user of the system.
        verb: what was done, e.g. `created`, `purged`.
        id: of the memory; None: to the store as a whole.
        namespace: of the memory; None where no memory of it is left, or none is meant.
        detail: counts or a version; never a text, a key or a question.
    """

    at: str
    who: str
    verb: str
    id: str | None
    namespace: str | None
    detail: dict[str, Any]


class AuditTrail:
    """The audit of a memory file; it is written inside the transaction of what it tells."""

    def __init__(self, sql: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self._sql = sql
        self._clock = clock

    def note(self, verb: str, id: str | None, space: int | None, at: str | None = None, **detail: Any) -> None:
        """Add a line.

        Args:
            verb: what was done.
            id: of the memory.
            space: the code of its namespace.
            at: when, ISO 8601; None: now.
            detail: numbers and the like.
        """
        told = json.dumps(detail) if detail else None
        self._sql.execute(_INSERT, (at or to_iso(self._clock()), actor(), verb, id, space, told))

    def newest(self, count: int, id: str | None, name: Callable[[int], str]) -> list[AuditEntry]:
        """The newest lines, newest first; of one memory where an id is given; `name` tells a namespace by its code."""
        query = "SELECT at, who, verb, id, namespace, detail FROM audit"
        query += " ORDER BY row DESC LIMIT ?" if id is None else " WHERE id = ? ORDER BY row DESC LIMIT ?"
        rows = self._sql.execute(query, (count,) if id is None else (id, count)).fetchall()
        return [
            AuditEntry(at, who, verb, of, _shown(space, name), json.loads(detail) if detail else {})
            for at, who, verb, of, space, detail in rows
        ]


def actor() -> str:
    """Who acts: `NTM_MEMORY_ACTOR`, else the user of the system, one line of at most 60 characters."""
    return _tidy(os.environ.get(ACTOR, "")) or _user()


@cache
def _tidy(name: str) -> str:
    return in_one_line(name.encode("utf-8", "replace").decode()).strip()[:MOST_OF_A_NAME]


@cache
def _user() -> str:
    try:
        import pwd

        name = pwd.getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError):  # Windows, or a number without a name
        name = os.environ.get("USERNAME", "")
    return _tidy(name) or "unknown"


def _shown(space: int | None, name: Callable[[int], str]) -> str | None:
    known = "" if space is None else name(space)
    return None if not known or known[0] == "\0" else known
