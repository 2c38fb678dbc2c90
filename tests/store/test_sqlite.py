"""The SQLite engine fulfils the contract, with and without FTS5, with a rollback journal and with WAL."""

from __future__ import annotations

import pytest

from ntm_memory.store import connection
from ntm_memory.store.sqlite import SQLiteStore

from .contract import WritingContract
from .drafts import EMBEDDER, Clock
from .reading_contract import LossyContract, PastContract, ReadingContract, UpkeepContract
from .transaction_contract import TransactionContract


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["fts5, rollback", "scan, rollback", "fts5, wal"])
def make_store(request, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(connection, "wal_is_safe", lambda: "wal" in request.param)
    opened = []

    def make(fresh=False):
        path = tmp_path / ("fresh.db" if fresh else "memory.db")
        opened.append(SQLiteStore(path, clock=clock, word_index=None if "fts5" in request.param else False))
        opened[-1]._engine.sql.execute("PRAGMA synchronous = OFF")  # durability has tests of its own
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(make_store):
    store = make_store()
    store.set_embedder(EMBEDDER)
    return store


class TestSQLite(WritingContract, ReadingContract, PastContract, TransactionContract, LossyContract, UpkeepContract):
    pass
