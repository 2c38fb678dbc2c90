"""What is reckoned from what changed equals what is made anew, whatever was written in whatever order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ntm_memory.recall import known_state
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.slots import live_slots
from ntm_memory.slots.columns import SLOT_COLUMNS
from ntm_memory.slots.live_slots import LiveSlots
from ntm_memory.times.kept import MOST_KEPT
from tests.recall.worlds import DIM, matrix_of, unit

WRITES = st.lists(
    st.tuples(st.sampled_from("aaaaure"), st.integers(0, 30), st.integers(0, 12), st.integers(0, 3)), max_size=25
)


def columns_of(rows):
    """Columns and keys of memories, each (row, seed of the text, session)."""
    count = len(rows)
    made = {name: np.zeros(count) for name in (*SLOT_COLUMNS, "row", "is_days", "passages")}
    row, seeds, session = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    passages = 1 + (seeds % 5 == 0)
    texts = {"cjk": seeds % 4 == 0, "passages": passages, "mentioned": np.zeros((count, MOST_KEPT, 3))}
    made |= {"row": row, "position": row, "address": row, "session": session - 1, **texts}
    keys = [
        unit(np.random.default_rng(seed).normal(size=(many, DIM)) + 1)
        for seed, many in zip(seeds, passages, strict=True)
    ]
    return made, np.concatenate([*keys, np.empty((0, DIM), dtype=np.float32)])


def block_of(rows):
    return LiveSlots.of(*columns_of(rows), lambda start, end, _: (start, end), np.zeros_like)


def assert_as_anew(view):
    anew = CentredMatrix(view.slots)
    assert np.array_equal(view.digest, anew.digest)
    np.testing.assert_allclose(view.centre.means, anew.centre.means, atol=2e-6)
    np.testing.assert_allclose(view.centre.inverse_norm, anew.centre.inverse_norm, rtol=1e-4)
    assert (view.once is None) == (anew.once is None)
    assert view.once is None or view.once.tolist() == anew.once.tolist()
    for name in ("order", "place", "session"):
        assert np.array_equal(getattr(view.sequence, name), getattr(anew.sequence, name)), name
    assert view.sequence.sessions == anew.sequence.sessions


@settings(deadline=None)
@given(WRITES, st.integers(1, 40), st.integers(1, 4), st.sampled_from([0, 20, 1024]))
def test_any_order_of_writes_equals_what_is_made_anew(writes, start, every, few):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_slots, "_FEW", few)
        written_and_compared(writes, start, every)


def written_and_compared(writes, start, every):
    live = {i: (i, i % 13, i % 3) for i in range(start)}
    block, taken = block_of([live[i] for i in sorted(live)]), start
    view = CentredMatrix(block.snapshot)
    assert_as_anew(view)
    for number, (kind, which, seed, session) in enumerate(writes):
        row = sorted(live)[which % len(live)] if live else 0
        if kind == "a" or not live:
            live[taken], row = (taken, seed, session), taken
            taken += 1
        elif kind == "e" and len(live) > 1:
            del live[row]
        else:
            live[row] = (row, seed, live[row][2] if kind == "u" else session)
        block.apply(np.array([row]), *columns_of([live[row]] if row in live else []))
        if number % every == 0:  # states in between that nobody looked at
            view = CentredMatrix(block.snapshot).following(view)
            assert_as_anew(view)


def test_what_did_not_change_is_not_reckoned_again(monkeypatch):
    monkeypatch.setattr(live_slots, "_FEW", 0)
    block = block_of([(i, i, 1) for i in range(200)])
    view = CentredMatrix(block.snapshot)
    assert_as_anew(view)
    block.apply(np.array([300]), *columns_of([(300, 300, 2)]))
    block.apply(np.array([7]), *columns_of([(7, 900, 1)]))
    following = CentredMatrix(block.snapshot).following(view)
    monkeypatch.setattr(known_state, "sequence_of", lambda slots: pytest.fail("all laid out anew"))
    monkeypatch.setattr(known_state.KeySums, "of", lambda *_: pytest.fail("all summed anew"))
    assert following.centre is not None
    block = block_of([(i, i, 1) for i in range(20)])
    monkeypatch.undo()
    view = CentredMatrix(block.snapshot)
    assert view.sequence is not None and view.once is None
    monkeypatch.setattr(known_state, "sequence_of", lambda slots: pytest.fail("all laid out anew"))
    monkeypatch.setattr(known_state, "_once", lambda digest: pytest.fail("all compared anew"))
    block.apply(np.array([30]), *columns_of([(30, 30, 2)]))
    following = CentredMatrix(block.snapshot).following(view)
    assert following.sequence.sessions == 2 and following.once is None


def test_another_memory_takes_nothing_over():
    view = CentredMatrix(matrix_of(9))
    assert_as_anew(view)
    assert_as_anew(CentredMatrix(matrix_of(7)).following(view))
