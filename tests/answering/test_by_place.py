"""Questions that ask by place: from what, by how many steps, how surely, and what filters and ends of sessions do."""

from __future__ import annotations

import numpy as np
import pytest
from opening import opened, told
from told_asking import asked_for, let_ask

from ntm_memory.controller.asking import STEPS, Asked

DAY = (
    "Porridge with apples for breakfast",
    "The letter from the bank came",
    "Mia called about the garden fence",
    "The train to Hamburg was forty minutes late",
    "Lunch with Priya about the budget",
    "The projector in room five broke down",
    "Dinner was lentil soup",
)
TRAIN = "train to Hamburg"
HERE = DAY.index("The train to Hamburg was forty minutes late")
ASKED = "What is beside the train to Hamburg?"


NAMED = "what is named, in its session; name it in other words or by its id"


@pytest.fixture
def day(memory):
    """The memories of a day in a session; between them are those of another one."""
    for number, text in enumerate(DAY):
        memory.memorize(text, session="day", tags=["even"] if number % 2 == 0 else [])
        memory.memorize(f"Reading {number} of the meter", session="other")


@pytest.mark.parametrize("step", [-3, -2, -1, 1, 2, 3])
def test_the_step_that_is_asked_for_is_read_in_the_session(memory, day, monkeypatch, step):
    let_ask(monkeypatch, {ASKED: asked_for(step, TRAIN)})
    assert told(memory.recall(ASKED))[0] == DAY[HERE + step]


def test_of_two_steps_both_are_read_the_likelier_first(memory, day, monkeypatch):
    steps = np.zeros(len(STEPS), dtype=np.float32)
    steps[STEPS.index(1)], steps[STEPS.index(2)] = 0.6, 0.4
    let_ask(monkeypatch, {ASKED: Asked(steps, TRAIN, 0.0, 0.0, 0.0)})
    assert told(memory.recall(ASKED))[:2] == [DAY[HERE + 1], DAY[HERE + 2]]


def test_the_words_of_the_anchor_are_looked_for_not_those_of_the_question(memory, day, monkeypatch):
    question = "What came after the train to Hamburg, which I told before lentil soup for dinner?"
    let_ask(monkeypatch, {question: asked_for(1, "lunch with Priya")})
    assert told(memory.recall(question))[0] == DAY[HERE + 2]


def test_what_is_perhaps_asked_by_place_keeps_first_what_content_finds(memory, day, monkeypatch):
    by_content = told(memory.recall(ASKED))[0]
    let_ask(monkeypatch, {ASKED: asked_for(1, "lunch with Priya", sure=0.4)})
    found = told(memory.recall(ASKED))
    assert found[0] == by_content == DAY[HERE]
    assert DAY[HERE + 2] in found[:2]


def test_past_the_ends_of_a_session_nothing_stands(memory, day, monkeypatch):
    let_ask(monkeypatch, {"after?": asked_for(1, DAY[-1]), "before?": asked_for(-3, DAY[2])})
    after, before = memory.recall("after?"), memory.recall("before?")
    assert (after.memories, before.memories) == ((), ())
    assert after.reason == f"no memory stands right after {NAMED}"
    assert before.reason == f"no memory stands 3 places before {NAMED}"


def test_filters_leave_out_what_stands_there(memory, day, monkeypatch):
    let_ask(monkeypatch, {ASKED: asked_for(1, TRAIN), "two on?": asked_for(2, TRAIN)})
    assert told(memory.recall(ASKED, tags=["even"]))[0] == DAY[HERE + 1]  # though the train has no such tag
    left = memory.recall("two on?", tags=["even"])
    assert DAY[HERE + 2] not in told(left)
    assert told(memory.recall("two on?"))[0] == DAY[HERE + 2]


def test_a_follow_up_goes_on_from_the_focus_of_its_session_only(memory, day, monkeypatch):
    question = "and after the letter from the bank?"
    let_ask(monkeypatch, {question: asked_for(1)})
    memory.recall("lunch with Priya", session="s", top_k=1)
    follows = memory.recall(question, session="s", top_k=1)
    assert told(follows) == [DAY[HERE + 2]] and follows.confidence == pytest.approx(
        follows.memories[0].weight, abs=1e-3
    )
    for options in ({}, {"session": "new"}):  # nothing is in focus: what it says itself is looked for
        assert told(memory.recall(question, top_k=1, **options)) == [DAY[2]]


def test_what_names_nothing_to_move_from_asks_for_no_place(memory, day, monkeypatch):
    unheard = "umm?"
    plain = memory.recall(unheard)
    let_ask(monkeypatch, {unheard: asked_for(1, sure=0.97)})
    assert memory.recall(unheard) == plain


def test_where_location_is_off_a_place_is_asked_for_by_content(tmp_path, monkeypatch):
    let_ask(monkeypatch, {ASKED: asked_for(1, TRAIN)})
    with opened(tmp_path, {"addressing": {"location": False}}) as memory:
        memory.memorize_many({"content": text} for text in DAY)
        assert told(memory.recall(ASKED))[0] == DAY[HERE]


def test_where_nothing_stands_there_what_the_words_name_is_shown_and_less_sure(memory, monkeypatch):
    memory.memorize("The garden fence is green")
    question = "garden fence"
    surely = memory.recall(question).confidence
    let_ask(monkeypatch, {question: asked_for(1, "garden")})
    answer = memory.recall(question)
    assert told(answer) == ["The garden fence is green"]
    assert 0 < answer.confidence < surely


def test_explain_tells_the_anchor_the_steps_and_what_was_moved_from_where(memory, day, monkeypatch):
    steps = np.zeros(len(STEPS), dtype=np.float32)
    steps[STEPS.index(1)], steps[STEPS.index(2)], steps[STEPS.index(0)] = 0.5, 0.3, 0.2
    let_ask(monkeypatch, {ASKED: Asked(steps, TRAIN, 0.0, 0.0, 0.0)})
    answer = memory.recall(ASKED, explain=True)
    assert answer.explanation["place"] == {"anchor": TRAIN, "chance": 0.8, "shift": {"+1": 0.5, "+2": 0.3}}
    ids = {found.content: found.id for found in memory.recall("train", top_k=20).memories}
    for found in answer.memories:
        assert found.steps["gate"] == pytest.approx(0.8)
        for each in found.steps.get("moved", ()):
            assert each["from"].startswith("m_") and each["by"] == pytest.approx({1: 0.625, 2: 0.375}[each["step"]])
    beside = next(found for found in answer.memories if found.content == DAY[HERE + 1])
    most = beside.steps["moved"][0]
    assert (most["from"], most["step"]) == (ids[DAY[HERE]], 1)
    brought = sum(each["focus"] * each["by"] for each in beside.steps["moved"])
    assert beside.steps["shifted"] == pytest.approx(brought, abs=1e-4)
    assert "heads" in next(found for found in answer.memories if found.content == DAY[HERE]).steps


def test_explain_tells_a_shift_that_follows_from_the_focus_before(memory, day, monkeypatch):
    let_ask(monkeypatch, {"and then?": asked_for(1)})
    before = memory.recall("train to Hamburg", session="s", top_k=1).memories[0]
    answer = memory.recall("and then?", session="s", top_k=1, explain=True)
    assert answer.explanation["shift"] == {"+1": 1.0}
    assert answer.memories[0].steps["moved"][0] == {"from": before.id, "focus": 1.0, "step": 1, "by": 1.0}
