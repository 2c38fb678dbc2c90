"""Where memories are kept: records, key vectors, index words."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ntm_memory.store.base import Store

__all__ = ["open_store"]


def open_store(
    path: Path,
    *,
    lock_seconds: float = 10.0,
    clock: Callable[[], float] = time.time,
    create: bool = True,
    encrypt: bool = False,
    on_write: Callable[[], object] | None = None,
    before_upgrade: Callable[[], object] | None = None,
    zone: tzinfo | None = None,
) -> Store:
    """Open the store in a file; see `Engine` and `SQLiteStore` for arguments and errors."""
    from ntm_memory.store.sqlite import SQLiteStore

    options: dict[str, Any] = {
        "lock_seconds": lock_seconds,
        "clock": clock,
        "create": create,
        "encrypt": encrypt,
        "zone": zone,
    }
    return SQLiteStore(path, on_write=on_write, before_upgrade=before_upgrade, **options)
