"""The same store on a PostgreSQL server, for many machines: `store.url` in config.json chooses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from ntm_memory.errors import NotSetUpError
from ntm_memory.paths import setup_hint

if TYPE_CHECKING:
    from ntm_memory.store.base import Store

__all__ = ["EXTRA", "open_server_store"]

EXTRA = "postgres"
"""The optional part of the installation that brings the client library."""


def open_server_store(
    url: str,
    home: Path,
    *,
    lock_seconds: float = 10.0,
    clock: Callable[[], float] = time.time,
    create: bool = True,
    on_write: Callable[[], object] | None = None,
    zone: tzinfo | None = None,
) -> Store:
    """Open the store on a server; see `PostgresEngine` for arguments and errors.

    Raises:
        NotSetUpError: the client library psycopg is not installed.
        StoreError: or one of its kinds: the server does not answer, or refuses.
    """
    require_client()
    from ntm_memory.postgres.store import PostgresStore

    return PostgresStore(url, home, on_write=on_write, lock_seconds=lock_seconds, clock=clock, create=create, zone=zone)


def require_client() -> None:
    """Ask for the client library.

    Raises:
        NotSetUpError: it is not installed.
    """
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise NotSetUpError("a memory on PostgreSQL needs the library psycopg", setup_hint(EXTRA)) from error
