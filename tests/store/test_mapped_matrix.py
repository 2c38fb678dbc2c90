"""The derived file of a large memory: mapped, extended in place, and never believed when it is not what was left."""

from __future__ import annotations

import os
import random
import shutil
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.persistence.mapped_arrays import CAN_MAP, heads_of
from ntm_memory.slots import derived_matrix
from ntm_memory.slots import matrix_file as sidecar
from ntm_memory.slots.derived_matrix import DerivedMatrix
from ntm_memory.slots.matrix_file import MAPPED
from ntm_memory.store import live_matrix, open_store

from .drafts import EMBEDDER, Clock, draft
from .reading_contract import same_slots

pytestmark = pytest.mark.skipif(not CAN_MAP, reason="no file can be replaced here while it is mapped")
LAG = 8


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch):
    monkeypatch.setattr(derived_matrix, "LARGE", -1)
    monkeypatch.setattr(live_matrix, "LAG", LAG)


@pytest.fixture
def path(tmp_path):
    """A store of three hundred memories in two namespaces, some of them gone."""
    path = tmp_path / "home" / "memory.db"
    with closing(open_store(path, clock=Clock())) as store:
        store.set_embedder(EMBEDDER)
        with store.transaction():
            memories = [store.add(*draft(f"text {i}", passages=1 + i % 3, session=f"s{i % 7}")) for i in range(300)]
            for memory in memories[::10]:
                store.set_retention(memory.id, 0)
            for i in range(20):
                store.add(*draft(f"other {i}", namespace="other"))
    return path


def state(path):
    """What the file says, as a process reads it, and that it is what the database says."""
    with closing(open_store(path)) as store:
        found = store.memory_matrix("default")
        assert same_slots(found, from_blobs_of_copy(path)) and store.check() == []
        return found


def from_blobs_of_copy(path):
    """The matrix as the database alone tells it."""
    folder = path.parent.with_name("copy of database")
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder)
    (folder / "matrix.bin").unlink(missing_ok=True)
    with closing(open_store(folder / "memory.db")) as store:
        return replace(store.memory_matrix("default"))  # with columns of its own


def add(path, name, count):
    with closing(open_store(path)) as store, store.transaction():
        for number in range(count):
            store.add(*draft(f"{name} {number}", passages=1 + number % 2))


def heads(path):
    return heads_of(path.with_name("matrix.bin"), MAPPED)


def not_called(what):
    def refused(*_, **__):
        pytest.fail(what)

    return refused


def test_it_is_opened_without_reading_the_database_or_a_checksum_of_it(path, monkeypatch):
    expected = state(path)
    monkeypatch.setattr(sidecar, "build", lambda entries, keys, dim: not_called("read") if entries else None)
    monkeypatch.setattr(derived_matrix, "is_sound", not_called("checked"))
    with closing(open_store(path)) as store:
        begun = store._engine.live_matrix._file.begun(store._engine.now(), 400)
        assert begun is not None and begun.mapped is not None
        blocks = {len(block) for block in begun.blocks.values()}
        assert blocks == {270, 20} and same_slots(begun.blocks[min(begun.blocks)].snapshot, expected)


def test_few_writes_are_appended_in_place_and_a_reader_of_before_keeps_its_state(path):
    inode, before = path.with_name("matrix.bin").stat().st_ino, len(heads(path))
    assert before == 1
    with closing(open_store(path)) as store:
        handed_out = store.memory_matrix("default")
        expected = handed_out.keys.copy()
        for step in range(4):
            add(path, f"step {step}", LAG + 1)
            now = store.memory_matrix("default")
            assert len(now) == 270 + (step + 1) * (LAG + 1)
            assert now.extends(handed_out), "what was derived of it stays"
        assert np.array_equal(handed_out.keys, expected)
    assert path.with_name("matrix.bin").stat().st_ino == inode and len(heads(path)) == 2
    assert len(state(path)) == 270 + 4 * (LAG + 1)


def test_rewritten_and_removed_memories_are_written_in_place_too(path):
    inode = path.with_name("matrix.bin").stat().st_ino
    for step in range(5):
        with closing(open_store(path)) as store:
            live = store.get_many(store.memory_matrix("default").address[step * 9 : step * 9 + 9].tolist())
            for memory in live[:3]:
                store.rewrite(memory.id, *draft(f"anew {memory.id}", passages=2))
            for memory in live[3:6]:
                store.set_retention(memory.id, 0)
            for memory in live[6:]:
                store.amend(memory.id, importance=0.25)
        state(path)
    assert path.with_name("matrix.bin").stat().st_ino == inode and len(heads(path)) == 2


def test_much_that_is_dead_is_left_behind_in_a_file_anew(path):
    inode = path.with_name("matrix.bin").stat().st_ino
    with closing(open_store(path)) as store, store.transaction():
        for memory in store.get_many(store.memory_matrix("default").address[:150].tolist()):
            store.set_retention(memory.id, 0)
    assert path.with_name("matrix.bin").stat().st_ino != inode
    assert len(state(path)) == 120


def test_a_namespace_of_later_and_many_new_memories_find_their_place(path):
    with closing(open_store(path)) as store, store.transaction():
        for number in range(LAG + 1):
            store.add(*draft(f"third {number}", namespace="third"))
    assert [len(head.parts) for head in heads(path)] == [3, 2]
    add(path, "many", 400)
    state(path)
    with closing(open_store(path)) as store:
        assert len(store.memory_matrix("third")) == LAG + 1


def test_a_copied_home_is_read_whole_once_and_then_noted(path, tmp_path, monkeypatch):
    home = tmp_path / "moved"
    shutil.copytree(path.parent, home)
    moved, checks = home / "memory.db", []
    real = derived_matrix.is_sound
    monkeypatch.setattr(derived_matrix, "is_sound", lambda *told: checks.append(1) or real(*told))
    for _ in range(3):
        with closing(open_store(moved)) as store:
            assert len(store.memory_matrix("default")) == 270
    assert len(checks) == 1


def test_a_damaged_file_is_refused_and_made_anew(path):
    file, expected = path.with_name("matrix.bin"), len(state(path))
    whole, chance = file.read_bytes(), random.Random(5)
    for place in chance.sample(range(len(whole)), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        file.unlink()
        file.write_bytes(damaged)
        assert len(state(path)) == expected
    for torn in (b"", whole[:100], whole[:5000], whole[:-1], b"{}\n"):
        file.unlink(missing_ok=True)
        file.write_bytes(torn)
        assert len(state(path)) == expected


def test_a_file_that_is_cut_off_under_an_open_store_is_read_no_more(path):
    with closing(open_store(path)) as store:
        store.memory_matrix("default")
        os.truncate(path.with_name("matrix.bin"), 1000)
        assert len(store.memory_matrix("default")) == 270 and store.memory_matrix("default").keys.sum() != 0
        store.add(*draft("one more"))
        assert len(store.memory_matrix("default")) == 271
    assert len(state(path)) == 271


def test_check_reads_all_of_a_file_that_is_believed(path):
    file = path.with_name("matrix.bin")
    when, whole = file.stat(), bytearray(file.read_bytes())
    with closing(open_store(path)) as store:
        at = whole.index(store.memory_matrix("other").keys[3].tobytes())
    whole[at + 2] ^= 64
    with file.open("r+b") as out:
        out.write(whole)
    os.utime(file, ns=(when.st_mtime_ns, when.st_mtime_ns))
    with closing(open_store(path)) as store:
        assert store.check() == ["derived matrix disagrees with the memories"]
        store.repair()
        assert store.check() == []


def test_a_purge_leaves_no_vector_of_what_is_gone(path):
    with closing(open_store(path)) as store:
        slots = store.memory_matrix("default")
        key, (memory,) = slots.keys[0].tobytes(), store.get_many(slots.address[:1].tolist())
        assert key in path.with_name("matrix.bin").read_bytes()
        store.purge([memory.id])
    assert not any(key in file.read_bytes() for file in path.parent.rglob("*") if file.is_file())
    state(path)


def test_an_older_database_put_back_does_not_meet_a_matrix_of_its_future(path, tmp_path):
    shutil.copy(path, tmp_path / "old")
    add(path, "lost", LAG + 1)
    add(path, "lost too", LAG + 1)
    shutil.copy(tmp_path / "old", path)
    add(path, "other", 3 * LAG)
    assert len(state(path)) == 270 + 3 * LAG


def test_a_commit_that_fails_leaves_the_file_of_before(path, monkeypatch):
    with closing(open_store(path)) as store:
        with store.transaction():
            for number in range(LAG + 1):
                store.add(*draft(f"more {number}"))
        monkeypatch.setattr(store._engine, "set_matrix_token", lambda token: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store._engine.save_matrix_if_lagging()
        monkeypatch.undo()
        monkeypatch.setattr(live_matrix, "LAG", 10**6)
    monkeypatch.setattr(derived_matrix, "is_sound", not_called("checked"))
    with closing(open_store(path)) as store:
        assert len(store.memory_matrix("default")) == 270 + LAG + 1


def test_a_file_whose_commit_is_still_to_come_is_neither_believed_nor_removed(path, monkeypatch):
    file = path.with_name("matrix.bin")
    file.unlink()
    with closing(open_store(path)) as writer:
        writer.memory_matrix("default")
        monkeypatch.setattr(writer._engine, "set_matrix_token", lambda token: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            writer._engine.save_matrix_if_lagging()
        written = file.read_bytes()
        with closing(open_store(path)) as reader:
            assert reader.memory_matrix("default").keys.sum() != 0
            assert not reader._engine.live_matrix._begun.mapped and file.read_bytes() == written
            assert reader.check() == []
        monkeypatch.undo()
    state(path)


def test_all_rows_are_read_page_by_page(path, monkeypatch):
    expected = state(path)
    monkeypatch.setattr(live_matrix, "PAGE", 7)
    monkeypatch.setattr(live_matrix, "LAG", 10**6)
    path.with_name("matrix.bin").unlink()
    with closing(open_store(path)) as store:
        assert same_slots(store.memory_matrix("default"), expected) and len(store.memory_matrix("other")) == 20


def test_a_file_of_a_memory_that_outgrew_its_form_gets_the_other_by_being_read(path, monkeypatch):
    expected = state(path)
    path.with_name("matrix.bin").unlink()
    monkeypatch.setattr(derived_matrix, "LARGE", 20_000)
    with closing(open_store(path)) as store:
        store.memory_matrix("default")
    assert path.with_name("matrix.bin").read_bytes().startswith(b'{"format": "ntm-matrix-5"')
    monkeypatch.setattr(derived_matrix, "LARGE", -1)
    with closing(open_store(path)) as store:
        assert same_slots(store.memory_matrix("default"), expected)
    assert len(heads(path)) == 1 and same_slots(state(path), expected)


def test_a_small_memory_an_encrypted_one_and_one_that_cannot_map_have_a_file_that_is_read(tmp_path, monkeypatch):
    file = tmp_path / "matrix.bin"
    assert DerivedMatrix(file, None, None, None).is_large(1)
    assert not DerivedMatrix(file, object(), None, None).is_large(10**6)
    monkeypatch.setattr(derived_matrix, "LARGE", 20_000)
    assert not DerivedMatrix(file, None, None, None).is_large(20_000)
    assert DerivedMatrix(file, None, None, None).is_large(20_001)
    monkeypatch.setattr(derived_matrix, "CAN_MAP", False)
    assert not DerivedMatrix(file, None, None, None).is_large(10**6)
