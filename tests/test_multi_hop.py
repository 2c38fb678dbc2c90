"""The benchmark of chains and its generated facts."""

from __future__ import annotations

import json
import sys

import pytest

from bench import generated_facts, multi_hop


def made(seed=3, worlds=4):
    files = {}
    generated_facts.make(seed, worlds, files.__setitem__)
    return files["memories.jsonl"], files["queries.jsonl"]


def test_generated_facts_are_the_same_every_time_and_hold_their_answers():
    memories, questions = made()
    assert (memories, questions) == made()
    assert memories != made(seed=4)[0]
    worlds = {memory["id"]: memory["conv"] for memory in memories}
    assert len(worlds) == len(memories)
    assert questions
    for question in questions:
        assert question["gold"]
        assert {worlds[id] for id in question["gold"]} == {question["conv"]}
    for memory in memories:
        assert all(worlds[id] == memory["conv"] and id != memory["id"] for id in memory["builds_on"])
    assert any(memory["builds_on"] for memory in memories)


@pytest.mark.real_model
def test_it_measures_every_number_of_hops_beside_the_baselines(tmp_path, monkeypatch, capsys):
    data = tmp_path / "notes" / "dev"
    data.mkdir(parents=True)
    memories, questions = made(worlds=2)
    for name, rows in (("memories", memories), ("queries", questions)):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (data / f"{name}.jsonl").write_text(text, encoding="utf-8")
    run = tmp_path / "run.jsonl"
    arguments = ["--data", str(data), "--hops", "2", "--json", "--run", str(run), "--home", str(tmp_path / "home")]
    monkeypatch.setattr(sys, "argv", ["multi_hop.py", *arguments])
    multi_hop.main()
    answer = json.loads(capsys.readouterr().out)
    assert {"bm25", "dense", "rank fusion", "ours, 1 hop", "ours, 2 hops"} <= set(answer["figures"])
    best = answer["figures"]["ours, 2 hops"]["all"]
    assert best["questions"] == len(questions)
    assert best["recall@5"] >= answer["figures"]["bm25"]["all"]["recall@5"]
    ranked = [json.loads(line) for line in run.read_text(encoding="utf-8").splitlines()]
    assert {each["qid"] for each in ranked} == {question["qid"] for question in questions}
    own = {memory["id"] for memory in memories}
    assert all(set(each["ranked"]) <= own for each in ranked)
