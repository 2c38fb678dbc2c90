"""What may be lost without harm, on a server: tables that its log does not have, on a line of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import NTMMemoryError
from ntm_memory.postgres.address import Address
from ntm_memory.postgres.server_sql import ServerSQL
from ntm_memory.store.usage import UsageCounters

_Read = TypeVar("_Read")
_SECONDS = 2.0
# in order, so that two that count wait for each other and not both
_COUNT = """
INSERT INTO reads SELECT DISTINCT address, 1, CAST(? AS double precision)
FROM unnest(CAST(? AS bigint[])) AS address ORDER BY address
ON CONFLICT (address) DO UPDATE SET count = reads.count + 1, last = excluded.last
"""


class ServerUsage(UsageCounters):
    """Counters beside the memories; every fault is answered by doing nothing.

    They have a line of their own: what fails in them must not take a transaction with it, and a snapshot of the
    memories may be open while they are written.
    """

    def __init__(self, address: Address, home: Path) -> None:
        super().__init__(home / "usage.db")  # never opened
        self._server = ServerSQL(address, _SECONDS)

    def note_reads(self, addresses: Sequence[int], at: float) -> None:
        """Count a read of each slot."""
        self._run(_COUNT, [(at, list(map(int, addresses)))])

    def close(self) -> None:
        """Close the line."""
        self._server.close()

    def _table(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(slots rising, how often each was read): other machines count too, so the server is asked each time."""
        rows = self._ask("SELECT address, count FROM reads ORDER BY address", (), list) or []
        known, count = np.array([tuple(row) for row in rows], dtype=np.int64).reshape(-1, 2).T
        return known, count

    def _run(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Write, or do nothing; whether it was written."""
        try:
            self._server.begin("", "SET LOCAL synchronous_commit = off", "SET LOCAL lock_timeout = 200")
            try:
                self._server.executemany(statement, rows)
            except BaseException:
                self._server.end("ROLLBACK")
                raise
            self._server.end("COMMIT")
            return True
        except (NTMMemoryError, UnicodeEncodeError):
            return False  # a count is not worth an error

    def _ask(
        self, query: str, arguments: tuple[Any, ...], read: Callable[[list[tuple[Any, ...]]], _Read]
    ) -> _Read | None:
        try:
            return read(self._server.execute(query, arguments).fetchall())
        except (NTMMemoryError, ValueError, TypeError, OverflowError, RecursionError):
            return None
