"""The commands that work also where the memory file cannot be opened."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from ntm_memory import paths
from ntm_memory.config import Settings
from ntm_memory.errors import (
    BadValueError,
    NotFoundError,
    StoreCorruptError,
    StoreError,
    StoreFromFutureError,
    StoreKeyError,
    StoreLockedError,
)
from ntm_memory.persistence.faults import MEND
from ntm_memory.postgres.only_files import refuse_on_server
from ntm_memory.recovery.backups import restore_backup
from ntm_memory.recovery.check import closed
from ntm_memory.recovery.daily import open_backed_up
from ntm_memory.recovery.defaults import settings_of
from ntm_memory.recovery.keyed import key_in_force
from ntm_memory.recovery.rescue import export_salvaged, repair
from ntm_memory.store import open_store


def carry_out(
    arguments: dict[str, Any], home: str | None, config: Mapping[str, Any] | None
) -> tuple[dict[str, Any], bool]:
    """Do what has to be done before a memory is opened.

    Args:
        arguments: of export with `salvage`, of import with `backup`, of status with `repair` or `check`; what is done
            is taken out.
        home: the data folder, as it was told.
        config: settings, as they were told.

    Returns:
        (what there is to say, whether that is the whole answer).
    """
    folder = paths.data_home(home)
    if arguments.get("salvage"):
        refuse_on_server(settings_of(folder, config)[0].store.url, "salvage")  # also where config.json is damaged
        if arguments.get("form", "json") != "json" or arguments.get("namespace") or not arguments.get("path"):
            raise BadValueError("--salvage writes all that is undamaged as json to a PATH", "leave the rest out")
        return export_salvaged(folder, Path(arguments["path"])), True
    settings, notice = settings_of(folder, config)
    if arguments.get("backup"):
        refuse_on_server(settings.store.url, "backup")
        name, kept = str(arguments["backup"]), settings.store.backups
        force = bool(arguments.get("force_retracted"))
        return restore_backup(folder, name, kept, settings.store.lock_seconds, force=force) | notice, True
    answer, is_all = _of_status(arguments, folder, settings)
    return answer | notice, is_all


def _of_status(arguments: dict[str, Any], folder: Path, settings: Settings) -> tuple[dict[str, Any], bool]:
    if settings.store.url is not None:
        return _of_server(arguments, folder, settings), False
    is_there = os.path.lexists(folder / "memory.db")
    done: dict[str, Any] = {}
    if arguments.pop("repair", False):
        # not within an open memory: a file that is no database any more is replaced
        done = {"repaired": repair(folder, settings) if is_there else []}
    if arguments.get("check"):
        try:
            _look_at(folder / "memory.db", settings)
        except (StoreLockedError, StoreFromFutureError):
            raise
        except StoreKeyError:
            key_in_force(folder / "memory.db")  # where the key is the right one, the file's head is damaged
            told = StoreCorruptError(f"the head of {folder / 'memory.db'} is damaged", MEND)
            return closed(folder, told) | done, True
        except StoreError as error:
            return closed(folder, error) | done, True
        except NotFoundError:
            pass  # there is none yet
    return done, False


def _of_server(arguments: dict[str, Any], folder: Path, settings: Settings) -> dict[str, Any]:
    """Of a memory on a server only what follows from the memories is made anew; its pages are the server's matter."""
    if not arguments.pop("repair", False):
        return {}
    with closing(open_backed_up(folder, settings, time.time)[0]) as store:
        return {"repaired": store.repair()}


def _look_at(path: Path, settings: Settings) -> None:
    """Open a memory, and look at its pages where it is encrypted: many a verb stops at the first bad one.

    Raises:
        NotFoundError, StoreError: there is none, or it cannot be used.
    """
    with closing(open_store(path, lock_seconds=settings.store.lock_seconds, create=False)) as store:
        if store.encrypted:
            store.check()
            store.count()
