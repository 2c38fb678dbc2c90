"""How often a far server is waited for, and that what is not waited for is done all the same."""

from __future__ import annotations

import time

import psycopg
import pytest
from opening import write_config
from store.contract import contents, found
from store.drafts import draft

from bench.postgres.far_line import far_line
from ntm_memory.commands import OpenMemory
from ntm_memory.errors import BadValueError, StoreError

AWAY = 0.03
"""Seconds each way: longer than what is done between two messages takes here, so that each wait is seen."""


@pytest.fixture
def far(url_of, tmp_path):
    """(a line to a server far away, a memory of thirty notes that stays open over it)."""
    home = tmp_path / "memory"
    tiny = {"embedder": {"backend": "tiny"}, "recall": {"confidence_floor": 0}}
    write_config(home, **tiny, store={"url": url_of()})
    near = OpenMemory(str(home))
    for number in range(30):
        near.run({"command": "memorize", "content": f"Note {number}: Mia walks {7 * number} miles", "session": "s1"})
    near.close()
    with far_line(url_of(), AWAY) as line:
        write_config(home, **tiny, store={"url": line.url(url_of())})
        memory = OpenMemory(str(home))
        memory.run({"command": "recall", "query": "Who walks?"})  # so that both lines are open
        yield line, memory
        memory.close()


@pytest.mark.parametrize(
    ("request_", "most"),
    [
        ({"command": "recall", "query": "Mia walks"}, 8),
        ({"command": "recall", "query": "Mia walks", "session": "s1"}, 13),
        ({"command": "memorize", "content": "Tom repairs old bicycles in the shed"}, 17),
        ({"command": "memorize", "content": "Tom repairs old cars", "key": "cars"}, 20),
        ({"command": "erase", "ids_or_key": ["Note 1"], "dry_run": True}, 8),
    ],
)
def test_a_verb_waits_for_the_server_a_few_times(far, request_, most):
    line, memory = far
    before = line.turns
    if request_["command"] == "erase":
        request_ = {**request_, "ids_or_key": [memory.run({"command": "list", "limit": 1})["memories"][0]["id"]]}
        before = line.turns
    memory.run(request_)
    assert 1 <= line.turns - before <= most


def test_where_a_session_looked_is_asked_once(far):
    line, memory = far
    asked = {"command": "recall", "query": "And who else walks?", "session": "s1"}
    assert memory.run(asked)["memories"]  # which leaves a focus and a trace
    before = line.turns
    memory.run(asked)
    assert 1 <= line.turns - before <= 19


def test_many_in_one_transaction_wait_for_each_twice(far, url_of, tmp_path):
    from ntm_memory.postgres import open_server_store

    line, _ = far
    store = open_server_store(line.url(url_of()), tmp_path / "other")
    before = line.turns
    with store.transaction():
        for number in range(10):
            store.add(*draft(f"text {number}", dim=store.dim))
    assert line.turns - before <= 26
    store.close()


def test_the_past_of_many_is_read_at_once(far, url_of, tmp_path):
    from ntm_memory.postgres import open_server_store

    line, _ = far
    near = open_server_store(url_of(), tmp_path / "near")
    for memory in near.memories():
        near.rewrite(memory.id, *draft(f"{memory.content} and more", dim=near.dim, session=memory.session))
    now = near.get(memory.id).updated_at
    near.close()
    store = open_server_store(line.url(url_of()), tmp_path / "other")
    before = line.turns
    assert len(store.memory_matrix_of_former("default")[1]) == 30
    assert len(store.memory_matrix_as_of("default", now)[1]) == 30
    assert line.turns - before <= 8
    store.close()


def test_after_a_look_the_server_waits_for_nothing(store, server):
    """What ends a look is sent with all that ends it: else the line would be called busy, and hold its snapshot."""
    store.add(*draft("one"))
    with store.snapshot():
        assert store.count() == 1
    of_ours = "application_name = 'ntm-memory' AND query = 'COMMIT'"
    query = f"SELECT state, backend_xmin FROM pg_stat_activity WHERE {of_ours}"
    until = time.monotonic() + 20
    with psycopg.connect(server.uri(), autocommit=True) as other:
        while (states := set(other.execute(query).fetchall())) != {("idle", None)}:
            assert time.monotonic() < until, states
            time.sleep(0.05)


def test_what_goes_wrong_with_what_was_not_waited_for_is_told_where_it_was_written(store):
    store.add(*draft("kept"))
    with store.transaction():
        with pytest.raises(StoreError), store.transaction():
            store._engine.sql.execute("INSERT INTO free VALUES (7)")
            store._engine.sql.execute("INSERT INTO free VALUES (7)")
        store.add(*draft("after"))
    assert contents(store) == ["kept", "after"] and store.check() == []
    with pytest.raises(StoreError), store.transaction():
        store.add(*draft("lost"))
        store._engine.sql.execute("INSERT INTO free VALUES (8)")
        store._engine.sql.execute("INSERT INTO free VALUES (8)")
    store.add(*draft("new"))
    assert contents(store) == ["kept", "after", "new"] and found(store, "lost") == {}


def test_an_inner_transaction_that_is_taken_back_with_something_under_way(store):
    with store.transaction():
        store.add(*draft("outer"))
        with pytest.raises(BadValueError), store.transaction():
            store.add(*draft("inner"))
            store._engine.sql.execute("INSERT INTO free VALUES (7)")
            store._engine.sql.execute("INSERT INTO free VALUES (7)")
            raise BadValueError("of the caller", "nothing")
        store.add(*draft("more"))
    assert contents(store) == ["outer", "more"] and store.check() == []


def test_on_a_replica_how_often_it_was_read_is_not_asked(store, monkeypatch):
    memory = store.add(*draft("one"))
    store.note_reads([memory.address])
    assert store.get(memory.id).reads == 1
    real = psycopg.ConnectionInfo.parameter_status
    monkeypatch.setattr(
        psycopg.ConnectionInfo,
        "parameter_status",
        lambda self, name: "on" if name == "in_hot_standby" else real(self, name),
    )
    assert store.get(memory.id).reads == 0
