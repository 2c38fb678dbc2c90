"""What is seen of a large memory is what comparing everything sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.large_memory import found
from ntm_memory.large_memory.look import examine_large
from ntm_memory.recall import candidates as exact_candidates
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.features import FEATURES
from ntm_memory.recall.first_look import attend_to, examine, read, score_all
from tests.large_memory.worlds import WORDS, large, slots_of, texts_of
from tests.recall.worlds import NOW, ask, random_parameters

ALL = 10**6


@pytest.fixture
def everything(monkeypatch):
    """Everything is a candidate, by both ways."""
    for module, name in ((found, "BEST"), (exact_candidates, "BEST"), (exact_candidates, "FEW")):
        monkeypatch.setattr(module, name, ALL)
    for name in ("COMPARED", "READ"):
        monkeypatch.setattr(found, name, (1, ALL, ALL))


def read_large(view, query, parameters, *, explain=False):
    return attend_to(examine_large(view, query), view, query, parameters, explain=explain)


def questions(count, seed=1):
    rng = np.random.default_rng(seed)
    asked = [" ".join(rng.choice(WORDS, 3)) for _ in range(count)]
    return [*asked, "Ann, how many karo?", "When did Bob umi tany in May 2023?", "nothing of this is known", "Zoe Daro"]


@pytest.mark.parametrize("number", range(8))
def test_where_all_is_looked_at_the_same_is_known_of_each(everything, number):
    view, postings = large(texts_of(400), occurred=NOW - 86_400.0 * np.arange(400))
    query = ask(questions(4)[number])
    few, all_ = examine_large(view, query), examine(CentredMatrix(view.slots), postings, query)
    assert few.candidates.tolist() == all_.candidates.tolist()
    for name, one, other in zip(FEATURES, few.features.T, all_.features.T, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4, rtol=1e-3, err_msg=name)
    np.testing.assert_allclose(few.places.context, all_.places.context, atol=1e-6)
    np.testing.assert_allclose(few.places.heard, all_.places.heard, atol=1e-3)
    assert (few.places.near == all_.places.near).all() and few.scores.number <= 400
    chosen = few.candidates[::7]
    for name in ("cosine", "about", "words"):
        mine, theirs = getattr(few.scores, name), getattr(all_.scores, name)
        np.testing.assert_allclose(mine[chosen], theirs[chosen], atol=1e-5)
        z = few.scores.standard(mine, 0.05)[chosen], all_.scores.standard(theirs, 0.05)[chosen]
        np.testing.assert_allclose(*z, atol=2e-3, rtol=1e-2)


def test_texts_of_several_passages_speak_by_the_best(everything):
    texts = texts_of(120)
    plain = slots_of(texts)
    owner = np.sort(np.concatenate([np.arange(120), np.arange(0, 120, 5)]))
    more = np.random.default_rng(3).normal(size=(len(owner), plain.keys.shape[1]))
    keys = (more / np.linalg.norm(more, axis=1, keepdims=True)).astype(np.float32)
    view, postings = large(texts, keys=keys, owner=owner)
    query = ask(questions(1)[0])
    few, all_ = examine_large(view, query), examine(CentredMatrix(view.slots), postings, query)
    np.testing.assert_allclose(few.features, all_.features[np.isin(all_.candidates, few.candidates)], atol=2e-4)


def test_the_likest_are_among_the_candidates():
    texts = texts_of(3_000, words=12)
    view, postings = large(texts)
    by_key, by_words = [], []
    for text in questions(40):
        query = ask(text)
        scores = score_all(CentredMatrix(view.slots), postings, query)
        look = examine_large(view, query)
        assert len(look.candidates) < 600
        by_key.append(np.isin(np.argsort(-scores.cosine, kind="stable")[:10], look.candidates).mean())
        worded = np.argsort(-scores.words, kind="stable")[:10]
        sure = scores.words[worded] > scores.words[np.argsort(-scores.words)[found.BEST]]
        by_words.append(np.isin(worded[sure], look.candidates).mean() if sure.any() else 1.0)
    assert np.mean(by_key) >= 0.97 and np.mean(by_words) >= 0.97


def test_the_reading_is_mostly_the_same():
    texts = texts_of(1_500)
    view, postings = large(texts)
    parameters, first = random_parameters(3), []
    for text in questions(30):
        few = read_large(view, ask(text), parameters)
        all_ = read(CentredMatrix(view.slots), postings, ask(text), parameters)
        first.append(few.index[0] in all_.index[:3])
        assert few.weights.sum() == pytest.approx(1)
    assert np.mean(first) >= 0.8


def test_filters_leave_what_they_leave():
    texts = texts_of(1_000)
    view, _ = large(texts)
    allowed = np.arange(1_000) % 9 == 4
    query = replace(ask(questions(1)[0]), allowed=allowed)
    look = examine_large(view, query)
    assert len(look.candidates) >= found.BEST and allowed[look.candidates].all()
    nothing = replace(query, allowed=np.zeros(1_000, dtype=bool))
    assert not len(read_large(view, nothing, random_parameters(1)).index)


def test_a_word_that_very_many_hold_is_not_read_as_a_whole(monkeypatch):
    monkeypatch.setattr(found, "READ", (1, 50, 50))
    texts = [f"common {WORDS[i % 20]}" for i in range(900)]
    texts[400] = "common unheard"
    view, _ = large(texts)
    asked = found.AskedWords.of(view, ("common", "unheard"))
    assert [len(where) for where, _ in asked.rare] == [1]
    assert 400 in found.likest_by_words(view, asked, ask("common unheard"))
    alone = found.AskedWords.of(view, ("common",))
    assert [where.tolist() for where, _ in alone.rare] == [list(range(850, 900))]  # the newest


def test_a_word_that_one_memory_holds_stands_out_as_much_as_among_all():
    texts = texts_of(6_000)
    texts[3_333] = "the compass lies below"
    view, postings = large(texts)
    query = ask("where lies the compass?")
    few, all_ = examine_large(view, query), examine(CentredMatrix(view.slots), postings, query)
    one, other = (look.features[look.candidates.tolist().index(3_333)] for look in (few, all_))
    assert one[1] == pytest.approx(other[1], rel=0.03) and one[1] > 10


def test_copies_take_one_place():
    texts = ["tea at noon"] * 300 + texts_of(300)
    view, _ = large(texts, session=np.arange(600))
    look = examine_large(view, ask("tea noon"))
    assert (look.candidates < 300).sum() == 1


def test_a_shift_told_moves_the_focus():
    view, postings = large(texts_of(500))
    query = ask(questions(1)[0], shift=1)
    few = read_large(view, query, random_parameters(2), explain=True)
    all_ = read(CentredMatrix(view.slots), postings, query, random_parameters(2))
    assert few.index[0] == all_.index[0] and few.steps[0]["moved"]
