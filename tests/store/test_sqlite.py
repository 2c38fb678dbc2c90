"""The SQLite engine fulfils the contract, with and without FTS5, with a rollback journal and with WAL."""

from __future__ import annotations

import pytest

from ntm_memory.store import connection
from ntm_memory.store.records import About, By, Selection
from ntm_memory.store.schema import LATER
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
    store.memory_matrix("default")  # which tells when things happened
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


def test_what_is_rare_is_found_by_an_index(tmp_path):
    """What was changed, is gone or says the same, and what stands out, is read without reading all memories."""
    store = SQLiteStore(tmp_path / "memory.db")
    store.set_embedder(EMBEDDER)
    told = [store.add(*draft(text, key=key)) for text, key in (("x", "k"), ("y", None), ("z", "gone"))]
    store.set_retention(told[2].id, 0)
    asked = []
    store._engine.sql.set_trace_callback(asked.append)
    assert store.find_key("default", "gone", ("erased",)) is not None
    assert len(store.memory_matrix_of_restorable("default")[1]) == 1
    store.memory_matrix_of_former("default")
    assert len(store.alike(Selection("default"), "newest", [told[0].id])) == 1
    for named in (True, False):
        for column in ("importance", "updated_at"):
            end = store.outstanding("default", By(column, named), 1).end
            store.outstanding("default", By(column, named), 1, end)
    store.info()
    assert store.count(state="erased") == 1 and len(list(store.memories())) == 2
    store._engine.sql.set_trace_callback(None)
    used = {"memories_sourced"}
    (restorable,) = {query for query in asked if "strength < 1) ORDER BY +position" in query}
    assert "memories_gone" in str(store._engine.sql.execute(f"EXPLAIN QUERY PLAN {restorable}").fetchall()[0][-1])
    for query in {query for query in asked if " FROM memories" in query}:
        plan = [detail for *_, detail in store._engine.sql.execute(f"EXPLAIN QUERY PLAN {query}")]
        assert not [line for line in plan if line == "SCAN memories"], (query, plan)
        assert not [line for line in plan if "memories_listed (namespace=?)" in line], (query, plan)
        assert not ("TEMP B-TREE" in str(plan) and "LIMIT" in query), (query, plan)
        used |= {name for name in LATER if any(f"{name} " in line for line in plan)}
    assert used == LATER.keys() - {"memories_revised", "memories_tagged"}, used
    found = "EXPLAIN QUERY PLAN SELECT row FROM memories WHERE namespace = 1 AND state = 'live' AND source >= 'a'"
    assert "memories_sourced" in str([tuple(each) for each in store._engine.sql.execute(found)])
