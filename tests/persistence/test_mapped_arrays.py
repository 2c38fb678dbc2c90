"""A file of growing arrays: opened without being read, extended in place, and whole whatever interrupts its writer."""

from __future__ import annotations

import mmap
import os
import random
import shutil

import numpy as np
import pytest

from ntm_memory.persistence import mapped_writing
from ntm_memory.persistence.mapped_arrays import CAN_MAP, UNREADABLE, ArrayKind, ArrayPart, heads_of, open_arrays
from ntm_memory.persistence.mapped_writing import extend_arrays, write_arrays
from ntm_memory.slots.growable import Growable

pytestmark = pytest.mark.skipif(not CAN_MAP, reason="no file can be replaced here while it is mapped")
FORMAT = "of-tests-1"
KINDS = {
    "number": ArrayKind("<i8", (), "entries"),
    "vector": ArrayKind("<f4", (3,), "rows"),
    "list": ArrayKind("<i8", (), "list"),
}


def part_of(label, count, room=8):
    numbers = np.arange(count) * 7
    pieces = {
        "number": (0, [numbers[:2], numbers[2:]]),
        "vector": (0, [np.ones((count, 3)) * numbers[:, None]]),
        "list": (0, []),
    }
    used = {"entries": count, "rows": count, "list": 0}
    return ArrayPart({"label": label}, used, {name: number + room for name, number in used.items()}), pieces


def grown(before, count):
    """The part with so many rows more."""
    start, told = before.used["entries"], np.arange(before.used["entries"], before.used["entries"] + count) * 7
    used = {"entries": start + count, "rows": start + count, "list": 2}
    pieces = {
        "number": (start, [told]),
        "vector": (start, [np.ones((count, 3)) * told[:, None]]),
        "list": (0, [np.array([start, count])]),
    }
    return ArrayPart(before.told, used, before.room), pieces


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "arrays.bin"
    write_arrays(made, FORMAT, KINDS, {"state": 1}, [part_of("a", 5), part_of("b", 3)])
    return made


def opened(file, accept=lambda told: True):
    return open_arrays(file, FORMAT, KINDS, accept)


def numbers(arrays, part=0):
    return arrays.array(part, "number")[: arrays.head.parts[part].used["entries"]].tolist()


def extended(file, state=2, count=2):
    arrays = opened(file)
    first, *others = arrays.head.parts
    extend_arrays(file, FORMAT, arrays, {"state": state}, [grown(first, count), *((part, {}) for part in others)])


def test_what_was_written_is_mapped_and_its_room_is_writable(file):
    arrays = opened(file)
    assert arrays.head.told == {"state": 1} and [part.told["label"] for part in arrays.head.parts] == ["a", "b"]
    assert numbers(arrays) == [0, 7, 14, 21, 28] and numbers(arrays, 1) == [0, 7, 14]
    assert arrays.array(1, "vector")[2].tolist() == [14, 14, 14]
    assert arrays.is_noted and arrays.is_whole() and arrays.is_there()
    arrays.array(0, "number")[5] = 99  # of this process alone
    assert opened(file).array(0, "number")[5] == 0 and opened(file).is_noted


@pytest.mark.parametrize("refused", [1, 2])
def test_where_memory_is_short_or_nothing_is_mapped_it_is_read_all_the_same(file, monkeypatch, refused):
    real, tried = mmap.mmap, []

    class Short(real):
        def __new__(cls, *told, **options):
            tried.append(options)
            if len(tried) <= refused:
                raise OSError("cannot allocate memory")
            return real(*told, **options)

    monkeypatch.setattr(mmap, "mmap", Short)
    arrays = opened(file)
    monkeypatch.undo()
    assert numbers(arrays) == [0, 7, 14, 21, 28] and arrays.is_whole() and arrays.is_there()
    grown = Growable(arrays.array(0, "number"), 5)
    grown.append(np.array([99]))
    assert grown.view().tolist() == [0, 7, 14, 21, 28, 99]


def test_rows_are_added_behind_the_others_and_both_heads_stay_true(file):
    before = opened(file)
    extended(file)
    now = opened(file)
    assert numbers(now) == [0, 7, 14, 21, 28, 35, 42] and now.is_noted and now.is_whole()
    assert now.array(0, "list")[:2].tolist() == now.copied(0, "list").tolist() == [5, 2]
    assert numbers(before) == [0, 7, 14, 21, 28] and before.is_whole()
    older = opened(file, lambda told: told["state"] == 1)
    assert numbers(older) == numbers(before) and older.is_noted and older.is_whole()
    extended(file, 3)
    assert [head.told["state"] for head in heads_of(file, FORMAT)] == [3, 2] and opened(file).is_whole()


def test_a_part_is_added_behind_the_others(file):
    arrays = opened(file)
    parts = [(part, {}) for part in arrays.head.parts]
    extend_arrays(file, FORMAT, arrays, {"state": 2}, [*parts, part_of("c", 4)])
    now = opened(file)
    assert numbers(now) == [0, 7, 14, 21, 28] and numbers(now, 2) == [0, 7, 14, 21] and now.is_whole()


def test_a_writer_whose_head_is_of_no_use_goes_on_from_the_other(file):
    extended(file, 2)
    older = opened(file, lambda told: told["state"] == 1)
    first, second = older.head.parts
    extend_arrays(file, FORMAT, older, {"state": 3}, [grown(first, 1), (second, {})])
    now = opened(file)
    assert now.head.told == {"state": 3} and numbers(now) == [0, 7, 14, 21, 28, 35] and now.is_whole()
    assert {head.told["state"] for head in heads_of(file, FORMAT)} == {1, 3}


def test_a_copy_is_another_file_and_so_is_an_edited_one(file, tmp_path):
    copy = tmp_path / "copy.bin"
    shutil.copy2(file, copy)
    assert not opened(copy).is_noted and opened(copy).is_whole()
    extended(copy)
    assert opened(copy).is_noted
    with file.open("r+b") as out:
        out.seek(-400, os.SEEK_END)
        out.write(b"x")
    assert not opened(file).is_noted


def test_any_flipped_byte_that_counts_is_seen(file):
    extended(file)
    whole, chance = file.read_bytes(), random.Random(3)
    state = numbers(opened(file))
    seen = set()
    for place in sorted(chance.sample(range(len(whole)), 1500)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        file.unlink()
        file.write_bytes(damaged)
        try:
            arrays = opened(file)
        except UNREADABLE:
            seen.add("unreadable")
            continue
        assert not arrays.is_noted
        if arrays.is_whole():
            older = arrays.head.told == {"state": 1}
            seen.add("older" if older else "room")
            assert numbers(arrays) == (state[:5] if older else state)
        else:
            seen.add("damaged")
    assert {"older", "room", "damaged"} <= seen


@pytest.mark.parametrize("step", range(5))
def test_whatever_interrupts_a_writer_the_old_state_is_there(file, monkeypatch, step):
    steps = []

    def broken(real):
        def act(*told, **options):
            steps.append(real)
            if len(steps) > step:
                raise OSError("no space left")
            return real(*told, **options)

        return act

    monkeypatch.setattr(mapped_writing.os, "fsync", broken(os.fsync))
    monkeypatch.setattr(mapped_writing.os, "utime", broken(os.utime))
    if step < 4:
        with pytest.raises(OSError, match="no space"):
            extended(file)
    else:
        extended(file)
    monkeypatch.undo()
    # the new head is written after what it speaks of is on the disk
    assert [head.told["state"] for head in heads_of(file, FORMAT)] == ([1] if step < 2 else [2, 1])
    arrays = opened(file, lambda told: told["state"] == 1)
    assert numbers(arrays) == [0, 7, 14, 21, 28] and arrays.is_whole()
    assert opened(file).is_whole() and opened(file).is_noted == (step in (1, 3, 4))


def test_what_was_cut_off_is_not_there_any_more(file):
    arrays = opened(file)
    os.truncate(file, 200)
    assert not arrays.is_there()
    with pytest.raises(UNREADABLE):
        opened(file)


def test_more_rows_than_there_is_room_for_are_refused_and_nothing_is_written(file):
    before = file.read_bytes()
    with pytest.raises(ValueError, match="no room"):
        extended(file, count=50)
    assert file.read_bytes() == before


def test_a_file_that_was_replaced_meanwhile_is_not_written_to(file):
    arrays = opened(file)
    write_arrays(file, FORMAT, KINDS, {"state": 5}, [part_of("z", 2)])
    with pytest.raises(ValueError, match="another file"):
        extend_arrays(file, FORMAT, arrays, {"state": 2}, [(part, {}) for part in arrays.head.parts])
    assert opened(file).head.told == {"state": 5}


@pytest.mark.parametrize("content", [b"", b"{}", b"x" * 300, b'{"format": "of-tests-1", "head": 99}'.ljust(64)])
def test_no_file_of_this_format_is_unreadable_or_has_no_head(tmp_path, content):
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(UNREADABLE):
        opened(tmp_path / "other")
