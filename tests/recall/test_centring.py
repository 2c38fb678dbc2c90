from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.centring import PRIOR_COUNT, adapt, centre, centred_cosines, scripts_among, scripts_of
from tests.recall.worlds import DIM, matrix_of, unit


def cone(rng, count, axis):
    """Keys as sentence embedders leave them: all near one direction."""
    return unit(3 * np.eye(DIM)[axis] + rng.normal(size=(count, DIM)) / 4)


def by_hand(keys, script, query, cjk, means):
    def cosine(a, b):
        return float(a @ b / np.sqrt((a @ a + 1e-6) * (b @ b + 1e-6)))

    return [cosine(key - means[int(s)], query - means[int(cjk)]) for key, s in zip(keys, script, strict=True)]


@pytest.mark.parametrize("cjk", [False, True])
def test_every_script_is_centred_by_its_own_mean(cjk):
    rng = np.random.default_rng(1)
    keys, script = np.concatenate([cone(rng, 6, 0), cone(rng, 4, 1)]), np.repeat([False, True], [6, 4])
    slots = matrix_of(10, keys=keys, cjk=script)
    means = [keys[:6].mean(axis=0), keys[6:].mean(axis=0)]
    query = cone(rng, 1, int(cjk))[0]
    found = centre(slots)
    assert found.means == pytest.approx(np.array(means), abs=1e-6)
    cosines = centred_cosines(slots, found, query, cjk)
    assert cosines == pytest.approx(by_hand(keys, script, query, cjk, means), abs=1e-4)


def test_centring_spreads_what_the_cone_held_together_and_crosses_scripts():
    rng = np.random.default_rng(2)
    meaning = rng.normal(size=(8, DIM)) / 4
    meaning[:, :2] = 0
    english, chinese = unit(3 * np.eye(DIM)[0] + meaning), unit(3 * np.eye(DIM)[1] + meaning)
    slots = matrix_of(16, keys=np.concatenate([english, chinese]), cjk=np.repeat([False, True], 8))
    cosines = centred_cosines(slots, centre(slots), english[3], False)
    assert np.argsort(-cosines)[:2].tolist() == [3, 11]
    assert cosines[11] > 0.9 > (english[3] @ chinese[3])


def test_a_prior_counts_as_twenty_keys():
    keys = unit(np.random.default_rng(3).normal(size=(5, DIM)))
    prior = unit(np.random.default_rng(4).normal(size=(2, DIM)))
    found = centre(matrix_of(5, keys=keys, cjk=[False, False, False, True, True]), prior)
    assert found.means[0] == pytest.approx(
        (keys[:3].sum(axis=0) + PRIOR_COUNT * prior[0]) / (3 + PRIOR_COUNT), abs=1e-6
    )
    assert found.means[1] == pytest.approx(
        (keys[3:].sum(axis=0) + PRIOR_COUNT * prior[1]) / (2 + PRIOR_COUNT), abs=1e-6
    )


def test_without_prior_a_script_that_has_no_key_borrows_the_other_mean():
    for cjk in (False, True):
        found = centre(matrix_of(4, cjk=np.full(4, cjk)))
        assert found.means[0].tolist() == found.means[1].tolist()
        assert found.means.any()


def test_a_lone_key_is_compared_as_it_is():
    slots = matrix_of(1)
    assert not centre(slots).means.any()
    assert centred_cosines(slots, centre(slots), slots.keys[0], False)[0] == pytest.approx(1, abs=1e-4)


def test_the_best_passage_speaks_for_its_memory():
    rng = np.random.default_rng(5)
    keys, owner = unit(rng.normal(size=(6, DIM))), np.array([0, 0, 0, 1, 2, 2])
    slots = matrix_of(3, keys=keys, owner=owner)
    found = centre(slots)
    assert found.starts.tolist() == [0, 3, 4]
    query = keys[2]
    rows = by_hand(keys, np.zeros(6), query, False, found.means)
    cosines = centred_cosines(slots, found, query, False)
    assert cosines == pytest.approx([max(rows[:3]), rows[3], max(rows[4:])], abs=1e-4)
    assert int(np.argmax(cosines)) == 0


@pytest.mark.parametrize("passages", [[1, 1, 1, 1], [1, 3, 2, 1]])
def test_the_scripts_of_some_memories_are_those_of_their_key_rows(passages):
    owner = np.repeat(np.arange(4), passages)
    keys = np.zeros((len(owner), DIM), dtype=np.float32)
    slots = matrix_of(4, keys=keys, owner=owner, cjk=[False, True, False, True])
    assert scripts_of(slots).tolist() == [number % 2 for number in owner.tolist()]
    for index in ([0, 1, 2, 3], [3, 1], [2, 0, -1], []):
        index = np.array(index, dtype=np.int64)
        rows, first = slots.passages_of(index)
        expected = [scripts_of(slots)[owner == number] for number in index % 4]
        assert scripts_among(slots, index, first, len(rows)).tolist() == np.concatenate([[], *expected]).tolist()


@given(st.integers(1, 6), st.integers(0, 1000), st.sampled_from([0.0, 1e-20, 1e-4, 1.0]), st.booleans())
def test_cosines_are_finite_and_bounded_even_where_keys_are_next_to_nothing_or_equal(count, seed, size, same):
    rng = np.random.default_rng(seed)
    keys = (size * rng.normal(size=(count, 4))).astype(np.float32)
    keys = np.repeat(keys[:1], count, axis=0) if same else keys
    slots = matrix_of(count, keys=keys, cjk=rng.random(count) < 0.5)
    cosines = centred_cosines(slots, centre(slots), keys[0], bool(slots.cjk[0]))
    assert cosines.shape == (count,)
    assert np.isfinite(cosines).all() and (np.abs(cosines) < 1.01).all()


def test_a_question_is_turned_by_the_low_rank_map_and_stays_of_unit_length():
    rng = np.random.default_rng(6)
    direction, into, back = unit(rng.normal(size=(1, 8)))[0], rng.normal(size=(8, 2)), rng.normal(size=(8, 2))
    turned = direction @ (np.eye(8) + into @ back.T)
    query_adapter = np.stack((into, back)).astype(np.float32)
    assert adapt(direction, query_adapter) == pytest.approx(turned / np.linalg.norm(turned), abs=1e-5)
    assert adapt(direction, 0 * query_adapter) == pytest.approx(direction, abs=1e-5)


def test_cosines_are_those_of_the_turned_question():
    rng = np.random.default_rng(7)
    slots, query = matrix_of(9, keys=unit(rng.normal(size=(9, DIM)))), unit(rng.normal(size=(1, DIM)))[0]
    found, query_adapter = centre(slots), rng.normal(size=(2, DIM, 3)).astype(np.float32)
    asked = query - found.means[0]
    turned = adapt(asked / np.linalg.norm(asked), query_adapter)
    cosines = centred_cosines(slots, found, query, False, query_adapter)
    assert cosines == pytest.approx(
        by_hand(slots.keys - found.means[0], np.zeros(9), turned, 0, np.zeros((1, DIM))), abs=1e-4
    )
