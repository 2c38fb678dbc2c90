"""Several questions in one text, and a question in long talk, are answered as they would be alone."""

from __future__ import annotations

import pytest

from ntm_memory import NTMMemoryManager

pytestmark = pytest.mark.real_model
FACTS = (
    "Ruth lives in Swansea above the chemist's.",
    "The parrot is called Biscuit.",
    "The choir meets every other Tuesday at 19:30.",
    "Our honey comes from the Penrose farm.",
)
TALK = "The train was late again, so I read half of the paper and froze. Then my aunt rang about her fence. " * 4


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    with NTMMemoryManager(tmp_path_factory.mktemp("talk"), config={"store": {"backups": 0}}) as opened:
        opened.memorize_many([{"content": fact} for fact in FACTS])
        yield opened


def told(answer):
    return {memory.content: memory.chance for memory in answer.memories}


def test_each_of_several_questions_gets_its_answer(memory):
    found = told(memory.recall("What is the parrot called? When does the choir meet?"))
    alone = [memory.recall(text).memories[0] for text in ("What is the parrot called?", "When does the choir meet?")]
    assert {each.content: each.chance for each in alone}.items() <= found.items()
    assert list(found.values()) == sorted(found.values(), reverse=True)


@pytest.mark.parametrize("text", [f"When does the choir meet? {TALK}", f"{TALK}When does the choir meet?"])
def test_one_question_in_long_talk_is_answered(memory, text):
    found = memory.recall(text)
    assert "choir" in found.memories[0].content and found.memories[0].chance > 0.5
    assert found.confidence > 0.5 and found.query.startswith(text[:20])


def test_long_talk_with_two_questions_answers_both_whatever_it_tells_besides(memory):
    found = told(memory.recall(f"Where does Ruth live? {TALK}Which honey do we buy?"))
    assert {FACTS[0], FACTS[3]} <= set(found)


def test_talk_that_asks_nothing_is_read_as_it_is(memory):
    assert not memory.recall(TALK).memories
