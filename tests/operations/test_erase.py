"""Which memories a query to erase means."""

from __future__ import annotations

import pytest

from ntm_memory.commands import _erase
from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.operations.erase import meant_by
from ntm_memory.operations.results import RecalledMemory, RecallResult


def found(*chances, confidence=0.9, also=()):
    memories = [
        RecalledMemory(f"m_{i}", i, None, f"note {i}", 0.5, 0.0, i, "2026-01-01", chance=chance, also=also)
        for i, chance in enumerate(chances)
    ]
    return RecallResult("the debt of Bernd", tuple(memories), confidence)


def test_only_what_is_likely_to_be_meant():
    assert meant_by(found(0.9, 0.5, 0.49)) == {"m_0": 0.9, "m_1": 0.5}
    assert meant_by(found()) == {}
    assert meant_by(found(None, None)) == {"m_0": 0.9, "m_1": 0.9}  # nothing has read them: the confidence counts
    assert meant_by(found(0.8, also=("m_7",))) == {"m_0": 0.8, "m_7": 0.8}  # what says the same is meant too


@pytest.mark.parametrize("answer", [found(0.3, 0.1), found(None, confidence=0.2)])
def test_what_is_not_is_refused_and_named(answer):
    with pytest.raises(NotFoundError, match=r"the likeliest is m_0 \(chance 0\.[23]0\): note 0"):
        meant_by(answer)
    assert list(meant_by(answer, unsure=True)) == [each.id for each in answer.memories]


@pytest.mark.parametrize("nothing", [[], (), ""])
@pytest.mark.parametrize("how", [{}, {"purge": True}, {"retract": True}, {"dry_run": True}])
def test_nothing_named_is_no_success(memory, nothing, how):
    with pytest.raises(BadValueError, match="empty"):
        memory.erase(nothing, **how)


def test_a_question_that_means_nothing_erases_nothing(memory, monkeypatch):
    monkeypatch.setattr(memory, "meant", lambda *told, **options: {})
    told = {"query": "the debt of Bernd", "ids_or_key": None}
    assert _erase(memory, told, None)["erased"] == ()
