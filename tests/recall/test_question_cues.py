from __future__ import annotations

import pytest

from ntm_memory.recall.bm25 import count_keywords
from ntm_memory.recall.question_cues import names_held
from ntm_memory.text.question_names import names_within
from ntm_memory.text.words import index_words

from .worlds import matrix_of, postings_of


def held(question, texts):
    words = [index_words(text) for text in texts]
    slots = matrix_of(len(texts), length=[len(each) for each in words])
    return names_held(names_within(question), count_keywords(slots, postings_of(slots, words), index_words(question)))


def test_a_name_is_held_whole_or_not_at_all():
    texts = ["Elena Brandt moved", "Elena Novak moved", "Bruno Brandt moved", "nobody moved"]
    assert held("Where does Elena Brandt live?", texts).tolist() == [1, 0, 0, 0]


def test_people_with_one_given_name_are_told_apart_in_chinese():
    assert held("李雨桐最喜欢吃什么？", ["杨雨桐最喜欢吃面", "李雨桐的最爱是饺子"]).tolist() == [0, 1]


def test_a_rarer_name_counts_more_and_one_that_none_holds_not_at_all():
    texts = ["Anna met Bo", "Anna slept", "Anna ate", "it rained"]
    both, often, _, none = held("Did Anna and Bo see Zoe?", texts)
    assert both == pytest.approx(1) and 0 < often < 0.5 and none == 0


@pytest.mark.parametrize("question", ["Where is Zoe?", "where is it?"])
def test_without_a_known_name_nothing_is_held(question):
    assert held(question, ["Anna met Bo", "Bo slept"]).tolist() == [0, 0]
