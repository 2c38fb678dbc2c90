"""Whether the tables of a SQLite file are as the statements say that made them, and setting right what says otherwise.

A bit that turned in these statements may leave a file that SQLite reads without complaint, with a column that is called
otherwise, or one that it does not open at all, though every row in it is sound.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Container, Iterable
from contextlib import suppress
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

_MADE = re.compile(r"CREATE (?:UNIQUE )?(TABLE|INDEX|TRIGGER) (\w+)(?:.*? ON (\w+))?", re.DOTALL)
_BLANKS = {ord(each): None for each in " \t\r\n"}
_THERE = "SELECT lower(type), name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
_RAW = """
SELECT rowid, CAST(type AS BLOB), CAST(name AS BLOB), CAST(tbl_name AS BLOB), CAST(sql AS BLOB) FROM sqlite_master
"""
_ALIKE = 0.9


class Shape(NamedTuple):
    """One line of SQLite's own table of what is in a file.

    Args:
        kind: table, index, trigger.
        name: of it.
        table: that it belongs to.
        sql: the statement that made it; None: it came with its table.
    """

    kind: str
    name: str
    table: str
    sql: str | None


def differences(sql: sqlite3.Connection, statements: str, may_lack: Container[str] = ()) -> list[str]:
    """What in a file is not as statements make it: one line each; whatever else is there is not looked at.

    The texts are compared that SQLite keeps, whatever the order of columns: a file to which columns were added has
    them in another one.

    Args:
        sql: the open file.
        statements: CREATE TABLE, INDEX and TRIGGER, each ending with `;` and a new line.
        may_lack: names of what need not be there.

    Raises:
        sqlite3.DatabaseError: SQLite can make nothing of the file.
    """
    there = {(kind, name): (table, text.translate(_BLANKS)) for kind, name, table, text in sql.execute(_THERE)}
    wanted = {name: made for name, made in _made_by(statements).items() if name in there or name[1] not in may_lack}
    wrong = [name for name, made in wanted.items() if not _is_one(there.get(name), made)]
    return [f"the {kind} {name} is {'damaged' if (kind, name) in there else 'missing'}" for kind, name in wrong]


def shapes_of(sql: sqlite3.Connection) -> list[Shape]:
    """What is in an undamaged file."""
    return [Shape(*row) for row in sql.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()]


def set_right(sql: sqlite3.Connection, wanted: Iterable[Shape]) -> None:
    """Give what is in a copy the names and statements that it was made with; each line becomes the one it is most like.

    The lines that are as they should be stay, and so do those that are like none. Where the pages of these lines are
    damaged too, nothing is changed. The file has to be opened anew afterwards.

    Args:
        sql: the copy, in autocommit mode.
        wanted: what was in it.
    """
    with suppress(sqlite3.Error):
        sql.execute("PRAGMA writable_schema = ON")
    with suppress(sqlite3.Error):  # what cannot be read of the statements is said once
        sql.execute("SELECT 1 FROM sqlite_master").fetchone()
    with suppress(sqlite3.Error):
        found = {row[0]: _bytes(row[1:]) for row in map(tuple, sql.execute(_RAW).fetchall())}
        left = {_bytes(shape): shape for shape in wanted}
        for number in [number for number, line in found.items() if line in left]:
            del left[found.pop(number)]
        for number, line in found.items():
            alike = {each: SequenceMatcher(None, line, each, autojunk=False).ratio() for each in left}
            best = max(alike, key=alike.__getitem__, default=b"")
            if alike.get(best, 0.0) >= _ALIKE:
                query = "UPDATE sqlite_master SET type = ?, name = ?, tbl_name = ?, sql = ? WHERE rowid = ?"
                sql.execute(query, (*left.pop(best), number))


def _bytes(line: Iterable[str | bytes | None]) -> bytes:
    return b" ".join(each if isinstance(each, bytes) else (each or "").encode() for each in line)


@lru_cache(4)
def _made_by(statements: str) -> dict[tuple[str, str], tuple[str, str]]:
    """(kind, name) → (its table, its statement without blanks)."""
    found = {}
    for statement in filter(str.strip, statements.split(";\n")):
        match = _MADE.match(statement.strip())
        assert match is not None, statement
        kind, name, table = match.groups()
        found[kind.lower(), name] = (name if kind == "TABLE" else table, statement.translate(_BLANKS))
    return found


def _is_one(found: tuple[str, str] | None, made: tuple[str, str]) -> bool:
    return found == made or (found is not None and found[0] == made[0] and _parts(found[1]) == _parts(made[1]))


def _parts(statement: str) -> list[str]:
    """What stands between the outermost commas and brackets of a statement, in alphabetical order."""
    depth, parts = 0, [""]
    for each in statement:
        depth -= each == ")"
        if (each == "," and depth == 1) or (each in "()" and not depth):
            parts.append("")
        else:
            parts[-1] += each
        depth += each == "("
    return sorted(parts)
