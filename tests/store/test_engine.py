"""What is SQLite's own: keywords with and without FTS5, counters in a file of their own, records from other stores."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.store import open_store
from ntm_memory.store.postings import decode_words, encode_words, has_fts5
from ntm_memory.store.records import Link, Memory, Version
from ntm_memory.store.sqlite import SQLiteStore

from .contract import contents, found
from .drafts import DIM, EMBEDDER, Clock, draft


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory.db"


def test_encoding_words_loses_nothing_and_keeps_them_apart():
    words = ("tea", "Tea", "绿茶", "a b", "", "u", "a", "0", "é", "\ud800", "@by=x", "\0")
    encoded = encode_words(words)
    assert decode_words(encoded) == words and len(set(encoded.split())) == len(words)
    assert all(term.isascii() and term.isalnum() and term == term.lower() for term in encoded.split())


def test_without_fts5_keywords_are_scanned_and_it_says_so(path):
    store = SQLiteStore(path, word_index=False)
    store.set_embedder(EMBEDDER)
    store.add(*draft("tea tea milk"))
    assert store.info()["keywords"] == "scan" and "FTS5" in store.info()["warnings"][0]
    assert found(store, "tea") == {"tea tea milk": 2}
    store.close()


def test_a_store_may_change_between_pythons_with_and_without_fts5(path):
    def session(word_index, *texts):
        store = SQLiteStore(path, clock=Clock(), word_index=word_index)
        store.set_embedder(EMBEDDER)
        if store.count():
            store.set_retention(next(iter(store.memories())).id, 0)
        for text in texts:
            store.add(*draft(text))
        live = [memory.content for memory in store.memories()]
        assert found(store, "tea") == dict.fromkeys(live, 1) and store.check() == []
        store.close()
        return live

    probe = SQLiteStore(path)
    available = has_fts5(probe._engine.sql)
    probe.close()
    if not available:
        pytest.skip("no FTS5")
    assert session(False, "a tea", "b tea") == ["a tea", "b tea"]
    assert session(None, "c tea") == ["b tea", "c tea"]
    assert session(False, "d tea", "e tea") == ["c tea", "d tea", "e tea"]
    assert session(None) == ["d tea", "e tea"]


def test_damaged_counters_are_made_anew(path, store):
    memory = store.add(*draft("x"))
    store.note_reads([memory.address])
    store.close()
    for damage in (b"garbage" * 1000, b"", b"SQLite format 3\0" + b"\7" * 5000):
        path.with_name("usage.db").write_bytes(damage)
        again = open_store(path)
        assert again.get(memory.id).reads == 0 and again.memory_matrix("default").reads.tolist() == [0]
        again.note_reads([memory.address])
        again.note_reads([memory.address])
        again.set_focus("default", "s", [memory.id], [1.0])
        assert again.get(memory.id).reads >= 1 and again.focus("default", "s").last == {memory.id: 1.0}
        again.close()


def test_counters_that_cannot_be_written_are_no_error(path, store, tmp_path):
    memory = store.add(*draft("x"))
    store.close()
    path.with_name("usage.db").unlink(missing_ok=True)
    path.with_name("usage.db").mkdir()
    again = open_store(path)
    again.note_reads([memory.address])
    again.set_focus("default", "s", [memory.id], [1.0])
    assert again.get(memory.id).reads == 0 and again.focus("default", "s").last == {}
    again.close()


def record(id, **fields):
    shared = {
        "id": id, "address": 0, "namespace": "default", "session": None, "position": 0, "key": None,
        "content": f"of {id}", "importance": 0.5, "tags": (),
        "source": None,
        "created_at": "2022-02-03T04:05:06.789012Z", "occurred_at": None,
        "updated_at": "2022-02-04T00:00:00.000000Z", "version": 1, "retention": 1.0,
    }  # fmt: skip
    return Memory(**shared | fields)


def put(store, memory, history=()):
    store.put(memory, draft(memory.content)[1], history)


def test_records_of_another_store_keep_their_identity(store):
    older = Version(
        "m_a", 1, "before", "k", 0.1, ("t",), None, "2022-02-03T04:05:06.789012Z", "2022-02-04T00:00:00.000000Z"
    )
    first = record("m_a", address=7, position=5, key="k", version=2, session="s", links=(Link("m_b", 0.5, "content"),))
    second = record("m_b", address=3, position=9, retention=0.5, reads=4)
    gone = record("m_c", address=None, position=7, state="erased", retention=0.0)
    with store.transaction():
        put(store, first, [older])
        put(store, second)
        put(store, gone)
    assert store.get("m_a") == first and store.history("m_a") == [older]
    assert (store.get("m_b").address, store.get("m_b").reads, store.get("m_c").state) == (3, 4, "erased")
    assert contents(store) == ["of m_a", "of m_b"] and found(store, "m_b") == {"of m_b": 1}
    new = store.add(*draft("new"))
    assert (new.address, new.position) == (0, 10) and store.check() == []
    put(store, record("m_d", address=7, position=11))
    assert store.get("m_d").address == 1, "the wanted slot is taken"
    for again in (record("m_a", position=20), record("m_e", key="k", position=21)):
        with pytest.raises(BadValueError):
            put(store, again)
    assert store.count() == 4 and store.check() == []


def test_times_of_other_stores_are_compared_as_times(store):
    put(store, record("m_a", created_at="2022-02-03T04:05:06Z", updated_at="2022-02-03T12:05:06+08:00"))
    assert store.get("m_a").created_at == store.get("m_a").updated_at == "2022-02-03T04:05:06.000000Z"
    assert len(store.memory_matrix_as_of("default", "2022-02-03T04:05:06Z")[1]) == 1
    assert len(store.memory_matrix_as_of("default", "2022-02-03T04:05:05Z")[1]) == 0
    with pytest.raises(BadValueError):
        put(store, record("m_b", created_at="yesterday"))


def test_a_failed_write_inside_a_transaction_takes_back_only_itself(store):
    with store.transaction():
        first = store.add(*draft("first", key="k"))
        with pytest.raises(BadValueError):
            store.add(*draft("second", key="k", namespace="default", session="new session"))
        third = store.add(*draft("third"))
    assert (first.address, third.address, third.position) == (0, 1, 1)
    assert store.sessions("default") == {} and contents(store) == ["first", "third"] and store.check() == []


@pytest.mark.parametrize(
    "told",
    [
        draft("half a pair", passages=1, key="k\ud800"),
        draft("half a pair", tags=("\ud800",)),
        draft("wide", dim=DIM + 1),
    ],
)
def test_what_cannot_be_stored_is_refused(store, told):
    with pytest.raises(BadValueError):
        store.add(*told)
    assert store.count() == 0 and store.add(*draft("fine")).address == 0


def test_keys_that_are_not_numbers_are_refused(store):
    told, encoding = draft("x")
    encoding.keys[0, 0] = np.nan
    with pytest.raises(BadValueError, match="finite"):
        store.add(told, encoding)


def test_a_memory_does_not_move_to_another_namespace(store):
    memory = store.add(*draft("here"))
    with pytest.raises(BadValueError):
        store.rewrite(memory.id, *draft("there", namespace="other"))
    store.archive(memory.id)
    with pytest.raises(NotFoundError, match="archived"):
        store.rewrite(memory.id, *draft("again"))


def test_the_width_of_the_first_keys_is_the_width(path):
    store = open_store(path)
    store.add(*draft("first", dim=5))
    assert store.dim == 5 and store.embedder() is None
    with pytest.raises(BadValueError, match="shape"):
        store.add(*draft("second", dim=6))
    store.close()


def test_closing_inside_a_transaction_takes_it_back(path, store):
    store.add(*draft("kept"))
    with pytest.raises(Exception, match="closed"), store.transaction():
        store.add(*draft("lost"))
        store.close()
    again = open_store(path)
    assert contents(again) == ["kept"] and again.check() == []
    again.close()
