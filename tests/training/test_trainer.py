from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ntm_memory.errors import BadValueError, CheckpointError
from ntm_memory.persistence.arrays import load_arrays, save_arrays
from ntm_memory.training import experiment, plots
from ntm_memory.training.checkpoint import load_core
from ntm_memory.training.evaluate import mean_order
from ntm_memory.training.recipes import task_recipe
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.state import load_state, save_state
from ntm_memory.training.trainer import Trainer

TINY = {
    "task": "copy",
    "task_options": {"width": 3},
    "machine": {"memory_size": 16, "memory_dim": 8, "controller_size": 24, "dtype": "float64"},
    "batch": 4,
    "sequences": 160,
    "validate_every": 40,
    "validation_sequences": 4,
    "memory_sizes": (12, 20),
}


def tiny(**changes):
    return TrainingSettings.from_mapping({**TINY, **changes})


def test_a_toy_copy_converges():
    """Three bits, up to four rows: a minute of the real thing in a few seconds."""
    machine = {"memory_size": 12, "memory_dim": 8, "controller_size": 40}
    rates = {"learning_rate": 1e-2, "gate_bias": -2.0, "settle_rate": 1.0, "cool": 0.5}
    settings = tiny(sequences=8000, machine=machine, memory_sizes=None, validate_every=4000, **rates)
    trainer = Trainer(settings)
    trainer.task.ranges = {"length": (1, 4)}
    state = trainer.run()
    first, last = (np.mean([row[1] for row in part]) for part in (state.history[:100], state.history[-200:]))
    assert first > 2
    assert last < 0.3


def test_the_same_settings_give_the_same_parameters():
    one, other = (Trainer(tiny()).run() for _ in range(2))
    assert (one.parameters == other.parameters).all()
    assert (one.parameters != Trainer(tiny(seed=1)).run().parameters).any()


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop"])
def test_a_saved_run_goes_on_bit_for_bit(tmp_path, optimiser):
    settings = tiny(optimiser=optimiser, learning_rate=1e-3)
    whole = Trainer(settings).run()
    trainer = Trainer(settings)
    trainer.run(stop=lambda: trainer.state.sequences >= 72)
    save_state(tmp_path / "run.npz", settings, trainer.state)
    read_settings, state = load_state(tmp_path / "run.npz")
    resumed = Trainer(read_settings, state).run()
    assert read_settings == settings
    assert (resumed.parameters == whole.parameters).all()
    assert (resumed.best_parameters == whole.best_parameters).all()
    assert resumed.history == whole.history
    assert resumed.validations == whole.validations


CHILD = """
import sys
from pathlib import Path
from ntm_memory.training import experiment
experiment._SAVE_SECONDS = 0.0
from ntm_memory.training.settings import TrainingSettings
settings = TrainingSettings.from_mapping({settings!r})
experiment.train(settings, Path({folder!r}), figures=False)
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_kill_9_and_resume_give_the_same_result(tmp_path):
    plain = {**TINY, "sequences": 1200}
    child = CHILD.format(settings=plain, folder=str(tmp_path / "killed"))
    process = subprocess.Popen(
        [sys.executable, "-c", child], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    state_file = tmp_path / "killed" / experiment.STATE_FILE
    deadline = time.monotonic() + 60
    while not (state_file.exists() and load_state(state_file)[1].sequences >= 100):
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / experiment.CORE_FILE).exists()
    settings = TrainingSettings.from_mapping(plain)
    resumed = experiment.resume(tmp_path / "killed", figures=False)
    whole = experiment.train(settings, tmp_path / "whole", figures=False)
    assert resumed.finished
    assert (resumed.state.parameters == whole.state.parameters).all()
    cores = [load_core(tmp_path / name / experiment.CORE_FILE) for name in ("killed", "whole")]
    assert (cores[0].machine.parameters.flat == cores[1].machine.parameters.flat).all()
    assert cores[0].metrics == cores[1].metrics


def test_a_curriculum_that_is_never_done_leaves_what_was_learned_last():
    trainer = Trainer(tiny(reach=0.3, widen_below=1e-9))
    state = trainer.run()
    assert state.reach < 1
    assert (state.best_at, state.best_score) == (160, None)
    assert (state.best_parameters == state.parameters).all()


def test_the_curriculum_widens_when_the_answers_are_right():
    trainer = Trainer(tiny(reach=0.2, widen_below=1.0, sequences=50 * 4 * 8 + 4))
    trainer.run()
    assert trainer.state.reach == pytest.approx(1.0)


def test_a_collapse_is_undone():
    trainer = Trainer(tiny(sequences=4000))
    trainer.run(stop=lambda: trainer.state.sequences >= 400)
    state = trainer.state
    state.calm, state.calm_parameters = True, np.full_like(state.parameters, 0.125)
    trainer._adapt()
    assert (state.parameters == 0.125).all()
    assert (state.rate, state.restored) == (0.5, 1)


def test_a_gradient_that_is_not_finite_is_not_followed():
    trainer = Trainer(tiny(sequences=40))
    before = trainer.state.parameters.copy()
    trainer.machine.backward = lambda tape, grad: SimpleNamespace(flat=np.full_like(before, np.nan))
    trainer._sized = lambda: trainer.machine
    trainer.run()
    assert (trainer.state.parameters == before).all()
    assert (trainer.state.restored, trainer.state.norms) == (10, [])


def test_a_rare_failure_is_not_clipped_away():
    trainer = Trainer(tiny(clip=1.0, clip_factor=3.0, clip_floor=0.1))
    trainer.state.norms[:] = [1e-4] * 100
    gradient = np.zeros(9)
    gradient[0] = 5.0
    trainer._clip(gradient)
    assert gradient[0] == pytest.approx(0.1)
    trainer.state.norms[:] = [0.2] * 100
    gradient[0] = 5.0
    trainer._clip(gradient)
    assert gradient[0] == pytest.approx(0.6)


def test_memory_sizes_may_wait_for_the_curriculum():
    trainer = Trainer(tiny(reach=0.5, memory_sizes_from=1.0))
    assert trainer._sized() is trainer.machine
    trainer.state.reach = 1.0
    assert {trainer._sized().settings.memory_size for _ in range(200)} == set(range(12, 21))


def test_the_learning_rate_cools_to_nothing():
    trainer = Trainer(tiny(learning_rate=0.01, cool=0.5, sequences=160))
    rates = []
    trainer.run(report=lambda _: rates.append(trainer._learning_rate()))
    assert rates[0] == 0.01
    assert rates[-1] == 0
    assert rates == sorted(rates, reverse=True)


def test_cooling_begins_where_the_curriculum_is_done():
    trainer = Trainer(tiny(learning_rate=0.01, cool=0.5, sequences=1000, reach=0.5))
    state = trainer.state
    state.sequences = 900
    assert trainer._learning_rate() == 0.01  # late, but not yet done
    state.reach, state.whole_range_at = 1.0, 600
    assert trainer._learning_rate() == pytest.approx(0.01 * (100 / 400) / 0.5)
    state.whole_range_at = 0
    assert trainer._learning_rate() == pytest.approx(0.01 * (100 / 1000) / 0.5)


def test_it_is_noted_where_the_curriculum_is_done(tmp_path):
    trainer = Trainer(tiny(reach=0.2, widen=0.4, widen_below=1.0, sequences=50 * 4 * 3))
    trainer.run()
    assert trainer.state.whole_range_at == 50 * 4 * 2
    save_state(tmp_path / "run.npz", trainer.settings, trainer.state)
    assert load_state(tmp_path / "run.npz")[1].whole_range_at == 50 * 4 * 2


def test_the_core_is_validated_on_the_memory_that_it_has_at_the_end(monkeypatch):
    used = []

    def watched(machine, *rest):
        used.append(machine.settings.memory_size)
        return mean_order(machine, *rest)

    monkeypatch.setattr("ntm_memory.training.trainer.mean_order", watched)
    trainer = Trainer(tiny(core_memory_size=31))
    trainer.run()
    assert set(used) == {31} and trainer.best().settings.memory_size == 31
    assert Trainer(tiny()).best().settings.memory_size == 16


def test_figures_are_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    outcome = experiment.train(tiny(), tmp_path)
    assert [figure.name for figure in outcome.figures] == [
        "learning-curve.png",
        "targets-and-outputs.png",
        "weightings.png",
    ]
    assert all(figure.read_bytes().startswith(b"\x89PNG") for figure in outcome.figures)


def test_heads_that_look_nowhere_in_particular_are_drawn_too(tmp_path):
    pytest.importorskip("matplotlib")
    trainer = Trainer(tiny(machine={**TINY["machine"], "memory_size": 64, "head_start": "uniform", "location": False}))
    batch = trainer.task.sample(np.random.default_rng(0), 1, {"length": 3})
    drawn = plots.weightings(tmp_path / "weightings.png", trainer.machine, batch)
    assert drawn.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_trains_and_the_figures_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = experiment.train(tiny(), tmp_path)
    assert outcome.finished and outcome.core_file is not None and outcome.core_file.is_file()
    assert outcome.figures == []
    assert "matplotlib" in outcome.undrawn and "--with plots" in outcome.undrawn
    assert experiment.train(tiny(), tmp_path, figures=False).undrawn == ""  # not wanted, not missed


def test_an_unfinished_run_is_not_begun_again_by_mistake(tmp_path):
    experiment.train(tiny(), tmp_path, figures=False, stop=lambda: True)
    with pytest.raises(BadValueError, match="is an unfinished run of copy: 0 of 160 sequences") as caught:
        experiment.train(tiny(), tmp_path, figures=False)
    assert "--resume" in caught.value.hint
    assert experiment.resume(tmp_path, figures=False).finished
    assert experiment.train(tiny(), tmp_path, figures=False).finished  # a finished one is replaced


def test_a_run_goes_on_only_as_it_began(tmp_path):
    experiment.train(tiny(), tmp_path, figures=False, command="train.py copy", stop=lambda: True)
    for name, value in {"task": "ngram", "seed": 9, "batch": 8}.items():
        with pytest.raises(BadValueError, match=f"began with {name} "):
            experiment.resume(tmp_path, expected={name: value}, figures=False)
    outcome = experiment.resume(tmp_path, expected={"task": "copy", "seed": 0}, figures=False)
    assert outcome.core.command == "train.py copy"


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header["settings"]["machine"].update(controller_size=25),
        lambda header, arrays: header["state"].update(sequences="many"),
        lambda header, arrays: header["rng"].update(bit_generator="MT19937"),
        lambda header, arrays: arrays.pop("optimiser/mean"),
        lambda header, arrays: arrays.update({"optimiser/other": arrays["parameters"]}),
        lambda header, arrays: arrays.update(parameters=arrays["parameters"][:-1]),
        lambda header, arrays: arrays.update(parameters=arrays["parameters"] * np.nan),
    ],
)
def test_a_whole_file_that_does_not_fit_itself_is_refused(tmp_path, change):
    experiment.train(tiny(), tmp_path, figures=False, stop=lambda: True)
    file = tmp_path / experiment.STATE_FILE
    header, arrays = load_arrays(file)
    change(header, arrays)
    save_arrays(file, header, arrays)
    with pytest.raises(CheckpointError, match="does not fit this version"):
        load_state(file)


def test_nothing_to_resume(tmp_path):
    with pytest.raises(CheckpointError, match="no file"):
        experiment.resume(tmp_path, figures=False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sequences": 0}, "sequences must be a whole number of at least 1, not 0"),
        ({"batch": -3}, "batch"),
        ({"learning_rate": 0}, "learning_rate must be a number above 0"),
        ({"seed": -1}, "seed"),
        ({"optimizer": "adam"}, "unknown training settings: optimizer"),
        ({"machine": {"memory_size": -5}}, "memory_size"),
        ({"memory_sizes": (20, 12)}, "memory_sizes"),
        ({"core_memory_size": 0}, "^core_memory_size must be a whole number from 1"),
        ({"memory_sizes_from": 2}, "memory_sizes_from"),
        ({"task_options": {"width": 0}}, "^width must be a whole number from 1"),
        ({"task_options": {"width": 8, "bits": 3}}, "options of the task copy"),
        ({"task_options": 5}, "^task_options must be settings by name, not 5"),
        ({"machine": None}, "^machine must be settings by name, not None"),
        ({"machine": {"input_size": 3}}, "^machine holds input_size, which the task copy decides"),
        ({"machine": {"controller_size": 10**7}}, "^controller_size must be a whole number from 1 to 100000"),
        ({"gate_bias": "x"}, "^gate_bias must be a number"),
        ({"gate_bias": float("nan")}, "^gate_bias must be a number"),
        ({"settle_below": None}, "^settle_below must be a number"),
        ({"memory_sizes": 5}, "^memory_sizes must be two whole numbers, not 5"),
        ({"validation": 5}, "^validation must be a list of sizes by name, not 5"),
        ({"validation": [5]}, "^validation must be a list of sizes by name"),
        ({"validation": [{"items": 3}]}, "the task copy has no size called items"),
        ({"task": "associative-recall", "task_options": {"rows": 0}}, "^rows must be"),
        ({"task": "ngram", "task_options": {"shortest": 1.5}}, "^shortest must be"),
        ({"task": "repeat-copy", "task_options": {"largest_length": "a"}}, "^largest_length must be"),
        ({"task": "repeat-copy", "task_options": {"largest_repeats": 1}}, "^largest_repeats must be"),
        ({"task": "repeat-copy", "task_options": {"largest_answer": -5}}, "^largest_answer must be"),
    ],
)
def test_bad_settings_are_named(changes, said):
    with pytest.raises(BadValueError, match=said):
        tiny(**changes)


def test_recipes():
    assert task_recipe("copy").task == "copy"
    changed = task_recipe("copy", {"machine": {"memory_dim": 7}, "seed": 3})
    assert (changed.machine_settings().memory_dim, changed.seed) == (7, 3)
    with pytest.raises(BadValueError, match="no task called 'sort'"):
        task_recipe("sort")
    with pytest.raises(BadValueError, match="'copy'"):
        task_recipe("ngram", {"task": "copy"})


def test_settings_survive_json():
    settings = task_recipe("associative-recall")
    assert TrainingSettings.from_mapping(settings.to_mapping()) == settings
    assert Path(experiment.STATE_FILE).suffix == ".npz"


@pytest.mark.parametrize(
    ("used", "first", "count"), [([3, 4, 6], 3, 4), ([0, 1, 9], 9, 3), ([5], 5, 1), (list(range(10)), 0, 10)]
)
def test_the_arc_of_the_ring_that_was_used(used, first, count):
    seen = np.zeros(10, bool)
    seen[used] = True
    found = plots._used_arc(seen)
    assert found[1] == count
    assert found[0] == first or count == 10
