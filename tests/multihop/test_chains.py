"""With the default embedder's real weights: chains in English and Chinese, among other memories."""

from __future__ import annotations

import pytest

from ntm_memory import NTMMemoryManager, NTMWithMemoryNetworks

pytestmark = pytest.mark.real_model
FAMILY = ("Transformer是一种神经网络架构", "神经网络是深度学习的核心技术", "深度学习是机器学习的一个分支")
WORK = ("小钳在运维组工作", "运维组的老板是王强")
SCRIPT = ("Jonas wrote the deploy script in March", "Priya is the mentor of Jonas", "Priya's birthday is on 3 June")
OTHERS = (
    "老大喜欢喝绿茶",
    "周末去公园跑步",
    "会议室的投影仪坏了，下周才能修好",
    "我们决定用 PostgreSQL 存储订单数据",
    "The office plants are watered on Mondays",
    "Mia likes green tea",
    "The deploy window is Friday afternoon",
    "Tom keeps the quarterly budget",
)


@pytest.fixture(scope="module")
def agent(tmp_path_factory):
    with NTMWithMemoryNetworks(memory={"type": "ntm", "home": tmp_path_factory.mktemp("chains")}) as agent:
        for fact in (*OTHERS[:4], *FAMILY, *WORK, *SCRIPT, *OTHERS[4:]):
            agent.store_with_reasoning(fact)
        yield agent


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("Transformer和机器学习是什么关系？", FAMILY),
        ("小钳的老板是谁？", WORK),
        ("who should review the deploy script?", SCRIPT[:2]),
        ("Who is the mentor of whoever wrote the deploy script?", SCRIPT[:2]),
        ("When is the birthday of the mentor of the one who wrote the deploy script?", SCRIPT),
    ],
)
def test_the_chain_is_found_and_ranks_first(agent, question, path):
    answer = agent.reason_and_retrieve(question, hops=3)
    assert [step.content for step in answer.chain][: len(path)] == list(path)
    assert {memory.content for memory in answer.answer_memories[: len(path) + 1]} >= set(path)
    assert all(step.why in ("name", "words", "link") for step in answer.chain[: len(path)])


@pytest.mark.parametrize(
    ("question", "fact"),
    [("老大平时喝什么？", OTHERS[0]), ("投影仪怎么了", OTHERS[2]), ("What does Mia drink?", OTHERS[5])],
)
def test_a_question_of_one_memory_is_answered_by_it(agent, question, fact):
    answer = agent.reason_and_retrieve(question, hops=3)
    assert answer.answer_memories[0].content == fact
    assert answer.chain[0].content == fact


def test_typed_memories_and_explicit_bases(tmp_path):
    with NTMMemoryManager(tmp_path) as memory:
        fact = memory.store_with_reasoning("Transformer是一种神经网络架构", kind="fact").memory
        told = memory.store_with_reasoning("昨天读完了那篇论文", kind="episode", builds_on=[fact.id])
        assert (fact.kind, told.memory.kind) == ("fact", "episode")
        assert [(tie.id, tie.kind) for tie in told.links] == [(fact.id, "explicit")]
