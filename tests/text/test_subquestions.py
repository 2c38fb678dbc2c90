from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.first_look import Reading
from ntm_memory.recall.fusion import together
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
        ("Where did Ana move? What came right after that?", ("Where did Ana move?",)),  # asks by place
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


def reading(weights: dict[int, float], sure: float, *, explained: bool = False) -> Reading:
    index = sorted(weights, key=lambda i: -weights[i])
    steps = tuple({"from": i} for i in index) if explained else ()
    values = np.array([weights[i] for i in index])
    return Reading(np.array(index, dtype=np.int64), values, np.log(values + 1e-16), sure, 0.0, steps)


def test_together_a_memory_counts_by_the_read_that_wants_it_most():
    whole, first, second = {0: 0.4, 1: 0.4, 2: 0.2}, {0: 0.9, 1: 0.1}, {2: 0.8, 1: 0.1, 3: 0.1}
    best = together([reading(whole, 0.5), reading(first, 1.0), reading(second, 0.9)], ["?"] * 3)
    assert best.index[:2].tolist() == [0, 2]
    assert best.weights.sum() == pytest.approx(1.0)
    assert best.weights / best.weights[0] == pytest.approx(np.array([0.9, 0.72, 0.2, 0.09]) / 0.9)
    assert np.diff(best.logits).max() <= 0
    assert best.confidence == 1.0


def test_a_read_that_is_not_sure_takes_no_place():
    best = together([reading({0: 0.6, 1: 0.4}, 0.9), reading({7: 1.0}, 0.01)], ["whole", "part"])
    assert best.index.tolist() == [0, 1, 7]


def test_what_a_partial_erase_took_stays_taken():
    best = together([reading({0: 0.5, 1: 0.2}, 1.0), reading({1: 0.6}, 1.0)], ["whole", "part"])
    assert best.weights.sum() == pytest.approx(0.7)


def test_together_tells_which_question_a_memory_answers():
    both = [reading({0: 0.7, 1: 0.3}, 1.0, explained=True), reading({1: 0.9}, 1.0, explained=True)]
    assert together(both, ["whole", "part"]).steps == (
        {"from": 1, "asked": "part"},
        {"from": 0, "asked": "whole"},
    )


def test_one_reading_is_itself_and_empty_ones_are_left_out():
    one, none = reading({3: 1.0}, 0.7), reading({}, 0.0)
    assert together([one], ["x"]) is one
    assert together([one, none], ["x", "y"]) is one
    assert together([none, none], ["x", "y"]) is none
