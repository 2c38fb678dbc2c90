"""Whether what stands in a memory file is what was written: not only its pages, each row by its own checksum."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ntm_memory.errors import StoreError
from ntm_memory.privacy.trust import USUAL
from ntm_memory.recovery.files import is_whole, memories_in, opened
from ntm_memory.recovery.salvaged import Row
from ntm_memory.store.rows import any_text, what_is_wrong, what_is_wrong_with_version

_TABLES = ("memories", "versions")


class Rows:
    """The rows of a memory file that nobody else uses, each with what is wrong with it.

    Args:
        sql: the open file.
    """

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self.names: dict[int, str] = dict(sql.execute("SELECT code, name FROM names").fetchall())

    def name(self, code: int) -> str:
        """The namespace or session of a code."""
        return self.names.get(code, "")

    def of(self, table: str) -> Iterator[tuple[Row, str | None]]:
        """Each row of `memories` or `versions`, and why it cannot be vouched for; None where it can."""
        cursor = self._sql.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        for values in cursor:
            row = {"trust": USUAL, **dict(zip(columns, values, strict=True))}  # the column came later
            yield row, what_is_wrong(row, self.name) if table == "memories" else what_is_wrong_with_version(row)

    def others(self, query: str, *arguments: str) -> list[tuple[object, ...]]:
        """What a query finds; nothing where the file is of before its table."""
        try:
            return [tuple(row) for row in self._sql.execute(query, arguments).fetchall()]
        except sqlite3.OperationalError:
            return []


@contextmanager
def rows_in(path: Path) -> Iterator[Rows]:
    """The rows of a memory file.

    Raises:
        sqlite3.Error, KeyError, OSError: it is no memory file, or cannot be read to its end.
        StoreError: it is encrypted, and its key is missing.
    """
    with closing(opened(path, read_only=True)) as sql, any_text(sql):
        yield Rows(sql)


def is_sound(path: Path) -> bool:
    """Whether SQLite finds no fault with a file that nobody else uses, and each row in it is what was written."""
    if not is_whole(path):
        return False
    if not memories_in(path):
        return True
    try:
        with rows_in(path) as rows:
            return all(wrong is None for table in _TABLES for _, wrong in rows.of(table))
    except (sqlite3.Error, StoreError, KeyError, OSError):
        return False


def sound_memories_in(path: Path) -> int | None:
    """How many memories that are what was written a file holds that nobody else uses; None: it holds no store."""
    count = memories_in(path)
    if not count:
        return count
    try:
        with rows_in(path) as rows:
            return sum(wrong is None for _, wrong in rows.of("memories"))
    except (sqlite3.Error, StoreError, KeyError, OSError):
        return 0
