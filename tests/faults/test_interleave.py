"""Interleavings in small, what they found, and that they find a check outside of its transaction."""

from __future__ import annotations

import pytest

pytest.importorskip("greenlet")

from bench.faults.interleave import Done, in_some_order, one_schedule, run_interleavings
from bench.faults.model import Known, Model
from ntm_memory.operations.write import Writer

LONELY = Writer.same


def _looks_before_it_locks_alone(writer, record, *, in_bulk=False):
    inside = writer._store._engine.connection.in_transaction
    return None if inside and not in_bulk else LONELY(writer, record, in_bulk=in_bulk)


def test_any_interleaving_is_some_order_of_the_verbs():
    assert run_interleavings(200, 0)["verbs"] > 1_000


def test_a_schedule_is_repeated_by_its_seed():
    assert one_schedule(5, 3) == one_schedule(5, 3)


def test_a_check_outside_of_its_transaction_is_found(monkeypatch):
    monkeypatch.setattr(Writer, "same", _looks_before_it_locks_alone)
    with pytest.raises(AssertionError, match="no order of the verbs"):
        run_interleavings(200, 0)


def test_schedules_that_were_once_wrong():
    """Two erased one memory; a check fell into a purge; a key was restored, or updated, from under its new owner."""
    for seed in (17, 22, 23, 38, 1631):
        one_schedule(seed, 3)


def test_an_order_is_looked_for():
    erase = {"verb": "erase", "namespace": "default", "name": "m"}
    erased, refused = {"did": "erased", "ids": ["m"]}, {"error": "not_found"}
    model = Model()
    model.known["m"] = Known("m", "default", "tea")
    left = {"m": ("default", "tea", None, 0.5, (), None, "erased", 0.0, 1)}
    assert in_some_order(model, [Done(erase, refused, 0, 9), Done(erase, erased, 1, 8)], left)
    assert not in_some_order(model, [Done(erase, refused, 0, 1), Done(erase, erased, 2, 3)], left)
    assert not in_some_order(model, [Done(erase, erased, 0, 9), Done(erase, erased, 1, 8)], left)
