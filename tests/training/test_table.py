"""The table of the paper's tasks: what is run, what is kept, what is printed; and near ties of a priority sort."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ntm_memory.cli.train import main
from ntm_memory.training import restarts, table
from ntm_memory.training.checkpoint import load_core
from ntm_memory.training.near_ties import NearTies
from ntm_memory.training.tasks import TASKS
from ntm_memory.training.tasks.base import SequenceBatch
from ntm_memory.training.tasks.copy import Copy
from ntm_memory.training.tasks.priority_sort import PrioritySort

SMALL = {
    "machine": {"memory_size": 12, "memory_dim": 6, "controller_size": 8},
    "sequences": 16,
    "validation": [],
    "validation_sequences": 2,
    "validate_every": 40,
}


@pytest.fixture
def config(tmp_path, monkeypatch):
    for name in ("ntm_memory.training.experiment._TRIAL_SEQUENCES", "ntm_memory.training.table.MEASURED"):
        monkeypatch.setattr(name, 2)
    monkeypatch.setattr(restarts, "_CHOICE_SEQUENCES", 2)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(SMALL))
    return str(file)


def call(capsys, *arguments):
    code = main(["table", *arguments, "--format", "json"])
    return code, json.loads(capsys.readouterr().out)


def test_runs_are_kept_and_never_run_twice(capsys, tmp_path, config):
    out = tmp_path / "table"
    asked = ["--config", config, "--out", str(out), "--tasks", "copy,ngram", "--restarts", "1"]
    code, answer = call(capsys, *asked, "--seeds", "2")
    assert code == 0
    names = [f"{task}-{seed}.{kind}" for task in ("copy", "ngram") for seed in (0, 1) for kind in ("json", "npz")]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert load_core(out / "copy-1.npz").command == "train.py copy --seed 1 --restarts 1"
    before = (out / "copy-0.json").stat().st_mtime_ns
    code, again = call(capsys, *asked, "--seeds", "3")
    assert (out / "copy-0.json").stat().st_mtime_ns == before and (out / "copy-2.json").is_file()
    lengths = [row["sizes"]["length"] for row in again["table"]]
    assert lengths == [20, 50, 120, 200] and {row["seeds"] for row in again["table"]} == {3}
    for row, length in zip(again["table"], lengths, strict=True):
        task = "ngram" if length == 200 else "copy"
        lines = [json.loads((out / f"{task}-{seed}.json").read_text())["rows"] for seed in range(3)]
        bits = [table._bits(line) for rows in lines for line in rows if line["sizes"]["length"] == length]
        assert row["worst"] == pytest.approx(max(bits), abs=1e-4)
        assert row["median"] == pytest.approx(sorted(bits)[1], abs=1e-4)
        assert row["worst_seed"] == int(np.argmax(bits))
    assert answer["folder"] == str(out)
    assert main(["table", "--out", str(out), "--seeds", "0"]) == 0
    printed = capsys.readouterr().out
    assert "| copy | length 120 | 128 | – | 3 |" in printed and "| ngram | length 200 | 128 | +2 | 3 | +" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tasks", "copy,sort"], "no task called 'sort'"),
        (["--seeds", "-1"], "--seeds"),
        (["--restarts", "11"], "--restarts"),
        (["--checkpoint", "x"], "--checkpoint is for show and eval only"),
    ],
)
def test_mistakes_get_one_clear_error(capsys, tmp_path, arguments, said):
    code, answer = call(capsys, "--out", str(tmp_path), *arguments)
    assert code == 2 and said in answer["error"]["message"]


def test_a_result_that_is_none_is_named(capsys, tmp_path):
    (tmp_path / "copy-0.json").write_text("{}")
    code, answer = call(capsys, "--out", str(tmp_path), "--seeds", "0")
    assert code == 5 and "copy-0.json is no result of a run" in answer["error"]["message"]


def test_every_task_has_lines():
    assert set(table.TABLE_TASKS) == set(TASKS)


def test_restarts_are_told(capsys, tmp_path, config):
    arguments = ["copy", "--config", config, "--out", str(tmp_path), "--no-plots", "--restarts", "2"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "start with seed 0: 16 sequences" in printed and "start with seed 1000: 16 sequences" in printed
    assert printed.count(", kept") == 1
    assert load_core(tmp_path / "core.npz").command.endswith("--restarts 2")
    assert main(["eval", "copy", "--restarts", "2"]) == 2


def sorted_batch(*priorities):
    """One sequence of five rows of width 2, four of which are asked for."""
    inputs = np.zeros((10, len(priorities), 4))
    inputs[:5, :, 2] = np.array(priorities).T
    return SequenceBatch(inputs, np.zeros((10, len(priorities), 2)), np.arange(10) > 5)


def test_near_ties_are_told_apart():
    ties = NearTies(PrioritySort(width=2))
    far, near, unasked = [0.9, 0.5, 0.1, -0.3, -0.7], [0.9, 0.8985, 0.1, -0.3, -0.7], [0.9, 0.5, 0.1, -0.3, -0.3001]
    ties(sorted_batch(far, near), np.array([0, 3]))
    ties(sorted_batch(unasked), np.array([1]))
    found = {row["apart"]: (row["perfect"], row["sequences"]) for row in ties.rows()}
    assert found == {0.0: (1, 3), 0.0005: (1, 2), 0.001: (1, 2), 0.002: (1, 1), 0.005: (1, 1)}
    other = NearTies(Copy())
    other(sorted_batch(far), np.array([0]))
    assert other.rows() == []


def test_eval_tells_them_beside_the_rate(capsys):
    assert main(["eval", "priority-sort", "--sequences", "8"]) == 0
    printed = capsys.readouterr().out
    assert "priorities at least 0 apart: " in printed and "priorities at least 0.005 apart: " in printed
