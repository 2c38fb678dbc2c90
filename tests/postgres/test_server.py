"""A server that goes away and comes back, many processes and machines at once: nothing acknowledged is lost."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from store.contract import contents, found
from store.drafts import EMBEDDER, draft

from bench.postgres.server_load import load
from ntm_memory.errors import NotFoundError, StoreCorruptError, StoreError, StoreFromFutureError, StoreLockedError
from ntm_memory.postgres import open_server_store
from ntm_memory.postgres.server_faults import MAY_BE_WRITTEN, LineLostError


@pytest.fixture(scope="module")
def server():
    """One of its own: the other tests' server is not killed."""
    from bench.postgres.own_server import own_server

    with own_server() as running:
        yield running


def test_writers_and_readers_at_once_lose_and_double_nothing(server, url_of):
    figures = load(server, url_of().rpartition("=")[2], 3.0, 3, 2, 0)
    assert figures["errors"] == {} and figures["acknowledged"] >= 1 and figures["read"] >= 1


def test_what_was_acknowledged_survives_a_kill_of_the_server(server, url_of):
    figures = load(server, url_of().rpartition("=")[2], 4.0, 2, 1, 1)
    # `load` itself compares what is there with what was acknowledged
    assert figures["kills"] == 1 and figures["acknowledged"] >= 1 and set(figures["errors"]) <= {"LineLostError"}


@pytest.fixture
def away(server):
    """Stops the server for the block, and starts it again whatever happens."""

    class Away:
        def __enter__(self):
            server.stop_at_once()

        def __exit__(self, *error):
            server.start()

    return Away()


def test_a_server_that_was_away_between_two_calls_is_connected_anew(store, away):
    kept = store.add(*draft("kept word"))
    store.note_reads([kept.address])
    assert contents(store) == ["kept word"]
    with away:
        for call in (
            lambda: store.add(*draft("lost")),
            lambda: store.get(kept.id),
            lambda: store.memory_matrix("default"),
        ):
            with pytest.raises(LineLostError) as caught:
                call()
            assert caught.value.exit_code == 5 and caught.value.hint
        store.note_reads([kept.address])  # not worth an error
    assert contents(store) == ["kept word"] and store.check() == []
    store.add(*draft("new word"))
    assert found(store, "word") == {"kept word": 1, "new word": 1}


def test_a_transaction_whose_server_goes_away_writes_nothing(store, away, server):
    with pytest.raises(LineLostError), store.transaction():
        store.add(*draft("half"))
        server.stop_at_once()
        try:
            store.add(*draft("other half"))
        finally:
            server.start()
    assert store.count() == 0 and contents(store) == []
    with store.transaction():
        store.add(*draft("whole"))
    assert contents(store) == ["whole"]


def test_a_snapshot_whose_server_goes_away_says_so_once(store, server):
    memory = store.add(*draft("one"))
    with pytest.raises(LineLostError), store.snapshot():
        server.stop_at_once()
        server.start()
        store.get(memory.id)
    assert store.get(memory.id).content == "one"


def test_a_line_that_breaks_in_the_last_step_leaves_in_doubt(store, monkeypatch):
    sql = store._engine.server
    real = sql.end

    def breaks(how, first=None, **options):
        if how == "COMMIT" and first is not None:
            sql._line.pgconn.finish()
        real(how, first, **options)

    monkeypatch.setattr(sql, "end", breaks)
    with pytest.raises(LineLostError):
        store.add(*draft("perhaps"))
    monkeypatch.undo()
    assert store.check() == []


def test_an_error_of_the_commit_itself_says_that_it_may_be_written():
    import psycopg

    from ntm_memory.postgres.server_faults import translated_fault

    lost = psycopg.OperationalError("server closed the connection unexpectedly")
    assert translated_fault("x", lost, at_commit=True).hint == MAY_BE_WRITTEN
    assert translated_fault("x", lost).hint != MAY_BE_WRITTEN


def test_another_writer_is_waited_for_and_not_for_ever(store, url_of, tmp_path):
    impatient = open_server_store(url_of(), tmp_path / "other", lock_seconds=0.2)
    with store.transaction():
        store.add(*draft("first"))
        with pytest.raises(StoreLockedError):
            impatient.add(*draft("second"))
        assert impatient.count() == 0  # readers wait for nobody
    impatient.add(*draft("second"))
    impatient.close()
    assert contents(store) == ["first", "second"]


def asked_of(store):
    """The arguments of all statements from now on."""
    asked, server = [], store._engine.server
    real = server.execute

    def execute(statement, arguments=()):
        asked.append(arguments)
        return real(statement, arguments)

    server.execute = execute
    return asked


def test_each_machine_has_a_matrix_of_its_own(make_store, url_of, tmp_path):
    here = make_store()
    here.set_embedder(EMBEDDER)
    with here.transaction():
        for number in range(300):
            here.add(*draft(f"text {number}"))
    there = open_server_store(url_of(), tmp_path / "there")
    (tmp_path / "there").mkdir(exist_ok=True)
    expected = there.memory_matrix("default").keys.copy()
    here.close()
    there.close()
    files = [tmp_path / "home" / "matrix.bin", tmp_path / "there" / "matrix.bin"]
    assert all(file.stat().st_size > expected.nbytes for file in files)
    again, other = make_store(), open_server_store(url_of(), tmp_path / "there")
    for store in (again, other):
        asked = asked_of(store)
        assert np.array_equal(store.memory_matrix("default").keys, expected)
        assert (-1,) not in asked  # read from the file, patched by sequence number
        assert store.check() == []
    other.purge([next(iter(other.memories())).id])
    assert not files[1].exists() and len(again.memory_matrix("default")) == 299
    other.close()


def test_what_was_put_back_in_its_place_is_not_taken_for_it(store, server, url_of, make_store):
    store.add(*draft("of the first"))
    server.sql(f"DROP SCHEMA {url_of().rpartition('=')[2]} CASCADE")
    other = make_store()
    other.set_embedder(EMBEDDER)
    store._engine.server._line.close()
    with pytest.raises(StoreError, match="replaced"):
        store.count()
    with pytest.raises(NotFoundError):
        make_store(fresh=True, create=False)


def test_tables_of_others_and_of_newer_programs_are_refused(make_store, server, url_of):
    schema = url_of().rpartition("=")[2]
    server.sql(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.customers (name text)")
    with pytest.raises(StoreCorruptError, match="another program"):
        make_store()
    server.sql(f"DROP SCHEMA {schema} CASCADE")
    make_store().close()
    server.sql(f"UPDATE {schema}.meta SET value = '999' WHERE name = 'version'")
    with pytest.raises(StoreFromFutureError):
        make_store()


def test_two_that_begin_the_same_store_at_once_make_one(url_of, tmp_path):
    ids, homes = [], [tmp_path / str(number) for number in range(4)]

    def begin(home):
        store = open_server_store(url_of(), home)
        ids.append(store.uuid)
        store.close()

    threads = [threading.Thread(target=begin, args=(home,)) for home in homes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4 and len(set(ids)) == 1


def test_a_changed_row_is_never_told_as_true(store, server, url_of):
    kept, other = store.add(*draft("kept")), store.add(*draft("other"))
    server.sql(f"UPDATE {url_of().rpartition('=')[2]}.memories SET content = 'forged' WHERE id = '{other.id}'")
    assert store.get_many([kept.address, other.address]) == [kept]
    with pytest.raises(StoreCorruptError):
        store.get(other.id)
    assert any(other.id in line for line in store.damage()) and any(other.id in line for line in store.damaged())


def test_repair_finds_memories_by_their_own_spelling_again(store, server, url_of):
    schema = url_of().rpartition("=")[2]
    store.add(*draft("one", key="Mia Drink"))
    server.sql(f"UPDATE {schema}.memories SET folded_key = 'wrong', text_hash = 1")
    server.sql(f"UPDATE {schema}.meta SET value = '0' WHERE name = 'seq'")
    assert len(store.check()) >= 2 and store.damage() == []
    assert store.repair() and store.check() == []
    assert store.find_key("default", "mia drink").content == "one" and len(store.find_content("default", "one")) == 1


def test_a_text_may_hold_any_sign(store):
    signs = ["a\0b", "\x01", "\x010", "\x011\0", "back\\slash \\N \\x00", 'it\'s "quoted" %s ? :name $1', "🫖\u2028"]
    for sign in signs:
        memory = store.add(*draft(sign, words=(sign,), tags=(sign,), session="s" + sign))
        assert store.get(memory.id).content == sign and store.get(memory.id).tags == (sign,)
        assert found(store, sign) == {sign: 1} and store.find_content("default", sign) == [memory]
    assert [memory.content for memory in store.memories()] == signs and store.check() == []


def test_the_audit_only_grows(store):
    store.add(*draft("one"))
    for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'nobody'"):
        with pytest.raises(StoreError, match="only grows"):
            store._engine.server.execute(statement)
    assert len(store.audit(10)) >= 1


def test_some_of_the_places_of_a_word_and_whether_there_are_more(store):
    long = "x" * 5000
    for number in range(12):
        store.add(*draft(f"t {number}", words=("often", "often", *(["seldom"] if number % 4 == 0 else []), long)))
    index = store._engine.word_index
    whole = index.find(["often", "seldom", "never", long])
    some, more = index.find_some(["often", "seldom", "never", long], 5)
    assert more == {"often", long} and set(some) == set(whole) == {"often", "seldom", long}
    assert np.array_equal(some["seldom"], whole["seldom"]) and len(some["often"][0]) == 6
    assert set(some["often"][0].tolist()) <= set(whole["often"][0].tolist()) and set(some["often"][1].tolist()) == {2}
    rows = whole["often"][0]
    assert index.lengths(np.append(rows, 10**9)).tolist() == [4 if n % 4 == 0 else 3 for n in range(12)] + [0]
