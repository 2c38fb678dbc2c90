"""`verify`: real facts, real questions, the real embedder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ntm_memory.cli.console import run
from ntm_memory.cli.selfcheck import verify_text
from ntm_memory.installation.verify import FACTS

TOLD = json.loads(FACTS.read_text(encoding="utf-8"))
FIGURES = {"embedder": "e", "facts": 20, "questions": 20, "found": 19, "shown": 19, "missed": ["Who?"]} | {
    "unknown": 10,
    "silent": 7,
    "memorize_ms": 9.6,
    "recall_ms": 30.2,
    "slowest_recall_ms": 51.0,
    "process_ms": 400,
    "tokens": 40,
}


def test_there_are_as_many_as_it_says_in_both_languages():
    facts, questions, unknown = TOLD["facts"], TOLD["questions"], TOLD["unknown"]
    assert (len(facts), len(questions), len(unknown)) == (20, 20, 10)
    assert sorted(right for _, right in questions) == list(range(20))
    for texts, least in ((facts, 10), ([question for question, _ in questions], 10), (unknown, 5)):
        assert sum(not text.isascii() for text in texts) == least
    assert not {question for question, _ in questions} & set(unknown)


def test_the_text_says_all_figures():
    assert verify_text(FIGURES).splitlines() == [
        "found   19 of 20 first, 19 among what is shown (20 facts, English and Chinese; e)",
        "silent  7 of 10 questions that nothing answers",
        "ms      recall 30 (slowest 51), a whole process 400; memorize 10 a fact",
        "tokens  40 a recall as text (characters / 4)",
        "missed  Who?",
    ]


@pytest.mark.real_model
def test_it_finds_keeps_silent_and_leaves_nothing_behind(capsys):
    assert run(["verify", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["embedder"] == "multilingual-e5-small-q4"
    assert answer["found"] >= 17
    assert answer["shown"] >= answer["found"]
    assert len(answer["missed"]) == answer["questions"] - answer["shown"]
    assert answer["silent"] >= 6
    assert 0 < answer["recall_ms"] <= answer["slowest_recall_ms"]
    assert answer["process_ms"] > answer["recall_ms"]
    assert 10 <= answer["tokens"] <= 130
    assert not (Path.home() / "memory").exists()
