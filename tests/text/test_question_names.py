from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.question_names import MOST, names_within
from ntm_memory.text.words import index_words


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
