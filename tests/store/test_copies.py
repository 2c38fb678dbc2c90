"""A database put back from a copy, older, newer or of another store, never gets a matrix of another history."""

from __future__ import annotations

import random
import shutil

import pytest

from ntm_memory.slots import derived_matrix
from ntm_memory.store import live_matrix, open_store

from .drafts import EMBEDDER, draft
from .reading_contract import same_slots

LAG = 4


@pytest.fixture(autouse=True, params=[20_000, -1], ids=["read", "mapped"])
def _saved_often(monkeypatch, request):
    monkeypatch.setattr(live_matrix, "LAG", LAG)
    monkeypatch.setattr(derived_matrix, "LARGE", request.param)


def write(path, name, count):
    """So many memories, some of which are changed, in one opening; the matrix is saved by closing."""
    store = open_store(path)
    store.set_embedder(EMBEDDER)
    store.memory_matrix("default")
    for number in range(count):
        memory = store.add(*draft(f"{name} number {number}"))
        if number % 3 == 0:
            store.rewrite(memory.id, *draft(f"{name} number {number} anew"))
    store.close()


def believed_and_true(path):
    store = open_store(path)
    believed = store.memory_matrix("default")
    store.close()
    path.with_name("matrix.bin").unlink(missing_ok=True)
    store = open_store(path)
    true = store.memory_matrix("default")
    store.close()
    return believed, true


def test_an_older_copy_that_grows_past_the_matrix_of_its_lost_future(tmp_path):
    path, copy = tmp_path / "memory.db", tmp_path / "copy"
    write(path, "shared", 2 * LAG)
    shutil.copy(path, copy)
    write(path, "lost", 3 * LAG)
    shutil.copy(copy, path)
    store = open_store(path)  # nothing asks for the matrix while it grows
    store.set_embedder(EMBEDDER)
    with store.transaction():
        for number in range(8 * LAG):
            store.add(*draft(f"other {number}"))
    store._engine.live_matrix._saved = 10**6  # and it is not saved at the end
    store.close()
    assert same_slots(*believed_and_true(path))


@pytest.mark.parametrize("seed", range(12))
def test_copies_put_back_in_any_order(tmp_path, seed):
    chance, path, copies = random.Random(seed), tmp_path / "memory.db", []
    write(path, "first", LAG + 1)
    for step in range(10):
        act = chance.choice(["write", "write", "copy", "put back", "look"])
        if act == "write":
            write(path, f"step {step}", chance.randrange(1, 3 * LAG))
        elif act == "copy":
            copies.append(tmp_path / f"copy{step}")
            shutil.copy(path, copies[-1])
        elif act == "put back" and copies:
            shutil.copy(chance.choice(copies), path)
        elif act == "look":
            store = open_store(path)
            store.memory_matrix("default")
            assert store.check() == []
            store.close()
        matrix = path.with_name("matrix.bin")
        kept = matrix.read_bytes() if matrix.exists() else None
        assert same_slots(*believed_and_true(path)), (seed, step, act)
        if kept is not None:
            matrix.write_bytes(kept)


def test_two_stores_that_were_one(tmp_path):
    here, there = tmp_path / "here" / "memory.db", tmp_path / "there" / "memory.db"
    write(here, "shared", 2 * LAG)
    shutil.copytree(here.parent, there.parent)
    write(here, "here", 2 * LAG)
    write(there, "there", 3 * LAG)
    shutil.copy(here.with_name("matrix.bin"), there.with_name("matrix.bin"))
    assert same_slots(*believed_and_true(there))


def test_a_matrix_that_was_written_but_not_noted_is_not_believed(tmp_path):
    path = tmp_path / "memory.db"
    write(path, "one", 2 * LAG)
    old = path.read_bytes()
    write(path, "two", 2 * LAG)
    new = path.with_name("matrix.bin").read_bytes()
    path.write_bytes(old)  # as if the commit had not happened
    path.with_name("matrix.bin").write_bytes(new)
    write(path, "three", 3 * LAG)
    assert same_slots(*believed_and_true(path))
