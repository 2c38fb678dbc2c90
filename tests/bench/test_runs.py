"""Runs are written, read, and compared."""

from __future__ import annotations

import sys

import pytest

from bench import same_rankings
from bench.runs import RankedAnswer, compare_runs, read_run, write_run

RUN = {"q0": RankedAnswer(["a", "b"], [0.5, 0.25], 0.75), "q1": RankedAnswer([], [], None)}


def test_what_is_written_is_read_again(tmp_path):
    write_run(tmp_path / "run.jsonl", RUN)
    assert read_run(tmp_path / "run.jsonl") == RUN


def test_differences_are_counted():
    assert compare_runs(RUN, RUN) == (2, 0, 0, 0.0)
    other = {"q0": RankedAnswer(["b", "a"], [0.25, 0.5], 0.75), "q2": RUN["q1"]}
    assert compare_runs(RUN, other) == (1, 2, 1, 0.0)
    lighter = {"q0": RankedAnswer(["a", "c"], [0.5, 0.125], 0.75)}
    assert compare_runs({"q0": RUN["q0"]}, lighter).largest == 0.25
    surer = {"q0": RUN["q0"]._replace(confidence=1.0)}
    assert compare_runs({"q0": RUN["q0"]}, surer) == (1, 0, 0, 0.25)


@pytest.mark.parametrize(("changed", "code"), [({}, 0), ({"q0": RankedAnswer(["b"], [0.5], 0.75)}, 1)])
def test_the_command(tmp_path, monkeypatch, capsys, changed, code):
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for file, run in zip(files, (RUN, RUN | changed), strict=True):
        write_run(file, run)
    monkeypatch.setattr(sys, "argv", ["same_rankings", *map(str, files)])
    assert same_rankings.main() == code
    assert f"{code} of 2 rankings differ" in capsys.readouterr().out
