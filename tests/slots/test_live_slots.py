"""A namespace's memories as they change, against a dictionary; what was handed out before never changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.slots import live_slots
from ntm_memory.slots.columns import SLOT_COLUMNS, MemoryMatrix
from ntm_memory.slots.growable import Growable
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.slots.snapshot import Snapshot
from ntm_memory.times.kept import MOST_KEPT

DIM = 3
NAMES = ("row", *SLOT_COLUMNS, "is_days", "passages")


def spans(start, end, is_days):
    return start + 1, end + 2


def columns_of(rows):
    """Columns and keys of memories, each (row, position, address, seed, passages)."""
    made = {name: np.array([seed % 97 for *_, seed, _ in rows], dtype=np.int64) for name in NAMES}
    made |= {name: np.array([each[i] for each in rows], dtype=np.int64) for i, name in enumerate(("row", "position"))}
    made["address"] = np.array([each[2] for each in rows], dtype=np.int64)
    made["passages"] = np.array([each[4] for each in rows], dtype=np.int64)
    made |= {name: made[name].astype(np.float64) for name in ("occurred", "ended")}
    made["mentioned"] = np.array([np.full((MOST_KEPT, 3), float(each[3])) for each in rows]).reshape(-1, MOST_KEPT, 3)
    keys = [np.random.default_rng(seed).normal(size=(passages, DIM)) for *_, seed, passages in rows]
    return made, np.concatenate([*keys, np.empty((0, DIM))]).astype(np.float32)


def by_hand(rows):
    """The matrix of memories as it must be, made anew."""
    ordered = sorted(rows, key=lambda each: each[1])
    columns, keys = columns_of(ordered)
    columns["occurred"], columns["ended"] = spans(columns["occurred"], columns["ended"], columns["is_days"])
    return MemoryMatrix(
        **{name: columns[name] for name in SLOT_COLUMNS},
        keys=keys,
        owner=np.repeat(np.arange(len(ordered)), columns["passages"]),
        reads=columns["address"] * 2,
    )


def same(found, expected):
    names = (*SLOT_COLUMNS, "keys", "owner", "reads", "starts")
    return all(np.array_equal(getattr(found, name), getattr(expected, name)) for name in names)


def block_of(rows):
    columns, keys = columns_of(sorted(rows))
    return LiveSlots.of(columns, keys, spans, lambda address: address * 2)


@st.composite
def histories(draw):
    """Steps of (changed rows, the live ones among them) from a start; rows keep their positions mostly."""
    state = {}
    steps = []
    taken = 0
    for _ in range(draw(st.integers(1, 12))):
        changed = {}
        for _ in range(draw(st.integers(0, 4))):
            kind = draw(st.sampled_from(["new", "new", "new", "early", "rewrite", "erase", "move"]))
            known = sorted(state)
            if kind in ("new", "early") or not known:
                taken += 1
                position = 10 * taken if kind == "new" else 10 * draw(st.integers(0, taken)) + taken % 10
                if position in {each[1] for each in [*state.values(), *filter(None, changed.values())]}:
                    position = 10 * taken + 5
                changed[taken] = (taken, position, draw(st.integers(0, 99)), draw(st.integers(0, 9)), 1 + taken % 3)
            else:
                row = draw(st.sampled_from(known))
                _, position, address, seed, passages = state[row]
                if kind == "erase":
                    changed[row] = None
                else:
                    moved = position if kind == "rewrite" else 1_000_000 + 10 * row + len(steps)
                    changed[row] = (row, moved, address, seed + 1, 1 + (passages + 1) % 3)
        state = {**state, **changed}
        state = {row: each for row, each in state.items() if each is not None}
        steps.append((sorted(changed), [each for each in changed.values() if each is not None], dict(state)))
    return steps


@settings(deadline=None)
@given(histories(), st.sampled_from([0, 4, 1024]), st.booleans())
def test_any_writes_leave_what_is_made_anew_and_touch_nothing_handed_out(steps, few, look):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_slots, "_FEW", few)
        written_and_compared(steps, look)


def written_and_compared(steps, look):
    block = block_of([])
    handed: list[tuple[Snapshot, MemoryMatrix]] = []
    for number, (changed, live, state) in enumerate(steps):
        columns, keys = columns_of(sorted(live))
        block.apply(np.array(changed, dtype=np.int64), columns, keys)
        found, expected = block.snapshot, by_hand(state.values())
        assert len(found) == len(expected)
        assert not look or number % 2 or same(found, expected)
        assert found is block.snapshot
        assert block.find(np.array(sorted(state), dtype=np.int64)).tolist() == [
            sorted(state, key=lambda row: state[row][1]).index(row) for row in sorted(state)
        ]
        for older, told in handed:
            assert not found.extends(older) or (
                len(found) >= len(older) and np.array_equal(found.keys[: len(older.keys)], told.keys)
            )
        handed.append((found, expected))
    for found, expected in handed:  # the first time that most of their columns are asked for
        assert same(found, expected)
        vector = np.arange(DIM, dtype=np.float32)
        np.testing.assert_allclose(found.products(vector), expected.keys @ vector, atol=1e-5)
        weights = np.arange(2 * len(expected.keys), dtype=np.float32).reshape(2, -1)
        np.testing.assert_allclose(found.weighted_sums(weights), weights @ expected.keys, atol=1e-3)
        rows = np.arange(len(expected.keys))[::-1]
        assert np.array_equal(found.key_rows(rows), expected.keys[rows])
        assert np.array_equal(found.of_keys("first", lambda keys: keys[:, 0]), expected.keys[:, 0])


def test_appending_extends_and_any_other_change_does_not(monkeypatch):
    monkeypatch.setattr(live_slots, "_FEW", 0)
    block = block_of([(i, i, i, i, 1) for i in range(3)])
    one = block.snapshot
    block.apply(np.array([7]), *columns_of([(7, 7, 7, 7, 2)]))
    two = block.snapshot
    assert two.extends(one) and two.extends(two) and not one.extends(two) and len(one) == 3
    block.apply(np.array([1]), *columns_of([(1, 1, 1, 50, 1)]))
    three = block.snapshot
    assert not three.extends(two) and not three.extends(one)
    block.apply(np.array([9]), *columns_of([(9, 9, 9, 9, 1)]))
    assert block.snapshot.extends(three) and not block.snapshot.extends(two)


def test_an_append_copies_neither_keys_nor_columns():
    block = block_of([(i, i, i, i, 1) for i in range(5)])
    block.apply(np.array([7]), *columns_of([(7, 7, 7, 7, 2)]))  # makes room
    one = block.snapshot
    block.apply(np.array([8]), *columns_of([(8, 8, 8, 8, 1)]))
    two = block.snapshot
    for name in ("keys", "position", "mentioned", "starts"):
        assert np.shares_memory(getattr(one, name), getattr(two, name)), name


def test_many_dead_entries_are_left_behind(monkeypatch):
    monkeypatch.setattr(live_slots, "_FEW", 4)
    rows = {i: (i, i, i, i, 1 + i % 2) for i in range(12)}
    block = block_of(rows.values())
    before, told = block.snapshot, by_hand(rows.values())
    before.of_keys("first", lambda keys: keys[:, 0])
    for i in range(1, 11):
        rows[i] = (i, i, i, 40 + i, 1)
        block.apply(np.array([i]), *columns_of([rows[i]]))
    found = block.snapshot
    assert found.heap is not before.heap and len(found.heap) < 17
    assert same(found, by_hand(rows.values())) and same(before, told)
    assert np.array_equal(found.of_keys("first", lambda keys: keys[:, 0]), found.keys[:, 0])


def test_of_few_memories_no_dead_entry_is_kept():
    block = block_of([(i, i, i, i, 1) for i in range(3)])
    before = block.snapshot
    block.apply(np.array([1]), *columns_of([(1, 1, 1, 50, 2)]))
    assert len(block.snapshot.heap) == 3 and block.snapshot.rows is None and len(before) == 3


def test_nothing_handed_out_can_be_written_to():
    found = block_of([(i, i, i, i, 1) for i in range(3)]).snapshot
    for name in (*SLOT_COLUMNS, "keys", "owner", "reads"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(found, name)[0] = 0
    with pytest.raises(AttributeError):
        found.nothing  # noqa: B018


def test_a_changed_copy_is_a_plain_matrix():
    found = block_of([(i, i, i, i, 1) for i in range(3)]).snapshot
    other = replace(found, importance=np.zeros(3))
    assert not isinstance(other, Snapshot) and not other.importance.any() and np.array_equal(other.keys, found.keys)


@pytest.mark.parametrize("erased", [(), (2,)])
def test_when_some_began_and_ended_is_put_into_the_zone_once(erased, monkeypatch):
    monkeypatch.setattr(live_slots, "_FEW", 0)
    columns, keys = columns_of([(i, i, i, i, 1) for i in range(6)])
    columns["occurred"][1::2] = np.nan
    asked = []
    tell = lambda *told: asked.append(len(told[0])) or spans(*told)  # noqa: E731
    block = LiveSlots.of(columns, keys, tell, lambda address: address)
    if erased:
        block.apply(np.array(erased), *columns_of([]))
    found, some = block.snapshot, np.array([4, 0, 1, -1])
    began, until = found.lasted(some)
    assert asked == [4]
    assert np.array_equal(began, found.happened[some]) and np.array_equal(until, found.over[some])
    assert all(np.array_equal(one, other) for one, other in zip((began, until), found.lasted(some), strict=True))
    plain = replace(found, importance=np.zeros(len(found))).lasted(some)
    assert all(np.array_equal(one, other) for one, other in zip((began, until), plain, strict=True))


def test_places_of_slots_in_any_order():
    for addresses in ([0, 4, 9], [9, 0, 4]):
        block = block_of([(i, i, address, i, 1) for i, address in enumerate(addresses)])
        wanted = np.array([4, 5, 0, 99, 9])
        expected = [addresses.index(each) if each in addresses else -1 for each in wanted.tolist()]
        assert block.snapshot.places(wanted).tolist() == expected
        assert by_hand([(i, i, a, i, 1) for i, a in enumerate(addresses)]).places(wanted).tolist() == expected
    assert block_of([]).snapshot.places(np.array([1])).tolist() == [-1]


@given(st.lists(st.integers(0, 40), max_size=12))
def test_an_array_that_grows_leaves_what_was_handed_out(sizes):
    grown, parts, handed = Growable(np.arange(2.0)), [np.arange(2.0)], []
    for size in sizes:
        handed.append((grown.view(), np.concatenate(parts)))
        parts.append(np.random.default_rng(size).random(size))
        grown.append(parts[-1])
    assert np.array_equal(grown.view(), np.concatenate(parts)) and len(grown) == 2 + sum(sizes)
    assert all(np.array_equal(view, told) for view, told in handed)
