"""The benchmarks of recall and of chains, on a tiny data set with the tiny embedder: two runs are the same."""

from __future__ import annotations

import sys

import made_up
import pytest

from bench import multi_hop, recall_quality
from bench.runs import compare_runs, read_run
from ntm_memory.embedding.tiny import TinyEmbedder


@pytest.mark.parametrize(("bench", "options"), [(recall_quality, ["--ours-only"]), (multi_hop, ["--hops", "2"])])
def test_two_runs_on_one_home_are_the_same(bench, options, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "load_embedder", lambda *_, **__: TinyEmbedder())
    made_up.pool(tmp_path / "hotpot" / "dev", "hotpot")
    runs = []
    for number in range(2):
        file = tmp_path / f"{number}.jsonl"
        command = ["bench", "--data", str(tmp_path / "hotpot" / "dev"), "--home", str(tmp_path / "home")]
        monkeypatch.setattr(sys, "argv", [*command, "--run", str(file), *options])
        bench.main()
        runs.append(read_run(file))
    assert (tmp_path / "0.jsonl").read_bytes() == (tmp_path / "1.jsonl").read_bytes()
    assert compare_runs(*runs) == (8, 0, 0, 0.0)
    for answer in runs[0].values():
        assert len(answer.weights) == len(answer.ids) > 0
        assert answer.weights == sorted(answer.weights, reverse=True)
        assert 0 <= answer.confidence <= 1
    assert "recall@5" in capsys.readouterr().out


def test_what_was_asked_leaves_no_trace_in_the_home(tmp_path, monkeypatch):
    made_up.talks(tmp_path / "locomo" / "dev", 1)
    monkeypatch.setattr(recall_quality, "load_embedder", lambda *_, **__: TinyEmbedder())
    home = tmp_path / "home"
    data, _ = recall_quality.measure_recall(tmp_path / "locomo" / "dev", home, limit=None, ours_only=False)
    with recall_quality.NTMMemoryManager(home, embedder=TinyEmbedder()) as manager:
        ids = [id for stored in data.stored.values() for id in stored]
        assert ids and not any(manager.store.get(id).reads for id in ids)
