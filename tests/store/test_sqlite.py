"""The SQLite engine fulfils the contract, with and without FTS5, with a rollback journal and with WAL."""

from __future__ import annotations

import pytest

from ntm_memory.store import connection
from ntm_memory.store.records import About, Selection
from ntm_memory.store.sqlite import SQLiteStore

from .drafts import EMBEDDER, Clock, draft, making, with_embedder
from .engine_contract import EngineContract


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["fts5, rollback", "scan, rollback", "fts5, wal"])
def make_store(request, tmp_path, clock, monkeypatch):
    monkeypatch.setattr(connection, "wal_is_safe", lambda: "wal" in request.param)

    def open_one(path):
        store = SQLiteStore(path, clock=clock, word_index=None if "fts5" in request.param else False)
        store._engine.sql.execute("PRAGMA synchronous = OFF")  # durability has tests of its own
        return store

    with making(open_one, lambda fresh: tmp_path / ("fresh.db" if fresh else "memory.db")) as make:
        yield make


@pytest.fixture
def store(make_store):
    return with_embedder(make_store())


class TestSQLite(EngineContract):
    pass


def test_lists_read_an_index_and_one_page_of_rows(tmp_path):
    """No selection and no order reads texts and vectors of what it does not show."""
    store = SQLiteStore(tmp_path / "memory.db")
    store.set_embedder(EMBEDDER)
    store.add(*draft("x", tags=("a",)))
    asked = []
    store._engine.sql.set_trace_callback(asked.append)
    about = About(("x",), "x")
    what = Selection("default", about, ("a",), "fact", "s", "2023-01-01T00:00:00Z", "2029-01-01T00:00:00Z")
    for sort in ("newest", "oldest", "importance", "happened"):
        page = store.selected(Selection("default"), sort)
        store.selected(Selection("default"), sort, 20, page.end)
        store.selected(what, sort)
    store.last_written()
    store._engine.sql.set_trace_callback(None)
    queries = {query for query in asked if " FROM memories" in query and "WHERE row = " not in query}
    assert len(queries) > 10
    for query in queries - {query for query in queries if "WHERE links.id" in query}:
        plan = [detail for *_, detail in store._engine.sql.execute(f"EXPLAIN QUERY PLAN {query}")]
        reads = [line for line in plan if "memories" in line]
        assert reads and all("COVERING INDEX" in line for line in reads), (query, plan)
    store.close()
