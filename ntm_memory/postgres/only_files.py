"""What only a file can do, said of a store on a server: one sentence, and what to do instead."""

from __future__ import annotations

from ntm_memory.errors import BadValueError

_INSTEAD = {
    "backup": (
        "no file of this machine is a backup of a memory on PostgreSQL",
        "put one back with pg_restore, make one with pg_dump",
    ),
    "salvage": (
        "nothing is salvaged from a memory on PostgreSQL",
        "export.py PATH reads it, pg_dump copies its tables",
    ),
    "encryption": (
        "a memory on PostgreSQL is not encrypted by a key of ours",
        "encrypt the server's disk, and the line to it (sslmode=verify-full in store.url); leave privacy.encrypt off",
    ),
}


def refuse_on_server(url: str | None, what: str) -> None:
    """Refuse what only a file can do.

    Args:
        url: `store.url`; None: the memory is a file, and nothing is refused.
        what: `backup` (putting one back), `salvage` or `encryption`.

    Raises:
        BadValueError: the memory is on a server.
    """
    if url is not None:
        raise BadValueError(*_INSTEAD[what])
