from __future__ import annotations

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError, CheckpointError, NotFoundError
from ntm_memory.machine import Machine
from ntm_memory.machine.parameters import initial_machine_parameters
from ntm_memory.persistence.arrays import load_arrays, save_arrays
from ntm_memory.training.checkpoint import Core, load_core, save_core, shipped_core
from ntm_memory.training.recipes import task_recipe
from ntm_memory.training.state import load_state


@pytest.fixture
def core():
    training = task_recipe("copy", {"machine": {"controller_size": 5, "memory_dim": 4, "memory_size": 10}})
    made = training.machine_settings()
    return Core(Machine(made, initial_machine_parameters(made, 0)), training, {"sequences": 7}, "train.py copy")


def test_a_core_survives_its_file(tmp_path, core):
    file = tmp_path / "core.npz"
    save_core(file, core)
    read = load_core(file)
    assert (read.machine.parameters.flat == core.machine.parameters.flat).all()
    assert read.machine.settings == core.machine.settings
    assert (read.training, read.metrics, read.command) == (core.training, core.metrics, core.command)
    assert read.with_memory(1000).machine.settings.memory_size == 1000
    assert [path.name for path in tmp_path.iterdir()] == ["core.npz"]


@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path, core, where, bit):
    file = tmp_path / "core.npz"
    save_core(file, core)
    data = bytearray(file.read_bytes())
    data[int(where * len(data))] ^= 1 << bit
    file.write_bytes(data)
    try:
        read = load_core(file)
    except CheckpointError:
        return
    assert (read.machine.parameters.flat == core.machine.parameters.flat).all()
    assert read.machine.settings == core.machine.settings


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_cut_file_is_refused(tmp_path, core, share):
    file = tmp_path / "core.npz"
    save_core(file, core)
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    with pytest.raises(CheckpointError, match=r"core\.npz"):
        load_core(file)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle in a checkpoint was run",))


def test_a_pickle_is_never_run(tmp_path):
    file = tmp_path / "core.npz"
    np.savez(file, header=np.array([Bomb()], dtype=object))
    with pytest.raises(CheckpointError):
        load_core(file)
    file.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointError):
        load_core(file)


def test_foreign_and_newer_files_are_refused(tmp_path, core):
    file = tmp_path / "other.npz"
    np.savez(file, weights=np.zeros(3))
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load_core(file)
    np.savez(file, header=np.array(json.dumps({"format": "something"})))
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        load_core(file)
    np.savez(file, header=np.array(json.dumps({"format": "ntm-memory-core", "version": 99})))
    with pytest.raises(CheckpointError, match="version 99"):
        load_core(file)
    save_arrays(file, {"kind": "other"}, {"a": np.zeros(2)})
    with pytest.raises(CheckpointError, match="not a trained core"):
        load_core(file)
    with pytest.raises(CheckpointError, match="not the state"):
        load_state(file)
    with pytest.raises(CheckpointError, match="no file"):
        load_core(tmp_path / "nowhere.npz")
    with pytest.raises(CheckpointError):
        load_core(tmp_path)


def test_a_core_of_other_settings_is_refused(tmp_path, core):
    file = tmp_path / "core.npz"
    save_core(file, core)
    header, arrays = load_arrays(file)
    for changed in (
        {**header, "machine": {**header["machine"], "memory_dim": 99}},
        {**header, "machine": {**header["machine"], "surprise": 1}},
        {name: value for name, value in header.items() if name != "training"},
    ):
        save_arrays(file, changed, arrays)
        with pytest.raises(CheckpointError, match="does not fit"):
            load_core(file)


def test_a_zip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ntm_memory.persistence.arrays._LARGEST", 1 << 20)
    file = tmp_path / "bomb.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("big.npy", "w") as entry:
        entry.write(bytes((1 << 20) + 1))
    with pytest.raises(CheckpointError, match="unpack"):
        load_arrays(file)


def test_nothing_is_left_of_a_failed_write(tmp_path):
    file = tmp_path / "core.npz"
    save_arrays(file, {}, {"a": np.ones(2)})
    before = file.read_bytes()
    with pytest.raises(ValueError):
        save_arrays(file, {}, {"a": np.array([object()], dtype=object)})
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["core.npz"]


def test_arrays_are_read_from_open_files(tmp_path):
    save_arrays(tmp_path / "a.npz", {"x": 1}, {"a": np.arange(3)})
    header, arrays = load_arrays(io.BytesIO((tmp_path / "a.npz").read_bytes()), "memory")
    assert header["x"] == 1
    assert arrays["a"].tolist() == [0, 1, 2]


def test_unknown_shipped_cores(monkeypatch, tmp_path):
    with pytest.raises(BadValueError, match="no task called"):
        shipped_core("sorting")
    monkeypatch.setattr("ntm_memory.persistence.checkpoint.resources.files", lambda package: tmp_path)
    with pytest.raises(NotFoundError, match="ngram"):
        shipped_core("ngram")
