"""What a full memory keeps is measured on made-up talks: each rule keeps as many, who knows the questions most."""

from __future__ import annotations

import json
import sys

import made_up
import numpy as np

from bench import quarter_kept
from bench.quarter_kept import DAYS, RULES, told_in_order
from ntm_memory.embedding.tiny import TinyEmbedder
from tests.recall.worlds import matrix_of


def test_every_rule_is_measured_before_and_after_questions(tmp_path, monkeypatch, capsys):
    made_up.talks(tmp_path / "talks", 2)
    made_up.talks(tmp_path / "others", 4)
    monkeypatch.setattr(quarter_kept, "load_embedder", lambda *_, **__: TinyEmbedder())
    given = ["--data", str(tmp_path / "talks"), "--filler", str(tmp_path / "others"), "--share", "0.5", "--json"]
    monkeypatch.setattr(sys, "argv", ["quarter_kept", *given])
    quarter_kept.main()
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    for figures in found.values():
        assert set(figures) == {"all", *RULES}
        assert figures["all"] == figures["knows the questions"] == 1
        assert all(0 <= value <= 1 for value in figures.values()) and figures["newest"] < 1


def test_memories_are_taken_to_be_told_one_by_one():
    created = told_in_order(matrix_of(5, created=np.zeros(5))).created
    assert np.ptp(created) == DAYS * 86_400 and np.ptp(np.diff(created)) < 1e-3
