"""Every step of the fit runs from data to a file that the package reads, and says how the file came about."""

from __future__ import annotations

import json

import made_up
import numpy as np
import pytest
from tiny_network import TinyReadable, TinyWeights

from bench import data_roles, fit, fit_job, fit_multihop, prior, write_lessons
from bench.data_roles import sha256_of
from bench.fit_job import FILES, FitJob
from bench.provenance import read_provenance
from ntm_memory.controller import session, write_head
from ntm_memory.embedding.e5 import read_prior, read_query_adapter
from ntm_memory.multihop import parameters as multihop
from ntm_memory.privacy import framing
from ntm_memory.reader import parameters as second_look
from ntm_memory.reader import relevance
from ntm_memory.reader.adapter import read_adapter
from ntm_memory.recall import parameters as recall

LOADERS = {
    "prior": read_prior,
    "adapter": read_query_adapter,
    "recall": recall.load_parameters,
    "multihop": multihop.load_parameters,
    "reader": read_adapter,
    "second-look": second_look.load_parameters,
    "session": session.load_parameters,
    "relevance": relevance.read_parameters,
    "write-head": write_head.load_parameters,
    "echoes": framing.load,
}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder of data sets, and the project's own files replaced by tiny ones."""
    beside = made_up.ours(tmp_path / "ours")
    monkeypatch.setattr(data_roles, "BESIDE", (*beside, *made_up.pairs_to_read(tmp_path / "ours" / "pairs")))
    monkeypatch.setattr(prior, "prior_sentences", lambda language: texts(beside[2], language))
    monkeypatch.setattr(fit_multihop, "WORLDS", 2)
    monkeypatch.setattr(write_lessons, "LEAST", 4)
    made_up.talks(tmp_path / "data" / "locomo" / "dev")
    made_up.pool(tmp_path / "data" / "hotpot" / "dev", "hotpot")
    made_up.talks(tmp_path / "data" / "of_mine" / "dev", 1)
    made_up.facts(tmp_path / "data" / "probes" / "forget_en.dev.jsonl")
    return tmp_path / "data"


def texts(file, language):
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [line["text"] for line in lines if line["language"] == language]


def run(data, tmp_path, *arguments):
    options = ["--out", str(tmp_path / "out"), "--home", str(tmp_path / "home"), "--backend", "tiny", "--steps", "2"]
    return fit.main([*arguments, "--data", str(data), *options, "--processes", "1"])


@pytest.fixture
def readable(monkeypatch):
    """The embedder of tests gets a network that the reader's step adapts."""
    pytest.importorskip("torch")
    from bench import reader_training

    monkeypatch.setattr(reader_training, "Weights", TinyWeights)
    monkeypatch.setattr(fit_job, "load_embedder", lambda settings: TinyReadable())


def test_a_dry_run_lists_steps_data_hashes_and_counts(data, tmp_path, capsys):
    assert run(data, tmp_path, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert [line.split()[2].rstrip(":") for line in shown.splitlines() if line.startswith("step ")] == list(fit.STEPS)
    assert "data locomo: written; 32 memories, 16 questions; licence: CC BY-NC 4.0" in shown
    assert "data forget_en: facts; 8 memories, 8 questions" in shown
    assert "data of_mine: only measured, never learned from" in shown
    assert sha256_of(data / "locomo" / "dev" / "memories.jsonl") in shown
    assert not (tmp_path / "out").exists()


def test_all_steps_run_in_order_and_the_package_reads_what_they_write(data, tmp_path, capsys, readable, monkeypatch):
    # two steps know the real embedder only, whose reading of all their texts takes minutes; each has a test of its own
    of_the_real_one = ("secrets", "asking")
    monkeypatch.setattr(fit, "STEPS", {name: step for name, step in fit.STEPS.items() if name not in of_the_real_one})
    assert run(data, tmp_path) == 0
    wrote = [line.split("/out/")[1] for line in capsys.readouterr().out.splitlines() if line.startswith("wrote ")]
    assert wrote == [FILES[name] for name in fit.STEPS]
    for name, load in LOADERS.items():
        file = tmp_path / "out" / FILES[name]
        load(file)
        about = read_provenance(file)
        assert about["command"].startswith(f"python -m bench.fit {name} --data DIR")
        assert about["figures"] and about["date"] and about["revision"] and about["numpy"] == np.__version__
        assert all(len(digest) == 64 for each in about["data"] for digest in each["files"].values())
        assert "of_mine" not in {each["name"] for each in about["data"]}
        for before, digest in about["after"].items():
            assert digest == sha256_of(tmp_path / "out" / FILES[before])
    assert read_prior(tmp_path / "out" / FILES["prior"]).shape == (2, 64)
    assert read_query_adapter(tmp_path / "out" / FILES["adapter"]).shape == (2, 64, 8)


def test_one_step_alone_makes_the_same_file_again(data, tmp_path):
    for step in ("prior", "adapter", "multihop"):
        run(data, tmp_path, step)
        file = tmp_path / "out" / FILES[step]
        first = file.read_bytes()
        file.unlink()
        run(data, tmp_path, step)
        assert file.read_bytes() == first


def test_a_step_without_its_library_says_so_before_anything_is_learned(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fit.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="not installed: torch"):
        run(data, tmp_path, "reader")
    assert not (tmp_path / "out").exists()
    assert run(data, tmp_path, "prior") == 0


def test_files_of_json_are_found_hashed_and_counted_each_by_its_whole_name(data, tmp_path, capsys):
    made_up.passages(data / "qa" / "xquad.en.json", "had the")
    made_up.passages(data / "qa" / "xquad.zh.json", "hatte")
    made_up.talk(data / "qa" / "friendsqa_dev.json")
    made_up.write_json(data / "qa" / "unknown.json", {})
    assert run(data, tmp_path, "reader", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "data xquad_en: read; 1 memories, 8 questions; licence: CC BY-SA 4.0" in shown
    assert "data friendsqa_dev: read, talk; 8 memories, 8 questions; licence: Apache-2.0" in shown
    assert sha256_of(data / "qa" / "xquad.zh.json") in shown and "xquad_zh" in shown
    assert "data unknown" not in shown
    assert (
        "learns from notes, hotpot, xquad_en, xquad_zh, friendsqa_dev, en1_details, en1_stores, en_life, en_prompts\n"
        in shown
    )


def test_a_folder_of_pairs_is_one_data_set(data, capsys, tmp_path):
    run(data, tmp_path, "--dry-run")
    shown = capsys.readouterr().out
    assert "data en_life: read; 32 memories, 8 questions; licence: CC0 1.0" in shown
    assert "data en1_stores: read, talk, stored, stores, echoed; 48 memories, 26 questions" in shown
    assert shown.count("data revisions:") == 1


def test_a_step_without_data_says_so_before_anything_is_learned(data, tmp_path):
    with pytest.raises(SystemExit, match="no data for"):
        run(data / "locomo", tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_place_without_data_and_two_sets_of_one_name_are_refused(data, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match="holds no data set"):
        run(tmp_path / "empty", tmp_path, "--dry-run")
    made_up.talks(tmp_path / "other" / "locomo" / "dev")
    with pytest.raises(SystemExit, match="two data sets are called locomo"):
        data_roles.find_data([data, tmp_path / "other"])


def test_later_steps_hear_the_prior_that_was_just_learned(data, tmp_path):
    job = FitJob(data_roles.find_data([data]), tmp_path / "home", tmp_path / "out", backend="tiny")
    assert job.embedder().prior is None
    fit.run_step("prior", job)
    assert job.embedder().prior.shape == (2, 64)


def test_every_step_has_a_file_and_comes_after_what_it_builds_on():
    assert list(fit.STEPS) == list(FILES)
    for number, step in enumerate(fit.STEPS.values()):
        assert set(step.after) <= set(list(fit.STEPS)[:number])


def test_the_revision_is_the_one_before_the_first_step_wrote(data, tmp_path, monkeypatch):
    job = FitJob(data_roles.find_data([data]), tmp_path / "home", tmp_path / "out", backend="tiny")
    monkeypatch.setattr(fit_job, "code_revision", lambda: "changed since")
    for step in ("prior", "multihop"):
        assert read_provenance(fit.run_step(step, job))["revision"] == job.revision != "changed since"


def test_what_is_learned_from_is_memorized_as_it_is(tmp_path):
    told = "the deploy key is " + "AKIA" + "43MGIHST3MDHXCXG"
    with FitJob([], tmp_path / "home", tmp_path / "out", backend="tiny").manager() as memory:
        assert memory.memorize(told).memory.content == told
