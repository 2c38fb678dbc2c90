from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.memory_names import LONGEST_TITLE, name_of, occurs


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Teutberga\nTeutberga was a queen of Lotharingia.", "teutberga"),
        ("The Zone (2017 Film)\nThe Zone is a film.", "the zone"),
        ("Jonas wrote the deploy script", "jonas"),
        ("Jonas's mentor is Priya", "jonas"),
        ("The deploy script was written by Jonas", "deploy script"),
        ("Blue Heron Labs has its head office in Porto", "blue heron labs"),
        ("Caroline: I went home", "caroline"),
        ("Transformer是一种神经网络架构", "transformer"),
        ("神经网络是深度学习的核心", "神经网络"),
        ("小钳在运维组工作", "小钳"),
        ("运维组的老板是王强", "运维组"),
        ("的", "的"),
        ("Wow, Caroline! That's awesome!", ""),
        ("Thanks Mel! Your words mean a lot", ""),
        ("That's great, Caroline", ""),
        ("好吧，明天见", ""),
        ("深度学习", "深度学习"),
        ("Xylophones", "xylophones"),
        ("", ""),
        ("\n\n", ""),
        ("it was then", ""),
    ],
)
def test_a_memory_is_named_by_title_speaker_or_subject(text, name):
    assert name_of(text) == name


def test_a_long_first_line_is_no_title():
    line = "Ann went " + "on and " * 20
    assert len(line) > LONGEST_TITLE
    assert name_of(line + "\nand home.") == "ann"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("mia", "what does mia drink?", True),
        ("mia", "a trip to miami", False),
        ("mia", "mia", True),
        ("mia", "miami, then mia", True),
        ("神经网络", "一种神经网络架构", True),
        ("transformer", "transformer是什么", True),
        ("a", "a b", False),
        ("", "anything", False),
        ("the zone", "who directed the zone?", True),
    ],
)
def test_a_name_occurs_as_words_or_in_chinese_anywhere(name, text, found):
    assert occurs(name, text) is found


@given(st.text(max_size=300))
def test_any_text_has_a_name_that_is_lower_case_and_not_longer_than_a_title(text):
    name = name_of(text)
    assert name == name.casefold()
    assert len(name) <= 3 * LONGEST_TITLE
