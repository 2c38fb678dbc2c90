from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.bm25 import count_keywords
from ntm_memory.recall.names_held import names_held
from ntm_memory.text.question_names import MOST, names_within
from ntm_memory.text.words import index_words
from tests.recall.worlds import matrix_of, postings_of


def held(question, texts):
    words = [index_words(text) for text in texts]
    slots = matrix_of(len(texts), length=[len(each) for each in words])
    return names_held(names_within(question), count_keywords(slots, postings_of(slots, words), index_words(question)))


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is Elena Brandt's phone number?", ["elena brandt"]),
        ("Which of Anna's friends met Bo and Cid?", ["anna", "bo", "cid"]),
        ("Tell me what NASA said. Also ask Jean-Luc", ["nasa", "jean luc"]),
        ("Does Anna, Bo's sister, come on Monday in March?", ["anna", "bo"]),
        ("where did we leave the keys", []),
        ("李雨桐最喜欢吃什么？", ["李雨 雨桐"]),
        ("王芳的电话号码是多少？", ["王芳"]),
        ("李想想吃什么？", ["李想"]),
        ("开会用了几个小时？", []),
        ("请问小明和欧阳娜娜去哪了", ["小明", "欧阳 阳娜 娜娜"]),
        ("昨天的会议几点开始？", []),
        ("", []),
    ],
)
def test_names_are_what_is_capitalised_or_begins_with_a_surname(question, names):
    assert [" ".join(name) for name in names_within(question)] == [
        " ".join(index_words(name)) if name.isascii() else name for name in names
    ]


@given(st.text(max_size=200))
def test_any_text_has_at_most_so_many_names_of_its_own_words(text):
    names = names_within(text)
    assert len(names) <= MOST and len(set(names)) == len(names)
    assert all(name for name in names)


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
