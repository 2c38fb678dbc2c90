"""What is derived from a namespace's memories and kept beside the store: of which state it is, what was written since.

As the memory matrix, it is a derived file: the database is the truth, and losing it loses nothing. Nothing that was
purged may stay in it, so it goes with the first purge after it was written.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.files import derived_files
from ntm_memory.errors import BadValueError, StoreError
from ntm_memory.persistence.fixed_arrays import Arrays, identity_of, read_fixed, write_fixed
from ntm_memory.persistence.mapped_arrays import UNREADABLE

_PURPOSE = "ntm-index-1"
_PATIENCE = 0.2


class OpenStore(Protocol):
    """What is asked of a store that is open: `store.engine.Engine`, or a server's."""

    path: Path
    sql: Any
    ledger: Any
    connection: Any
    live_matrix: Any

    @property
    def encrypted(self) -> bool:
        """Whether what is kept can be read with a key only."""

    def now(self) -> Any:
        """Its state: uuid, seq, purges, dim."""

    def reading(self) -> AbstractContextManager[None]:
        """One state of it for several queries."""

    def writing(self) -> AbstractContextManager[None]:
        """A transaction."""


@dataclass(frozen=True)
class StoreState:
    """A state of a store as seen by one process.

    Args:
        seq: the sequence number that was given last.
        purges: how often rows were removed for good, which no row tells any more.
        rollbacks: how often this process took back what it had read already.
    """

    seq: int
    purges: int
    rollbacks: int


@dataclass(frozen=True)
class WrittenSince:
    """What was written in a namespace since an earlier state.

    Args:
        state: the one that is now.
        positions: (n,) int64 rising, of memories in any state of theirs, live or not.
    """

    state: StoreState
    positions: NDArray[np.int64]


@dataclass(frozen=True)
class DerivedArrays:
    """What was kept of a namespace, and of which state."""

    state: StoreState
    arrays: Arrays


def folder_of(engine: OpenStore) -> Path:
    """The data folder of an open store: a server's, too, has one on this machine."""
    return engine.path if engine.path.is_dir() else engine.path.parent


def damaged_files(engine: OpenStore) -> list[str]:
    """Those that are believed unread, being what was written, and are not what was written."""
    damaged, rows = [], engine.sql.execute("SELECT name, value FROM meta WHERE substr(name, 1, 13) = 'matrix index '")
    known = {" ".join(value.split(" ")[1:]) for _, value in rows.fetchall()}
    for file in derived_files(folder_of(engine)) if not engine.encrypted else ():
        with suppress(OSError):
            if identity_of(file.stat()) in known:
                try:
                    read_fixed(file)
                except UNREADABLE:
                    damaged.append(file.name)
    return damaged


class DerivedStore:
    """Beside an open store.

    Args:
        engine: of it.
        place: which of several machines this is that share it.
    """

    def __init__(self, engine: OpenStore, place: str = "") -> None:
        self._engine = engine
        self._place = place
        self._folder = folder_of(engine)

    def written_since(self, namespace: str, seq: int) -> WrittenSince:
        """What was written in a namespace after a sequence number; with −1 only the state is told."""
        with self._engine.reading():
            ledger, none = self._engine.ledger, np.empty(0, dtype=np.int64)
            state = StoreState(ledger.seq(), ledger.purges(), ledger.rollbacks)
            code = ledger.known_code(namespace)
            if seq < 0 or code is None or state.seq == seq:
                return WrittenSince(state, none)
            query = "SELECT position FROM memories INDEXED BY memories_seq WHERE seq > ? AND +namespace = ?"
            rows = self._engine.sql.execute(query, (seq, code)).fetchall()
            return WrittenSince(state, np.array(sorted(position for (position,) in rows), dtype=np.int64))

    def load(self, namespace: str) -> DerivedArrays | None:
        """What was kept of a namespace; None where nothing was, or nothing that is to be believed."""
        with self._engine.reading():
            code = self._engine.ledger.known_code(namespace)
            token, _, identity = self._token(code).partition(" ")
            if code is None or not token:
                return None
            now = self._now(token)
            rollbacks = self._engine.ledger.rollbacks
        try:
            told = read_fixed(self._file(code), identity, self._sealing("unseal"))
            head = told.head
            same = all(head[name] == now[name] for name in ("uuid", "purges", "dim", "token"))
            if same and 0 <= head["seq"] <= now["seq"] and head["namespace"] == code:
                return DerivedArrays(StoreState(head["seq"], head["purges"], rollbacks), told.arrays)
        except UNREADABLE:
            with suppress(OSError):
                self._file(code).unlink(missing_ok=True)
        return None  # one with another token stays: a process may be about to tell the store of it

    def save(self, namespace: str, state: StoreState, arrays: Arrays) -> bool:
        """Keep what was derived from a state of a namespace; False where that cannot be: nothing is lost by it.

        For a store that is about to be closed: from then on it waits for others no longer than a moment.
        """
        code = self._engine.ledger.known_code(namespace)
        if code is None or self._engine.connection.in_transaction:
            return False
        self._engine.connection.wait_at_most(_PATIENCE)
        token = os.urandom(8).hex()
        # one transaction: a copy of the database either has the token and all that is in the file, or has neither
        try:
            with self._engine.writing():
                now = self._now(token)
                is_past = (state.purges, state.rollbacks) == (now["purges"], self._engine.ledger.rollbacks)
                if not is_past or state.seq > now["seq"]:
                    return False
                stamp = now | {"seq": state.seq, "namespace": code}
                identity = write_fixed(self._file(code), stamp, arrays, self._sealing("seal"))
                self._engine.ledger.set_meta(self._name(code), f"{token} {identity}")
        except (OSError, BadValueError, OverflowError, StoreError):
            return False
        return True

    def drop_damaged(self) -> list[str]:
        """Remove the derived files that are not what was written, and what was made from such; their names."""
        with self._engine.reading():
            damaged = damaged_files(self._engine)
            if self._engine.live_matrix.drop_damaged():
                return ["matrix.bin", *damaged]
        for name in damaged:
            with suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)
        return damaged

    def _now(self, token: str) -> dict[str, Any]:
        """Which state a file of this moment agrees with; two stores with the same token have one past."""
        now = self._engine.now()
        return {"uuid": now.uuid, "seq": now.seq, "purges": now.purges, "dim": now.dim, "token": token}

    def _token(self, code: int | None) -> str:
        return "" if code is None else self._engine.ledger.meta(self._name(code))

    def _name(self, code: int) -> str:
        return f"matrix index {code} {self._place}".rstrip()

    def _file(self, code: int) -> Path:
        return self._folder / f"index-{code}.bin"

    def _sealing(self, way: str) -> Any:
        key = self._engine.connection.key if self._engine.encrypted else None
        if key is None:
            return None
        from ntm_memory.privacy import sealing

        return partial(getattr(sealing, way), key=key, purpose=_PURPOSE)
