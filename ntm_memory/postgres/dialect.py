"""The store's statements as PostgreSQL says them.

They are written once, for SQLite, in the rooms `store` and `privacy`. What differs is little and regular: placeholders,
`INSERT OR …`, hints to SQLite's planner, lists told as JSON. Anything else that SQLite has and PostgreSQL has not
stands in `schema.FUNCTIONS` under SQLite's name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ntm_memory.postgres.schema import COLUMNS_OF, COUNTED, PRIMARY_KEYS

_ESCAPE, _NUL, _ITSELF = "\x01", "\x010", "\x011"
_PLACE = re.compile(r"\?(\d*)|(?<![:\w]):([a-z_]\w*)|('(?:[^']|'')*')")
_OR = re.compile(r"INSERT OR (REPLACE|IGNORE) INTO (\w+)(?: \(([^)]*)\))?")
_AMONG = re.compile(r"(?<!\w)\+?(\w+) IN \(SELECT value FROM json_each\(\?\)\)")
_WHOLE = re.compile(r"SELECT (?:\* FROM memories(?=\s+(?:INDEXED BY \w+\s+)?WHERE)|memories\.\*,)")
_NAMES = ", ".join(
    f"(SELECT name FROM names WHERE code = memories.{column}) AS {column}_name" for column in ("namespace", "session")
)
_LINKS = """(SELECT json_agg(json_build_array(links.target, links.weight, links.kind) ORDER BY there.row)
FROM links JOIN memories AS there ON there.id = links.target WHERE links.id = memories.id AND there.state = 'live')"""
READ = "(SELECT json_build_array(count, last) FROM reads WHERE reads.address = memories.address) AS read"
UNREAD = "NULL AS read"
"""In the place of `READ` on a replica, where tables are not to be read that the log does not have."""
_RECORD = f"SELECT memories.*, {_NAMES}, {_LINKS} AS linked, {READ}"
"""A row of `memories` with what its record has besides: one message in the place of four."""
_NUMBERS = ("row", "address", "session", "code", "text_hash")
_PLAIN = (
    (re.compile(r" INDEXED BY \w+"), ""),
    (re.compile(r"(?<=AND )\+(?=\w)"), ""),  # a hint to SQLite's planner, too
    (re.compile(r"\bifnull\("), "coalesce("),
    (re.compile(r"\bmax\(written, "), "greatest(written, "),
    (re.compile(r"typeof\(seq\) = 'integer'"), "true"),
    # a text has no NUL here: see `to_kept`
    (re.compile(r"substr\(name, 1, 1\) <> char\(0\)"), "left(name, 2) <> chr(1) || '0'"),
    (re.compile(r"char\(0\) \|\| code"), "chr(1) || '0' || code"),
)


class Command(NamedTuple):
    """A statement of ours.

    Args:
        text: as PostgreSQL takes it.
        names: of its arguments in order, where they are named.
        gives_row: whether it tells the number of the row that it makes.
        has_rows: whether it is answered by rows.
    """

    text: str
    names: tuple[str, ...]
    gives_row: bool
    has_rows: bool


@lru_cache(512)
def translated(statement: str) -> Command:
    """One of the store's statements, for PostgreSQL."""
    text = _AMONG.sub(_among, _WHOLE.sub(_whole, statement))
    for pattern, ours in _PLAIN:
        text = pattern.sub(ours, text)
    text = _or_what(text)
    table = re.match(r"\s*INSERT INTO (\w+)", text)
    gives_row = table is not None and table[1] == "names"  # of other rows nobody on a server asks the number
    if gives_row:
        text += f" RETURNING {COUNTED['names']}"
    has_rows = "RETURNING" in text or re.match(r"\s*(SELECT|WITH)\b", text) is not None
    return Command(*_numbered(text), gives_row, has_rows)


def to_kept(text: str) -> str:
    """A text as it is kept: PostgreSQL's hold no NUL."""
    if "\0" in text or _ESCAPE in text:
        return text.replace(_ESCAPE, _ITSELF).replace("\0", _NUL)
    return text


def from_kept(text: str) -> str:
    """The text that was told; see `to_kept`."""
    return text.replace(_NUL, "\0").replace(_ITSELF, _ESCAPE) if _ESCAPE in text else text


def _whole(found: re.Match[str]) -> str:
    return f"{_RECORD}," if found[0].endswith(",") else f"{_RECORD} FROM memories"


def _among(found: re.Match[str]) -> str:
    kind = "::bigint" if found[1] in _NUMBERS else ""
    return f"{found[1]} = ANY (ARRAY(SELECT json_array_elements_text(CAST(? AS json)){kind}))"


def _or_what(text: str) -> str:
    """`INSERT OR REPLACE` and `INSERT OR IGNORE` by what the statement conflicts with."""
    found = _OR.search(text)
    if found is None:
        return text
    table = found[2]
    columns = [name.strip() for name in found[3].split(",")] if found[3] else COLUMNS_OF[table]
    plain = _OR.sub(lambda m: f"INSERT INTO {m[2]}" + (f" ({m[3]})" if m[3] else ""), text)
    key = PRIMARY_KEYS[table]
    others = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    then = f"UPDATE SET {others}" if found[1] == "REPLACE" and others else "NOTHING"
    return f"{plain} ON CONFLICT ({', '.join(key)}) DO {then}"


def _numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Placeholders as `$1`, and the names of those that are named."""
    names: list[str] = []
    count = 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        number, name, quoted = found.groups()
        if quoted is not None:
            return quoted
        if name is not None:
            if name not in names:
                names.append(name)
            return f"${names.index(name) + 1}"
        count += 1
        return f"${number or count}"

    return _PLACE.sub(place, text), tuple(names)
