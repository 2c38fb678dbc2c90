"""HopFeatures over a real store: what they say, and that nothing is fetched twice."""

from __future__ import annotations

import numpy as np
import pytest
from opening import opened

from ntm_memory.multihop.hop_features import FAINT, FIRST, NEXT, Block, brightness
from ntm_memory.operations.context import to_query
from ntm_memory.operations.reason import gather_features
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.store.records import Link
from ntm_memory.text.words import index_words

FACTS = (
    "Jonas wrote the deploy script in March",
    "Priya is the mentor of Jonas",
    "The office plants are watered on Mondays",
    "Mia likes green tea",
    "Teutberga\nTeutberga was a queen. Lothair married her.",
    "Lothair (King)\nLothair was a king.",
)
QUESTION = "Who taught whoever wrote the deploy script?"


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path) as manager:
        manager.memorize_many({"content": fact} for fact in FACTS)
        yield manager


def gathered(memory, question=QUESTION):
    known = Corpus(memory.store, "default")
    view = memory.encoder.view(known.slots)
    request = to_query(question, lambda: memory.encoder, memory.settings, 1_700_000_000.0)
    return gather_features(known, view, request, load_parameters())[0], view


def column(block: Block, name: str, index: int) -> float:
    names = FIRST if block.features.shape[1] == len(FIRST) else NEXT
    return float(block.features[block.candidates == index, names.index(name)].sum())  # 0 where it is no candidate


def test_the_first_read_hears_words_and_names(memory):
    features, _ = gathered(memory, "Is Mia a fan of tea?")
    block = features.first()
    assert block.features.shape == (len(block.candidates), len(FIRST))
    assert block.likeness.shape == (len(block.candidates), 0)
    assert column(block, "name", 3) > 0
    assert column(block, "name", 0) == 0
    assert column(block, "words", 3) > column(block, "words", 0)


def test_a_further_read_follows_names_both_ways(memory):
    features, _ = gathered(memory)
    features.first()
    (from_jonas,) = features.next([(0,)])
    assert 0 not in from_jonas.candidates
    assert column(from_jonas, "back", 1) > 0
    assert column(from_jonas, "new", 1) > column(from_jonas, "new", 3) == 0
    features, _ = gathered(memory, "Who married Teutberga?")
    features.first()
    (from_queen,) = features.next([(4,)])
    assert column(from_queen, "name", 5) > 0
    assert column(from_queen, "name_share", 5) == pytest.approx(1)
    assert column(from_queen, "name", 0) == 0


def test_only_words_that_the_path_leaves_open_are_looked_for(memory):
    features, _ = gathered(memory, "deploy script queen")
    features.first()
    (block,) = features.next([(0,)])
    assert column(block, "left", 4) == pytest.approx(column(block, "words", 4), rel=1e-5)
    (block,) = features.next([(4,)])
    assert column(block, "left", 0) == pytest.approx(column(block, "words", 0), rel=1e-5)
    assert column(block, "left", 5) == column(block, "words", 5) == 0


def test_the_question_comes_with_the_words_it_has_not(memory):
    features, _ = gathered(memory)
    features.first()
    features.next([(0,)])
    assert set(features.new_words(0)) == set(index_words(FACTS[0])) - set(index_words(QUESTION))


def test_likeness_is_that_of_the_centred_keys(memory):
    features, view = gathered(memory)
    features.first()
    (block,) = features.next([(1, 0)])
    keys = view.centred(np.arange(len(FACTS)))
    for place, here in ((1, 1), (2, 0)):
        np.testing.assert_allclose(block.likeness[:, place], keys[block.candidates] @ keys[here], atol=1e-4)


def test_links_are_features_and_bring_candidates(memory):
    ids = [each.id for each in memory.store.memories()]
    memory.store.link(ids[0], [Link(ids[2], 0.7, "explicit")])
    features, _ = gathered(memory)
    features.first()
    (block,) = features.next([(0,)])
    assert column(block, "link", 2) == pytest.approx(0.7)
    assert column(block, "link", 1) == 0


def test_nothing_is_fetched_twice(memory, monkeypatch):
    features, _ = gathered(memory)
    features.first()
    features.next([(0,), (1,)])
    for name in ("get_many", "postings", "words_of"):
        real = getattr(memory.store, name)

        def counted(*arguments, real=real, name=name):
            assert name != "words_of", "a memory's words were read again"
            assert not len(arguments[-1]), f"{name} was asked again"
            return real(*arguments)

        monkeypatch.setattr(memory.store, name, counted)
    features.next([(0, 1), (1, 0)])


def test_brightness_runs_from_minus_one_to_one():
    np.testing.assert_allclose(brightness(np.array([0.0, FAINT / 2, FAINT, -100.0])), [1, 0, -1, -1])


def test_what_many_texts_hold_is_not_looked_up(memory, monkeypatch):
    memory.memorize_many({"content": f"Note {number} says that plants grow"} for number in range(60))
    features, _ = gathered(memory, "note 7")
    asked = []
    real = memory.store.postings

    def spying(namespace, words):
        asked.extend(words)
        return real(namespace, words)

    monkeypatch.setattr(memory.store, "postings", spying)
    block = features.first()
    features.next([(int(block.candidates[-1]),)])
    assert "grow" not in asked
    assert 0 < features.lookups.rarity["grow"] < 1
