from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.bm25 import MAX_WORDS, PASSAGE, count_keywords, index_of, of_a_passage
from ntm_memory.store.records import Postings
from tests.recall.worlds import matrix_of, postings_of

TEXTS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=9), min_size=1, max_size=7)


def scored(texts, words):
    slots = matrix_of(len(texts), length=[len(text) for text in texts])
    keywords = count_keywords(slots, postings_of(slots, texts), words)
    return keywords, keywords.bm25(keywords.count, slots.length, keywords.mean_length)


def bm25_by_hand(texts, words):
    mean = max(sum(map(len, texts)) / len(texts), 1)
    k1, b = 1.2, 0.75
    scores, bound = [0.0] * len(texts), 0.0
    for word in set(words):
        held = sum(word in text for text in texts)
        idf = math.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
        bound += idf * (k1 + 1)
        for i, text in enumerate(texts):
            times = text.count(word)
            scores[i] += idf * times * (k1 + 1) / (times + k1 * (1 - b + b * len(text) / mean))
    return [score / bound for score in scores]


@given(TEXTS, st.lists(st.sampled_from("abcdefgxyz"), min_size=1, max_size=6))
def test_bm25_is_what_a_slow_loop_makes_of_it_and_stays_below_its_bound(texts, words):
    _, found = scored(texts, words)
    assert found == pytest.approx(bm25_by_hand(texts, words), rel=1e-4, abs=1e-6)
    assert (found >= 0).all() and (found < 1).all()


def test_an_absent_word_lowers_every_share_but_scores_nothing():
    texts = [list("ab"), list("bc"), list("cd")]
    _, without = scored(texts, ["a"])
    keywords, with_absent = scored(texts, ["a", "nowhere"])
    assert len(keywords.idf) == 1
    assert 0 < with_absent[0] < without[0]
    assert with_absent[1:].tolist() == [0, 0]


@pytest.mark.parametrize("words", [[], ["nowhere"], ["nowhere", "neither"]])
def test_no_word_found_is_no_evidence(words):
    assert scored([list("ab"), []], words)[1].tolist() == [0, 0]


def test_texts_without_words_score_nothing():
    assert scored([[], [], []], ["a"])[1].tolist() == [0, 0, 0]


def test_of_very_many_words_the_rarest_count():
    common = [f"common{i}" for i in range(MAX_WORDS)]
    texts = [[*common, "rare"], common]
    keywords, found = scored(texts, [*common, "rare"])
    assert len(keywords.idf) == MAX_WORDS
    assert keywords.idf.max() == pytest.approx(math.log(1 + 1.5 / 1.5))
    assert found[0] > found[1]


def test_repeating_a_word_in_the_question_changes_nothing():
    texts = [list("ab"), list("bc")]
    assert scored(texts, ["a", "b", "a"])[1].tolist() == scored(texts, ["a", "b"])[1].tolist()


def test_words_are_counted_in_the_memory_they_stand_in():
    slots = matrix_of(3, address=[7, 0, 4])
    postings = Postings({"tea": np.array([0, 4])}, {"tea": np.array([2, 5])})
    assert count_keywords(slots, postings, ["tea"]).count.tolist() == [[0, 2, 5]]
    assert index_of(slots).tolist() == [1, -1, -1, -1, 2, -1, -1, 0]


def test_a_rare_word_of_a_long_text_counts_as_much_as_in_one_of_a_passage():
    others = [["tea", "with", "milk"] for _ in range(19)]
    counts = []
    for size in (PASSAGE, 40 * PASSAGE):
        texts = [*others, ["zebra", *["tea"] * (size - 1)]]
        keywords, all_of_it = scored(texts, ["zebra"])
        counts.append(keywords.of_all(np.array([len(text) for text in texts]))[-1])
        plain = all_of_it[-1]
    assert counts[1] == pytest.approx(counts[0]) and counts[1] > 10 * plain


def test_what_a_long_text_says_often_counts_as_often_as_in_a_passage_of_it():
    count, length = of_a_passage(np.array([[80.0, 3.0, 0.0], [1.0, 0.0, 2.0]]), np.array([4 * PASSAGE, 9, PASSAGE]))
    assert count.tolist() == [[20.0, 3.0, 0.0], [1.0, 0.0, 2.0]]
    assert length.tolist() == [PASSAGE, 9, PASSAGE]
