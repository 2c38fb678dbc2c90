"""What only the Python environment can tell: its packages, the embedder's weights, how the real memory is; it reads."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Any

from ntm_memory import paths
from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.errors import EmbedderError, NTMMemoryError
from ntm_memory.paths import expanded

NEEDED = ("numpy", "PyYAML", "snowballstemmer", "threadpoolctl", "tzdata")
OPTIONAL = ("sentence-transformers", "sqlcipher3", "cryptography", "keyring", "matplotlib", "psycopg")
_LOOKED = {"command": "status", "check": True, "config": {"store": {"backups": 0}}}
"""A status that makes no backup, as any other opening of a memory may."""


def report(home: str | None) -> dict[str, Any]:
    """One object for `doctor`; what went wrong with a part stands in it as `error`, message and hint.

    Args:
        home: the data folder, as it was told.
    """
    return {
        "python": sys.version.split()[0],
        "prefix": sys.prefix,
        "sqlite": sqlite3.sqlite_version,
        "packages": {name: _version(name) for name in (*NEEDED, *OPTIONAL)},
        "embedder": _told(lambda: _embedder(home)),
        "training": _told(_training),
        "memory": _told(lambda: _memory(home)),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _told(look: Any) -> dict[str, Any]:
    try:
        found: dict[str, Any] = look()
    except NTMMemoryError as error:
        return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    except ModuleNotFoundError as error:
        hint = paths.setup_hint()
        return {"error": {"code": "not_set_up", "message": f"the environment lacks {error.name}", "hint": hint}}
    return found


def _training() -> dict[str, Any]:
    """Whether training runs in the compiled kernel."""
    from ntm_memory.training.compiled import built

    return {"kernel": built()}


def _embedder(home: str | None) -> dict[str, Any]:
    """The backend, and of the default one the weights file, all of whose bytes are looked at."""
    settings = load_settings(SHIPPED, paths.data_home(home) / "config.json").embedder
    if settings.backend != "e5":
        return {"backend": settings.backend, "model": settings.model}
    from ntm_memory.embedding.weights import check, find_weights

    file = expanded(settings.model) if settings.model else find_weights()
    try:
        check(file, None)
    except EmbedderError as error:
        raise EmbedderError(error.message, error.hint or paths.setup_hint()) from error
    return {"backend": "e5", "weights": str(file), "bytes": file.stat().st_size}


def _memory(home: str | None) -> dict[str, Any]:
    """Counts and faults, no text; a file of an older schema is not opened, for that would bring it up to date."""
    folder = paths.data_home(home)
    file = folder / "memory.db"
    from ntm_memory.recovery.daily import left_beside
    from ntm_memory.recovery.defaults import settings_of

    url = settings_of(folder, None)[0].store.url
    if url is not None:
        return _open_one(folder) | {"beside": left_beside(url, folder)}
    if not file.is_file() or not file.stat().st_size:
        return {"there": False}
    from ntm_memory.persistence.faults import faults
    from ntm_memory.recovery.files import opened
    from ntm_memory.store import schema

    with faults(file), closing(opened(file, read_only=True, timeout=2.0)) as sql:
        version = schema.version_of(sql)
    if version < schema.VERSION:
        return {"there": True, "schema": version, "newest_schema": schema.VERSION}
    return _open_one(folder) | {"bytes": file.stat().st_size}


def _open_one(folder: Path) -> dict[str, Any]:
    from ntm_memory.commands import run

    status = run({**_LOOKED, "home": str(folder)})
    wrong = [status[name] for name in ("integrity", "files") if status[name] != "ok"]
    return {
        "there": True,
        "schema": status.get("store", {}).get("schema_version"),
        "server": _server(status),
        "memories": status.get("memories"),
        "bytes": status.get("store", {}).get("bytes", 0),
        "faults": len(wrong[0]) if wrong else 0,
        "damaged": status["integrity"] != "ok",
        "warnings": len(status.get("warnings", ())),
        "encrypted": status.get("encryption", "off") != "off",
        "backups": [_name(backup) for backup in status["backups"]],
    }


def _server(status: dict[str, Any]) -> str | None:
    """Which server keeps a memory, as `status` tells it, and where on it; None: it is a file."""
    store = status.get("store", {})
    return f"{store['engine']}, {store['path']}" if store.get("journal_mode") == "server" else None


def _name(backup: Any) -> str:
    return str(backup["name"] if isinstance(backup, dict) else backup)
