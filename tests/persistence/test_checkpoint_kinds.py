"""What every kind of checkpoint has in common; what is kept of each is tested in its own room."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import CheckpointError
from ntm_memory.persistence.arrays import load_arrays
from ntm_memory.persistence.checkpoint import CheckpointKind

PAIR = CheckpointKind("pair", "a pair", "make one", lambda header, arrays: (header["word"], arrays["a"].tolist()))
OTHER = CheckpointKind("other", "another thing", "make one", lambda header, arrays: None, prefix="")


def test_what_is_saved_is_restored(tmp_path):
    PAIR.save(tmp_path / "new" / "one.npz", {"word": "x"}, {"a": np.arange(3.0)})
    assert PAIR.load(tmp_path / "new" / "one.npz") == ("x", [0, 1, 2])


def test_the_file_names_its_kind_and_its_parameters(tmp_path):
    PAIR.save(tmp_path / "one.npz", {"word": "x"}, {"a": np.arange(3.0)})
    header, arrays = load_arrays(tmp_path / "one.npz")
    assert header["kind"] == "pair" and list(arrays) == ["parameters/a"]


def test_another_kind_is_refused_with_a_hint(tmp_path):
    OTHER.save(tmp_path / "one.npz", {}, {"a": np.zeros(1)})
    with pytest.raises(CheckpointError, match="one.npz is not a pair") as caught:
        PAIR.load(tmp_path / "one.npz")
    assert caught.value.hint == "make one"


def test_what_cannot_be_restored_does_not_fit(tmp_path):
    PAIR.save(tmp_path / "one.npz", {}, {"a": np.zeros(1)})
    with pytest.raises(CheckpointError, match="does not fit this version: 'word'"):
        PAIR.load(tmp_path / "one.npz")


def test_none_of_this_name_ships():
    assert PAIR.shipped("ntm_memory.training", "nothing") is None
