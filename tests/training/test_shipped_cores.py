"""The cores that ship, on fresh sequences: what they were trained on, and longer."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from ntm_memory.training.checkpoint import shipped_core
from ntm_memory.training.evaluate import evaluate_machine
from ntm_memory.training.experiment import show_sequence
from ntm_memory.training.tasks import TASKS

CORES = resources.files("ntm_memory.training") / "cores"


@pytest.mark.parametrize(
    ("task", "sizes", "sequences", "most_wrong"),
    [
        ("copy", {"length": 20}, 30, 0.0),
        ("copy", {"length": 50}, 10, 0.0),
        ("copy", {"length": 120}, 5, 1.0),
        ("associative-recall", {"items": 6}, 50, 0.05),
        ("associative-recall", {"items": 20}, 20, 0.5),
        ("repeat-copy", {"length": 10, "repeats": 10}, 10, 0.1),
        ("repeat-copy", {"length": 10, "repeats": 20}, 4, 1.0),
        ("repeat-copy", {"length": 20, "repeats": 10}, 4, 1.0),
        ("repeat-copy", {"length": 20, "repeats": 20}, 4, 1.0),
        ("priority-sort", {"items": 20}, 100, 5.0),
    ],
)
def test_wrong_bits_on_fresh_sequences(task, sizes, sequences, most_wrong):
    core = shipped_core(task)
    score = evaluate_machine(
        core.machine, core.task, core.task.complete(sizes), sequences, np.random.default_rng(20_261_123)
    )
    assert score.wrong <= most_wrong


def test_ngrams_are_predicted_nearly_as_well_as_possible():
    core = shipped_core("ngram")
    score = evaluate_machine(core.machine, core.task, {"length": 200}, 100, np.random.default_rng(20_261_123))
    assert score.surprise - score.optimal <= 2.0


@pytest.mark.parametrize("task", TASKS)
def test_cores_are_small_and_say_how_they_were_made(task):
    file = CORES / f"{task}.npz"
    assert len(file.read_bytes()) < 1 << 20
    core = shipped_core(task)
    assert core.command.startswith(f"train.py {task}")
    assert core.training.task == task


def test_copy_walks_through_memory():
    """The paper's figure 6: the read head takes the path of the write head."""
    shown = show_sequence(shipped_core("copy"), {"length": 12}, seed=1)
    assert shown["wrong_bits"] == 0
    written, read = shown["write_locations"][0][:12], shown["read_locations"][0][-12:]
    assert read == written
    assert len(set(written)) == 12


@pytest.mark.parametrize(
    ("task", "memory", "most_wrong"),
    [
        ("copy", 1000, 0.0),
        ("associative-recall", 1000, 0.05),
        ("repeat-copy", 1000, 0.0),
        ("priority-sort", 128, 5.0),
    ],
)
def test_cores_run_on_memories_of_other_sizes(task, memory, most_wrong):
    core = shipped_core(task).with_memory(memory)
    score = evaluate_machine(core.machine, core.task, core.task.usual({}), 16, np.random.default_rng(0))
    assert score.wrong <= most_wrong
