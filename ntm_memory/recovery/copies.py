"""What copies of a memory file tell of a memory that the file itself does not have any more."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.errors import StoreError
from ntm_memory.recovery.backups import FOLDER, backups
from ntm_memory.recovery.damaged import FOLDER as DAMAGED
from ntm_memory.recovery.sound import rows_in

_CURRENT = "SELECT CAST(content AS BLOB), namespace FROM memories WHERE id = ?"
_ALL = (
    "SELECT CAST(content AS BLOB), CAST(key AS BLOB), CAST(tags AS BLOB), CAST(source AS BLOB), CAST(kind AS BLOB)"
    " FROM memories",
    "SELECT CAST(content AS BLOB), CAST(key AS BLOB), CAST(tags AS BLOB) FROM versions",
    "SELECT CAST(name AS BLOB) FROM names",
)
_OLD = "SELECT CAST(content AS BLOB) FROM versions WHERE id = ?"


class InCopies(NamedTuple):
    """What copies tell of one memory.

    Args:
        texts: what it says and said, damaged or not, in UTF-8.
        namespaces: where it is; empty where no copy says so.
    """

    texts: frozenset[bytes]
    namespaces: frozenset[str]


def told_in_copies(home: Path, id: str) -> InCopies | None:
    """What backups and the files in `damaged/` tell of a memory; None where none of them names it."""
    found = [told for file in _copies(home) if (told := _told_in(file, id)) is not None]
    if not found:
        return None
    return InCopies(*(frozenset().union(*parts) for parts in zip(*found, strict=True)))


def backups_telling(home: Path, texts: Iterable[bytes]) -> list[str]:
    """The names of the backups in which a memory, an older version or a name tells one of these texts, or may.

    Args:
        home: the data folder.
        texts: in UTF-8.
    """
    wanted = list(texts)
    return [file.name for file in backups(home) if _tells(file, wanted)] if wanted else []


def _tells(file: Path, texts: Sequence[bytes]) -> bool:
    try:
        with rows_in(file) as rows:
            told = (value for query in _ALL for row in rows.others(query) for value in row if isinstance(value, bytes))
            return any(text in value for value in told for text in texts)
    except (sqlite3.Error, StoreError, KeyError, OSError):
        return True


def _copies(home: Path) -> list[Path]:
    files: list[Path] = []
    for folder in (home / FOLDER, home / DAMAGED):
        with suppress(OSError):
            files += sorted(each for each in folder.iterdir() if each.is_file())
    return files


def _told_in(file: Path, id: str) -> InCopies | None:
    with suppress(sqlite3.Error, StoreError, KeyError, OSError):
        if file.suffix == ".json":
            return _told_in_row(file, id)
        with rows_in(file) as rows:
            current, old = rows.others(_CURRENT, id), rows.others(_OLD, id)
            spaces = {rows.name(code) for _, code in current if isinstance(code, int)} - {""}
            texts = frozenset(row[0] for row in (*current, *old) if isinstance(row[0], bytes))
            return InCopies(texts, frozenset(spaces)) if current or old else None
    with suppress(OSError):  # no database any more: whether the id stands in it is all that can be known
        return InCopies(frozenset(), frozenset()) if id.encode() in file.read_bytes() else None
    return None


def _told_in_row(file: Path, id: str) -> InCopies | None:
    try:
        row: Any = json.loads(file.read_bytes())
        parts = [part["read"] for part in (row, *row["history"])]
        texts = [part.get("content") for part in parts if part.get("id") == id]
        space = row["names"].get("namespace")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    said = frozenset(text.encode("utf-8", "replace") for text in texts if isinstance(text, str))
    return InCopies(said, frozenset([space] if isinstance(space, str) and space else [])) if texts else None
