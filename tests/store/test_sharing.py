"""Memories by the words they hold and by what revises them, asked of indexes: the same as reading all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.store import matrix_reader, record_reader
from ntm_memory.store.schema import LATER, lacks_indexes
from ntm_memory.store.sqlite import SQLiteStore

from .drafts import EMBEDDER, Clock, draft

WORDS = [f"w{i}" for i in range(8)]


def by_hand(texts, words, share, count):
    """Ids of those of which a share of the words is among these, the largest share first, then the older one."""
    of = {id: len(set(own) & set(words)) / max(len(own), 1) for id, own in texts.items()}
    return [id for id in sorted(texts, key=lambda id: -of[id]) if of[id] >= share][:count]


@pytest.fixture(params=[None, False], ids=["fts5", "scan"])
def store(tmp_path, request):
    store = SQLiteStore(tmp_path / "memory.db", clock=Clock(), word_index=request.param)
    store.set_embedder(EMBEDDER)
    yield store
    store.close()


def told(store, texts, namespace="default"):
    with store.transaction():
        return {store.add(*draft(f"{i} {text}", words=text.split(), namespace=namespace)).id: text.split()
                for i, text in enumerate(texts)}  # fmt: skip


def test_those_that_a_text_is_made_of_are_found_in_their_namespace_alone(store):
    texts = told(store, ["w1 w2", "w1 w2 w3 w4", "w5", "w1 w1 w1 w6", "w7 " + "x " * 200])
    told(store, ["w1 w2"] * 40, "other")
    asked = ["w1", "w2", "w7", "nowhere"]
    assert [each.id for each in store.made_of("default", asked, 0.4, 9)] == by_hand(texts, asked, 0.4, 9)
    assert store.made_of("nobody", asked, 0.1, 9) == [] == store.made_of("default", ["nowhere"], 0.1, 9)
    first = next(iter(texts))
    store.set_retention(first, 0)
    assert first not in [each.id for each in store.made_of("default", asked, 0.4, 9)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6), min_size=1, max_size=12), st.sets(st.sampled_from(WORDS)))
def test_any_texts_as_by_reading_all(tmp_path_factory, texts, asked):
    store = SQLiteStore(tmp_path_factory.mktemp("home") / "memory.db", clock=Clock())
    store.set_embedder(EMBEDDER)
    known = told(store, [" ".join(words) for words in texts])
    found = [each.id for each in store.made_of("default", sorted(asked), 0.4, 5)]
    share = {id: len(set(own) & asked) / max(len(own), 1) for id, own in known.items()}
    expected = by_hand(known, asked, 0.4, 5)
    assert [share[id] for id in found] == [share[id] for id in expected]
    store.close()


def test_common_words_count_for_whoever_a_rare_one_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix_reader, "COMMON", 4)
    store = SQLiteStore(tmp_path / "memory.db", clock=Clock())
    store.set_embedder(EMBEDDER)
    texts = told(store, ["often"] * 9 + ["often more rare"] + ["often more"] * 8)
    found = store.made_of("default", ["often", "more", "rare"], 0.9, 5)
    assert [texts[each.id] for each in found] == [["often", "more", "rare"]]
    assert len(store.made_of("default", ["often", "more"], 0.9, 50)) == 17, "where no word is rare all are read"
    some = store.postings("default", ["often", "rare", "never"], 4)
    assert some.cut == {"often"} and len(some.address["often"]) == 5 and len(some.address["rare"]) == 1
    assert store.postings("default", ["often"]).cut == frozenset()
    store.close()


def test_lengths_of_texts_of_any_length(store):
    sizes = [0, 1, 5, 127, 128, 300, 20_000]
    told(store, [" ".join(["w"] * size) for size in sizes])
    rows = np.array([row for (row,) in store._engine.sql.execute("SELECT row FROM memories ORDER BY row")])
    assert store._engine.word_index.lengths(np.append(rows, 999)).tolist() == [*sizes, 0]


def test_what_one_memory_revises_is_found_by_index(store):
    ids = list(told(store, [f"w{i}" for i in range(6)]))
    for old in (ids[0], ids[3], ids[4]):
        store.amend(old, superseded_by=ids[5])
    store.set_retention(ids[3], 0)
    assert [each.id for each in store.revised_by([ids[5], ids[2]])] == [ids[0], ids[4]]
    assert store.revised_by([ids[0]]) == [] == store.revised_by([])
    plan = store._engine.sql.execute("EXPLAIN QUERY PLAN SELECT * FROM memories WHERE superseded_by = 'x'").fetchall()
    assert "memories_revised" in str([tuple(row) for row in plan])


def test_a_file_of_before_gets_the_indexes_when_it_is_opened(tmp_path):
    path = tmp_path / "memory.db"
    store = SQLiteStore(path, clock=Clock())
    for name in LATER:
        store._engine.sql.execute(f"DROP INDEX {name}")
    assert lacks_indexes(store._engine.sql) == LATER.keys() and store.check() == []
    store.close()
    store = SQLiteStore(path, clock=Clock())
    assert lacks_indexes(store._engine.sql) == set()
    assert store.check() == []
    store.close()


def test_of_many_keys_those_that_begin_alike_are_looked_at(store, monkeypatch):
    monkeypatch.setattr(record_reader, "_BESIDE", record_reader._BESIDE.replace("512", "2"))
    with store.transaction():
        for key in ("aaaa-1", "parcel-box", "parcel-boxes", "parcel_box", "parcels-zz", "parcelz", "zzzz"):
            store.add(*draft(key, key=key))
    assert store.keys_like("default", "parcel-box") == ["parcel_box"]
    assert store.keys_like("default", "parcel-bax") == ["parcel-box"]


def test_a_line_that_fails_within_a_transaction_takes_no_memory_with_it(store):
    """What is read inside a transaction that is taken back is not believed; what was read before it stays."""
    ids = list(told(store, ["w1", "w2", "w3"]))
    before = store.memory_matrix("default")
    with pytest.raises(ValueError, match="stop"), store.transaction():
        raise ValueError("stop")
    assert store.memory_matrix("default") is before
    with store.transaction():
        with pytest.raises(ValueError, match="stop"), store.transaction():
            store.set_retention(ids[0], 0)
            assert len(store.memory_matrix("default")) == 2
            raise ValueError("stop")
        assert len(store.memory_matrix("default")) == 3
        store.set_retention(ids[1], 0)
        assert len(store.memory_matrix("default")) == 2
    assert len(store.memory_matrix("default")) == 2 and len(before) == 3 and len(before.keys) == 3
