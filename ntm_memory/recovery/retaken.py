"""Rows that a damaged file lost, taken from the newest backup that has them as they were.

A row is taken where its own checksum agrees in the backup, its version is the one that was lost, the same embedder
wrote its vectors, and the audit knows of nothing that was done to it since: what was erased, redacted or purged does
not come back by a repair. Nor does what a backup took out that was put back: of the time that was given up then, only
what the file surely had is taken.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ntm_memory.errors import StoreError
from ntm_memory.recovery.backups import backups
from ntm_memory.recovery.files import identity_of
from ntm_memory.recovery.salvaged import Damaged, Row, Salvaged, is_text
from ntm_memory.recovery.sound import Rows, rows_in
from ntm_memory.store.rows import what_is_wrong_with_version

_AUDIT = "SELECT id, verb, detail FROM audit WHERE id IS NOT NULL"
_EMBEDDER = "SELECT value FROM meta WHERE name = 'embedder'"
_RESTORED = "SELECT at, detail FROM audit WHERE verb = 'backup restored'"
_OF_VERSIONS = frozenset({"version purged", "redacted", "purged"})
_Lines = dict[str, Counter[tuple[Any, Any]]]


@dataclass
class _Wanted:
    """What a file lost.

    Args:
        memories: id → its version; None where that cannot be read.
        versions: (id, version) of older ones.
        more: whether there were memories of which not even the ids are left.
        lines: what the audit says was done to each memory.
        restored: (when, detail) of each backup that was put back, as the audit says.
        elsewhere: id → what a backup has of it that is not what was lost.
    """

    memories: dict[str, int | None]
    versions: set[tuple[str, int]]
    more: bool
    lines: _Lines
    restored: list[tuple[Any, Any]] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.memories or self.versions or self.more)


def take_from_backups(home: Path, found: Salvaged) -> list[str]:
    """Put what backups have of damaged and missing rows among what goes on; one line each, also where none has it.

    Args:
        home: the data folder.
        found: what was read of the damaged file; what is taken is not among its damaged rows any more.
    """
    wanted, done = _wanted(found), list[str]()
    for file in backups(home) if wanted else ():
        if not wanted:
            break
        if found.meta.get("uuid") in (identity_of(file), None):
            # what cannot be read of one may stand in the next
            with suppress(sqlite3.Error, StoreError, KeyError, OSError), rows_in(file) as rows:
                done += _taken(file.name, rows, found, wanted)
    found.memories.sort(key=lambda row: int(row["row"]))
    return [*done, *(line for id, line in wanted.elsewhere.items() if id in wanted.memories)]


def _wanted(found: Salvaged) -> _Wanted:
    memories: dict[str, int | None] = {}
    versions = set()
    for each in found.damaged:
        id, version = _id_of(each, found), each.row.get("version")
        if not is_text(id):
            continue
        if each.table == "versions" and isinstance(version, int) and _is_there(id, found):
            versions.add((id, version))
        elif each.table == "memories":
            memories[id] = version if isinstance(version, int) else None
        else:
            memories.setdefault(id, None)  # its older versions are there, and it is not
    lost = found.pages_missing or found.written > len(found.memories) + len(found.damaged)
    more = bool(lost) and not found.is_sound and "uuid" in found.meta  # else they may be another memory's
    audit = found.others.get("audit", ())
    restored = [(row.get("at"), row.get("detail")) for row in audit if row.get("verb") == "backup restored"]
    return _Wanted(memories, versions, more, _lines(_told(audit)), restored)


def _id_of(damaged: Damaged, found: Salvaged) -> Any:
    """The id of a memory by its index, which is not damaged with the row; else what the row says."""
    if damaged.table != "memories":
        return damaged.row.get("id")
    return found.listed.get(damaged.row.get("row"), damaged.row.get("id"))


def _is_there(id: str, found: Salvaged) -> bool:
    return any(row["id"] == id for row in found.memories)


def _told(rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
    return ((row.get("id"), row.get("verb"), row.get("detail")) for row in rows)


def _lines(told: Iterable[tuple[Any, ...]]) -> _Lines:
    lines: _Lines = {}
    for id, verb, detail in told:
        lines.setdefault(id, Counter())[verb, detail] += 1
    return lines


def _taken(backup: str, rows: Rows, found: Salvaged, wanted: _Wanted) -> list[str]:
    if not _is_of_one_embedder(rows, found):
        return []
    lines, done, taken = _lines(rows.others(_AUDIT)), list[str](), set[str]()
    there, given_up = {row["id"] for row in found.memories}, _is_given_up(backup, rows, wanted)
    for row, wrong in rows.of("memories"):
        id = row["id"]
        if wrong is not None or id in there | taken or not (id in wanted.memories or (wanted.more and not given_up)):
            continue
        since = wanted.lines.get(id, Counter()) - lines.get(id, Counter())
        any_version = (None,) if not given_up else ()
        if since or wanted.memories.get(id) not in (*any_version, row["version"]):
            wanted.elsewhere.setdefault(id, _of_before(backup, row))
            continue
        _take_memory(row, rows, found)
        wanted.memories.pop(id, None)
        taken.add(id)
        done.append(f"memory {id} was damaged or missing: it is as backups/{backup} has it")
    return [*done, *_take_versions(backup, rows, found, wanted, lines, taken)]


def _is_given_up(backup: str, rows: Rows, wanted: _Wanted) -> bool:
    """Whether a backup was made between another one and the moment when that was put back in the memory's place."""
    known = rows.others(_RESTORED)
    for when, detail in wanted.restored:
        with suppress(ValueError, TypeError, KeyError):
            if (when, detail) not in known and backup > json.loads(detail)["backup"]:
                return True
    return False


def _of_before(backup: str, row: Row) -> str:
    return (
        f"memory {row['id']}: backups/{backup} has version {row['version']} of it, from before it was changed:"
        f" import.py --backup {backup} puts all that it holds back"
    )


def _is_of_one_embedder(rows: Rows, found: Salvaged) -> bool:
    with suppress(ValueError, TypeError, KeyError, IndexError):
        theirs = json.loads(str(rows.others(_EMBEDDER)[0][0]))
        with suppress(ValueError):
            return bool(json.loads(found.meta.get("embedder", "")) == theirs)
        return found.dim in (None, theirs["dim"])  # which one wrote ours is lost
    return False


def _take_memory(row: Row, rows: Rows, found: Salvaged) -> None:
    """Put a row of a backup among those that go on, with the versions that were put aside with it."""
    codes = {name: row[name] for name in ("namespace", "session") if row[name] is not None}
    found.memories.append(row | {name: found.code_of(rows.name(code)) for name, code in codes.items()})
    kept = []
    for each in found.damaged:
        if each.table == "versions" and each.row.get("id") == row["id"] and _is_sound(each.row):
            found.versions.append(each.row)
        elif each.table == "memories" and _id_of(each, found) == row["id"]:
            found.versions += filter(_is_sound, each.history)
        else:
            kept.append(each)
    found.damaged[:] = kept


def _take_versions(
    backup: str, rows: Rows, found: Salvaged, wanted: _Wanted, lines: _Lines, taken: set[str]
) -> list[str]:
    """Older versions that are damaged, and those of memories that were taken from this backup."""
    done, current = [], {row["id"]: row["version"] for row in found.memories}
    there = {(row["id"], row["version"]) for row in found.versions}
    for row, wrong in rows.of("versions"):
        name = (row["id"], row["version"])
        if wrong is not None or name in there or not (name in wanted.versions or name[0] in taken):
            continue
        since = wanted.lines.get(name[0], Counter()) - lines.get(name[0], Counter())
        if any(verb in _OF_VERSIONS for verb, _ in since) or row["version"] >= current.get(row["id"], 0):
            continue
        found.versions.append(row)
        found.damaged[:] = [
            each
            for each in found.damaged
            if each.table != "versions" or (each.row.get("id"), each.row.get("version")) != name
        ]
        wanted.versions.discard(name)
        if name[0] not in taken:
            done.append(f"version {name[1]} of memory {name[0]} was damaged: it is as backups/{backup} has it")
    return done


def _is_sound(row: Row) -> bool:
    try:
        return what_is_wrong_with_version(row) is None
    except (KeyError, AttributeError):
        return False
