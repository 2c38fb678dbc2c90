from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ntm_memory.cli.progress import TrainingProgress
from ntm_memory.cli.train import main
from ntm_memory.cli.train_task import TASK_NAMES
from ntm_memory.training.checkpoint import load_core
from ntm_memory.training.tasks import TASKS
from ntm_memory.training.trainer import BatchReport

SMALL = {
    "machine": {"memory_size": 12, "memory_dim": 6, "controller_size": 8},
    "validation": [],
    "validation_sequences": 2,
    "validate_every": 40,
}


def call(capsys, *arguments):
    code = main([*arguments, "--format", "json"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr("ntm_memory.training.experiment._TRIAL_SEQUENCES", 2)
    file = tmp_path / "config.json"
    file.write_text(json.dumps(SMALL))
    return str(file)


def test_train_then_eval_then_show(capsys, tmp_path, config):
    code, answer, errors = call(
        capsys, "copy", "--config", config, "--sequences", "120", "--seed", "3", "--out", str(tmp_path), "--no-plots"
    )
    assert code == 0 and answer["ok"] and errors == ""
    assert (answer["sequences"], answer["seed"], answer["plots"]) == (120, 3, [])
    assert [trial["sizes"]["length"] for trial in answer["generalisation"]] == [20, 30, 50, 120]
    core = answer["checkpoint"]
    assert load_core(Path(core)).command == "train.py copy --config config.json --seed 3 --sequences 120"
    code, answer, _ = call(
        capsys, "eval", "copy", "--checkpoint", core, "--seed", "1", "--sequences", "40", "--length", "4"
    )
    assert code == 0
    assert answer["target_bits"] == 32 and answer["sequences"] == 40
    assert answer["bits_per_target"] == pytest.approx(answer["bits_per_sequence"] / 32, abs=1e-6)
    assert 8 < answer["bits_per_sequence"] < 24
    code, answer, _ = call(capsys, "show", "copy", "--checkpoint", core, "--length", "3", "--seed", "5")
    assert code == 0
    assert len(answer["targets"]) == len(answer["outputs"]) == 3
    assert len(answer["read_locations"][0]) == 7
    assert main(["show", "copy", "--checkpoint", core, "--length", "3"]) == 0
    assert "wrong bits" in capsys.readouterr().out


def test_ngrams_are_shown_in_bits_beside_the_best_estimator(capsys):
    assert main(["show", "ngram", "--length", "200"]) == 0
    assert re.search(r"\d+\.\d\d bits, the best estimator \d+\.\d\d$", capsys.readouterr().out.strip())


def test_figures_that_cannot_be_drawn_stop_nothing(capsys, tmp_path, config, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    arguments = ["copy", "--config", config, "--sequences", "8", "--out", str(tmp_path)]
    code, answer, _ = call(capsys, *arguments)
    assert (code, answer["plots"]) == (0, [])
    assert answer["note"].startswith("figures are left out: ") and "--with plots" in answer["note"]
    assert main(arguments) == 0
    assert "note: figures are left out" in capsys.readouterr().out


def test_what_was_measured_names_its_sizes_and_rows_that_do_not_fit(capsys):
    arguments = ["eval", "copy", "--sequences", "2", "--length"]
    assert main([*arguments, "12"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("length 12, locations 128 ") and "note" not in printed
    assert main([*arguments, "130"]) == 0
    assert "note: 130 rows do not fit 128 locations: --memory-size 130 or more" in capsys.readouterr().out
    _, answer, _ = call(capsys, "eval", "associative-recall", "--items", "5", "--memory-size", "19", "--sequences", "1")
    assert answer["note"].startswith("20 rows do not fit 19 locations")


def test_the_default_place_is_the_data_folder(capsys, config):
    code, answer, _ = call(capsys, "copy", "--config", config, "--sequences", "40", "--no-plots")
    assert code == 0
    assert answer["checkpoint"].startswith(os.environ["NTM_MEMORY_HOME"])


def test_interrupt_saves_and_resume_ends_the_same(capsys, tmp_path, config):
    arguments = ["copy", "--config", config, "--sequences", "2400", "--no-plots"]
    interrupted, whole = str(tmp_path / "interrupted"), str(tmp_path / "whole")
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    code, answer, _ = call(capsys, *arguments, "--out", interrupted)
    assert code == 130
    assert answer["error"]["code"] == "interrupted" and "--resume" in answer["error"]["hint"]
    code, resumed, _ = call(capsys, *arguments, "--out", interrupted, "--resume")
    assert code == 0
    _, straight, _ = call(capsys, *arguments, "--out", whole)
    assert resumed["generalisation"] == straight["generalisation"]
    assert resumed["loss"] == straight["loss"]


def test_a_finished_run_goes_on_for_longer(capsys, tmp_path, config):
    arguments = ["copy", "--config", config, "--no-plots", "--out", str(tmp_path)]
    call(capsys, *arguments, "--sequences", "80")
    code, answer, _ = call(capsys, *arguments, "--resume", "--sequences", "160")
    assert (code, answer["sequences"]) == (0, 160)
    began = f"train.py copy --config {Path(config).name} --sequences 80"
    assert load_core(tmp_path / "core.npz").command == f"{began} && train.py copy --sequences 160 --resume"
    code, answer, _ = call(capsys, *arguments, "--resume", "--sequences", "120")
    assert code == 2 and "trained on 160 sequences already" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["sort"], "bad_value", "no task called 'sort'"),
        (["draw", "copy"], "bad_value", "not understood"),
        (["copy", "--sequences", "-1"], "bad_value", "sequences must be"),
        (["copy", "--length", "5"], "bad_value", "--length is for show and eval only"),
        (["eval", "copy", "--resume"], "bad_value", "--resume is for training only"),
        (["eval", "copy", "--checkpoint", "/no/such.npz"], "bad_checkpoint", "no file"),
        (["copy", "--config", "/no/such.json"], "bad_value", "cannot be read"),
        (["copy", "--bogus"], "usage", "bogus"),
        ([], "usage", "required"),
    ],
)
def test_mistakes_get_one_clear_error(capsys, arguments, code, said):
    exit_code, answer, _ = call(capsys, *arguments)
    assert exit_code == (5 if code == "bad_checkpoint" else 2)
    assert answer["ok"] is False
    assert answer["error"]["code"] == code
    assert said in answer["error"]["message"]


def test_a_core_of_another_task_is_refused(capsys, tmp_path, config):
    _, answer, _ = call(capsys, "copy", "--config", config, "--sequences", "40", "--out", str(tmp_path), "--no-plots")
    code, answer, _ = call(capsys, "eval", "ngram", "--checkpoint", answer["checkpoint"])
    assert code == 2
    assert "trained on copy" in answer["error"]["message"]


def test_config_json_changes_the_recipe(capsys, tmp_path, config):
    home = Path(os.environ["NTM_MEMORY_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    said = {"ntm_memory": {"learning_rate": 0.007, "initialization": "small_random"}}
    (home / "config.json").write_text(json.dumps(said), encoding="utf-8")
    call(capsys, "copy", "--config", config, "--sequences", "8", "--out", str(tmp_path), "--no-plots")
    core = load_core(tmp_path / "core.npz")
    assert core.training.learning_rate == 0.007
    assert core.machine.settings.memory_start == "small_random"


def test_a_run_of_another_task_or_seed_is_not_gone_on_with(capsys, tmp_path, config):
    call(capsys, "copy", "--config", config, "--sequences", "40", "--out", str(tmp_path), "--no-plots")
    for other, name in ((["ngram"], "task"), (["copy", "--seed", "9"], "seed")):
        code, answer, _ = call(capsys, *other, "--resume", "--out", str(tmp_path), "--no-plots")
        assert (code, answer["error"]["code"]) == (2, "bad_value")
        assert f"began with {name}" in answer["error"]["message"]


def test_places_and_sizes_that_cannot_be_had_are_no_bug(capsys, tmp_path, config):
    (tmp_path / "file").write_text("")
    arguments = ["copy", "--config", config, "--sequences", "8", "--no-plots", "--out", str(tmp_path / "file")]
    code, answer, _ = call(capsys, *arguments)
    assert (code, answer["error"]["code"]) == (5, "store_error")
    for sizes in (["copy", "--memory-size", "100000000000"], ["repeat-copy", "--length", "9999", "--repeats", "9999"]):
        code, answer, _ = call(capsys, "eval", *sizes)
        assert (code, answer["error"]["code"]) == (2, "bad_value")


def test_ctrl_c_while_measuring_is_told(capsys, monkeypatch, request):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    monkeypatch.setattr("ntm_memory.training.experiment.measured", lambda *_: signal.raise_signal(signal.SIGINT))
    code, answer, _ = call(capsys, "eval", "copy", "--sequences", "1")
    assert (code, answer["error"]["code"]) == (130, "interrupted")


def test_the_tasks_are_those_that_can_be_trained():
    assert set(TASK_NAMES) == set(TASKS)


def test_help_needs_no_numpy():
    child = (
        "import sys\n"
        "from ntm_memory.cli.train import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as stopped:\n    assert stopped.code == 0\n"
        "assert not {'numpy', 'torch', 'matplotlib'} & set(sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run([sys.executable, "-c", child], env=environment, capture_output=True, text=True, check=True)
    assert "train.py eval copy" in found.stdout
    assert "exit codes" in found.stdout


class Terminal:
    def __init__(self):
        self.drawn = []

    def isatty(self):
        return True

    def write(self, text):
        self.drawn.append(text)

    def flush(self):
        pass


def test_the_progress_line():
    terminal = Terminal()
    progress = TrainingProgress(terminal)
    progress(BatchReport(100, 1000, 0.5, 3.0, 0.4))
    line = progress.line(BatchReport(600, 1000, 0.5, 3.0, 0.4), elapsed=5.0)
    assert "600/1,000 100/s loss 0.5000 bits a sequence 3.00 range 40% left 0:04" in line
    assert terminal.drawn == []  # not yet time
    time.sleep(0.21)
    progress(BatchReport(200, 1000, 0.5, 3.0, 1.0))
    progress.close()
    assert terminal.drawn[0].startswith("\r") and terminal.drawn[-1] == "\n"
