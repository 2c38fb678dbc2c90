"""What every storage engine must do; an engine's tests inherit from these classes and bring the fixtures.

Fixtures: `clock` (a `drafts.Clock`); `make_store` (opens the same store each time it is called, another with
`fresh=True`); `store` (the first of them, with its embedder set).
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

import numpy as np
import pytest

from ntm_memory.errors import NotFoundError, NTMMemoryError, StoreError
from ntm_memory.store.records import Encoding, Feedback, Link

from .drafts import DIM, EMBEDDER, draft, key_rows

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,6}Z")


def contents(store, namespace="default"):
    """Contents in the order of the memory matrix, through slots and records alike."""
    slots = store.memory_matrix(namespace)
    memories = store.get_many(slots.address.tolist())
    assert [m.address for m in memories] == slots.address.tolist()
    assert [m.position for m in memories] == slots.position.tolist()
    return [m.content for m in memories]


def found(store, word, namespace="default"):
    """{content: count} of the memories that hold a word."""
    postings = store.postings(namespace, [word])
    address = postings.address.get(word, np.empty(0, dtype=np.int64))
    count = postings.count.get(word, np.empty(0, dtype=np.int64))
    assert (np.diff(address) > 0).all()
    memories = store.get_many(address.tolist())
    assert len(memories) == len(address) == len(count)
    return {memory.content: int(n) for memory, n in zip(memories, count, strict=True)}


class WritingContract:
    def test_a_new_store_is_empty(self, make_store):
        store = make_store(fresh=True)
        assert (store.count(), store.dim, store.embedder(), store.namespaces()) == (0, None, None, {})
        slots = store.memory_matrix("default")
        assert len(slots) == 0 and slots.keys.ndim == 2 and slots.keys.dtype == np.float32
        assert {slots.owner.dtype, slots.address.dtype, slots.position.dtype, slots.session.dtype} == {np.dtype("i8")}
        assert list(store.memories()) == store.find_content("default", "x") == store.feedback() == store.check() == []
        assert store.find_key("default", "k") is None and store.sessions("default") == {}
        assert not store.postings("default", ["x"]).address and store.focus("default", "s") == ({}, {})

    def test_the_embedder_is_remembered_and_gives_the_width(self, store, make_store):
        assert dict(store.embedder()) == EMBEDDER and store.dim == DIM
        store.close()
        assert dict(make_store().embedder()) == EMBEDDER

    def test_all_fields_come_back(self, store, clock, make_store):
        told, encoding = draft(
            "我喜欢绿茶 \"quoted\" 🫖\nsecond\tline", passages=3, words=("绿茶", "喜欢", "绿茶"), cjk=True,
            namespace="茶", session="s 1", key="tea", importance=1, tags=("a b", "茶"), source="chat:1",
            occurred_at="2023-05-01T08:00:00Z", kind="fact",
        )  # fmt: skip
        added = store.add(told, encoding)
        for name in ("content", "namespace", "session", "key", "importance", "tags", "source", "occurred_at", "kind"):
            assert getattr(added, name) == getattr(told, name), name
        assert (added.state, added.version, added.retention, added.reads, added.links) == ("live", 1, 1.0, 0, ())
        assert (added.position, added.superseded_by, added.last_read_at) == (0, None, None)
        assert ISO.fullmatch(added.created_at) and added.created_at == added.updated_at
        assert datetime.fromisoformat(added.created_at.replace("Z", "+00:00")).timestamp() == clock.now
        assert np.array_equal(store.keys_of(added.id), encoding.keys)
        store.close()
        again = make_store()
        assert again.get(added.id) == added and np.array_equal(again.keys_of(added.id), encoding.keys)
        assert again.check() == []

    def test_ids_are_short_printable_and_unlike(self, store):
        with store.transaction():
            ids = [store.add(*draft(f"n {i}")).id for i in range(50)]
        assert len(set(ids)) == 50
        assert all(re.fullmatch(r"m_[0-9a-z]{8,12}", id) and not set(id[2:]) & set("ilo") for id in ids)

    def test_the_lowest_freed_slot_is_taken_first(self, store):
        a, b, c, d = (store.add(*draft(text, namespace=space)) for text, space in zip("abcd", "xyxy", strict=True))
        assert [m.address for m in (a, b, c, d)] == [0, 1, 2, 3]
        store.set_retention(c.id, 0)
        store.archive(a.id)
        store.purge([b.id])
        assert [store.add(*draft(text)).address for text in "efgh"] == [0, 1, 2, 4]

    def test_positions_rise_and_are_never_used_again(self, store):
        one = store.add(*draft("one"))
        two = store.add(*draft("two"))
        store.purge([two.id])
        store.set_retention(one.id, 0)
        three = store.add(*draft("three"))
        assert one.position < two.position < three.position
        assert store.add(*draft("elsewhere", namespace="other")).position == 0

    @pytest.mark.parametrize(
        "keys", [key_rows("x", 1, DIM + 1), np.ones(DIM, np.float32), np.empty((0, DIM), np.float32)]
    )
    def test_keys_of_another_shape_are_refused(self, store, keys):
        told, _ = draft("x")
        with pytest.raises(NTMMemoryError):
            store.add(told, Encoding(keys, ("x",), cjk=False))
        assert store.count() == 0 and len(store.memory_matrix("default")) == 0 and store.check() == []

    def test_rewriting_keeps_slot_id_and_place(self, store, clock):
        before = store.add(
            *draft("first old", key="k", tags=("t",), importance=0.2, occurred_at="2020-01-01T00:00:00Z")
        )
        after = store.add(*draft("after"))
        clock.tick(60)
        new = store.rewrite(before.id, *draft("second new", key="k", passages=2))
        assert (new.id, new.address, new.position, new.version) == (before.id, before.address, before.position, 2)
        assert new.created_at == before.created_at and new.updated_at > before.updated_at
        assert contents(store) == ["second new", "after"] and store.get(after.id) == after
        assert found(store, "old") == {} and found(store, "second") == {"second new": 1}
        assert store.find_content("default", "first old") == [] and store.find_key("default", "k") == new
        assert np.array_equal(store.keys_of(new.id), key_rows("second new", 2))
        (version,) = store.history(new.id)
        assert (version.id, version.version, version.content, version.key) == (new.id, 1, "first old", "k")
        assert (version.importance, version.tags, version.occurred_at) == (0.2, ("t",), "2020-01-01T00:00:00Z")
        assert (version.valid_from, version.valid_to) == (before.updated_at, new.updated_at)
        clock.tick()
        store.rewrite(before.id, *draft("third"))
        assert [v.content for v in store.history(before.id)] == ["first old", "second new"]
        assert store.check() == []

    def test_amending_changes_what_is_not_content(self, store, clock):
        memory = store.add(*draft("text", key="old"))
        other = store.add(*draft("other"))
        clock.tick()
        changes = {"key": "new", "importance": 0, "tags": ("x", "y"), "source": "s", "kind": "fact"}
        changes |= {"occurred_at": "2021-02-03T04:05:06Z", "superseded_by": other.id}
        amended = store.amend(memory.id, **changes)
        assert {name: getattr(amended, name) for name in changes} == changes
        assert (amended.content, amended.version, store.history(memory.id)) == ("text", 1, [])
        assert store.find_key("default", "old") is None and store.find_key("default", "new") == amended
        slots = store.memory_matrix("default")
        assert slots.superseded.tolist() == [True, False] and slots.importance.tolist() == [0.0, 0.5]
        assert slots.occurred[0] == datetime(2021, 2, 3, 4, 5, 6, tzinfo=timezone.utc).timestamp()
        assert store.check() == []
        with pytest.raises(NTMMemoryError):
            store.amend(memory.id, content="smuggled")

    def test_a_key_names_one_live_memory_of_a_namespace(self, store):
        store.add(*draft("one", key="k"))
        twin = store.add(*draft("two"))
        with pytest.raises(NTMMemoryError):
            store.add(*draft("three", key="k"))
        with pytest.raises(NTMMemoryError):
            store.amend(twin.id, key="k")
        store.add(*draft("four", key="k", namespace="other"))
        assert contents(store) == ["one", "two"] and store.check() == []

    def test_partial_erase_lowers_strength(self, store):
        memory = store.add(*draft("weak"))
        assert store.set_retention(memory.id, 0.5).retention == 0.5
        assert store.memory_matrix("default").retention.tolist() == [0.5]
        assert store.get(memory.id).state == "live" and store.check() == []
        for wrong in (-0.1, 1.1, float("nan")):
            with pytest.raises(NTMMemoryError):
                store.set_retention(memory.id, wrong)

    def test_full_erase_hides_and_restoring_brings_back(self, store):
        first, second, third = (store.add(*draft(text)) for text in ("first word", "second word", "third word"))
        erased = store.set_retention(second.id, 0)
        assert (erased.state, erased.address, erased.content) == ("erased", None, "second word")
        assert contents(store) == ["first word", "third word"] and store.get_many([second.address]) == []
        assert found(store, "second") == {} and store.find_content("default", "second word") == []
        assert (store.count(), store.count(state="erased"), store.namespaces()) == (2, 1, {"default": 2})
        store.add(*draft("fourth word"))
        back = store.set_retention(second.id, 0.7)
        assert (back.state, back.retention, back.position, back.id) == ("live", 0.7, second.position, second.id)
        assert contents(store) == ["first word", "second word", "third word", "fourth word"]
        assert found(store, "second") == {"second word": 1} and store.check() == []
        assert [m.address for m in (store.get(first.id), store.get(third.id))] == [first.address, third.address]

    def test_erasing_twice_is_erasing_once(self, store):
        memory = store.add(*draft("gone"))
        assert store.set_retention(memory.id, 0) == store.set_retention(memory.id, 0)
        taker = store.add(*draft("taker"))
        store.set_retention(memory.id, 0)
        assert store.get_many([taker.address]) == [taker]
        assert store.add(*draft("next")).address != taker.address and store.check() == []

    def test_a_restored_memory_does_not_steal_a_key(self, store):
        old = store.add(*draft("old", key="k"))
        store.set_retention(old.id, 0)
        new = store.add(*draft("new", key="k"))
        assert store.set_retention(old.id, 1).state == "live"
        assert store.find_key("default", "k") == store.get(new.id) and store.check() == []

    def test_an_archived_memory_is_readable_by_id_alone(self, store):
        memory = store.add(*draft("put away", key="k"))
        archived = store.archive(memory.id)
        assert (archived.state, archived.address, archived.retention) == ("archived", None, 1.0)
        assert store.get(memory.id) == archived and np.array_equal(store.keys_of(memory.id), key_rows("put away"))
        assert contents(store) == [] and found(store, "put") == {} and store.find_key("default", "k") is None
        assert [m.id for m in store.memories(states=("archived",))] == [memory.id] and list(store.memories()) == []

    def test_purging_takes_everything(self, store):
        old, target, last = store.add(*draft("old words")), store.add(*draft("target")), store.add(*draft("last"))
        store.rewrite(old.id, *draft("new words"))
        store.link(target.id, [Link(old.id, 0.5, "content"), Link(last.id, 0.4, "content")])
        store.amend(target.id, superseded_by=old.id)
        store.set_focus("default", "s", [old.id, last.id], [0.6, 0.4])
        store.set_focus("default", "t", [old.id], [0.6])
        store.set_focus("default", "t", [target.id], [0.6])
        store.add_feedback(Feedback("q", "default", (old.id, last.id), (target.id, old.id), "2023-01-01T00:00:00Z"))
        store.add_feedback(Feedback("q2", "default", (old.id,), (), "2023-01-01T00:00:00Z"))
        store.add_feedback(Feedback("q3", "default", (target.id,), (), "2023-01-01T00:00:00Z", (last.id,)))
        store.set_retention(last.id, 0)
        assert store.purge([old.id, last.id, old.id]) == 2
        for ask in (store.get, store.history, store.keys_of):
            with pytest.raises(NotFoundError):
                ask(old.id)
        assert contents(store) == ["target"] and found(store, "words") == {}
        assert store.get(target.id).links == () and store.focus("default", "s").last == {}
        assert store.focus("default", "t").trace == {}
        assert store.feedback() == []
        assert store.get(target.id).superseded_by is None and store.check() == []

    def test_purging_an_unknown_id_purges_nothing(self, store):
        memory = store.add(*draft("stays"))
        with pytest.raises(NotFoundError):
            store.purge([memory.id, "m_unknown"])
        assert store.get(memory.id) == memory and store.purge([]) == 0

    def test_links_show_live_targets_only(self, store):
        a, b, c = (store.add(*draft(text)) for text in "abc")
        store.link(a.id, [Link(b.id, 0.9, "content"), Link(c.id, 0.1, "name")])
        store.link(a.id, [Link(b.id, 0.5, "explicit")])
        assert set(store.get(a.id).links) == {Link(b.id, 0.5, "explicit"), Link(c.id, 0.1, "name")}
        store.set_retention(b.id, 0)
        assert store.get(a.id).links == (Link(c.id, 0.1, "name"),)
        store.set_retention(b.id, 1)
        assert len(store.get(a.id).links) == 2
        with pytest.raises(NotFoundError):
            store.link(a.id, [Link("m_unknown", 0.5, "content")])
        with pytest.raises(NotFoundError):
            store.link("m_unknown", [Link(a.id, 0.5, "content")])

    def test_new_keys_of_another_width(self, store, clock):
        live, gone = store.add(*draft("live", passages=2)), store.add(*draft("gone"))
        clock.tick()
        store.rewrite(live.id, *draft("live again"))
        store.archive(gone.id)
        rows = {(live.id, 2): key_rows("L", 3, 5), (live.id, 1): key_rows("l", 1, 5), (gone.id, 1): key_rows("G", 1, 5)}
        other = {"name": "other", "revision": "2", "dim": 5}
        texts = store.texts_of(store.without_new_keys(other))
        assert texts == {(live.id, 2): "live again", (live.id, 1): "live", (gone.id, 1): "gone"}
        store.prepare_keys(other, {name: (texts[name], rows[name]) for name in list(rows)[:2]})
        assert store.is_reembedding(other) and not store.swap_keys(other) and store.dim != 5
        assert store.without_new_keys(other) == [(gone.id, 1)]
        store.prepare_keys(other, {(gone.id, 1): ("gone", rows[gone.id, 1])})
        assert store.swap_keys(other) and not store.is_reembedding(other) and store.embedder() == other
        assert store.dim == 5 and np.array_equal(store.memory_matrix("default").keys, rows[live.id, 2])
        assert np.array_equal(store.keys_of(live.id), rows[live.id, 2])
        assert np.array_equal(store.keys_of(gone.id), rows[gone.id, 1])
        before, _, _ = store.memory_matrix_as_of("default", store.history(live.id)[0].valid_from)
        assert np.array_equal(before.keys[before.owner == 0], rows[live.id, 1])
        assert store.memory_matrix("default").owner.tolist() == [0, 0, 0] and store.check() == []

    @pytest.mark.parametrize(
        "call",
        [
            lambda s: s.get("m_no"),
            lambda s: s.rewrite("m_no", *draft("x")),
            lambda s: s.amend("m_no", importance=0.1),
            lambda s: s.set_retention("m_no", 0.5),
            lambda s: s.archive("m_no"),
            lambda s: s.keys_of("m_no"),
            lambda s: s.history("m_no"),
            lambda s: s.words_of("m_no"),
        ],
    )
    def test_an_unknown_id_is_not_found(self, store, call):
        with pytest.raises(NotFoundError):
            call(store)

    def test_a_closed_store_says_so(self, store):
        memory = store.add(*draft("x"))
        store.close()
        store.close()
        for call in (
            lambda: store.get(memory.id),
            lambda: store.add(*draft("y")),
            lambda: store.memory_matrix("default"),
        ):
            with pytest.raises(StoreError):
                call()
