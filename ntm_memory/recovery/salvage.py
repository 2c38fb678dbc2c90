"""What can be read of a memory file in whatever state, and whether it can be vouched for.

First by SQLite, as far as it can follow the tables; where it finds fault with the file, also from the bytes of its
pages. A memory is taken when its own checksum says that it is what was written, wherever it was found.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ntm_memory.privacy.trust import USUAL
from ntm_memory.recovery.files import opened
from ntm_memory.recovery.pages import Pages
from ntm_memory.store import schema
from ntm_memory.store.rows import any_text, what_is_wrong, what_is_wrong_with_version, width_of

Row = dict[str, Any]
_CHECKED = ("memories", "versions")
_KINDS: dict[str, tuple[type, ...]] = {"INTEGER": (int,), "TEXT": (str,), "REAL": (float, int), "BLOB": (bytes,)}
_LIKELY_NAME = "default"
_DEFAULTS = {"trust": USUAL}
"""Of columns that came later: what older rows have."""


@dataclass
class Damaged:
    """A row that nobody can vouch for: what could be read of it, which checks failed, what else belongs to it."""

    table: str
    row: Row
    failed: str
    history: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called in a message."""
        if self.table == "versions":
            return f"version {self.row.get('version')!s:.20} of memory {self.row.get('id')!s:.100}"
        return f"memory {self.row.get('id')!s:.100}"


@dataclass
class Salvaged:
    """What a file holds: rows that are what was written, those that are not, and the tables that have no checksum."""

    memories: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    others: dict[str, list[Row]] = field(default_factory=dict)
    damaged: list[Damaged] = field(default_factory=list)
    is_sound: bool = False

    def name(self, code: int) -> str:
        """The namespace or session of a code."""
        return self.names.get(code, "")

    @property
    def meta(self) -> dict[str, str]:
        """What the file says of itself."""
        rows = [row for row in self.others.get("meta", ()) if _is_text(row.get("name")) and _is_text(row.get("value"))]
        return {row["name"]: row["value"] for row in rows}

    @property
    def dim(self) -> int | None:
        """The width that the vectors have."""
        return width_of([row["keys"] for row in self.memories[:100]])

    def embedder(self) -> dict[str, Any] | None:
        """Who wrote the vectors, where that can be read and fits them."""
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            identity: dict[str, Any] = json.loads(self.meta.get("embedder", "null"))
            if identity["name"] and "revision" in identity and identity["dim"] == self.dim:
                return identity
        return None


def columns_of_tables() -> dict[str, dict[str, str]]:
    """Table → column → declared type, as a new file has them."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as sql:
        schema.bring_up(sql)
        tables = sql.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {
            table: {row[1]: row[2] for row in sql.execute(f"PRAGMA table_info({table})")}
            for (table,) in tables.fetchall()
        }


def salvage(copy: Path) -> Salvaged:
    """Read a copy of a memory file; nobody else uses it.

    Args:
        copy: the file; SQLite may roll back in it what was interrupted.
    """
    tables = columns_of_tables()
    found: dict[str, list[Row]] = {table: [] for table in tables}
    names: dict[int, set[str]] = {}
    lost, known = set(tables), dict[int, Any]()
    with closing(opened(copy, isolation_level=None)) as sql, any_text(sql):
        is_sound = _is_sound(sql)
        for table in tables:
            if _read(sql, f"SELECT * FROM {table} NOT INDEXED", found[table], list(tables[table])):
                lost.discard(table)
        second: list[Row] = []  # each name stands a second time in the index of names
        _read(sql, "SELECT code, name FROM names INDEXED BY sqlite_autoindex_names_1", second)
        listed: list[Row] = []
        _read(sql, "SELECT row, id FROM memories INDEXED BY sqlite_autoindex_memories_1", listed)
        known = {row["row"]: row["id"] for row in listed}
    carved = {table: list[Row]() for table in tables} if is_sound else _carved(copy, tables)
    result = Salvaged(is_sound=is_sound and not lost)
    for row in [*carved.get("index of names", ()), *second, *carved["names"], *found["names"]]:
        if isinstance(row.get("code"), int) and _is_text(row.get("name")):
            names.setdefault(row["code"], set()).add(row["name"])
            if "written" in row:
                result.names[row["code"]] = row["name"]
    _judge_memories(result, found["memories"], carved["memories"], names, known)
    _judge_versions(result, found["versions"], carved["versions"])
    for table in set(tables) - {*_CHECKED, "names"}:
        result.others[table] = found[table] or (carved[table] if table in lost else [])
    return result


def _is_sound(sql: sqlite3.Connection) -> bool:
    try:
        return bool(sql.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def _read(sql: sqlite3.Connection, query: str, rows: list[Row], known: Sequence[str] = ()) -> bool:
    """Append the rows of a query up to where SQLite stops; whether it came to the end.

    Args:
        sql: the file.
        query: all of a table or of an index.
        rows: where to.
        known: the columns of a table: where there are as many, they are called so, whatever the file calls them.
    """
    try:
        cursor = sql.execute(query)
        columns = [column[0] for column in cursor.description]
        columns = list(known) if len(known) == len(columns) else columns
        for values in cursor:
            rows.append(dict(zip(columns, values, strict=True)))
    except (sqlite3.Error, OverflowError, MemoryError):
        return False
    return True


def _carved(copy: Path, tables: Mapping[str, Mapping[str, str]]) -> dict[str, list[Row]]:
    """Table → what reads like a row of it."""
    rows: dict[str, list[Row]] = {table: [] for table in tables}
    rows["index of names"] = []
    shapes = [(table, list(columns), list(columns.values())) for table, columns in tables.items()]
    for record in Pages(copy.read_bytes()).records():
        values = record.values
        if record.rowid is None and len(values) == 2 and isinstance(values[0], str) and isinstance(values[1], int):
            rows["index of names"].append({"name": values[0], "code": values[1]})
        for table, columns, declared in shapes:
            own_number = columns[0] in ("row", "code", "address") and values[0] is None
            filled = (record.rowid, *values[1:]) if own_number else values
            if table in _CHECKED and len(filled) < len(columns):  # written before a column came: its checksum decides
                filled = (*filled, *map(_DEFAULTS.get, columns[len(filled) :]))
            fits = len(filled) == len(columns) and (table in _CHECKED or all(map(_is_kind, filled, declared)))
            if fits:
                rows[table].append(dict(zip(columns, map(_as_declared, filled, declared), strict=True)))
    return rows


def _is_text(value: Any) -> bool:
    """Whether a value is a text, and no byte of it stands as a lone surrogate."""
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)


def _is_kind(value: Any, declared: str) -> bool:
    return value is None or isinstance(value, _KINDS.get(declared, ()))


def _as_declared(value: Any, declared: str) -> Any:
    """SQLite writes a whole number in fewer bytes, also where it is declared as a real one."""
    return float(value) if declared == "REAL" and isinstance(value, int) else value


def _wrong(row: Row, name: Callable[[int], str]) -> str | None:
    try:
        return what_is_wrong(row, name)
    except (KeyError, AttributeError):
        return "a column is missing"


def _judge_memories(
    result: Salvaged, read: list[Row], carved: list[Row], names: Mapping[int, set[str]], known: Mapping[int, Any]
) -> None:
    votes: Counter[tuple[int, str]] = Counter()
    taken: dict[Any, Row] = {}
    doubtful = []
    for row in read:
        used = _vouched(row, names)
        if used is None:
            doubtful.append(row)
        elif row["id"] not in taken or (_has_seq(row) and row["seq"] > taken[row["id"]]["seq"]):
            taken[row["id"]] = row
            votes.update(used.items())
    seen = set(taken) | {row.get("id") for row in doubtful}
    for row in sorted((row for row in carved if _has_seq(row)), key=lambda row: -int(row["seq"])):
        # of a memory that SQLite reads, pages may hold an older state: only what it does not read is taken from them
        if row["id"] not in seen and (used := _vouched(row, names)) is not None:
            seen.add(row["id"])
            taken[row["id"]] = row
            votes.update(used.items())
    for (code, name), _ in votes.most_common()[::-1]:
        result.names[code] = name
    result.memories = sorted(taken.values(), key=lambda row: int(row["row"]))
    _note_damage(result, doubtful, known)


def _note_damage(result: Salvaged, doubtful: Sequence[Row], known: Mapping[int, Any]) -> None:
    """The rows that were read and cannot be vouched for, and those that the index of ids knows and nothing else."""
    told = {row["id"] for row in result.memories}
    for row in doubtful:
        if row.get("id") not in told:
            result.damaged.append(Damaged("memories", row, _wrong(row, result.name) or "its checksum differs"))
    told |= {row.get("id") for row in doubtful}
    numbers = {row.get("row") for row in doubtful}
    for number, id in known.items():
        if id not in told and number not in numbers:
            result.damaged.append(Damaged("memories", {"row": number, "id": id}, "its page cannot be read"))


def _has_seq(row: Row) -> bool:
    return isinstance(row.get("seq"), int) and isinstance(row.get("row"), int) and isinstance(row.get("id"), str)


def _vouched(row: Row, names: Mapping[int, set[str]]) -> dict[int, str] | None:
    """The names of namespace and session with which a row's checksum agrees; None where it agrees with none."""
    codes = [row.get(name) for name in ("namespace", "session") if isinstance(row.get(name), int)]
    for chosen in _choices(codes, names):
        if _wrong(row, partial(_named, chosen)) is None:
            return chosen
    return None


def _named(chosen: Mapping[int, str], code: int) -> str:
    return chosen.get(code, "")


def _choices(codes: Iterable[Any], names: Mapping[int, set[str]]) -> Iterator[dict[int, str]]:
    """Every way to name the codes."""
    chosen: list[dict[int, str]] = [{}]
    for code in set(codes):
        said = sorted(names.get(code, set())) or [_LIKELY_NAME]
        chosen = [{**each, code: name} for each in chosen for name in said]
    yield from chosen


def _judge_versions(result: Salvaged, read: list[Row], carved: list[Row]) -> None:
    ids = {row["id"] for row in result.memories}
    hurt = {each.row.get("id"): each for each in result.damaged}
    seen: set[tuple[Any, Any]] = set()
    for row, by_sqlite in [*((row, True) for row in read), *((row, False) for row in carved)]:
        name, wrong = (row.get("id"), row.get("version")), _wrong_version(row)
        if name in seen or (wrong is not None and not by_sqlite):
            continue
        seen |= {name} if wrong is None else set()
        if name[0] in ids and wrong is None:
            result.versions.append(row)
        elif name[0] in hurt:
            hurt[name[0]].history.append(row)
        elif by_sqlite:
            result.damaged.append(Damaged("versions", row, wrong or "its memory is not there"))


def _wrong_version(row: Row) -> str | None:
    try:
        return what_is_wrong_with_version(row)
    except (KeyError, AttributeError):
        return "a column is missing"
