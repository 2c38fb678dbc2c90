"""What is derived from a namespace and kept beside the store; fixtures as in `contract.py`."""

from __future__ import annotations

import os

import numpy as np
import pytest

from ntm_memory.codes.beside import folder_of
from ntm_memory.codes.files import derived_files

from .drafts import draft

ARRAYS = {"numbers": np.arange(70, dtype=np.int32), "none": np.empty((0, 3), dtype=np.float32)}


def now(store):
    return store.derived.written_since("default", -1).state


class DerivedContract:
    def test_what_was_written_since_is_told_by_its_position(self, store):
        one = store.add(*draft("tea"))
        state = now(store)
        assert store.derived.written_since("default", state.seq).positions.tolist() == []
        two, other = store.add(*draft("salt")), store.add(*draft("rope", namespace="other"))
        store.rewrite(one.id, *draft("green tea"))
        store.set_retention(two.id, 0)
        written = store.derived.written_since("default", state.seq)
        assert written.positions.tolist() == [one.position, two.position]
        assert written.state.seq > state.seq and written.state.purges == state.purges
        assert store.derived.written_since("other", state.seq).positions.tolist() == [other.position]
        assert store.derived.written_since("nowhere", 0).positions.tolist() == []

    def test_a_rollback_is_told(self, store):
        before = now(store)
        with pytest.raises(RuntimeError), store.transaction():
            store.add(*draft("tea"))
            raise RuntimeError
        assert now(store).seq == before.seq and now(store).rollbacks > before.rollbacks

    def test_what_is_kept_is_told_until_something_is_purged(self, store):
        memory = store.add(*draft("tea"))
        assert store.derived.load("default") is None
        assert store.derived.save("default", now(store), ARRAYS)
        store.add(*draft("salt"))
        kept = store.derived.load("default")
        assert kept.state.seq == now(store).seq - 1
        assert {name: array.tolist() for name, array in kept.arrays.items()} == {
            name: array.tolist() for name, array in ARRAYS.items()
        }
        assert store.derived.load("other") is None
        state = now(store)
        store.purge([memory.id])
        assert not derived_files(folder_of(store._engine))
        assert store.derived.load("default") is None
        assert not store.derived.save("default", state, ARRAYS)  # of before the purge

    def test_nothing_is_kept_in_the_middle_of_something_else(self, store):
        store.add(*draft("tea"))
        with store.transaction():
            assert not store.derived.save("default", now(store), ARRAYS)
        with store.snapshot():
            assert not store.derived.save("default", now(store), ARRAYS)
        assert not store.derived.save("nowhere", now(store), ARRAYS)
        assert not derived_files(folder_of(store._engine))

    def test_a_file_that_is_not_what_was_written_is_refused_and_removed(self, store):
        store.add(*draft("tea"))
        for harm in (lambda file: file.write_bytes(file.read_bytes()[:-9]), lambda file: file.write_bytes(b"")):
            assert store.derived.save("default", now(store), ARRAYS)
            (file,) = derived_files(folder_of(store._engine))
            harm(file)
            assert store.derived.load("default") is None and not file.exists()

    def test_a_bit_that_turned_unnoticed_is_found_by_a_check(self, store):
        store.add(*draft("tea"))
        assert store.derived.save("default", now(store), ARRAYS)
        assert not store.check()
        (file,) = derived_files(folder_of(store._engine))
        status, content = file.stat(), bytearray(file.read_bytes())
        content[-20] ^= 1
        with file.open("r+b") as opened:
            opened.write(content)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert store.encrypted or [line for line in store.check() if file.name in line]
        store.repair()
        assert not derived_files(folder_of(store._engine)) and not store.check()
