"""The seed's surface, as in the user's document."""

from __future__ import annotations

import json

import pytest
from opening import TINY

from ntm_memory import CognitiveAgent, NTMMemoryManager, NTMWithMemoryNetworks
from ntm_memory.errors import BadValueError, ConfigError, NotFoundError

TALK = {"content": "今天和老大讨论了认知天性", "key": "认知天性讨论", "importance": 0.9}


@pytest.fixture
def agent(tmp_path):
    settings = {**TINY, "recall": {"confidence_floor": 0.0}}
    with CognitiveAgent(memory={"type": "ntm", "memory_size": 128, "home": tmp_path, **settings}) as each:
        yield each


@pytest.mark.real_model
def test_the_users_own_example(tmp_path):
    """With the default embedder, from the seed's JSON file and back."""
    file = tmp_path / "memory" / "ntm_memory.json"
    with CognitiveAgent(memory={"type": "ntm", "memory_size": 128, "home": tmp_path / "agent"}) as agent:
        stored = agent.memorize(TALK)
        agent.memorize({"content": "周末去公园跑步", "importance": 0.3})
        agent.memorize({"content": "The dentist appointment is on Friday", "importance": 0.3})
        found = agent.recall("认知天性")
        assert (found[0].content, found[0].key, found[0].importance) == tuple(TALK.values())
        assert found[0].id == stored.memory.id
    with NTMMemoryManager(tmp_path / "one", memory_size=128, memory_file=file) as memory:
        assert memory.save_memory(TALK["key"], TALK["content"])
        assert memory.search_memory("认知天性") == [TALK["content"]]
    assert json.loads(file.read_text(encoding="utf-8"))["memory_size"] == 128
    with NTMMemoryManager(tmp_path / "two", memory_size=128, memory_file=file) as memory:
        assert memory.read_memory(TALK["key"]) == TALK["content"]
        assert memory.search_memory("认知天性") == [TALK["content"]]


def test_settings_stand_beside_the_type(agent):
    assert agent.manager.settings.memory_size == 128
    assert agent.manager.settings.embedder.backend == "tiny"


def test_another_type_and_unknown_settings_are_refused(tmp_path):
    with pytest.raises(BadValueError, match="'vector'"):
        CognitiveAgent(memory={"type": "vector"})
    with pytest.raises(ConfigError, match="memory_size"):
        CognitiveAgent(memory={"type": "ntm", "memory_sizes": 7, "home": tmp_path})


def test_memorize_checks_the_record(agent):
    assert agent.memorize({"content": "tea", "when": "2026-05-08"}).memory.occurred_at == "2026-05-08"
    with pytest.raises(BadValueError, match="unknown field 'colour'"):
        agent.memorize({"content": "tea", "colour": "green"})
    with pytest.raises(BadValueError, match="content must be text"):
        agent.memorize({"key": "tea"})


def test_external_memory_writes_reads_updates_and_erases(agent):
    memory = agent.external_memory
    tea = memory.write_to_memory("Mia likes green tea", key="tea").memory
    bike = memory.write_to_memory("Tom repairs old bicycles").memory
    assert memory.read_from_memory("green tea", top_k=1)[0].id == tea.id
    assert memory.update_memory("tea", "Mia likes coffee now").memory.version == 2
    erased = memory.erase_memory({"tea": 0.25, bike.id: 1.0}).erased
    assert [(each.id, each.retention_after) for each in erased] == [(tea.id, 0.75), (bike.id, 0.0)]


def test_an_erase_with_an_unknown_address_erases_nothing(agent):
    tea = agent.memorize({"content": "Mia likes green tea"}).memory
    for weights in ({tea.id: 1.0, "m_unknown": 1.0}, {tea.id: 1.0, tea.key or "x": 2.0}):
        with pytest.raises((NotFoundError, BadValueError)):
            agent.external_memory.erase_memory(weights)
        assert agent.manager.store.get(tea.id).retention == 1.0


def test_memory_networks_by_the_seeds_names(tmp_path):
    settings = {**TINY, "recall": {"confidence_floor": 0.0}}
    with NTMWithMemoryNetworks(memory={"type": "ntm", "home": tmp_path, **settings}) as agent:
        first = agent.store_with_reasoning("Jonas wrote the deploy script")
        second = agent.store_with_reasoning("Priya is the mentor of Jonas", type="fact", builds_on=[first.memory.id])
        assert second.memory.kind == "fact"
        assert [tie.id for tie in second.links] == [first.memory.id]
        answer = agent.reason_and_retrieve("Who mentors the author of the deploy script?", 2)
        assert [step.id for step in answer.chain] == [first.memory.id, second.memory.id]
        assert agent.recall("deploy script")[0].id == first.memory.id
