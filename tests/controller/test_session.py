"""What the controller of a session says of questions made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.controller.session import (
    CHANCE,
    EVIDENCE,
    HEARD,
    SessionLook,
    SessionParameters,
    evidence_of,
    heard_of,
    load_parameters,
    read_vector,
    save_parameters,
    speak,
)
from ntm_memory.errors import CheckpointError

KEYS = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])


def look(alone, cosine, trace, confidence, words=3):
    """What a question meets among three memories, of which the first two are of one matter."""
    trace = np.array(trace)
    r, length = read_vector(trace, KEYS)
    evidence = evidence_of(np.array(alone), np.array(cosine), KEYS @ r, trace, length)
    return SessionLook(np.arange(3), evidence, heard_of(evidence, np.array(alone), confidence, words, 0.0))


def test_the_vector_that_a_trace_attends_to_is_of_unit_length():
    r, length = read_vector(np.array([0.3, 0.1, 0.0]), KEYS)
    assert length == pytest.approx(np.sqrt(0.38**2 + 0.06**2), abs=1e-5)
    np.testing.assert_allclose(r, [0.38 / length, 0.06 / length, 0.0], atol=1e-5)


def test_a_memory_is_not_near_itself():
    _, _, along, trace, shown = look([0.4, 0.35, 0.25], [0.1, 0.1, 0.1], [0.4, 0.0, 0.0], 0.5).evidence.T
    np.testing.assert_allclose(along, [0.0, 0.8, 0.0], atol=1e-4)
    assert trace.tolist() == [0.4, 0, 0] and shown.tolist() == [1, 0, 0]


def test_what_is_heard_is_named_by_its_place():
    met = look([0.2, 0.7, 0.1], [0.1, 0.3, 0.25], [0.4, 0.0, 0.0], 0.5, words=6)
    heard = dict(zip(HEARD, met.heard, strict=True))
    expected = {"one": 1, "sure": 0, "best": 0.7, "lead": 0.5, "cosine": 0.3, "cosine_lead": 0.05, "words": 0.5}
    assert heard == pytest.approx(expected | {"along": 0.0, "best_along": 0.8}, abs=1e-5)


def test_one_memory_leads_by_nothing():
    evidence = evidence_of(np.array([1.0]), np.array([0.2]), np.array([0.9]), np.array([0.4]), 0.4)
    assert np.isfinite(heard_of(evidence, np.ones(1), 1.0, 40, 0.1)).all()


def test_with_shipped_numbers_a_vague_question_follows_and_a_clear_one_does_not():
    shipped = load_parameters()
    vague = speak(look([0.4, 0.35, 0.25], [0.15, 0.1, 0.12], [0.4, 0.0, 0.0], 0.3, words=1), shipped)
    clear = speak(look([0.01, 0.01, 0.98], [0.1, 0.1, 0.7], [0.4, 0.0, 0.0], 0.95, words=6), shipped)
    assert vague.gate > 0.7 and clear.gate < 0.1
    assert vague.weights.argmax() == 1  # of the same matter, and not what was answered just now
    for said in (vague, clear):
        assert said.weights.sum() == pytest.approx(1) and ((said.chances >= 0) & (said.chances <= 1)).all()


def test_what_was_just_answered_is_no_better_than_what_is_near_it():
    evidence = dict(zip(EVIDENCE, load_parameters().evidence, strict=True))
    assert 0.5 * evidence["along"] > 0.4 * evidence["trace"] + evidence["shown"]


@pytest.mark.parametrize("alone", [0.05, 0.95])
def test_a_session_is_never_less_sure_than_the_question_alone(alone):
    sure = SessionParameters(np.eye(len(HEARD))[0] * 9, np.zeros(len(EVIDENCE)), np.array([0.0, 0.0, 0.0, 0.0]))
    said = speak(look([0.4, 0.35, 0.25], [0.1, 0.1, 0.1], [0.4, 0.0, 0.0], alone), sure)
    assert said.confidence(alone) == max(alone, said.gate * 0.5)


def test_numbers_are_kept_and_others_refused(tmp_path):
    file = tmp_path / "session.json"
    save_parameters(file, load_parameters(), {})
    assert load_parameters(file).gate == pytest.approx(load_parameters().gate)
    wrong = SessionParameters(np.zeros(2), np.zeros(len(EVIDENCE)), np.zeros(len(CHANCE)))
    save_parameters(file, wrong, {})
    with pytest.raises(CheckpointError, match="gate of shape"):
        load_parameters(file)
