"""A file of arrays of fixed length: what was written is read, mapped or not, and nothing else is."""

from __future__ import annotations

import mmap
import os
from errno import ENODEV

import numpy as np
import pytest

from ntm_memory.persistence.fixed_arrays import headed, identity_of, read_fixed, told_by, write_fixed
from ntm_memory.persistence.mapped_arrays import UNREADABLE

ARRAYS = {
    "number": np.arange(11),
    "vector": np.arange(12, dtype=np.float32).reshape(4, 3),
    "none": np.empty((0, 5), dtype=np.float64),
    "byte": np.arange(7, dtype=np.uint8),
}
HEAD = {"state": 7, "name": "ü" * 40}


def turned(content):
    return content[::-1]


def same(told):
    return told.head == HEAD and all(np.array_equal(told.arrays[name], ARRAYS[name]) for name in ARRAYS)


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "arrays.bin"
    assert write_fixed(made, HEAD, ARRAYS) == identity_of(made.stat())
    return made


def test_what_was_written_is_read(file):
    told = read_fixed(file)
    assert same(told) and told.arrays.keys() == ARRAYS.keys()
    assert all(array.dtype == ARRAYS[name].dtype for name, array in told.arrays.items())
    with pytest.raises(ValueError, match="read-only"):
        told.arrays["number"][0] = 1


def test_where_a_file_system_maps_nothing_it_is_read(file, monkeypatch):
    def none(*_, **__):
        raise OSError(ENODEV, "no such device")

    monkeypatch.setattr(mmap, "mmap", none)
    believed = identity_of(file.stat())
    assert same(read_fixed(file)) and same(read_fixed(file, believed))


def test_what_is_sealed_is_read(tmp_path):
    file = tmp_path / "sealed.bin"
    write_fixed(file, HEAD, ARRAYS, turned)
    assert same(read_fixed(file, unseal=turned))
    with pytest.raises(UNREADABLE):
        read_fixed(file)


@pytest.mark.parametrize("at", [3, 200, -66, -1])
def test_what_was_changed_is_not_read_unless_it_is_believed(file, at):
    content = bytearray(file.read_bytes())
    content[at] ^= 4
    file.write_bytes(content)
    with pytest.raises(UNREADABLE):
        read_fixed(file)
    if at == -66:  # in an array: what is believed is not looked at
        assert not same(read_fixed(file, identity_of(file.stat())))


@pytest.mark.parametrize("length", [0, 3, 64, -4, -1])
def test_what_was_cut_off_is_not_read_though_it_is_believed(file, length):
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(UNREADABLE):
        read_fixed(file, identity_of(file.stat()))


@pytest.mark.skipif(os.name == "nt", reason="no pipes in the file system")
def test_a_pipe_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no regular file"):
        read_fixed(pipe)


@pytest.mark.parametrize("length", range(60, 70))
def test_a_first_line_tells_what_was_told_and_ends_on_a_boundary(length):
    line = headed({"format": "f", "more": "x" * length})
    whole = np.frombuffer(line + b"more\n", dtype=np.uint8)
    assert told_by(whole, "f") == ({"format": "f", "more": "x" * length}, len(line)) and not len(line) % 64
    for other in (whole[: len(line) - 1], np.empty(0, dtype=np.uint8)):
        with pytest.raises(UNREADABLE):
            told_by(other, "f")
    with pytest.raises(ValueError, match="another format"):
        told_by(whole, "g")
