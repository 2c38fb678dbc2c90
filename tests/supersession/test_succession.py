"""Attention moves on along the chain of revisions, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from opening import opened

from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Reading
from ntm_memory.supersession.succession import KEPT, move_on


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path) as manager:
        yield manager


@pytest.fixture
def known(memory):
    """Four memories; the first was revised by the second, that one by the third."""
    ids = [memory.memorize(text).memory.id for text in ("red one", "green two", "blue three", "grey four")]
    memory.store.amend(ids[0], superseded_by=ids[1])
    memory.store.amend(ids[1], superseded_by=ids[2])
    return Corpus(memory.store, "default")


def reading(weights, index=None):
    index = np.arange(len(weights)) if index is None else np.array(index)
    weights = np.array(weights)
    return Reading(index, weights, np.log(weights), 0.9, 0.0, ())


def test_to_the_last_of_the_chain(known):
    moved = move_on(known, reading([0.6, 0.2, 0.1, 0.1]), None)
    assert moved.index.tolist() == [2, 3, 0, 1]
    np.testing.assert_allclose(moved.weights, [0.1 + (1 - KEPT) * 0.8, 0.1, KEPT * 0.6, KEPT * 0.2])
    assert moved.logits[0] == pytest.approx(np.log(0.6))


def test_to_a_successor_that_was_no_candidate(known):
    moved = move_on(known, reading([0.7, 0.3], index=[0, 3]), None)
    assert moved.index.tolist() == [2, 3, 0]
    assert moved.weights.sum() == pytest.approx(1)


def test_what_was_moved_is_explained(known):
    before = replace(reading([0.7, 0.3], index=[0, 3]), steps=({"heads": []}, {"heads": []}))
    steps = dict(zip(move_on(known, before, None).index.tolist(), move_on(known, before, None).steps, strict=True))
    assert steps == {0: {"heads": [], "moved_on": 0.63}, 2: {"moved_here": 0.63}, 3: {"heads": []}}


def test_nothing_revised_nothing_moved(known):
    before = reading([0.7, 0.3], index=[3, 2])
    assert move_on(known, before, None) is before


def test_not_to_what_filters_leave_out(known):
    before = reading([0.7, 0.3], index=[0, 3])
    assert move_on(known, before, np.array([True, True, False, True])) is before


def test_a_circle_ends(memory):
    one, other = (memory.memorize(text).memory.id for text in ("red one", "green two"))
    memory.store.amend(one, superseded_by=other)
    memory.store.amend(other, superseded_by=one)
    moved = move_on(Corpus(memory.store, "default"), reading([0.7, 0.3]), None)
    assert moved.weights.sum() == pytest.approx(1)
