"""The commands that work also where the memory file cannot be opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ntm_memory import paths
from ntm_memory.config import ROOT, SHIPPED, load_settings
from ntm_memory.errors import BadValueError, StoreCorruptError, StoreError
from ntm_memory.store import open_store
from ntm_memory.upkeep.backups import restore_backup
from ntm_memory.upkeep.check import closed
from ntm_memory.upkeep.rescue import export_salvaged, repair


def answer(
    command: str, name: str, arguments: dict[str, Any], home: str | None, config: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What a command answers before a memory is opened; None: the memory shall be opened, and answers itself.

    Args:
        command: export, import or status.
        name: the argument that makes it such a command: salvage, backup, repair or check.
        arguments: of the command.
        home: the data folder, as it was told.
        config: settings, as they were told.
    """
    folder = paths.data_home(home)
    told = dict((config or {}).get(ROOT, config or {}))
    settings = load_settings(SHIPPED, folder / "config.json", overrides=told)
    if (command, name) == ("export", "salvage"):
        if arguments.get("form", "json") != "json" or arguments.get("namespace") or not arguments.get("path"):
            raise BadValueError("--salvage writes all that is undamaged as json to a PATH", "leave the rest out")
        return export_salvaged(folder, Path(arguments["path"]))
    if (command, name) == ("import", "backup"):
        return restore_backup(folder, str(arguments["backup"]), settings.store.backups, settings.store.lock_seconds)
    if command != "status":
        return None
    try:
        open_store(folder / "memory.db", lock_seconds=settings.store.lock_seconds, create=False).close()
    except StoreError as error:
        if name == "repair":
            return {"home": str(folder), "repaired": repair(folder, settings)}
        if isinstance(error, StoreCorruptError):
            return closed(folder, error)
        raise
    except LookupError:
        pass  # there is none yet
    return None
