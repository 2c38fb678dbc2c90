from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.subquestions import MOST, questions_within


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where does my brother live?", ()),
        ("Where does my brother live", ()),
        ("Where does Mr. Smith live?", ()),
        ("What did we pay for v2.5 of http://shop.example/a?b=c in May?", ()),
        ('Who asked "where is the key?"', ()),
        ("小钳的老板是谁？", ()),
        (
            "Where does my brother live? And which phone do I have?",
            ("Where does my brother live?", "And which phone do I have?"),
        ),
        ("It was fun. I met Dr. Chen. Where does Ana live now?", ("Where does Ana live now?",)),
        ("我住的小区叫什么来着？另外，我的手机是什么型号？", ("我住的小区叫什么来着？", "另外，我的手机是什么型号？")),
        ("今天天气真好。哎呀，我其实想问：我同事的邮箱是多少?", ("哎呀，我其实想问：我同事的邮箱是多少?",)),
        ("Do I like green tea? And his?", ("Do I like green tea?",)),  # nothing to look for by itself
        ("我住在哪个城市？然后呢？", ("我住在哪个城市？",)),
        ("", ()),
        ("???", ()),
    ],
)
def test_questions_within(text, expected):
    assert questions_within(text) == expected


def test_only_the_last_of_many_questions_are_read_by_themselves():
    text = " ".join(f"Where is the object{n} now?" for n in range(9))
    assert questions_within(text) == tuple(f"Where is the object{n} now?" for n in range(9 - MOST, 9))


@given(st.text(max_size=300))
def test_any_text_is_split_into_pieces_of_itself(text):
    for part in questions_within(text):
        assert "".join(part.split()) in "".join(text.split())


def test_a_long_text_of_dots_and_marks_is_split_quickly():
    assert questions_within("a. b? " * 50_000)[-1:] == ()
