"""Beside every file of learned numbers stands how it came about, and the numbers are what they were."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bench.data_roles import DATA_SETS
from bench.fit import STEPS
from bench.fit_job import FILES, PACKAGE
from bench.provenance import read_provenance, save_with_provenance


@pytest.mark.parametrize("step", STEPS)
def test_a_shipped_file_says_how_it_was_made(step):
    about = read_provenance(PACKAGE / FILES[step])
    assert about["command"].startswith("python ") and about.get("again", about["command"]).startswith(
        "python -m bench.fit "
    )
    assert date.fromisoformat(about["date"]) <= date.today()
    assert about["revision"] and not about["revision"].endswith("-dirty")
    assert about["figures"]
    assert about["data"]
    for each in about["data"]:
        assert each["licence"] and each["source"] and each["memories"] > 0 and each["questions"] >= 0
        assert each["files"]
        for name, digest in each["files"].items():
            assert "/" not in name
            assert len(bytes.fromhex(digest)) == 32


@pytest.mark.parametrize("step", STEPS)
def test_what_a_file_was_learned_from_plays_a_role_of_its_step(step):
    for each in read_provenance(PACKAGE / FILES[step])["data"]:
        if each["name"] in DATA_SETS:
            known = DATA_SETS[each["name"]]
            assert set(known.roles) & set(STEPS[step].roles)
            assert each["licence"] == known.licence


@pytest.mark.parametrize("step", ["prior", "adapter", "reader"])
def test_the_block_beside_arrays_is_of_these_arrays(step):
    file = PACKAGE / FILES[step]
    beside = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert beside["file"] == file.name
    assert beside["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_every_learned_file_of_the_package_belongs_to_a_step():
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob("*/parameters.json")}
    found |= {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob("*/*.npz")}
    found |= {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.glob("*/*.json")
        if "parameters" in json.loads(path.read_text(encoding="utf-8"))
    }
    assert found == set(FILES.values())


def test_arrays_are_written_whole_with_their_block(tmp_path: Path):
    file = tmp_path / "numbers.npz"
    save_with_provenance(file, {"command": "a test"}, {"means": np.arange(3.0)})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["numbers.json", "numbers.npz"]
    assert read_provenance(file) == {"command": "a test"}
    with np.load(file) as loaded:
        assert loaded["means"].tolist() == [0, 1, 2]
