"""Rows that nobody can vouch for, kept as files that a person can read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ntm_memory.paths import ensure_private_dir
from ntm_memory.persistence.atomic import replace_text
from ntm_memory.recovery.files import drafts_beside
from ntm_memory.recovery.salvaged import Damaged, Salvaged

FOLDER = "damaged"
_UNUSUAL = re.compile(r"[^\w.-]")


def keep_damaged(home: Path, when: str, salvaged: Salvaged) -> list[str]:
    """Write each damaged row into a file of its own in `damaged/`; what was done, one line each.

    Args:
        home: the data folder.
        when: the beginning of the files' names.
        salvaged: what was read.
    """
    folder, done = ensure_private_dir(home / FOLDER), []
    with drafts_beside(folder / when) as drafts:  # what a kill leaves of them is removed, for it may be read
        for number, each in enumerate(salvaged.damaged):
            id = _UNUSUAL.sub("_", str(each.row.get("id")))[:40]
            file = folder / f"{when}-{number}-{each.table}-{id}.json"
            draft = drafts / file.name
            replace_text(draft, json.dumps(_readable(each, salvaged), ensure_ascii=False, indent=1))
            os.replace(draft, file)
            done.append(f"{each.name} is damaged ({each.failed}): what can be read of it is in {FOLDER}/{file.name}")
    return done


def unused_beginning(home: Path, when: str) -> str:
    """The beginning of the names of what one repair keeps: its second, and a number where that one has been used."""
    taken = {file.name for file in files_kept(home)}
    begins = (f"{when}.{number}" if number else when for number in range(len(taken) + 1))
    return next(begin for begin in begins if not any(name.startswith(f"{begin}-") for name in taken))


def files_kept(home: Path) -> list[Path]:
    """What repairs left in `damaged/`."""
    try:
        return sorted(file for file in (home / FOLDER).iterdir() if file.is_file())
    except OSError:
        return []


def _readable(damaged: Damaged, salvaged: Salvaged) -> dict[str, Any]:
    links = [
        row for row in salvaged.others.get("links", ()) if damaged.row.get("id") in (row.get("id"), row.get("target"))
    ]
    codes = ((name, damaged.row.get(name)) for name in ("namespace", "session"))
    return {
        "table": damaged.table,
        "failed": damaged.failed,
        "names": {name: salvaged.name(code) for name, code in codes if isinstance(code, int)},
        **_parts([damaged.row])[0],
        "history": _parts(damaged.history),
        "links": _parts(links),
    }


def _parts(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each row the values that can be read as what they are, and the bytes of the others in hexadecimal."""
    found = []
    for row in rows:
        hexadecimal = {name: _bytes(value).hex() for name, value in row.items() if not _is_readable(value)}
        found.append({"read": {n: v for n, v in row.items() if n not in hexadecimal}, "hex": hexadecimal})
    return found


def _is_readable(value: Any) -> bool:
    try:
        return not isinstance(value, bytes) and isinstance(str(value).encode(), bytes)
    except UnicodeEncodeError:
        return False


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
