"""Questions for all about somebody: how many memories have the name, whatever drew attention."""

from __future__ import annotations

import pytest
from opening import Clock, opened, told
from told_asking import asked_for, let_ask

from ntm_memory.rendering import recalled
from tests.reader.test_second_look import read_by

ALL, SOME, ZH = "What do you know about Ines?", "All of Ines's cellos", "关于老秦你知道些什么"
FACTS = [f"Ines has fact number {number}" for number in range(14)]


@pytest.fixture
def ines(tmp_path, monkeypatch):
    """Fourteen facts about her, one of which the reader finds likely; ten about others."""
    asked = {ALL: asked_for(anchor="about Ines", all=1.0), SOME: asked_for(anchor="Ines's cellos", all=1.0)}
    let_ask(
        monkeypatch, asked | {ZH: asked_for(anchor="关于老秦", all=1.0), "Ines?": asked_for(anchor="Ines", all=0.1)}
    )
    config = {"time_zone": "UTC", "recall": {"confidence_floor": 0.05, "least_chance": 0.05}}
    with opened(tmp_path, config, clock=Clock()) as memory:
        for number, fact in enumerate(FACTS):
            memory.memorize(fact, tags=["even"] if number % 2 == 0 else [])
        for number in range(10):
            memory.memorize(f"The shed holds {number} rakes")
        read_by(memory, {"Ines": -1.0, "rakes": -9.0})
        yield memory


def test_how_many_have_the_name_is_counted_over_all_of_memory(ines):
    answer = ines.recall(ALL, top_k=6)
    assert len(answer.memories) == 6 and all("Ines" in each for each in told(answer))
    assert answer.naming == {"name": "Ines", "total": 14, "shown": 6} and answer.further == 8
    assert answer.confidence >= 0.5
    assert ines.memories(about="Ines")["total"] == 14


def test_as_many_as_are_asked_for_are_shown(ines):
    answer = ines.recall(ALL, top_k=20)
    assert sorted(told(answer)) == sorted(FACTS)
    assert answer.naming == {"name": "Ines", "total": 14, "shown": 14} and answer.further == 0


def test_what_filters_leave_is_counted(ines):
    answer = ines.recall(ALL, top_k=3, tags=["even"])
    assert answer.naming == {"name": "Ines", "total": 7, "shown": 3}


def test_of_a_part_of_it_and_of_a_fact_nothing_is_counted(ines):
    assert ines.recall(SOME).naming is None
    assert ines.recall("What does Ines have?").naming is None
    assert ines.recall("Ines?", top_k=6).naming == {"name": "Ines", "total": 14, "shown": 6}


def test_a_chinese_name_is_what_the_answers_have_of_the_words(ines):
    for fact in ("老秦会做木工", "老秦住在河边", "老秦退休了"):
        ines.memorize(fact)
    read_by(ines, {"老秦": 0.5, "Ines": -9.0})
    answer = ines.recall(ZH, top_k=2)
    assert answer.naming == {"name": "老秦", "total": 3, "shown": 2}


@pytest.mark.parametrize("heard", [asked_for(), asked_for(1, sure=0.64), asked_for(anchor="老秦")])
def test_a_name_alone_asks_for_all_that_has_it(ines, monkeypatch, heard):
    for fact in ("老秦会做木工", "老秦住在河边", "老秦退休了", "河边有一条狗"):
        ines.memorize(fact)
    read_by(ines, {"老秦": -2.0, "": -9.0})
    let_ask(monkeypatch, {"老秦？": heard, "老虎？": heard})
    answer = ines.recall("老秦？", top_k=2)
    assert answer.naming == {"name": "老秦", "total": 3, "shown": 2} and answer.confidence >= 0.9
    assert all(each.startswith("老秦") for each in told(answer))
    assert ines.recall("老虎？").naming is None


def test_one_memory_alone_is_no_set(ines, monkeypatch):
    ines.memorize("The projector bulb is in the shed")
    read_by(ines, {"bulb": 2.0, "": -9.0})
    let_ask(monkeypatch, {"projector bulb": asked_for(anchor="projector bulb")})
    answer = ines.recall("projector bulb")
    assert told(answer)[0] == "The projector bulb is in the shed" and answer.naming is None


def test_the_last_line_says_it():
    answer = {"confidence": 0.7, "memories": [{"id": "m_1", "content": "a"}], "further": 8, "more": 9}
    said = [
        recalled.recall(answer | {"naming": {"name": "Ines", "total": 14, "shown": shown}}).splitlines()[-1]
        for shown in (6, 14)
    ]
    assert said == ["confidence .70, shown 6 of 14 that name Ines (all: list --about Ines)",
                    "confidence .70, all 14 that name Ines"]  # fmt: skip
