"""The slots of all namespaces in a mapped file, through any history of writings, against a dictionary."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.persistence.mapped_arrays import CAN_MAP, open_arrays
from ntm_memory.slots import mapped_slots
from ntm_memory.slots.columns import SLOT_COLUMNS
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.slots.mapped_slots import MappedSlots, is_sound, kinds_of, write_slots
from ntm_memory.times.kept import MOST_KEPT

from .test_live_slots import DIM, NAMES, block_of, by_hand, columns_of, histories, same, spans

pytestmark = pytest.mark.skipif(not CAN_MAP, reason="no file can be replaced here while it is mapped")
FORMAT, CODE = "of-tests", 4
FLOATS = ("occurred", "ended", "mentioned")
KINDS = kinds_of({name: "<f8" if name in FLOATS else "<i8" for name in NAMES}, (MOST_KEPT, 3), DIM)


def opened(file, **options):
    arrays = open_arrays(file, FORMAT, KINDS, lambda told: True)
    return MappedSlots(arrays, spans, lambda address: address * 2, **options)


def test_every_column_is_in_the_file():
    assert set(SLOT_COLUMNS) <= set(KINDS)


@given(histories(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_written_opened_extended_it_is_what_it_would_be_by_hand(steps, from_empty):
    with tempfile.TemporaryDirectory() as folder:
        file, other = Path(folder) / "slots", block_of([(1, 10, 99, 3, 1)])
        first = {9: other} if from_empty else {CODE: block_of([]), 9: other}
        write_slots(file, FORMAT, KINDS, {"step": -1}, first)
        for number, (changed, live, state) in enumerate(steps):
            slots = opened(file, to_extend=True)
            block = slots.blocks.setdefault(CODE, block_of([]))
            block.apply(np.array(changed, dtype=np.int64), *columns_of(sorted(live)))
            if not slots.extend(file, FORMAT, {"step": number}):
                write_slots(file, FORMAT, KINDS, {"step": number}, slots.blocks)
            again, expected = opened(file), by_hand(state.values())
            assert again.told == {"step": number} and again.arrays.is_whole() and len(again.blocks[9]) == 1
            found = again.blocks.get(CODE, block_of([]))
            assert same(found.snapshot, expected)
            assert found.find(np.array([row for row in state], dtype=np.int64)).min(initial=0) >= 0


def many(count):
    return [(row, 10 * row, row, row % 7, 1 + row % 2) for row in range(1, count + 1)]


def test_what_is_appended_is_written_behind_and_nothing_else(tmp_path, monkeypatch):
    file = tmp_path / "slots"
    write_slots(file, FORMAT, KINDS, {}, {CODE: block_of(many(3000))})
    before, slots = file.read_bytes(), opened(file, to_extend=True)
    rows = many(3005)[3000:]
    slots.blocks[CODE].apply(np.array([row[0] for row in rows]), *columns_of(rows))
    monkeypatch.setattr(mapped_slots, "write_slots", lambda *_: pytest.fail("written anew"))
    assert slots.extend(file, FORMAT, {})
    now = file.read_bytes()
    assert len(now) == len(before) and sum(a != b for a, b in zip(before, now, strict=True)) < 8000
    assert same(opened(file).blocks[CODE].snapshot, by_hand(many(3005)))


def test_a_process_adds_to_what_it_mapped_and_no_other_sees_it(tmp_path):
    file = tmp_path / "slots"
    write_slots(file, FORMAT, KINDS, {}, {CODE: block_of(many(3000))})
    here, there = opened(file).blocks[CODE], opened(file).blocks[CODE]
    handed_out, rows = here.snapshot, many(3010)[3000:]
    here.apply(np.array([row[0] for row in rows]), *columns_of(rows))
    assert same(here.snapshot, by_hand(many(3010))) and same(there.snapshot, by_hand(many(3000)))
    assert same(handed_out, by_hand(many(3000))) and here.snapshot.extends(handed_out)


def test_much_that_is_dead_or_without_room_is_for_a_file_anew(tmp_path):
    file = tmp_path / "slots"
    write_slots(file, FORMAT, KINDS, {}, {CODE: block_of(many(2000))})
    slots = opened(file, to_extend=True)
    slots.blocks[CODE].apply(np.arange(1, 900), *columns_of([]))
    assert not slots.extend(file, FORMAT, {})
    slots, rows = opened(file, to_extend=True), many(3000)[2000:]
    slots.blocks[CODE].apply(np.array([row[0] for row in rows]), *columns_of(rows))
    assert not slots.extend(file, FORMAT, {})
    assert same(opened(file).blocks[CODE].snapshot, by_hand(many(2000)))


@pytest.mark.parametrize("name", ["passages", "first", "owner", "address", "row", "position"])
def test_numbers_that_cannot_be_are_not_sound_whatever_their_checksum(tmp_path, name):
    file, rows = tmp_path / "slots", many(1500)
    columns, keys = columns_of(rows)
    block = LiveSlots.of(columns, keys, spans, lambda address: address)
    write_slots(file, FORMAT, KINDS, {}, {CODE: block})
    arrays = opened(file).arrays
    assert is_sound(arrays, 1501) and not is_sound(arrays, 1400)
    arrays.array(0, name)[7] = 9_999
    assert not arrays.is_whole()
    arrays.is_whole = lambda: True  # as if the checksum had been made for it
    assert not is_sound(arrays, 1501)


def test_a_small_namespace_with_dead_entries_is_looked_at_before_it_is_used(tmp_path):
    file = tmp_path / "slots"
    write_slots(file, FORMAT, KINDS, {}, {CODE: block_of(many(50))})
    slots = opened(file, to_extend=True)
    slots.blocks[CODE].apply(np.array([3, 4]), *columns_of([(3, 30, 3, 6, 1)]))
    assert slots.extend(file, FORMAT, {})
    arrays = opened(file).arrays
    assert is_sound(arrays, 51) and len(opened(file).blocks[CODE]) == 49
    arrays.array(0, "passages")[5] = 2**50
    assert not is_sound(arrays, 51)
    arrays.is_whole = lambda: True
    assert not is_sound(arrays, 51)
