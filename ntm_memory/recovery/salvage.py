"""What can be read of a memory file in whatever state, and whether it can be vouched for.

First by SQLite, as far as it can follow the tables; where it finds fault with the file, also from the bytes of its
pages. A memory is taken when its own checksum says that it is what was written, wherever it was found.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory.privacy.trust import USUAL
from ntm_memory.recovery.encrypted_pages import Readable
from ntm_memory.recovery.pages import Pages, pages_missing
from ntm_memory.recovery.salvaged import Damaged, Row, Salvaged, is_text
from ntm_memory.store import schema
from ntm_memory.store.rows import any_text, what_is_wrong, what_is_wrong_with_version

if TYPE_CHECKING:
    from ntm_memory.privacy.keys import Key

_CHECKED = ("memories", "versions")
_KINDS: dict[str, tuple[type, ...]] = {"INTEGER": (int,), "TEXT": (str,), "REAL": (float, int), "BLOB": (bytes,)}
_LIKELY_NAME = "default"
_DEFAULTS = {"trust": USUAL}
"""Of columns that came later: what older rows have."""


def columns_of_tables() -> dict[str, dict[str, str]]:
    """Table → column → declared type, as a new file has them."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as sql:
        schema.bring_up(sql)
        tables = sql.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {
            table: {row[1]: row[2] for row in sql.execute(f"PRAGMA table_info({table})")}
            for (table,) in tables.fetchall()
        }


def salvage(copy: Path, key: Key | None = None) -> Salvaged:
    """Read a copy of a memory file; nobody else uses it.

    Args:
        copy: the file; SQLite may roll back in it what was interrupted.
        key: of an encrypted one, see `keyed.key_in_force`.
    """
    tables = columns_of_tables()
    found: dict[str, list[Row]] = {table: [] for table in tables}
    names: dict[int, set[str]] = {}
    lost, known = set(tables), dict[int, Any]()
    readable = Readable(copy, key)
    with closing(readable.connected()) as sql, any_text(sql):
        is_sound = _is_sound(sql)
        for table in tables:
            if _read(sql, f"SELECT * FROM {table} NOT INDEXED", found[table], list(tables[table])):
                lost.discard(table)
        second: list[Row] = []  # each name stands a second time in the index of names
        _read(sql, "SELECT code, name FROM names INDEXED BY sqlite_autoindex_names_1", second)
        listed: list[Row] = []
        _read(sql, "SELECT row, id FROM memories INDEXED BY sqlite_autoindex_memories_1", listed)
        known = {row["row"]: row["id"] for row in listed}
    data, damaged = readable.plain()
    is_sound = is_sound and not damaged
    carved = {table: list[Row]() for table in tables} if is_sound else _carved(data, tables)
    missing, pages = pages_missing(data)
    result = Salvaged(is_sound=is_sound and not lost, pages=pages, pages_missing=missing, pages_damaged=damaged)
    for row in [*carved.get("index of names", ()), *second, *carved["names"], *found["names"]]:
        if isinstance(row.get("code"), int) and is_text(row.get("name")):
            names.setdefault(row["code"], set()).add(row["name"])
            if "written" in row:
                result.names[row["code"]] = row["name"]
    result.listed = known
    _judge_memories(result, found["memories"], carved["memories"], names)
    _judge_versions(result, found["versions"], carved["versions"])
    again = [*carved.get("index of names", ()), *second]
    result.written = _written([*found["names"], *carved["names"]], again)
    for table in set(tables) - {*_CHECKED, "names"}:
        result.others[table] = found[table] or (carved[table] if table in lost else [])
    return result


def _written(rows: Iterable[Row], again: Iterable[Row]) -> int:
    """How many memories were written in all namespaces: what reads like a name counts where its index has it too."""
    sure = {(row.get("code"), row.get("name")) for row in again}
    most: Counter[Any] = Counter()
    for row in rows:
        if (row["code"], row["name"]) in sure and isinstance(row["written"], int):
            most[row["code"]] = max(most[row["code"]], row["written"])
    return sum(most.values())


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


def _carved(data: bytes, tables: Mapping[str, Mapping[str, str]]) -> dict[str, list[Row]]:
    """Table → what reads like a row of it."""
    rows: dict[str, list[Row]] = {table: [] for table in tables}
    rows["index of names"] = []
    shapes = [(table, list(columns), list(columns.values())) for table, columns in tables.items()]
    for record in Pages(data).records():
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


def _judge_memories(result: Salvaged, read: list[Row], carved: list[Row], names: Mapping[int, set[str]]) -> None:
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
    _note_damage(result, doubtful)


def _note_damage(result: Salvaged, doubtful: Sequence[Row]) -> None:
    """The rows that were read and cannot be vouched for, and those that the index of ids knows and nothing else."""
    told = {row["id"] for row in result.memories}
    for row in doubtful:
        if row.get("id") not in told:
            result.damaged.append(Damaged("memories", row, _wrong(row, result.name) or "its checksum differs"))
    told |= {row.get("id") for row in doubtful}
    numbers = {row.get("row") for row in doubtful}
    for number, id in result.listed.items():
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
