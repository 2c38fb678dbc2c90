"""What the fit puts its questions to: all memories, a handful of them, and what is left without the answer."""

from __future__ import annotations

import asked
import numpy as np
import pytest
from opening import opened

from ntm_memory.knowledge import Knowledge
from ntm_memory.recall.view import View

TEXTS = ("green tea with Mia", "black tea with Ben. " * 200, "the dentist on Monday", "green apples", "tea for two")


@pytest.fixture
def known(tmp_path):
    with opened(tmp_path) as manager:
        manager.memorize_many({"content": text} for text in TEXTS)
        yield Knowledge(manager.store, "default")


def test_what_is_gone_is_in_no_column_and_under_no_word(known):
    gone = np.array([False, True, False, False, True])
    rest = asked.Rest(known, gone)
    assert len(rest.slots) == 3
    assert rest.slots.address.tolist() == known.slots.address[~gone].tolist()
    assert np.bincount(rest.slots.owner).tolist() == np.bincount(known.slots.owner)[~gone].tolist()
    assert (rest.slots.keys == known.slots.keys[~gone[known.slots.owner]]).all()
    tea = rest.postings("green tea")
    assert set(tea.address["tea"]) == {known.slots.address[0]}
    assert set(tea.address["green"]) == set(known.slots.address[[0, 3]])
    assert len(View(rest.slots).centre.starts) == 3


def test_a_handful_holds_the_evidence_and_at_most_six_others():
    gold = np.arange(40) % 13 == 0
    sizes = set()
    for seed in range(50):
        few = asked.handful(gold, np.random.default_rng(seed))
        assert few[gold].all()
        sizes.add(int(few.sum() - gold.sum()))
    assert sizes == set(range(7))
    assert asked.handful(np.array([True]), np.random.default_rng(0)).tolist() == [True]
