"""Several starts of a run: which goes on, which is kept, and that an interruption costs nothing."""

from __future__ import annotations

import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.training import restarts
from ntm_memory.training.checkpoint import load_core
from ntm_memory.training.experiment import CORE_FILE
from ntm_memory.training.restarts import SEED_STEP, train_restarts
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.trainer import Trainer

TINY = {
    "task": "copy",
    "task_options": {"width": 3},
    "machine": {"memory_size": 16, "memory_dim": 8, "controller_size": 24, "dtype": "float64"},
    "batch": 4,
    "sequences": 80,
    "validate_every": 40,
    "validation_sequences": 4,
}


def tiny(**changes):
    return TrainingSettings.from_mapping({**TINY, **changes})


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(restarts, "_CHOICE_SEQUENCES", 4)
    monkeypatch.setattr("ntm_memory.training.experiment._TRIAL_SEQUENCES", 2)


@pytest.fixture
def judged(monkeypatch):
    """Set the wrong bits of each start, by the number of the judgement."""
    wrong = []

    monkeypatch.setattr(restarts, "mean_order", lambda *_: (wrong.pop(0), 1.0))
    return wrong


def run(folder, count, **changes):
    return train_restarts(tiny(**changes), folder, count, figures=False, command="train.py copy --restarts 3")


def test_the_best_of_all_starts_is_kept(tmp_path, judged):
    judged[:] = [5.0, 2.0, 3.0]
    outcome = run(tmp_path, 3)
    starts = outcome.core.metrics["starts"]
    assert [start["seed"] for start in starts] == [0, SEED_STEP, 2 * SEED_STEP]
    assert [start["fate"] for start in starts] == ["trained to the end", "kept", "trained to the end"]
    assert [start["bits"] for start in starts] == [5.0, 2.0, 3.0]
    kept = load_core(tmp_path / CORE_FILE)
    assert kept.training.seed == SEED_STEP and kept.command == "train.py copy --restarts 3"
    alone = Trainer(tiny(seed=SEED_STEP))
    alone.run()
    assert (kept.machine.parameters.flat == alone.best().parameters.flat).all()
    assert [path.name for path in tmp_path.iterdir()] == [CORE_FILE]


def test_one_without_a_wrong_bit_ends_the_search(tmp_path, judged):
    judged[:] = [1.0, 0.0]
    starts = run(tmp_path, 5).core.metrics["starts"]
    assert [start["fate"] for start in starts] == ["trained to the end", "kept", *["not begun"] * 3]
    assert [start["sequences"] for start in starts] == [80, 80, 0, 0, 0]


def test_only_the_best_goes_on_where_the_recipe_says_when(tmp_path, judged):
    judged[:] = [4.0, 1.0, 3.0, 0.5]
    starts = run(tmp_path, 3, choose_after=40).core.metrics["starts"]
    assert [(start["sequences"], start["fate"]) for start in starts] == [(40, "dropped"), (80, "kept"), (40, "dropped")]


def test_a_start_that_has_not_seen_the_whole_range_is_dropped_first(tmp_path, judged, monkeypatch):
    judged[:] = [1.0, 9.0, 0.5]
    original = Trainer.run

    def second_arrives(trainer, *rest):
        state = original(trainer, *rest)
        state.reach = 1.0 if trainer.settings.seed else 0.5
        return state

    monkeypatch.setattr(Trainer, "run", second_arrives)
    starts = run(tmp_path, 2, choose_after=40, reach=0.5).core.metrics["starts"]
    assert [start["fate"] for start in starts] == ["dropped", "kept"]


@pytest.mark.parametrize("changes", [{}, {"choose_after": 40}])
@pytest.mark.parametrize("after", [3, 25])
def test_an_interrupted_search_goes_on_and_ends_the_same(tmp_path, changes, after):
    whole = run(tmp_path / "whole", 2, **changes)
    calls = []

    def stop():
        calls.append(1)
        return len(calls) > after

    folder, settings = tmp_path / "cut", tiny(**changes)
    outcome = train_restarts(settings, folder, 2, figures=False, stop=stop)
    assert not outcome.finished and not (folder / CORE_FILE).exists()
    with pytest.raises(BadValueError, match="begun with other settings"):
        train_restarts(tiny(**changes, learning_rate=0.5), folder, 2, figures=False)
    again = train_restarts(settings, folder, 2, figures=False)
    assert (again.core.machine.parameters.flat == whole.core.machine.parameters.flat).all()
    assert again.core.metrics["starts"] == whole.core.metrics["starts"]
