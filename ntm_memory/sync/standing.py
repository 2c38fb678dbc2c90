"""What `status` tells of syncing, and whether there is anything to do, without opening the memory."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ntm_memory.config import SHIPPED, Settings, load_settings
from ntm_memory.errors import NTMMemoryError
from ntm_memory.privacy import cipher
from ntm_memory.privacy.keys import find_key
from ntm_memory.sync.folder import checked_folder, device_of, logs_in, signature
from ntm_memory.sync.git_remote import git_of
from ntm_memory.sync.other_logs import HOLDING, holding_devices
from ntm_memory.sync.state import NAME

_PATIENCE = 0.2
_COMMAND = "import sys; from ntm_memory.cli import main; sys.exit(main('sync', sys.argv[1:]))"


def standing(home: Path, settings: Settings) -> dict[str, Any]:
    """Of a memory that syncs: when it last did, of how many devices it knows, how many conflicts there are.

    Args:
        home: the data folder.
        settings: of the memory system.
    """
    if settings.sync.folder is None:
        return {}
    told: dict[str, Any] = {"folder": settings.sync.folder, "last": None}
    try:
        checked_folder(settings.sync.folder, home)
    except NTMMemoryError as error:
        told["wrong"] = error.message
    with suppress(sqlite3.Error, OSError, NTMMemoryError):
        if (home / NAME).is_file():
            with closing(_opened(home)) as sql:
                told |= dict(_told(sql))
    return {"sync": told}


def in_conflict(home: Path, settings: Settings) -> set[str]:
    """The ids of the memories of which two devices told different texts without knowing of each other's."""
    found: set[str] = set()
    if settings.sync.folder is not None and (home / NAME).is_file():
        with suppress(sqlite3.Error, OSError, NTMMemoryError), closing(_opened(home)) as sql:
            found |= {id for (id,) in sql.execute("SELECT id FROM memories WHERE rivals > 0")}
    return found


def is_due(home: Path, settings: Settings) -> bool:
    """Whether a sync would find anything, by the files alone: the logs, and the memory's own."""
    if settings.sync.folder is None:
        return False
    try:
        folder = checked_folder(settings.sync.folder, home)
        if settings.store.url is not None or git_of(folder, settings.sync.git) is not None:
            return True  # no file tells what was written there
        with closing(sqlite3.connect(f"{(home / NAME).as_uri()}?mode=ro", uri=True, timeout=0.1)) as sql:
            known = dict(sql.execute("SELECT name, signature FROM files"))
            found = {path.name: signature(path) for path in logs_in(folder)}
            return known != found or _meta(sql, "memory") != of_memory(home)
    except NTMMemoryError:
        return False  # `sync.py` says what is wrong
    except sqlite3.Error:
        return True


def of_memory(home: Path) -> str:
    """By what it is noticed that somebody wrote into the memory file."""
    return " | ".join(signature(home / name) for name in ("memory.db", "memory.db-wal"))


def begin_soon(home: Path) -> None:
    """The same as `begin`, for whoever must not wait for a folder that does not answer, or for anything else."""

    def try_it() -> None:
        with suppress(Exception):
            begin(home)

    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(_PATIENCE)


def begin(home: Path) -> bool:
    """Sync in a process of its own, for which nobody waits, where there is anything to do; whether it was started."""
    if not is_due(home, load_settings(SHIPPED, home / "config.json")):
        return False
    path = os.pathsep.join(filter(None, sys.path))
    started = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "--home", str(home), "--format", "json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
    threading.Thread(target=started.wait, daemon=True).start()  # else what has ended stays among the processes
    return True


def _opened(home: Path) -> sqlite3.Connection:
    salt = cipher.salt_of(home / NAME)
    return cipher.connect(home / NAME, None if salt is None else find_key(salt), timeout=1.0)


def _told(sql: sqlite3.Connection) -> Iterator[tuple[str, Any]]:
    own = {_meta(sql, "device"), *_meta(sql, "former").split()}  # one machine, however often it was renamed
    devices = {device_of(name) for (name,) in sql.execute("SELECT name FROM files")} - own
    (conflicts,) = sql.execute("SELECT count(*) FROM memories WHERE rivals > 0").fetchone()
    (due,) = sql.execute("SELECT count(*) FROM memories WHERE due").fetchone()
    yield from {"last": _meta(sql, "synced") or None, "device": _meta(sql, "device")}.items()
    yield from {"devices": 1 + len(devices), "conflicts": conflicts, "due": due}.items()
    if holding := holding_devices(_meta(sql, HOLDING)):
        yield "holding", holding


def _meta(sql: sqlite3.Connection, name: str) -> str:
    row = sql.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return "" if row is None else str(row[0])
