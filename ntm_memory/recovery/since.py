"""What was done since a backup was made and must outlive it: retractions, purges, the audit."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from ntm_memory.errors import StoreError
from ntm_memory.privacy import cipher
from ntm_memory.privacy.tombstones import Tombstone, Tombstones
from ntm_memory.recovery.encrypted_pages import set_tables_right
from ntm_memory.recovery.files import copy_as_it_is, drafts_beside, opened
from ntm_memory.store import open_store
from ntm_memory.upkeep.backup_purge import remove_from
from ntm_memory.upkeep.retractions import retract_again

_LINES = """
SELECT at, who, verb, id, (SELECT name FROM names WHERE code = namespace), detail FROM audit ORDER BY row
"""
_ADD = """
INSERT INTO audit (at, who, verb, id, namespace, detail) VALUES (?, ?, ?, ?, (SELECT code FROM names WHERE name = ?), ?)
"""
_OF_VERSION = "version purged"
_Line = tuple[str, str, str, "str | None", "str | None", "str | None"]


class Since(NamedTuple):
    """What the replaced file knows and the backup may not.

    Args:
        tombstones: of what was retracted.
        lines: of the audit, the oldest first.
        purged: (id, version) of what was removed for good and is not there again; version None: whole memories.
    """

    tombstones: list[Tombstone]
    lines: list[_Line]
    purged: list[tuple[str, int | None]]


def known_to(path: Path) -> Since | None:
    """What a memory file knows of retractions, purges and the audit; None where it cannot be read any more."""
    found = _known_to(path)
    if found is not None or not cipher.is_plain(path):
        return found
    with suppress(StoreError, OSError), drafts_beside(path) as drafts:
        copy_as_it_is(path, drafts / "copy.db")
        set_tables_right(drafts / "copy.db")
        return _known_to(drafts / "copy.db")
    return None


def _known_to(path: Path) -> Since | None:
    try:
        with closing(opened(path)) as sql:
            lines = sql.execute(_LINES).fetchall()
            there = {id for (id,) in sql.execute("SELECT id FROM memories").fetchall()}
            versions = set(sql.execute("SELECT id, version FROM versions").fetchall())
            gone = [(id, None) for _, _, verb, id, *_ in lines if verb == "purged" and id not in there]
            olds = [(id, json.loads(detail)["version"]) for _, _, verb, id, _, detail in lines if verb == _OF_VERSION]
            purged = [*gone, *(old for old in olds if old not in versions)]
            return Since(Tombstones(sql).all(), lines, list(dict.fromkeys(purged)))
    except (sqlite3.Error, StoreError, ValueError, KeyError, TypeError):
        return None


def bring_up(
    draft: Path, since: Since | None, restored: str, *, force: bool, clock: Callable[[], float] = time.time
) -> dict[str, int]:
    """Bring a copy of a backup up to what was retracted and purged since, and let the audit go on in it.

    Args:
        draft: the copy, which nobody else uses.
        since: what the file knows whose place it takes; None: nothing.
        restored: the backup's name, for the audit.
        force: it comes back as it was, whatever was retracted or purged since.
        clock: unix seconds.

    Returns:
        retracted_again, purged_again: how many memories.

    Raises:
        StoreError: or one of its kinds: it cannot be opened or written.
    """
    open_store(draft, clock=clock, create=False).close()  # its tables may be older
    if since is not None:
        _carry_on(draft, since.lines)
    counts = {"retracted_again": 0, "purged_again": 0}
    with closing(open_store(draft, clock=clock, create=False)) as store:
        store.note("backup restored", backup=restored, forced=force)
        if since is not None and not force:
            with store.transaction():
                counts["purged_again"] = remove_from(store, since.purged)
            done = retract_again(store, since.tombstones)
            counts = {"retracted_again": done["erased"], "purged_again": counts["purged_again"] + done["purged"]}
    return counts


def _carry_on(draft: Path, lines: list[_Line]) -> None:
    """Add the lines that are newer than the backup: all after those that both have from the beginning."""
    with closing(opened(draft)) as sql, sql:
        kept = sql.execute(_LINES).fetchall()
        same = 0
        while same < min(len(kept), len(lines)) and _alike(kept[same], lines[same]):
            same += 1
        sql.executemany(_ADD, lines[same:])


def _alike(one: _Line, other: _Line) -> bool:
    """Whether two lines are one; the name of a namespace goes when its last memory is purged."""
    return (*one[:4], one[5]) == (*other[:4], other[5])
