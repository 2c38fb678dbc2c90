"""With the default embedder's real weights: what is meant is found, across words and languages."""

from __future__ import annotations

import pytest
from opening import told

from ntm_memory import NTMMemoryManager

pytestmark = pytest.mark.real_model
FACTS = (
    "Mia is allergic to peanuts",
    "The project deadline was moved to 15 October",
    "Tom's new flat is on the third floor without a lift",
    "老大喜欢喝绿茶，不喝咖啡",
    "会议室的投影仪坏了，下周才能修好",
    "我们决定用 PostgreSQL 存储订单数据",
    "The cat of the neighbours is called Schrödinger",
    "Anna plays the cello in the city orchestra",
)


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    with NTMMemoryManager(tmp_path_factory.mktemp("meaning")) as manager:
        manager.memorize_many({"content": fact} for fact in FACTS)
        yield manager


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which food must Mia avoid?", 0),
        ("When does the work have to be finished?", 1),
        ("老大平时喝什么？", 3),
        ("投影仪怎么了", 4),
        ("which database do we use for orders?", 5),
        ("Which instrument does Anna play?", 7),
    ],
)
def test_what_is_meant_is_recalled_first(memory, question, answer):
    assert told(memory.recall(question))[0] == FACTS[answer]


OTHER_WORDS = {
    "what could make Mia ill?": 0,
    "哪个设备用不了了？": 4,
    "where do the orders go?": 5,
    "which animal lives next door?": 6,
    "who plays a string instrument?": 7,
}


def test_questions_in_other_words_are_not_met_with_silence(memory):
    first = {question: told(memory.recall(question))[:1] for question in OTHER_WORDS}
    right = [found == [FACTS[OTHER_WORDS[question]]] for question, found in first.items()]
    assert sum(right) >= len(OTHER_WORDS) - 1, first


@pytest.mark.parametrize(
    "question",
    [
        "What is the boiling point of tungsten?",
        "Who won the world cup in 1998?",
        "光合作用的产物是什么？",
        "法国的首都是哪里？",
    ],
)
def test_what_nobody_told_is_not_sure(memory, question):
    assert memory.recall(question).confidence < 0.3


def test_negation_and_opposite_stay_two_memories(memory):
    first = memory.memorize("I hate the new office", namespace="twins")
    second = memory.memorize("I love the new office", namespace="twins")
    assert second.action == "created"
    assert [twin.id for twin in second.related] == [first.memory.id]
    assert len(memory.recall("the new office", namespace="twins").memories) == 2


def test_the_needle_of_a_long_text_is_shown(memory):
    filler = "The weather was fine and nothing else happened that day. " * 60
    text = filler + "The password of the safe is Kingfisher. " + filler
    memory.memorize(text, namespace="long")
    found = memory.recall("password of the safe", namespace="long").memories[0]
    assert found.truncated
    assert "Kingfisher" in found.content
    assert len(found.content) <= 1500


def test_an_export_of_the_real_embedder_recalls_the_same(memory, tmp_path):
    settings = {"recall": {"priors": False}}
    text = memory.export_text()["text"]
    rankings = []
    for name in ("one", "two"):
        with NTMMemoryManager(tmp_path / name, config=settings, clock=lambda: 1_700_000_000.0) as copy:
            copy.import_text(text)
            text = copy.export_text()["text"]
            rankings.append([(m.id, m.weight) for m in copy.recall("What does the boss drink?").memories])
    assert rankings[0] == rankings[1] != []


def test_memories_without_a_word_do_not_answer_questions(tmp_path):
    with NTMMemoryManager(tmp_path) as manager:
        manager.memorize_many({"content": content} for content in ("👍👍", "...", "🙂", *FACTS))
        assert told(manager.recall("Which food must Mia avoid?"))[0] == FACTS[0]
        assert not {"👍👍", "...", "🙂"} & set(told(manager.recall("What language am I studying?"))[:1])
