"""The fuzzers in small, what they found, and that they find a check that is left out."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from opening import opened

from bench.faults.feeds import FEEDS
from bench.faults.fuzz import Found, feed_one_store, run_fuzz
from ntm_memory.entry.told_times import checked_time
from ntm_memory.errors import BadValueError, CheckpointError, shown
from ntm_memory.persistence.learned import FormerVersions, Kind, load_learned
from ntm_memory.slots import matrix_file as matrix
from ntm_memory.slots.stamp import Stamp
from ntm_memory.times.kept import kept_intervals
from ntm_memory.upkeep import exchange


@pytest.mark.parametrize("feed", sorted(FEEDS))
def test_hostile_input(feed):
    count, _ = feed_one_store(FEEDS[feed], feed, 4711)
    assert count >= 5


def test_a_check_that_is_left_out_is_found(monkeypatch):
    monkeypatch.setattr(exchange, "_number", lambda name, value: value)
    with pytest.raises(Found):
        run_fuzz(2_000, 1, ("json",))


BOMB = """
from ntm_memory.errors import shown
from ntm_memory.entry.told_times import checked_time
bomb = ["x"]
for _ in range(11):
    bomb = [bomb] * 9
print(shown(bomb))
try:
    checked_time("when", bomb)
except ValueError as error:
    print(error.code)
"""


def test_no_error_writes_out_an_endless_value():
    """In a process of its own, which is ended: before, it took all the memory there is."""
    done = subprocess.run([sys.executable, "-c", BOMB], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[-1] == "bad_value" and len(done.stdout) < 200


def test_a_yaml_bomb_in_markdown_fails_its_own_block(tmp_path):
    levels = ", ".join(["&c0 [x]", *(f"&c{i} [{', '.join([f'*c{i - 1}'] * 9)}]" for i in range(1, 12))])
    blocks = [f"---\n{name}: [{levels}]\n---\ntext {name}" for name in ("importance", "when", "tags", "key")]
    with opened(tmp_path) as memory:
        done = memory.import_text("\n".join([*blocks, "---\n---\nplain"]), "markdown")
        assert [failure.code for failure in done.failed] == ["bad_value"] * 4 and done.created == 1


def test_values_are_still_shown_as_they_are():
    assert shown({"a": [1, 2.5, "é"], "b": None}) == "{'a': [1, 2.5, 'é'], 'b': None}"
    assert shown("x" * 500) == "'" + "x" * 78 + "…" and shown(list(range(15))) == repr(list(range(15)))
    with pytest.raises(BadValueError, match="not a time|ISO 8601"):
        checked_time("when", ["2026-01-01"])


@pytest.mark.parametrize("change", [{"version": [1]}, {"version": {}}, {"parameters": {"ranker": [10**400]}}])
def test_learned_parameters_of_odd_values_are_refused(tmp_path, change):
    file, kind = tmp_path / "recall.json", Kind("f", 1, ["a"])
    file.write_text(json.dumps({"format": "f", "version": 1, "features": ["a"], "parameters": {"x": [1]}} | change))
    with pytest.raises(CheckpointError):
        load_learned(file, kind, "hint", FormerVersions({0: {}}, dict))


@pytest.mark.parametrize("passages", [[2**50, 1], [-1, 3], [0, 2], [1, 2]])
def test_a_matrix_whose_memories_own_other_rows_than_there_are_is_not_believed(tmp_path, passages):
    times = (float("nan"), float("nan"), False, 0.0, 0.0)
    entries = [(i, 1, 1, i, i, *times, 0.5, 1.0, 1, False, False, kept_intervals(None)) for i in range(2)]
    made = matrix.build(entries, [b"\0" * 16, b"\0" * 16], 4)
    now, file = Stamp("u", 2, 0, 4), tmp_path / "matrix.bin"
    matrix.save(file, made, now)
    assert matrix.load(file, now) is not None
    matrix.save(file, matrix.Matrix(**vars(made) | {"passages": np.array(passages)}), now)
    assert matrix.load(file, now) is None
