from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.text.intent import parse_intent

MOVES = [
    ("What happened right after the race?", "the race", 1),
    ("What happened after the race?", "the race", 1),
    ("what came before the wedding", "the wedding", -1),
    ("Who called immediately before lunch?", "lunch", -1),
    ("What was the next thing after the Move to Berlin?", "the Move to Berlin", 1),
    ("What's the third message following the lease?", "the lease", 3),
    ("what was the second thing preceding the lease", "the lease", -2),
    ("搬家之后紧接着发生了什么？", "搬家", 1),
    ("吃饭前马上做了什么？", "吃饭", -1),
    ("签合同以后的第二件事是什么？", "签合同", 2),
    ("搬家之前第3条是什么", "搬家", -3),
    ("紧接在下雨之后的一条记忆是什么？", "下雨", 1),
    ("小美养猫之后发生了什么？", "小美养猫", 1),
    ("在签合同以前发生了什么事？", "签合同", -1),
    ("What happened after May left?", "May left", 1),
    ("What happened after race day?", "race day", 1),
    ("WHAT came right AFTER İzmir?", "İzmir", 1),
]
QUOTED = [
    ('What happened right after "I moved to Berlin"?', "I moved to Berlin", 1),
    ("What came before “We signed it.”?", "We signed it.", -1),
    ("what's the first message following 'hello there'?", "hello there", 1),
    ("“今天去爬山”之后的第二件事是什么？", "今天去爬山", 2),
    ("「签了合同」之后紧接着说了什么", "签了合同", 1),
    ("《红楼梦》后的第5条", "红楼梦", 5),
]
FOLLOW_UPS = [
    ("and then?", 1),
    ("And after that?", 1),
    ("What happened next?", 1),
    ("so what did Tom say after that?", 1),
    ("then", 1),
    ("And before that?", -1),
    ("What did she say before that?", -1),
    ("then what?", 1),
    ("And afterwards?", 1),
    ("What's next?", 1),
    ("go on", 1),
    ("再往后呢？", 1),
    ("下一句呢？", 1),
    ("继续", 1),
    ("上一条呢？", -1),
    ("what was right before this", -1),
    ("然后呢？", 1),
    ("那接下来发生了什么？", 1),
    ("后来怎么样了？", 1),
    ("那之前呢？", -1),
    ("在此之前发生了什么", -1),
]
BY_CONTENT = [
    "What did she do after the race?",
    "When did she adopt the dog?",
    "What is next on my list?",
    "What happened in May?",
    "What happened after May 2023?",
    "what happened before 2020?",
    "What happened after two weeks?",
    "三天之前发生了什么？",
    "半年以前发生了什么？",
    "去年五月之后发生了什么？",
    "Then we went home and slept",
    "the day after tomorrow",
    "What is the capital after which the horse is named?",
    "我之后做了什么",
    "前天我做了什么？",
    "他后来去了哪里工作？",
    "前面第二个路口",
    "以后第一个孩子叫什么",
    "我三年后第一次见他是什么时候",
    "",
    "???",
    "😀",
]


@pytest.mark.parametrize(("text", "anchor", "shift"), MOVES)
def test_phrases_that_move_the_focus(text, anchor, shift):
    intent = parse_intent(text)
    assert intent is not None
    assert (intent.anchor, intent.shift) == (anchor, shift)


@pytest.mark.parametrize(("text", "anchor", "shift"), QUOTED)
def test_an_anchor_in_quotation_marks_is_taken_word_by_word(text, anchor, shift):
    intent = parse_intent(text)
    assert intent is not None
    assert (intent.anchor, intent.shift) == (anchor, shift)


@pytest.mark.parametrize(("text", "shift"), FOLLOW_UPS)
def test_follow_ups_continue_from_the_previous_focus(text, shift):
    intent = parse_intent(text)
    assert intent is not None
    assert (intent.anchor, intent.shift) == ("", shift)


@pytest.mark.parametrize("text", BY_CONTENT)
def test_questions_by_content_leave_the_focus_to_the_heads(text):
    assert parse_intent(text) is None


@pytest.mark.parametrize("ending", ["", "?", "？", "!", " ?? ", "。", "\n"])
def test_endings_do_not_matter(ending):
    intent = parse_intent("  What happened right after the race" + ending)
    assert intent is not None and intent.anchor == "the race"


@pytest.mark.parametrize(
    "text",
    [
        "What happened right after " + "x" * 3000,
        "what is the next thing " + "after " * 320,
        "and so ok " * 190 + "x",
        "后" * 1990,
        "前第" * 900,
        "之" * 1990 + "x",
        "“" * 1990,
    ],
)
def test_long_texts_cost_little(text):
    start = time.process_time()
    parse_intent(text)
    assert time.process_time() - start < 1.0


def test_an_essay_is_no_question_by_place():
    assert parse_intent("What happened right after " + "the race and " * 200) is None


@given(st.text(alphabet="what happened right after before 之后前的第一二件事紧接着\"“”'? \n", max_size=60))
def test_whatever_is_asked_an_intent_moves_by_one_to_five_steps(text):
    intent = parse_intent(text)
    assert intent is None or (1 <= abs(intent.shift) <= 5 and intent.anchor in text)
