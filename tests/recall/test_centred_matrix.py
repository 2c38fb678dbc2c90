from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.recall import centred_matrix
from ntm_memory.recall.centred_matrix import FEW, NOTE, TURN, WINDOW, CentredMatrix
from ntm_memory.recall.centring import centred_cosines
from ntm_memory.recall.first_look import Query
from ntm_memory.recall.question_cues import asks_how_many, asks_when
from ntm_memory.text.words import index_words
from tests.recall.worlds import DIM, matrix_of, unit


def topics(count, length, seed=0):
    """Keys that stay with a topic for `length` memories."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(-(-count // length), DIM))
    return unit(np.repeat(middles, length, axis=0)[:count] + rng.normal(size=(count, DIM)) / 2)


def test_a_conversation_is_coherent_and_unrelated_notes_are_not():
    assert CentredMatrix(matrix_of(120, keys=topics(120, 10))).coherence(0.0) > 0.9
    assert CentredMatrix(matrix_of(120, keys=topics(120, 1))).coherence(0.0) < 0.2


def test_a_handful_of_memories_says_little_about_their_order():
    assert CentredMatrix(matrix_of(6, keys=topics(6, 3))).coherence(0.0) < CentredMatrix(
        matrix_of(60, keys=topics(60, 3))
    ).coherence(0.0)


def test_a_handful_of_turns_is_taken_for_coherent_until_it_is_measured():
    assert CentredMatrix(matrix_of(6, keys=topics(6, 1))).coherence(1.0) > 0.7
    assert CentredMatrix(matrix_of(6, keys=topics(6, 1))).coherence(0.0) < 0.2
    assert CentredMatrix(matrix_of(500, keys=topics(500, 1))).coherence(1.0) < 0.3


def test_memories_that_stand_alone_have_no_order():
    assert CentredMatrix(matrix_of(1)).coherence(0.0) == 0
    assert CentredMatrix(matrix_of(5, session=np.arange(5))).coherence(0.0) == 0
    assert CentredMatrix(matrix_of(5, session=np.arange(5))).coherence(1.0) == 0


def test_coherence_is_between_0_and_1_where_neighbours_are_opposites():
    keys = unit(np.tile([[1.0] * DIM, [-1.0] * DIM], (30, 1)))
    assert CentredMatrix(matrix_of(60, keys=keys)).coherence(0.0) == 0


def test_context_tells_talk_from_notes_from_texts_and_few_from_many():
    few = CentredMatrix(matrix_of(FEW, length=np.full(FEW, TURN)))
    assert few.context(1.0) == pytest.approx([1, 0.5, 0.5, 0, 0, 0])
    assert few.context(0.0) == pytest.approx([1, 0, 0.5, 0.1, 0.9, 0.9 * few.coherence(0.0)])
    many = CentredMatrix(matrix_of(400, length=np.full(400, NOTE)))
    assert many.context(1.0)[1] > 0.89 and many.context(1.0)[2] < 0.01
    assert many.context(0.0)[3] == pytest.approx(0.5)


def test_windows_are_as_long_as_the_sum_of_their_keys():
    view = CentredMatrix(matrix_of(6))
    keys = view.centred(np.arange(6))
    expected = np.array([np.linalg.norm(keys[max(i - WINDOW, 0) : i + WINDOW + 1].sum(axis=0)) for i in range(6)])
    for asked in ([0, 3], [3, 5, 0], [1, 2, 3, 4]):
        assert view.window_norms(np.array(asked)) == pytest.approx(expected[asked], abs=1e-3)


@pytest.mark.parametrize(
    ("text", "when", "many"),
    [
        ("When did she leave?", True, False),
        ("What day was it", True, False),
        ("他什么时候走的？", True, False),
        ("How many cats?", False, True),
        ("有几只猫，多少钱？", False, True),
        ("How often do they meet on which day?", True, True),
        ("Whenever", False, False),
        ("", False, False),
    ],
)
def test_what_kind_of_answer_a_question_wants(text, when, many):
    assert (asks_when(text), asks_how_many(text)) == (when, many)


def test_a_question_needs_its_words_and_the_marks_its_words_may_name():
    terms = Query("Bob met Bob", None, index_words("Bob met Bob"), 0.0).terms
    assert terms[:2] == ["bob", "met"]
    assert {"@by=bob", "@by=met", "@asks", "@time", "@number", "@by"} == set(terms[2:])


def test_what_is_told_many_times_counts_once():
    keys = unit(np.random.default_rng(4).normal(size=(3, DIM)))[[0, 1, 1, 1, 2]]
    view = CentredMatrix(matrix_of(5, keys=keys))
    assert view.once is not None and view.once.tolist() == [0, 1, 4]
    once = CentredMatrix(matrix_of(3, keys=keys[[0, 1, 4]]))
    assert once.once is None
    np.testing.assert_allclose(view.centre.means, once.centre.means, atol=1e-6)


def test_other_keys_and_no_keys_are_not_the_same():
    signs = np.where(np.random.default_rng(6).random((2_000, DIM)) < 0.5, -1, 1)
    assert CentredMatrix(matrix_of(2_000, keys=unit(signs))).once is None
    assert CentredMatrix(matrix_of(3, keys=np.zeros((3, DIM), dtype=np.float32))).once is None


def test_passages_of_two_memories_are_the_same_only_if_all_are():
    keys, owner = unit(np.random.default_rng(5).normal(size=(3, DIM)))[[0, 1, 0, 2, 0, 1]], np.array([0, 0, 1, 1, 2, 2])
    view = CentredMatrix(matrix_of(3, keys=keys, owner=owner))
    assert view.once is not None and view.once.tolist() == [0, 1]


def test_the_likest_of_a_large_memory_are_those_of_comparing_with_all(monkeypatch):
    rng = np.random.default_rng(8)
    middle, topics = 2 * rng.normal(size=DIM), rng.normal(size=(20, DIM))
    keys = unit(middle + topics[rng.integers(0, 20, 900)] + 0.4 * rng.normal(size=(900, DIM)))
    owner = np.sort(np.append(np.arange(800), rng.integers(0, 800, 100)))
    view = CentredMatrix(matrix_of(800, keys=keys, owner=owner, cjk=rng.random(800) < 0.2))
    asked = [(unit(keys[i] + 0.01 * rng.normal(size=DIM)), bool(view.slots.cjk[owner[i]])) for i in range(0, 900, 45)]
    whole = [view.likest(*each, 12) for each in asked]
    for (key, cjk), best in zip(asked, whole, strict=True):
        cosines = centred_cosines(view.slots, view.centre, key, cjk)
        assert best.tolist() == np.argsort(-cosines, kind="stable")[:12].tolist()
    monkeypatch.setattr(centred_matrix, "SIGNED", 100)
    monkeypatch.setattr(centred_matrix, "LOOKED_AT", 300)
    found = [view.likest(*each, 12) for each in asked]
    assert all(one[0] == other[0] and len(one) == 12 for one, other in zip(found, whole, strict=True))
    assert np.mean([np.isin(one, other).mean() for one, other in zip(whole, found, strict=True)]) > 0.9
