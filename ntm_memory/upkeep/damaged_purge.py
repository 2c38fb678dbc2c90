"""What is removed for good is removed from `damaged/` too: rows that repairs put aside, and whole files kept."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.errors import StoreError
from ntm_memory.operations.results import EraseResult
from ntm_memory.persistence.atomic import replace_text
from ntm_memory.persistence.wiping import wipe
from ntm_memory.privacy.cipher import salt_of
from ntm_memory.recovery.damaged import files_kept
from ntm_memory.recovery.files import JOURNALS, opened
from ntm_memory.upkeep.backup_purge import holds, purge_in_file

_PIECE, _STEP = 16, 8
_TOLD_IN = "SELECT count(*) FROM {} WHERE instr(CAST(content AS BLOB), ?)"


class Wanted(NamedTuple):
    """What is to be removed.

    Args:
        ids: of memories.
        version: one old version alone; None: all of them.
        texts: what these say, and said.
        uuid: of the store: a file that cannot be opened is its own if it has this, or the salt of its key.
    """

    ids: Sequence[str]
    version: int | None
    texts: Sequence[bytes]
    uuid: str

    def names(self, id: Any, version: Any) -> bool:
        """Whether a memory, or a version of it, is meant."""
        return id in self.ids and self.version in (None, version)

    def told_in(self, data: bytes) -> bool:
        """Whether bytes hold one of the texts whole."""
        return any(text in data for text in self.texts)

    def may_be_in(self, data: bytes) -> bool:
        """Whether bytes hold a memory's id, or any part of a text: what is damaged may have lost the rest."""
        pieces = (text[at : at + _PIECE] for text in self.texts for at in _places(text))
        named = self.version is None and any(id.encode() in data for id in self.ids)
        return named or any(piece in data for piece in pieces)


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
        if purge_in_file(file, wanted.ids, wanted.version):
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
    if wanted.names(id, version) or (unnamed and wanted.may_be_in(data)) or wanted.told_in(data):
        return None
    history = [each for each in row["history"] if not _is_meant(each, wanted) and not wanted.told_in(_bytes_of(each))]
    links = row["links"]
    if wanted.version is None:
        links = [each for each in links if not {each["read"].get("id"), each["read"].get("target")} & set(wanted.ids)]
    gone = wanted.version is None and row["read"].get("superseded_by") in wanted.ids
    read = row["read"] | ({"superseded_by": None} if gone else {})
    return row | {"read": read, "history": history, "links": links}


def _is_meant(part: Mapping[str, Any], wanted: Wanted) -> bool:
    return wanted.names(part["read"].get("id"), part["read"].get("version"))


def _bytes_of(row: Mapping[str, Any]) -> bytes:
    told = (value.encode("utf-8", "replace") for value in row["read"].values() if isinstance(value, str))
    return b"\0".join([*told, *(bytes.fromhex(value) for value in row["hex"].values())])


def _holds_whole(file: Path, wanted: Wanted) -> bool:
    try:
        with closing(opened(file, read_only=True)) as sql:
            queries = [_TOLD_IN.format(table) for table in ("memories", "versions")]
            told = any(sql.execute(query, (text,)).fetchone()[0] for query in queries for text in wanted.texts)
        return told or holds(file, wanted.ids, wanted.version)
    except (sqlite3.Error, StoreError):
        return salt_of(file) is not None or wanted.may_be_in(_all_of(file))
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
