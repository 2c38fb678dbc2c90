"""All files of a data folder: one line a fault, each with what to do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ntm_memory.codes.files import derived_files
from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.errors import NTMMemoryError, StoreError
from ntm_memory.operations.context import TUNED
from ntm_memory.paths import bytecode_dir, environment_dir, weights_dir
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.recovery.backups import backups, described, unusable
from ntm_memory.recovery.damaged import FOLDER, files_kept
from ntm_memory.recovery.files import is_whole, memories_in, opened
from ntm_memory.recovery.keyed import refuse_other_key
from ntm_memory.recovery.sound import is_sound, sound_memories_in

_PREVIOUS = "recall.previous.json"
_USAGE = {
    "reads": "SELECT count(*) FROM reads WHERE typeof(address) <> 'integer' OR typeof(count) <> 'integer'"
    " OR typeof(last) NOT IN ('real', 'integer')",
    "focus": "SELECT count(*) FROM focus WHERE NOT json_valid(looked)",
}


def check_home(home: Path, faults_of_store: list[str]) -> list[str]:
    """Look at every file of a data folder.

    Args:
        home: the data folder.
        faults_of_store: what the store says of its own files.

    Returns:
        one line a fault, with what to do; empty when all is sound.
    """
    return [*faults_of_home(home, faults_of_store), *worth_a_look(home)]


def worth_a_look(home: Path) -> list[str]:
    """Those of the lines of `check_home` that tell of no damage: drafts, what repairs put aside, permissions."""
    return [*_left_over(home), *_permissions(home)]


def faults_of_home(home: Path, faults_of_store: list[str]) -> list[str]:
    """Those of the lines of `check_home` that tell of damage."""
    lines = [f"memory.db: {line}: run status.py --repair" for line in faults_of_store]
    for part in (_usage, _folders, _learned, _config, _backups):
        lines += part(home)
    return lines


def closed(home: Path, error: NTMMemoryError) -> dict[str, Any]:
    """What `status --check` says where the memory file cannot be opened."""
    lines = check_home(home, [])
    told = f"memory.db: {error.message}: {error.hint}"
    found = {"integrity": [error.message], "files": [told, *lines], "sound": False}
    return {"home": str(home), **found, "backups": described(home)}


def _usage(home: Path) -> Iterator[str]:
    file = home / "usage.db"
    if not file.exists():
        return
    if not file.is_file() or not os.access(file, os.R_OK | os.W_OK):
        yield "usage.db: cannot be read and written: it only counts; move it away, and counters begin at 0"
        return
    with suppress(sqlite3.OperationalError):  # busy: it is somebody's at this moment
        try:
            with closing(opened(file, read_only=True, timeout=0.2)) as sql:
                whole = sql.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
                wrong = [name for name, query in _USAGE.items() if sql.execute(query).fetchone()[0]]
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            whole, wrong = False, []
        except sqlite3.DatabaseError:
            whole, wrong = False, []
        if not whole or wrong:
            what = f" ({', '.join(wrong)})" if wrong else ""
            yield f"usage.db: damaged{what}: it only counts; remove it, and counters begin at 0"


def _learned(home: Path) -> Iterator[str]:
    for name, then in ((TUNED, "run tune.py --revert, or remove it"), (_PREVIOUS, "remove it")):
        if (home / name).exists():
            try:
                load_parameters(home / name)
            except NTMMemoryError as error:
                yield f"{name}: {error.message}: {then}"


def _config(home: Path) -> Iterator[str]:
    try:
        load_settings(SHIPPED, home / "config.json")
    except NTMMemoryError as error:
        yield f"config.json: {error.message}: {error.hint}"


def _backups(home: Path) -> Iterator[str]:
    wrong = unusable(home)
    if wrong is not None:
        yield f"{wrong}: no backup can be made: make it a folder of your own"
    for file in backups(home):
        what = _wrong_with(file)
        if what is not None:
            yield f"backups/{file.name}: {what}"


def _wrong_with(backup: Path) -> str | None:
    if not os.access(backup, os.R_OK):
        return "may not be read: check its owner and permissions"
    try:
        refuse_other_key(backup, "it")
        if is_sound(backup):
            return None if memories_in(backup) else "holds no memory: remove it"
        if not is_whole(backup):
            return "damaged: remove it"
        return f"damaged: {sound_memories_in(backup)} of {memories_in(backup)} memories in it are as they were written"
    except StoreError as error:
        return error.message


def _folders(home: Path) -> Iterator[str]:
    for name in ("memory.lock", "matrix.bin", *(file.name for file in derived_files(home))):
        if (home / name).exists() and not ((home / name).is_file() and os.access(home / name, os.R_OK | os.W_OK)):
            yield f"{name}: cannot be read and written: move it away, it is made again"
    if os.path.lexists(home / FOLDER) and not _is_open(home / FOLDER):
        yield f"{FOLDER}: is no folder that can be read: move it away"


def _is_open(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)


def _left_over(home: Path) -> Iterator[str]:
    kept = files_kept(home)
    if kept:
        yield f"{FOLDER}/: {len(kept)} files that repairs put aside: tell again what is worth it, then remove them"
    folders = [each for each in (home, home / "backups", home / FOLDER) if _is_open(each)]
    drafts = [draft for folder in folders for draft in folder.glob("*.tmp")]
    if drafts:
        yield f"{len(drafts)} drafts of interrupted writers ({drafts[0].name}, …): remove them if nothing is running"


def _permissions(home: Path) -> Iterator[str]:
    if os.name == "posix":
        with suppress(OSError):
            installed = {environment_dir(), bytecode_dir(environment_dir()), weights_dir()}  # no memory lies there
            looked_at = [file for file in (home, *home.iterdir()) if file not in installed]
            open_to_all = [file.name for file in looked_at if file.lstat().st_mode & 0o077]
            if open_to_all:
                yield f"others may read {', '.join(sorted(open_to_all)[:5])}: run chmod -R go-rwx {home}"
