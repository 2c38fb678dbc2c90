"""A question in its session: what was asked before leads to what the words leave unsaid."""

from __future__ import annotations

import numpy as np
import pytest
from opening import opened, told

from ntm_memory.answering.in_session import look_along
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.first_look import read
from tests.large_memory.worlds import large, texts_of
from tests.recall.worlds import ask, random_parameters

NOTES = (
    "The boiler broke down on Monday",
    "The boiler cost 180 to repair by Mr Hall",
    "Sonja plays the violin",
    "The car failed its inspection",
    "We meet the landlord on Friday",
)


@pytest.fixture
def notes(memory):
    return [memory.memorize(text).memory.id for text in NOTES]


def test_a_first_question_has_no_session_and_the_next_one_hears_its_trace(memory, notes):
    first = memory.recall("who repaired the boiler?", session="s", explain=True, top_k=1)
    assert "session" not in first.explanation
    then = memory.recall("how much was it?", session="s", explain=True, top_k=5)
    said = then.explanation["session"]
    assert 0 < said["gate"] < 1 and said["trace"] == {first.memories[0].id: 0.4}
    assert set(said["heard"]) == {
        "sure", "best", "lead", "cosine", "cosine_lead", "words", "along", "best_along"
    }  # fmt: skip
    for found in then.memories:
        parts = found.steps["session"]
        assert set(parts) == {"first_look", "cosine", "along", "trace", "shown", "weight"} and found.steps[
            "gate"
        ] == pytest.approx(said["gate"], abs=1e-4)
    assert sum(found.steps["session"]["weight"] for found in then.memories) == pytest.approx(1, abs=1e-3)
    shown = {found.id: found.steps["session"]["shown"] for found in then.memories}
    assert shown.pop(first.memories[0].id) != 0 and not any(shown.values())


@pytest.mark.parametrize("session", [None, "of another"])
def test_without_a_trace_of_its_own_a_question_is_read_alone(memory, notes, session):
    memory.recall("who repaired the boiler?", session="s")
    then = memory.recall("how much was it?", session=session, explain=True)
    assert "session" not in then.explanation and all("session" not in found.steps for found in then.memories)


@pytest.mark.parametrize("options", [{"gate": 0.5}, {"as_of": "2099-01-01"}])
def test_a_gate_told_by_hand_and_a_look_at_what_was_need_no_controller(memory, notes, options):
    memory.recall("who repaired the boiler?", session="s")
    then = memory.recall("how much was it?", session="s", explain=True, **options)
    assert then.memories and "session" not in then.explanation


def test_without_the_gate_there_is_no_session(tmp_path):
    with opened(tmp_path, {"addressing": {"hybrid": False}}) as memory:
        for text in NOTES:
            memory.memorize(text)
        memory.recall("who repaired the boiler?", session="s")
        assert "session" not in memory.recall("how much was it?", session="s", explain=True).explanation


def test_filters_hold_in_a_session_too(memory, notes):
    memory.memorize("The boiler has a new pump", tags=["home"])
    memory.recall("who repaired the boiler?", session="s", top_k=1)
    then = memory.recall("how much was it?", session="s", tags=["home"], top_k=9)
    assert told(then) == ["The boiler has a new pump"]


def test_what_is_erased_leads_nowhere(memory, notes):
    memory.recall("who repaired the boiler?", session="s", top_k=1)
    memory.recall("who plays the violin?", session="s", top_k=1)
    memory.erase(notes[2])
    said = memory.recall("how much was it?", session="s", explain=True).explanation["session"]
    assert notes[2] not in said["trace"] and len(said["trace"]) == 1


def test_a_large_memory_knows_the_same_of_what_it_looks_at():
    view, postings = large(texts_of(400))
    query, plain = ask("Ann, how many karo?"), CentredMatrix(view.slots)
    reading = read(plain, postings, query, random_parameters(1))
    trace = {3: 0.4, 77: 0.2}
    few, all_ = (look_along(each, query, reading, reading, trace) for each in (view, plain))
    assert {3, 77} <= set(few.candidates.tolist())
    both = np.intersect1d(few.candidates, all_.candidates)
    assert len(both) >= 32
    rows = [found.evidence[np.isin(found.candidates, both)] for found in (few, all_)]
    np.testing.assert_allclose(*rows, atol=2e-3)
    np.testing.assert_allclose(few.heard[7], all_.heard[7], atol=2e-3)
