"""What is kept of a large memory is carried on as it changes, and equals what is made anew."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.large_memory import kept
from ntm_memory.large_memory.entries import unrank
from ntm_memory.large_memory.kept import KeptIndex, arrays_of, totals_of
from ntm_memory.recall.centred_matrix import digests
from ntm_memory.recall.sequence import sequence_of
from ntm_memory.slots import live_slots
from tests.large_memory.worlds import slots_of, texts_of, view_of, words_of
from tests.recall.test_known_state import block_of, columns_of

CHANGE = st.tuples(st.sampled_from("aaurre"), st.integers(0, 60), st.integers(0, 30), st.integers(0, 5))
STATES = st.lists(st.lists(CHANGE, max_size=8), max_size=6)


class World:
    """Live memories that are written, erased, told anew and brought back, as a store tells it."""

    def __init__(self, start):
        self.live = {3 * i: (3 * i, i % 13, i % 3) for i in range(start)}
        self.erased = {}
        self.next = 3 * start
        self.block = block_of([self.live[i] for i in sorted(self.live)])

    def words_of(self, addresses):
        return [(f"w{self.live[at][1] % 7}", f"s{self.live[at][1]}", f"s{self.live[at][1]}") for at in addresses]

    def change(self, kind, which, seed, session):
        """One write; returns the position of the memory."""
        row = sorted(self.live)[which % len(self.live)]
        if kind == "a":
            row = self.next
            self.live[row], self.next = (row, seed, session), self.next + 3
        elif kind == "u":
            self.live[row] = (row, seed, self.live[row][2])
        elif kind == "e" and len(self.live) > 2:
            self.erased[row] = self.live.pop(row)
        elif self.erased:
            row = sorted(self.erased)[which % len(self.erased)]
            self.live[row] = self.erased.pop(row)
        else:
            return row
        self.block.apply(np.array([row]), *columns_of([self.live[row]] if row in self.live else []))
        return row


def assert_as_anew(view, world):
    """Everything that is asked of what is kept."""
    slots, every = view.slots, np.arange(len(view.slots))
    assert view.entries.memories(view.entries.entries(every)).tolist() == every.tolist()
    everything = view.entries.memories(np.arange(view.kept.size))
    assert sorted(everything[everything >= 0].tolist()) == every.tolist()
    texts = world.words_of(slots.address.tolist())
    for word in ("w1", "s4", "s12", "nowhere"):
        counts = view.kept.words.held(word).counts_at(view.entries.entries(every))
        assert counts.tolist() == [Counter(text)[word] for text in texts]
    laid = sequence_of(slots)
    assert view.sequence.order.tolist() == laid.order.tolist() and view.sequence.place.tolist() == laid.place.tolist()
    assert view.sequence.session.tolist() == laid.session.tolist() and len(view.sequence) == len(slots)
    for reach in (1, 4):
        assert (view.sequence.neighbours(every, reach) == laid.neighbours(every, reach)).all()
    told = view.kept.digest(view.entries.entries(every))
    assert told.tolist() == digests(slots.key_rows(slots.starts)).tolist()
    rows = view.entries.memories(view.kept.owner(np.arange(len(view.kept.signs))))
    assert np.bincount(rows[rows >= 0], minlength=len(slots)).tolist() == np.bincount(slots.owner).tolist()
    for i in (0, len(slots) // 2, len(slots) - 1):
        own = np.flatnonzero(rows == i)
        direction = slots.passages_of(np.array([i]))[0][-1] - view.kept.signs.reference[int(slots.cjk[i])]
        assert view.kept.signs.apart(direction)[own].min() == 0
    assert slots.find(slots.position).tolist() == every.tolist() and slots.find(np.array([-1, 10**6])).max() == -1


@settings(deadline=None, max_examples=25)
@given(STATES, st.integers(3, 40), st.sampled_from([0, 20, 1024]), st.booleans())
def test_any_order_of_writes_equals_what_is_made_anew(states, start, few, saved):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_slots, "_FEW", few)
        patch.setattr(kept, "STALE", 9.0)
        world = World(start)
        view = view_of(world.block.snapshot, world.words_of)
        assert_as_anew(view, world)
        for changes in states:
            changed = {world.change(*each) for each in changes}
            view = view_of(world.block.snapshot, world.words_of, view.kept, changed)
            assert_as_anew(view, world)
            if saved:  # as another process finds it
                arrays = view.kept.arrays(view.slots, view.entries, world.words_of)
                index = KeptIndex(arrays)
                view = view_of(world.block.snapshot, world.words_of, index)
                assert_as_anew(view, world) or not index.lag


@given(st.sets(st.integers(0, 30)), st.lists(st.integers(0, 40)))
def test_ranks_among_what_is_left(taken, ranks):
    left = [i for i in range(100) if i not in taken]
    found = unrank(np.array(sorted(taken), dtype=np.int64), np.array(ranks, dtype=np.int64))
    assert found.tolist() == [left[rank] for rank in ranks]


def test_what_was_removed_for_good_is_missed_and_leaves_nothing():
    world = World(60)
    view = view_of(world.block.snapshot, world.words_of)
    word = view.kept.words.held("s12")
    assert len(word)
    gone = [row for row, (_, seed, _) in world.live.items() if seed == 12]
    for row in gone:
        world.live.pop(row)
        world.block.apply(np.array([row]), *columns_of([]))
    slots = world.block.snapshot
    assert view.kept.missing(slots).tolist() == gone
    later = view_of(slots, world.words_of, view.kept, gone)
    arrays = later.kept.arrays(slots, later.entries, world.words_of)
    anew = arrays_of(slots, world.words_of)
    assert arrays["words.word"].tolist() == anew["words.word"].tolist()
    for name in ("words.text", "words.starts", "position", "layout.order", "sample.keys", "dates.once"):
        assert np.array_equal(arrays[name], anew[name]), name
    later.kept.forget_totals(slots)
    np.testing.assert_allclose(later.kept.totals.keys, anew["key_sums"])


def test_of_what_was_removed_for_good_no_sum_is_kept_where_nothing_else_changed():
    world = World(60)
    view = view_of(world.block.snapshot, world.words_of)
    row = sorted(world.live)[7]
    world.change("e", 7, 0, 0)
    erased = view_of(world.block.snapshot, world.words_of, view.kept, {row})
    index = KeptIndex(erased.kept.arrays(erased.slots, erased.entries, world.words_of))
    later = view_of(erased.slots, world.words_of, index)
    assert not index.lag and index.totals.memories == 60  # the erased one is counted
    index.forget_totals(later.slots)
    again = KeptIndex(index.arrays(later.slots, later.entries, world.words_of)).totals
    anew = totals_of(later.slots)
    assert again.memories == 59 and (again.words, again.passages) == (anew.words, anew.passages)
    assert np.array_equal(again.keys, anew.keys) and np.array_equal(again.rows, anew.rows)


def test_what_was_written_and_erased_since_is_no_memory():
    world = World(10)
    index = view_of(world.block.snapshot, world.words_of).kept
    row = world.change("a", 0, 5, 1)
    view_of(world.block.snapshot, world.words_of, index, {row})
    world.change("e", 10, 0, 0)
    view = view_of(world.block.snapshot, world.words_of, index, {row})
    assert view.entries.are_memories and view.entries.memories(np.array([9, 10])).tolist() == [9, -1]
    assert_as_anew(view, world)


def test_too_much_that_changed_is_made_anew():
    texts = texts_of(300)
    slots = slots_of(texts)
    tell = words_of(slots, texts)
    index = view_of(slots, tell).kept
    assert view_of(slots, tell, index, slots.position[:50]) is not None
    assert view_of(slots, tell, index, slots.position[50:120]) is None


def test_what_was_written_unseen_is_noticed():
    world = World(30)
    index = view_of(world.block.snapshot, world.words_of).kept
    world.change("a", 0, 5, 1)
    assert view_of(world.block.snapshot, world.words_of, index) is None
