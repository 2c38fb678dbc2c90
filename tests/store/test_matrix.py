"""The derived matrix: equal to what the database says, however the file beside it was treated."""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import replace

import pytest

from ntm_memory.slots import matrix_file as sidecar
from ntm_memory.slots.stamp import Stamp
from ntm_memory.store import live_matrix, open_store
from ntm_memory.store.live_matrix import LAG

from .drafts import EMBEDDER, Clock, draft
from .reading_contract import same_slots

real = sidecar.build


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory.db"


@pytest.fixture
def file(path):
    """The file beside a store of three hundred memories, some of them gone or out of order."""
    store = open_store(path, clock=Clock())
    store.set_embedder(EMBEDDER)
    with store.transaction():
        memories = [store.add(*draft(f"text {i}", passages=1 + i % 3, session=f"s{i % 7}")) for i in range(300)]
        for memory in memories[::10]:
            store.set_retention(memory.id, 0)
        for memory in memories[50:100:10]:
            store.set_retention(memory.id, 0.5)
    store.close()
    return path.with_name("matrix.bin")


def memory_matrix(path):
    store = open_store(path)
    found, faults = store.memory_matrix("default"), store.check()
    store.close()
    return found, faults


def from_blobs(path):
    path.with_name("matrix.bin").unlink()
    return memory_matrix(path)[0]


def test_the_file_is_mapped_not_read_anew(path, file, monkeypatch):
    expected, _ = memory_matrix(path)
    store = open_store(path)
    monkeypatch.setattr(
        sidecar,
        "build",
        lambda entries, keys, dim: pytest.fail("read from the database") if entries else real(entries, keys, dim),
    )
    found = store.memory_matrix("default")
    assert same_slots(found, expected) and not found.keys.flags.writeable
    monkeypatch.undo()
    store.close()
    assert same_slots(from_blobs(path), expected)


def test_few_changes_are_patched_in_without_rewriting_the_file(path, file):
    before = file.read_bytes()
    store = open_store(path)
    live = store.memory_matrix("default").address.tolist()
    with store.transaction():
        store.add(*draft("new", passages=2))
        store.rewrite(store.get_many([live[3]])[0].id, *draft("other words", passages=3))
        store.set_retention(store.get_many([live[5]])[0].id, 0)
        store.set_retention(store.get_many([live[6]])[0].id, 0.25)
    patched = store.memory_matrix("default")
    store.close()
    assert file.read_bytes() == before
    cold, faults = memory_matrix(path)
    assert same_slots(cold, patched) and faults == [] and same_slots(from_blobs(path), patched)


def test_many_changes_rewrite_the_file(path, file):
    before = file.read_bytes()
    store = open_store(path)
    with store.transaction():
        for i in range(LAG + 1):
            store.add(*draft(f"more {i}"))
    store.close()
    assert file.read_bytes() != before
    cold, faults = memory_matrix(path)
    assert faults == [] and same_slots(from_blobs(path), cold)


def test_any_flipped_byte_leads_to_reading_anew(path, file):
    expected, whole = memory_matrix(path)[0], file.read_bytes()
    header = whole.index(b"\n")
    chance = random.Random(7)
    places = [chance.randrange(header) for _ in range(15)] + [chance.randrange(header, len(whole)) for _ in range(25)]
    for place in places:
        if whole[place : place + 1] == b" ":
            continue
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        found, faults = memory_matrix(path)
        assert same_slots(found, expected), place
        assert faults == [], "what was refused is removed, and nothing is left to complain of"


@pytest.mark.parametrize(
    "treat", [lambda b: b"", lambda b: b[:100], lambda b: b[:-1], lambda b: b + b"x", lambda b: b"{}\n"]
)
def test_a_torn_file_is_not_believed(path, file, treat):
    expected, whole = memory_matrix(path)[0], file.read_bytes()
    file.write_bytes(treat(whole))
    assert same_slots(memory_matrix(path)[0], expected)


def test_a_file_of_another_past_is_nobodys_and_no_fault(path, file):
    expected = memory_matrix(path)[0]
    with closing(open_store(path)) as store:
        loaded, stamp = sidecar.load(file, store._engine.now())
        lie = sidecar.Matrix(**vars(loaded) | {"keys": loaded.keys + 1})
        sidecar.save(file, lie, replace(stamp, token="of before a power cut"))
        assert store.check() == []
    assert same_slots(memory_matrix(path)[0], expected)


def test_check_names_a_file_that_lies(path, file):
    store = open_store(path)
    now = store._engine.now()
    matrix, _ = sidecar.load(file, now)
    lie = sidecar.Matrix(**vars(matrix) | {"keys": matrix.keys + 1})
    sidecar.save(file, lie, now)
    assert store.check() == ["derived matrix disagrees with the memories"]
    store.repair()
    assert store.check() == [] and store.memory_matrix("default").keys.max() <= 1
    store.close()


def test_a_file_of_another_store_is_not_believed(path, file, tmp_path):
    other = open_store(tmp_path / "other" / "memory.db")
    other.set_embedder(EMBEDDER)
    other.add(*draft("alone"))
    other.close()
    file.replace(tmp_path / "other" / "matrix.bin")
    assert len(memory_matrix(tmp_path / "other" / "memory.db")[0]) == 1


def test_a_restored_backup_does_not_meet_a_matrix_of_its_future(path, file):
    backup, ahead = path.read_bytes(), None
    store = open_store(path)
    with store.transaction():
        for i in range(LAG + 1):
            store.add(*draft(f"lost future {i}"))
    store.close()
    ahead = file.read_bytes()
    path.write_bytes(backup)
    store = open_store(path)
    assert len(store.memory_matrix("default")) == 275
    with store.transaction():
        for i in range(LAG + 5):
            store.add(*draft(f"other future {i}"))
    found = store.memory_matrix("default")
    store.close()
    assert file.read_bytes() != ahead and same_slots(from_blobs(path), found)


def test_a_failure_to_write_the_file_fails_nothing(path, tmp_path):
    (tmp_path / "matrix.bin").mkdir()
    store = open_store(path)
    store.set_embedder(EMBEDDER)
    with store.transaction():
        for i in range(LAG + 1):
            store.add(*draft(f"text {i}"))
    assert len(store.memory_matrix("default")) == LAG + 1
    store.close()
    assert len(open_store(path).memory_matrix("default")) == LAG + 1
    assert [f.name for f in tmp_path.iterdir() if f.name.startswith("matrix")] == ["matrix.bin"]


def test_stamps_tell_what_may_be_patched():
    now = Stamp("u", 10, 1, 8)
    assert now.may_become(now) and Stamp("u", 0, 1, 8).may_become(now)
    others = [Stamp("v", 10, 1, 8), Stamp("u", 11, 1, 8), Stamp("u", 10, 0, 8), Stamp("u", 10, 1, 9)]
    assert not any(other.may_become(now) for other in others)


@pytest.mark.parametrize(
    "forge", [lambda a: a + 2**40, lambda a: -1 - a, lambda a: a * 0 + 1], ids=["far", "below", "one"]
)
def test_forged_slots_under_a_right_checksum_are_not_believed(path, file, forge):
    expected, _ = memory_matrix(path)
    store = open_store(path)
    loaded, stamp = sidecar.load(file, store._engine.now())
    store.close()
    assert sidecar.save(file, replace(loaded, address=forge(loaded.address)), stamp)
    with closing(open_store(path)) as store:
        assert store.check() == ["derived matrix disagrees with the memories"]
        store.postings("default", ["text"])
    found, faults = memory_matrix(path)
    assert same_slots(found, expected) and faults == []


def test_a_large_file_is_written_anew_when_a_share_of_it_changed_and_closing_reads_its_first_line_alone(
    path, file, monkeypatch
):
    monkeypatch.setattr(live_matrix, "LAG", 0)
    before = file.read_bytes()
    with closing(open_store(path)) as store:
        monkeypatch.setattr(sidecar, "load", lambda *_: pytest.fail("read as a whole"))
        store.add(*draft("one of few"))
    assert file.read_bytes() == before
    with closing(open_store(path)) as store:
        with store.transaction():
            for i in range(300 // live_matrix.SHARE + 1):
                store.add(*draft(f"one of many {i}"))
        monkeypatch.undo()
    monkeypatch.setattr(live_matrix, "LAG", 0)
    with closing(open_store(path)) as store:
        store.add(*draft("the last"))
    assert file.read_bytes() != before


def test_what_was_handed_out_stays_as_it_was_whatever_is_written(path, file):
    with closing(open_store(path)) as store:
        before, expected = store.memory_matrix("default"), from_blobs_of(store)
        live = store.get_many(before.address[:6].tolist())
        store.add(*draft("new", passages=2))
        store.rewrite(live[3].id, *draft("other words", passages=3))
        store.set_retention(live[5].id, 0)
        store.amend(live[1].id, importance=0.9)
        after = store.memory_matrix("default")
        assert same_slots(before, expected) and same_slots(after, from_blobs_of(store))


def from_blobs_of(store):
    """The matrix as another process reads it."""
    with closing(open_store(store._engine.path)) as other:
        other._engine.live_matrix.remove_file()
        return replace(other.memory_matrix("default"))  # with columns of its own
