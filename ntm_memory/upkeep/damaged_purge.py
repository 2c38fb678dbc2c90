"""What is removed for good is removed from `damaged/` too: rows that repairs put aside, and whole files kept."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from ntm_memory.errors import StoreError
from ntm_memory.operations.results import EraseResult
from ntm_memory.persistence.atomic import replace_text
from ntm_memory.persistence.wiping import wipe
from ntm_memory.privacy.cipher import salt_of
from ntm_memory.recovery.damaged import files_kept
from ntm_memory.recovery.files import JOURNALS, opened
from ntm_memory.upkeep.backup_purge import Wanted, purge_in_file, rows_meant

_PIECE, _STEP = 16, 8
_TELLS = "SELECT count(*) FROM {} WHERE instr(CAST(content AS BLOB), ?)"


def purged_in_damaged(home: Path, result: EraseResult, wanted: Wanted) -> EraseResult:
    """Remove from the files in `damaged/` what an erase removes for good, and say where that was, or would be.

    A row's file goes, if it is of what is removed. A whole file is written anew without it; one that cannot be opened
    and may hold it is removed if it is this store's.

    Args:
        home: the data folder.
        result: what is removed; with `dry_run` the files are only looked at.
        wanted: the same, with the texts.
    """
    files = [file for file in files_kept(home) if not _is_journal(file)]
    holding = [file for file in files if _holds(file, wanted)]
    purged = [] if result.dry_run else [file for file in holding if _purge(file, wanted, home)]
    names = tuple(file.name for file in holding if file not in purged)
    return replace(result, damaged_purged=tuple(file.name for file in purged), damaged_holding=names)


def _holds(file: Path, wanted: Wanted) -> bool:
    if not os.access(file, os.R_OK):
        return True
    row = _row_in(file)
    return _holds_whole(file, wanted) if row is None else _without(row, wanted) != row


def _purge(file: Path, wanted: Wanted, home: Path) -> bool:
    """Whether it could be removed from a file, or the file with it."""
    try:
        row = _row_in(file)
        if row is not None:
            rest = _without(row, wanted)
            wipe(file) if rest is None else replace_text(file, json.dumps(rest, ensure_ascii=False, indent=1))
            return True
        if purge_in_file(file, wanted):
            _remove_journals(file)
            if not _holds_whole(file, wanted):
                return True
        if not _is_ours(file, wanted.uuid, home):
            return False
        wipe(file)
        _remove_journals(file)
    except OSError:
        return False
    return True


def _row_in(file: Path) -> dict[str, Any] | None:
    """A damaged row as `recovery.damaged` wrote it; None: the file is something else."""
    if file.suffix != ".json":
        return None
    try:
        row = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and {"read", "hex", "history", "links"} <= set(row) else None


def _without(row: dict[str, Any], wanted: Wanted) -> dict[str, Any] | None:
    """A damaged row without what is to be removed; None where nothing may be left of it."""
    id, version = (row["read"].get(name) for name in ("id", "version"))
    data = _bytes_of(row)
    unnamed = not isinstance(id, str) or (id in wanted.ids and wanted.version is not None and version is None)
    # a damaged id may read like another one
    if _names(wanted, id, version) or (unnamed and _may_be_in(wanted, data)) or _told_in(wanted, data):
        return None
    history = [each for each in row["history"] if not _is_meant(each, wanted) and not _told_in(wanted, _bytes_of(each))]
    links = row["links"]
    if wanted.version is None:
        links = [each for each in links if not {each["read"].get("id"), each["read"].get("target")} & set(wanted.ids)]
    gone = wanted.version is None and row["read"].get("superseded_by") in wanted.ids
    read = row["read"] | ({"superseded_by": None} if gone else {})
    return row | {"read": read, "history": history, "links": links}


def _names(wanted: Wanted, id: Any, version: Any) -> bool:
    """Whether a memory, or a version of it, is meant."""
    return id in wanted.ids and wanted.version in (None, version)


def _told_in(wanted: Wanted, data: bytes) -> bool:
    """Whether bytes hold one of the texts whole."""
    return any(text in data for text in wanted.texts)


def _may_be_in(wanted: Wanted, data: bytes) -> bool:
    """Whether bytes hold a memory's id, or any part of a text: what is damaged may have lost the rest."""
    pieces = (text[at : at + _PIECE] for text in wanted.texts for at in _places(text))
    named = wanted.version is None and any(id.encode() in data for id in wanted.ids)
    return named or any(piece in data for piece in pieces)


def _is_meant(part: Mapping[str, Any], wanted: Wanted) -> bool:
    return _names(wanted, part["read"].get("id"), part["read"].get("version"))


def _bytes_of(row: Mapping[str, Any]) -> bytes:
    told = (value.encode("utf-8", "replace") for value in row["read"].values() if isinstance(value, str))
    return b"\0".join([*told, *(bytes.fromhex(value) for value in row["hex"].values())])


def _holds_whole(file: Path, wanted: Wanted) -> bool:
    try:
        with closing(opened(file, read_only=True)) as sql:
            queries = [_TELLS.format(table) for table in ("memories", "versions")]
            told = any(sql.execute(query, (text,)).fetchone()[0] for query in queries for text in wanted.texts)
        return told or bool(rows_meant(file, wanted))
    except (sqlite3.Error, StoreError):
        return salt_of(file) is not None or _may_be_in(wanted, _all_of(file))
    except OSError:
        return True


def _is_ours(file: Path, uuid: str, home: Path) -> bool:
    salt = salt_of(file)
    return uuid.encode() in _all_of(file) if salt is None else salt == salt_of(home / "memory.db")


def _all_of(file: Path) -> bytes:
    return b"".join(each.read_bytes() for each in (file, *_journals(file)))


def _is_journal(file: Path) -> bool:
    mains = (file.with_name(file.name.removesuffix(ending)) for ending in JOURNALS)
    return any(main != file and main.exists() for main in mains)


def _journals(file: Path) -> list[Path]:
    return [each for each in (Path(f"{file}{ending}") for ending in JOURNALS) if each.exists()]


def _remove_journals(file: Path) -> None:
    for each in _journals(file):
        wipe(each)


def _places(text: bytes) -> Sequence[int]:
    return range(0, max(len(text) - _PIECE, 0) + 1, _STEP)
