"""`grant`: the SQL by which a role of the server may read some namespaces of a memory, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.errors import BadValueError
from ntm_memory.paths import data_home
from ntm_memory.postgres import open_server_store


def grant(home: str | Path | None, role: str, namespaces: Sequence[str]) -> list[str]:
    """Say the statements for the owner of the store to run; nothing is changed here.

    Args:
        home: the data folder.
        role: of the server.
        namespaces: that it may read.

    Raises:
        BadValueError: the memory is in a file, or the name of the role is no plain name.
        NotFoundError: a namespace was never written to.
        StoreError: or one of its kinds: the server does not answer.
    """
    folder = data_home(home)
    settings = load_settings(SHIPPED, folder / "config.json").store
    if settings.url is None:
        raise BadValueError("the memory is in a file, which has no roles", "ntm-memory move --to URL first")
    with closing(open_server_store(settings.url, folder, lock_seconds=settings.lock_seconds, create=False)) as store:
        from ntm_memory.postgres.roles import reader_statements
        from ntm_memory.postgres.store import PostgresStore

        assert isinstance(store, PostgresStore)
        return reader_statements(store, role, namespaces)
