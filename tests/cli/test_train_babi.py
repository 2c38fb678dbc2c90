from __future__ import annotations

import json
import os
import signal
import threading

import numpy as np
import pytest

from ntm_memory.cli.progress import BabiProgress
from ntm_memory.cli.train import main
from ntm_memory.memn2n.checkpoint import load_reader
from ntm_memory.memn2n.training import AnswerScore, EpochReport
from ntm_memory.persistence.arrays import save_arrays
from tests.memn2n.stories import archive, walks


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return archive(tmp_path_factory.mktemp("babi"), stories=200)


@pytest.fixture
def quick(tmp_path):
    file = tmp_path / "quick.json"
    file.write_text(json.dumps({"dim": 8, "hops": 2, "rate": 0.01, "linear": 2}), encoding="utf-8")
    return str(file)


def call(capsys, *arguments):
    code = main([*(str(argument) for argument in arguments), "--format", "json"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


def test_train_then_eval_then_show(capsys, tmp_path, data, quick):
    out = tmp_path / "out"
    train = ("babi", "--data", data, "--task", 1, "--epochs", 8, "--seed", 3, "--restarts", 2, "--config", quick)
    code, trained, errors = call(capsys, *train, "--out", out)
    assert code == 0 and trained["ok"] and errors == ""
    assert (trained["task"], trained["set"], trained["valid_questions"]) == (1, "en-10k", 60)
    core = trained["checkpoint"]
    assert core == str(out / "babi-qa1.npz")
    command = "train.py babi --data DIR --task 1 --set en-10k --restarts 2 --seed 3 --epochs 8 --config quick.json"
    assert load_reader(out / "babi-qa1.npz").command == command
    code, score, _ = call(capsys, "eval", "babi", "--data", data, "--task", 1, "--checkpoint", core)
    assert code == 0
    assert {name: score[name] for name in ("task", "split", "error", "questions", "checkpoint")} == {
        "task": 1,
        "split": "valid",
        "error": trained["valid_error"],
        "questions": 60,
        "checkpoint": core,
    }
    shown = ("show", "babi", "--data", data, "--task", 1, "--seed", 5, "--checkpoint", core)
    code, story, _ = call(capsys, *shown)
    assert code == 0 and story["right"] == (story["prediction"] == story["answer"])
    attention = np.array([line["attention"] for line in story["story"]])
    assert attention.shape[1] == 2
    np.testing.assert_allclose(attention.sum(axis=0), 1, atol=1e-3)
    assert sum(line["support"] for line in story["story"]) == 1
    assert main([*map(str, shown)]) == 0
    drawn = capsys.readouterr().out.splitlines()
    assert drawn[0].split() == ["story", "hop", "1", "hop", "2"]
    assert len(drawn) == len(story["story"]) + 3
    assert main(["eval", "babi", "--data", str(data), "--task", "1", "--checkpoint", core]) == 0
    assert f"{trained['valid_error']:.2f} % wrong of 60" in capsys.readouterr().out


def test_the_test_file_is_read_where_there_is_one(capsys, tmp_path, data, quick):
    own = archive(tmp_path / "own", stories=60)
    _, trained, _ = call(
        capsys, "babi", "--data", own, "--task", 1, "--epochs", 1, "--config", quick, "--out", tmp_path
    )
    evaluate = ("eval", "babi", "--data", own, "--task", 1, "--split", "test", "--checkpoint", trained["checkpoint"])
    code, missing, _ = call(capsys, *evaluate)
    assert code == 4 and missing["error"]["code"] == "not_found" and "qa1_" in missing["error"]["message"]
    (own / "en-10k" / "qa1_walks_test.txt").write_text(walks(7, seed=9), encoding="utf-8")
    code, score, _ = call(capsys, *evaluate)
    assert code == 0 and (score["split"], score["questions"]) == ("test", 21)


def test_joint_is_one_network_and_no_task_is_a_network_each(capsys, tmp_path, quick):
    own = archive(tmp_path / "own", stories=40, tasks=range(1, 21), sets=("en",))
    common = ("babi", "--data", own, "--set", "en", "--epochs", 1, "--config", quick)
    code, joint, _ = call(capsys, *common, "--task", "joint", "--out", tmp_path / "joint")
    assert code == 0 and joint["task"] == "joint" and joint["valid_questions"] == 20 * 12
    code, scores, _ = call(capsys, "eval", "babi", "--data", own, "--checkpoint", joint["checkpoint"])
    assert code == 0 and [score["task"] for score in scores["tasks"]] == list(range(1, 21))
    assert scores["mean_error"] == pytest.approx(joint["valid_error"], abs=0.01)
    code, each, _ = call(capsys, *common, "--out", tmp_path / "each")
    assert code == 0 and len(each["tasks"]) == 20
    assert sorted(path.name for path in (tmp_path / "each").iterdir()) == sorted(
        f"babi-qa{task}.npz" for task in range(1, 21)
    )


def test_interrupt_keeps_the_best_so_far(capsys, tmp_path, data, quick):
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    endless = ("babi", "--data", data, "--task", 1, "--epochs", 100_000, "--config", quick, "--seed", 1)
    file = tmp_path / "never.json"
    file.write_text(json.dumps({"rate": 1e-6, "linear": 0, "dim": 8}), encoding="utf-8")
    code, answer, _ = call(capsys, *endless[:-4], "--config", file, "--out", tmp_path / "out")
    assert code == 130 and answer["error"]["code"] == "interrupted"
    assert load_reader(tmp_path / "out" / "babi-qa1.npz").tasks == (1,)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["babi"], 2, "--data"),
        (["babi", "--data", "DATA", "--task", "21"], 2, "1 to 20"),
        (["babi", "--data", "DATA", "--task", "0"], 2, "1 to 20"),
        (["babi", "--data", "DATA", "--task", "²"], 2, "1 to 20"),
        (["babi", "--data", "DATA", "--task", "2"], 4, "qa2_"),
        (["babi", "--data", "nowhere", "--task", "1"], 4, "nowhere"),
        (["babi", "--data", "DATA", "--task", "1", "--restarts", "11"], 2, "restarts"),
        (["babi", "--data", "DATA", "--task", "1", "--restarts", "0"], 2, "restarts"),
        (["babi", "--data", "DATA", "--task", "1", "--epochs", "0"], 2, "epochs"),
        (["babi", "--data", "DATA", "--task", "1", "--seed", "-1"], 2, "--seed"),
        (["babi", "--data", "DATA", "--task", "1", "--split", "test"], 2, "--split"),
        (["babi", "--data", "DATA", "--task", "1", "--config", "nowhere.json"], 2, "nowhere.json"),
        (["eval", "babi", "--data", "DATA", "--task", "1", "--epochs", "3"], 2, "--epochs"),
        (["eval", "babi", "--data", "DATA", "--task", "1", "--checkpoint", "nowhere.npz"], 5, "nowhere.npz"),
        (["show", "babi", "--data", "DATA"], 2, "which task"),
        (["draw", "babi", "--data", "DATA"], 2, "draw babi"),
    ],
)
def test_bad_input_has_one_clear_error(capsys, data, arguments, code, told):
    found, answer, _ = call(capsys, *[data if argument == "DATA" else argument for argument in arguments])
    assert found == code and not answer["ok"]
    assert told in answer["error"]["message"]


def test_a_damaged_or_foreign_network_is_refused(capsys, tmp_path, data):
    file = tmp_path / "odd.npz"
    for content in (b"", b"PK\x03\x04 no", None):
        save_arrays(file, {"kind": "core"}, {"a": np.zeros(2)}) if content is None else file.write_bytes(content)
        for action in ("eval", "show"):
            code, answer, _ = call(capsys, action, "babi", "--data", data, "--task", 1, "--checkpoint", file)
            assert code == 5 and answer["error"]["code"] == "bad_checkpoint"


def test_progress_is_drawn_on_a_terminal_only():
    class Terminal:
        def __init__(self, real):
            self.real, self.text = real, ""

        def isatty(self):
            return self.real

        def write(self, text):
            self.text += text

        def flush(self):
            pass

    report = EpochReport(1, 7, 40, False, 0.25, AnswerScore(0.2, 3.5, 100))
    for real in (True, False):
        stream = Terminal(real)
        progress = BabiProgress(stream, "task 5")
        progress(report)
        progress.close()
        assert stream.text.startswith("\rtask 5, restart 2, pass 7 (softmax): loss 0.2500, validation 3.50 %") == real
        assert bool(stream.text) == real
