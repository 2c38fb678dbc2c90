"""What every storage engine must give back: candidates, past, transactions, counters; fixtures as in `contract.py`."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ntm_memory.errors import NotFoundError
from ntm_memory.store.records import Feedback
from ntm_memory.text.iso_time import unix_seconds

from .contract import contents, found
from .drafts import draft, key_rows

TYPES = {
    "keys": "f4", "owner": "i8", "address": "i8", "position": "i8", "session": "i8", "occurred": "f8", "ended": "f8",
    "created": "f8", "told": "f8",
    "importance": "f4", "retention": "f4", "length": "i8", "cjk": "?", "superseded": "?", "reads": "i8",
}  # fmt: skip


def same_slots(a, b):
    """Whether two matrices are equal in every column."""
    return all(np.array_equal(getattr(a, n), getattr(b, n), equal_nan=kind == "f8") for n, kind in TYPES.items())


class ReadingContract:
    def test_the_matrix_and_its_columns(self, store, clock):
        store.add(*draft("elsewhere", namespace="other", session="s1"))
        store.add(*draft("one two", session="s1", importance=0.25, occurred_at="2001-09-09T01:46:40Z"))
        clock.tick(10)
        store.add(*draft("三", passages=3, words=("三",), cjk=True))
        store.add(*draft("four", session="s2"))
        store.add(*draft("five", session="s1"))
        slots = store.memory_matrix("default")
        assert len(slots) == 4 and {n: getattr(slots, n).dtype for n in TYPES} == {
            n: np.dtype(k) for n, k in TYPES.items()
        }
        expected = [key_rows("one two"), key_rows("三", 3), key_rows("four"), key_rows("five")]
        assert np.array_equal(slots.keys, np.concatenate(expected)) and slots.owner.tolist() == [0, 1, 1, 1, 2, 3]
        assert slots.position.tolist() == [0, 1, 2, 3] and slots.address.tolist() == [1, 2, 3, 4]
        codes = store.sessions("default")
        assert slots.session.tolist() == [codes["s1"], -1, codes["s2"], codes["s1"]] and set(codes) == {"s1", "s2"}
        assert slots.occurred[0] == 1e9 and all(map(math.isnan, slots.occurred[1:]))
        assert slots.created.tolist() == [clock.now - 10] + [clock.now] * 3
        assert slots.importance.tolist() == [0.25, 0.5, 0.5, 0.5] and slots.retention.tolist() == [1.0] * 4
        assert slots.length.tolist() == [2, 1, 1, 1] and slots.cjk.tolist() == [False, True, False, False]
        assert not slots.superseded.any() and slots.reads.tolist() == [0] * 4

    def test_the_matrix_is_kept_between_calls(self, store):
        store.add(*draft("one"))
        assert store.memory_matrix("default") is store.memory_matrix("default")

    def test_another_handle_sees_what_was_committed(self, store, make_store):
        other = make_store()
        assert contents(other) == []
        memory = store.add(*draft("first word"))
        assert contents(other) == ["first word"] and found(other, "word") == {"first word": 1}
        other.rewrite(memory.id, *draft("second word"))
        assert contents(store) == ["second word"] and found(store, "first") == {}
        store.purge([memory.id])
        assert contents(other) == [] and other.count() == 0

    def test_reopening_gives_the_same_matrix(self, store, make_store):
        for i in range(30):
            store.add(*draft(f"text {i}", passages=1 + i % 3, session=f"s{i % 4}" if i % 5 else None))
        store.set_retention(store.get_many([7])[0].id, 0)
        store.set_retention(store.get_many([9])[0].id, 0.25)
        before = store.memory_matrix("default")
        store.close()
        again = make_store()
        assert same_slots(before, again.memory_matrix("default"))
        again.add(*draft("one more"))
        again.close()
        assert contents(make_store())[-1] == "one more"

    def test_get_many_keeps_the_order_asked(self, store):
        a, b, c = (store.add(*draft(text)) for text in "abc")
        asked = [c.address, 99, a.address, c.address, b.address, -1]
        assert [m.content for m in store.get_many(asked)] == ["c", "a", "c", "b"]

    def test_equal_content_is_found_oldest_first(self, store):
        texts = ["same", "Same", "same ", "same", "the code is 4711", "the code is 4712", "set userId", "set userID"]
        memories = [store.add(*draft(text)) for text in texts]
        store.add(*draft("same", namespace="other"))
        assert store.find_content("default", "same") == memories[:4]
        assert store.find_content("default", "the code is 4712") == [memories[5]]
        assert store.find_content("default", "set userID.") == [memories[7]]
        assert store.find_content("nowhere", "same") == []
        several = store.find_content("default", "set userID.", "same", "nobody says this", "the code is 4712")
        assert several == [*memories[:4], memories[5], memories[7]]

    def test_content_with_an_identifier_in_another_case_is_not_equal(self, store):
        large, small = (store.add(*draft(text)) for text in ("See src/Main.py", "See src/main.py"))
        assert store.find_content("default", "see src/Main.py.") == [large]
        assert store.find_content("default", "see src/main.py.") == [small]

    def test_memories_stream_in_order_of_writing(self, store):
        told = [("x", "n1"), ("a", "n2"), ("y", "n1"), ("b", "n2")]
        ids = [store.add(*draft(text, namespace=space)).id for text, space in told]
        store.set_retention(ids[0], 0)
        assert [m.content for m in store.memories("n1")] == ["y"]
        assert [m.content for m in store.memories(states=("live", "erased"))] == ["x", "y", "a", "b"]
        seen = [store.rewrite(m.id, *draft(m.content + "!", namespace=m.namespace)).content for m in store.memories()]
        assert seen == ["y!", "a!", "b!"]
        assert list(store.memories("nowhere")) == []

    def test_what_is_told_while_memories_stream_is_not_among_them(self, store):
        told = [store.add(*draft(f"note {i}", namespace=f"n{i % 2}")) for i in range(4)]
        seen = []
        for memory in store.memories(states=("live", "erased")):
            seen.append(memory.id)
            store.add(*draft(f"more {len(seen)}", namespace="n1"))
        assert seen == [told[i].id for i in (0, 2, 1, 3)]

    def test_a_key_is_found_of_what_is_gone_too(self, store):
        first = store.add(*draft("one", key="Port"))
        store.set_retention(first.id, 0)
        second = store.add(*draft("two", key="Port"))
        store.set_retention(second.id, 0)
        assert store.find_key("default", "port") is None
        assert store.find_key("default", "port", ("archived",)) is None
        assert store.find_key("default", "port", ("live", "archived", "erased")).id == second.id != first.id
        third = store.add(*draft("three", key="port"))
        assert store.find_key("default", "PORT", ("live", "erased")).id == third.id
        assert store.find_key("elsewhere", "port", ("live", "erased")) is None

    def test_words_are_told_by_slot_in_the_order_asked(self, store):
        ids = [store.add(*draft(text)).id for text in ("tea tea milk", "会议", "bread")]
        slots = np.array([store.get(id).address for id in ids])
        told = store.words_at(slots[[2, 0, 1]])
        assert told == [store.words_of(id)[0] for id in (ids[2], ids[0], ids[1])]
        store.archive(ids[2])
        assert store.words_at(np.array([slots[2], slots[0], 999])) == [(), told[1], ()]

    def test_postings_count_words_in_one_namespace(self, store):
        store.add(*draft("tea tea milk"))
        store.add(*draft("milk"))
        store.add(*draft("tea", namespace="other"))
        assert found(store, "tea") == {"tea tea milk": 2} and found(store, "milk") == {"tea tea milk": 1, "milk": 1}
        assert found(store, "tea", "other") == {"tea": 1} and found(store, "tea", "nowhere") == {}
        postings = store.postings("default", ["tea", "coffee", "tea"])
        assert {word for word, rows in postings.address.items() if len(rows)} == {"tea"}
        assert postings.address["tea"].dtype == postings.count["tea"].dtype == np.int64

    def test_a_word_longer_than_an_index_keeps_is_found_and_is_no_damage(self, store):
        long = "x" * 70_000
        store.add(*draft(long))
        assert store.check() == [] and found(store, long) == {long: 1}
        store.rewrite(store.find_content("default", long)[0].id, *draft("tea"))
        assert store.check() == [] and found(store, long) == {}

    @pytest.mark.parametrize(
        "words",
        [
            ("会议", "议室", "会"), ("@by=caroline", "@by", "by", "caroline"), ("naïve", "naive", "NAIVE", "Naïve"),
            ("o'neil", "o", "neil"), ("a_b", "a", "b"), ("1", "12", "0x1f", "3.14", "3", "14"), ("🫖", "👩‍👩‍👧"),
            ("*", '"', "'", "AND", "NEAR", "-x", "x"), ("running", "run"), ("é", "e\u0301", "e"),
            ("한국", "ราคา", "שלום"), ("x" * 5000, "x"), ("u61", "a", "aa", "61"), ("\u00a0", "%", "_"),
        ],
    )  # fmt: skip
    def test_words_come_back_exactly_as_given(self, store, words):
        for i, word in enumerate(words):
            store.add(*draft(f"text {i}", words=[word] * (i + 1)))
        for i, word in enumerate(words):
            assert found(store, word) == {f"text {i}": i + 1}

    def test_words_are_kept_for_every_state(self, store):
        memory = store.add(*draft("x", words=("茶", "tea", "tea"), cjk=True))
        store.archive(memory.id)
        assert store.words_of(memory.id) == (("茶", "tea", "tea"), True)
        with pytest.raises(NotFoundError):
            store.words_of("m_no")

    def test_a_text_may_have_no_words(self, store):
        store.add(*draft("…", words=()))
        assert store.memory_matrix("default").length.tolist() == [0] and store.check() == []

    def test_tags_are_found_all_together(self, store):
        a, b, _ = (store.add(*draft(t, tags=g)) for t, g in (("a", ("x",)), ("b", ("x", "y")), ("c", ())))
        store.add(*draft("d", tags=("x",), namespace="other"))
        assert sorted(store.tagged("default", ["x"])) == [a.address, b.address]
        assert list(store.tagged("default", ["x", "y"])) == [b.address] and len(store.tagged("default", ["z"])) == 0
        store.set_retention(b.id, 0)
        assert list(store.tagged("default", ["x"])) == [a.address]


class PastContract:
    def test_what_was_known_then(self, store, clock):
        def moment():
            clock.tick(10)
            at = iso(clock.now)
            clock.tick(10)
            return at

        changed = store.add(*draft("old fact", passages=2))
        stale = store.add(*draft("stale fact"))
        before = moment()
        late = store.add(*draft("late fact", session="s"))
        store.amend(stale.id, superseded_by=late.id)
        middle = moment()
        store.rewrite(changed.id, *draft("new fact"))
        erased = store.add(*draft("erased fact"))
        full = moment()
        store.set_retention(erased.id, 0)
        after = moment()
        expected = {
            "2000-01-01T00:00:00Z": [], before: ["old fact", "stale fact"],
            middle: ["old fact", "stale fact", "late fact"],
            full: ["new fact", "stale fact", "late fact", "erased fact"],
            after: ["new fact", "stale fact", "late fact"],
        }  # fmt: skip
        for at, texts in expected.items():
            slots, memories, words = store.memory_matrix_as_of("default", at)
            assert [m.content for m in memories] == texts and [" ".join(w) for w in words] == texts
            assert len(slots) == len(texts) == len(set(slots.address.tolist()))
            rows = [key_rows(text, 2 if text == "old fact" else 1) for text in texts]
            assert np.array_equal(slots.keys, np.concatenate(rows) if rows else np.empty((0, slots.keys.shape[1])))
            assert (np.diff(slots.position) > 0).all() and slots.length.tolist() == [2] * len(texts)
            assert (slots.retention > 0).all()
        assert store.memory_matrix_as_of("default", before)[1][0].version == 1
        assert store.memory_matrix_as_of("default", full)[1][0].version == 2
        assert store.memory_matrix_as_of("default", before)[0].superseded.tolist() == [False, False]  # not yet
        assert store.memory_matrix_as_of("default", middle)[0].superseded.tolist() == [False, True, False]
        assert store.memory_matrix_as_of("nowhere", full)[1] == []

    def test_what_live_memories_said_before_they_were_changed(self, store, clock):
        first = store.add(*draft("the old one", trust="tool", tags=("was",), occurred_at="2001-09-09T01:46:40Z"))
        store.add(*draft("never changed"))
        second = store.add(*draft("版本", words=("版本",), cjk=True, session="s", importance=0.25))
        elsewhere = store.add(*draft("elsewhere", namespace="other"))
        told = [(first, "the middle one"), (second, "and another"), (first, "the new one"), (elsewhere, "there")]
        changed = []
        for memory, text in told:
            clock.tick(10)
            changed.append(iso(clock.now))
            store.rewrite(memory.id, *draft(text, namespace=memory.namespace))
        slots, memories, words = store.memory_matrix_of_former("default")
        assert [(m.id, m.version, m.content) for m in memories] == [
            (first.id, 1, "the old one"), (first.id, 2, "the middle one"), (second.id, 1, "版本")
        ]  # fmt: skip
        assert np.array_equal(slots.keys, np.concatenate([key_rows(m.content) for m in memories]))
        assert [" ".join(each) for each in words] == [m.content for m in memories]
        assert (memories[0].trust, memories[0].tags, memories[1].trust) == ("tool", ("was",), "agent")
        assert slots.occurred[0] == 1e9 and slots.address.tolist() == [0, 1, 2]
        assert slots.importance.tolist() == [0.5, 0.5, 0.25] and slots.length.tolist() == [3, 3, 1]
        assert slots.cjk.tolist() == [False, False, True]
        assert [m.updated_at for m in memories] == [first.created_at, changed[0], second.created_at]
        assert store.memory_matrix_of_former("nowhere")[1] == []

    def test_times_that_an_older_version_told_are_those_of_its_words(self, store, clock):
        memory = store.add(*draft("the roof is of 9 April 2021"))
        store.rewrite(memory.id, *draft("the roof is of 1 June 2019"))
        slots, _, _ = store.memory_matrix_of_former("default")
        there = slots.mentioned[0, ~np.isnan(slots.mentioned[0, :, 0])]
        assert len(there) == 1 and there[0, 0] < unix_seconds("2021-04-09T12:00:00Z") < there[0, 1]

    def test_what_is_not_live_or_was_purged_has_no_former_version(self, store):
        kept, erased, purged, half = (store.add(*draft(text)) for text in ("kept", "erased", "purged", "half"))
        for memory in (kept, erased, purged, half):
            store.rewrite(memory.id, *draft(memory.content + " changed"))
        store.set_retention(erased.id, 0)
        store.purge([purged.id])
        store.purge_version(half.id, 1)
        assert [m.content for m in store.memory_matrix_of_former("default")[1]] == ["kept"]

    def test_purged_is_purged_in_the_past_too(self, store, clock):
        memory = store.add(*draft("secret"))
        clock.tick()
        store.purge([memory.id])
        assert store.memory_matrix_as_of("default", iso(clock.now))[1] == []


class LossyContract:
    def test_reads_are_counted(self, store, clock, make_store):
        a, b = store.add(*draft("a")), store.add(*draft("b"))
        store.note_reads([a.address, b.address])
        clock.tick(5)
        store.note_reads([a.address])
        assert store.memory_matrix("default").reads.tolist() == [2, 1] == [store.get(m.id).reads for m in (a, b)]
        assert store.get(a.id).last_read_at == iso(clock.now)
        store.close()
        again = make_store()
        assert again.memory_matrix("default").reads.tolist() == [2, 1]
        again.set_retention(a.id, 0)
        newcomer = again.add(*draft("c"))
        assert newcomer.address == a.address and again.get(newcomer.id).reads == 0

    def test_focus_is_kept_for_each_session(self, store):
        a, b = store.add(*draft("a")), store.add(*draft("b"))
        store.set_focus("default", "s", [b.id], [1.0])
        store.set_focus("default", "s", [a.id, b.id], [0.75, 0.25])
        store.set_focus("default", "t", [b.id], [0.5])
        told = store.focus("default", "s")
        assert [*told.last.items()] == [(a.id, 0.75), (b.id, 0.25)]
        assert store.focus("default", "t").last == {b.id: 0.5} and store.focus("other", "s") == ({}, {})
        assert [*told.trace.items()] == [(a.id, 0.3), (b.id, 0.34)]  # b was looked at twice
        store.set_retention(a.id, 0)
        assert store.focus("default", "s") == ({b.id: 0.25}, {b.id: 0.34})

    def test_slots_are_told_of_many_ids_at_once(self, store):
        a, b, gone = (store.add(*draft(each)) for each in ("a", "b", "gone"))
        store.set_retention(gone.id, 0)
        assert store.slots_of([b.id, "nobody", gone.id, a.id]) == {b.id: b.address, a.id: a.address}
        assert store.slots_of([]) == {}

    def test_feedback_is_kept_in_order(self, store):
        verdicts = [
            Feedback(f"q{i}", "default", (f"m_{i}",), ("m_x", "m_y"), f"2023-01-0{i}T00:00:00Z", ("m_z",) * (i - 1))
            for i in (1, 2)
        ]
        assert [store.add_feedback(verdict) for verdict in verdicts] == [1, 2]
        assert store.feedback() == verdicts


class UpkeepContract:
    def test_repairing_a_sound_store_changes_nothing(self, store):
        for i in range(5):
            store.add(*draft(f"text {i}", passages=1 + i % 2))
        store.set_retention(store.get_many([2])[0].id, 0)
        before = list(store.memories(states=("live", "erased", "archived"))), store.memory_matrix("default")
        assert all(isinstance(line, str) for line in store.repair())
        assert list(store.memories(states=("live", "erased", "archived"))) == before[0]
        assert (
            same_slots(store.memory_matrix("default"), before[1])
            and store.check() == []
            and found(store, "3") == {"text 3": 1}
        )

    def test_info_says_what_it_is(self, store):
        store.add(*draft("x"))
        info = store.info()
        assert info["engine"] and isinstance(info["warnings"], list) and info["bytes"] > 0


def iso(seconds):
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
