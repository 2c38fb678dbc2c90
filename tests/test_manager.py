"""The verbs: what is new, the same, a revision; what an erase does; what happens when memory is full."""

from __future__ import annotations

import numpy as np
import pytest
from opening import Clock, opened, told

from ntm_memory import NTMMemoryManager
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.errors import (
    BadValueError,
    ConfigError,
    EchoError,
    EmbedderMismatchError,
    MemoryFullError,
    NotFoundError,
)
from ntm_memory.operations.validation import RECALLED_TAG
from ntm_memory.recall.centring import adapt
from ntm_memory.recall.encoder import Encoder
from ntm_memory.text.words import SPOKEN

TEA = "Mia likes green tea in the morning"
NEIGHBOURS = ("Tom repairs old bicycles", "The library closes at nine", "Anna plays the cello on Sundays")


@pytest.fixture
def memory(tmp_path):
    with opened(tmp_path) as manager:
        yield manager


def test_the_same_content_again_changes_nothing(memory):
    first = memory.memorize(TEA, tags=["drink"], session="s1")
    again = memory.memorize(f"  {TEA}\n")
    assert (first.action, again.action) == ("created", "unchanged")
    assert again.memory == first.memory
    assert memory.store.count() == 1


def test_the_same_content_told_of_another_session_is_another_memory(memory):
    first = memory.memorize("Good morning!", session="s1")
    assert memory.memorize("Good morning!", session="s2").memory.id != first.memory.id
    assert memory.memorize("Good morning!", session="s1").action == "unchanged"


def test_a_key_with_new_content_makes_a_version_and_the_old_text_is_never_recalled(memory):
    old = memory.memorize("The bus to the lake is 4711", key="door")
    for other in NEIGHBOURS:
        memory.memorize(other)
    new = memory.memorize("The gate opens with a blue card", key="door")
    assert new.action == "updated"
    assert (new.memory.id, new.memory.address, new.memory.version) == (old.memory.id, old.memory.address, 2)
    for question in ("bus to the lake 4711", "The bus to the lake is 4711", "door"):
        assert "The bus to the lake is 4711" not in told(memory.recall(question, top_k=100))
    history = memory.status(history="door")["history"]
    assert [(version["version"], version["content"]) for version in history] == [(1, "The bus to the lake is 4711")]


def test_a_key_belongs_to_its_namespace(memory):
    memory.memorize("Mia drinks tea", key="drink", namespace="mia")
    memory.memorize("Tom drinks coffee", key="drink", namespace="tom")
    assert memory.update("drink", importance=0.9, namespace="tom").memory.content == "Tom drinks coffee"
    assert told(memory.recall("drinks", namespace="mia")) == ["Mia drinks tea"]
    with pytest.raises(NotFoundError):
        memory.update("drink", importance=0.9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the code is 4711", "the code is 4712"),
        ("The meeting is on 3 May", "The meeting is on 4 June"),
        ("The dentist is on 2026-05-08", "The dentist is on 2026-05-09"),
        ("Anna likes green tea", "Tom likes green tea"),
        ("I hate mushrooms", "I love mushrooms"),
        ("I do like the new office", "I do not like the new office"),
        ("我喜欢咖啡", "我不喜欢咖啡"),
        ("会议在三点开始", "会议在四点开始"),
        ("去湖边的公交是4711路", "去湖边的公交是4712路"),
    ],
)
def test_twins_stay_two_memories_and_the_second_names_the_first(memory, one, other):
    for neighbour in NEIGHBOURS:
        memory.memorize(neighbour)
    first = memory.memorize(one)
    second = memory.memorize(other)
    assert second.action == "created"
    assert second.memory.id != first.memory.id
    assert [twin.id for twin in second.related] == [first.memory.id]
    assert memory.store.get(first.memory.id).content == one
    assert {one, other} <= {text for asked in (one, other) for text in told(memory.recall(asked, top_k=10))}


def test_unrelated_memories_are_no_twins(memory):
    assert [memory.memorize(text).related for text in (*NEIGHBOURS, TEA)] == [()] * 4


def test_memorize_many_stores_what_can_be_stored(memory):
    done = memory.memorize_many([{"content": "one"}, {"content": ""}, {"content": "one"}, {"content": "two", "x": 1}])
    assert (done.created, done.unchanged, done.updated) == (1, 1, 0)
    assert [(bad.line, bad.code) for bad in done.failed] == [(2, "bad_value"), (4, "bad_value")]
    assert done.ids[0] == done.ids[2] is not None
    assert done.ids[1] is done.ids[3] is None


def test_a_broken_line_is_reported_by_its_number_and_the_others_are_stored(memory):
    lines = ['{"content": "one"}', "", '{"content": "two"', '{"content": "three", "when": "2026-05-08"}', "[4]"]
    done = memory.memorize_lines(lines, shared={"session": "s", "tags": ["t"]})
    assert done.created == 2
    assert [bad.line for bad in done.failed] == [3, 5]
    three = memory.store.get(done.ids[2])
    assert (three.session, three.tags, three.occurred_at) == ("s", ("t",), "2026-05-08")


def test_progress_counts_what_is_durable(tmp_path):
    seen = []
    with opened(tmp_path) as memory, opened(tmp_path) as other:
        memory.memorize_many(
            ({"content": f"note {i}"} for i in range(150)),
            progress=lambda done: seen.append((done, other.store.count())),
        )
    assert seen == [(64, 64), (128, 128), (150, 150)]


def _frozen(home, **config):
    """Attention that depends on nothing but the question: no priors, which grow with every read."""
    return opened(home, {"recall": {"priors": False}, **config}, clock=lambda: 1_700_000_000.0)


def test_erase_by_half_halves_the_weight_and_leaves_the_neighbours(tmp_path):
    with _frozen(tmp_path) as memory:
        target = memory.memorize("green tea with honey").memory
        for other in ("green tea with milk", "black tea with honey", *NEIGHBOURS):
            memory.memorize(other)
        before = {m.id: m.weight for m in memory.recall("tea", top_k=10).memories}
        erased = memory.erase(target.id, strength=0.5)
        after = {m.id: m.weight for m in memory.recall("tea", top_k=10).memories}
    assert [(each.retention_before, each.retention_after) for each in erased.erased] == [(1.0, 0.5)]
    assert before[target.id] > 0.01
    assert after[target.id] == pytest.approx(before[target.id] / 2, abs=1e-6)
    assert {id: weight for id, weight in after.items() if id != target.id} == {
        id: weight for id, weight in before.items() if id != target.id
    }


def test_erase_with_full_strength_removes_and_restore_brings_back(memory):
    ids = [memory.memorize(text).memory.id for text in (TEA, *NEIGHBOURS)]
    assert memory.erase(ids[0]).restorable
    assert TEA not in told(memory.recall("green tea in the morning", top_k=10))
    assert {m.id for m in memory.recall("tea", top_k=10).memories} <= set(ids[1:])
    assert [memory.store.get(id).retention for id in ids] == [0.0, 1.0, 1.0, 1.0]
    restored = memory.restore(ids[0])
    assert (restored.state, restored.retention, restored.content) == ("live", 1.0, TEA)
    assert told(memory.recall("green tea in the morning"))[0] == TEA


def test_restore_by_key_takes_the_last_one_erased(memory):
    memory.memorize("first", key="k")
    memory.erase("k")
    second = memory.memorize("second", key="k").memory
    memory.erase("k")
    assert memory.restore("k", dry_run=True).state == "erased"
    assert memory.restore("k").id == second.id


def test_erase_of_one_unknown_erases_nothing(memory):
    kept = memory.memorize(TEA).memory
    with pytest.raises(NotFoundError):
        memory.erase([kept.id, "m_unknown"])
    assert memory.store.get(kept.id).retention == 1.0


def test_dry_run_erases_nothing_and_says_what_would(memory):
    kept = memory.memorize(TEA).memory
    for purge in (False, True):
        foreseen = memory.erase([kept.id], purge=purge, dry_run=True)
        assert (foreseen.erased[0].retention_after, foreseen.dry_run, foreseen.restorable) == (0.0, True, not purge)
    assert memory.store.get(kept.id) == kept


@pytest.mark.parametrize("strength", [-0.1, 1.5, float("nan"), True, "half"])
def test_erase_refuses_a_strength_outside_0_to_1(memory, strength):
    memory.memorize(TEA, key="k")
    with pytest.raises(BadValueError):
        memory.erase("k", strength=strength)


def test_update_changes_what_is_given_and_nothing_else(memory):
    old = memory.memorize(TEA, key="tea", tags=["drink"], source="chat", importance=0.3, session="s").memory
    done = memory.update("tea", importance=0.0)
    assert (done.previous.importance, done.memory.importance, done.memory.version) == (0.3, 0.0, 1)
    done = memory.update(old.id, content="Mia likes coffee now", new_key="mia", tags=[])
    assert done.previous.content == TEA
    assert (done.memory.key, done.memory.tags, done.memory.version) == ("mia", (), 2)
    assert (done.memory.id, done.memory.address, done.memory.session, done.memory.source) == (
        old.id,
        old.address,
        "s",
        "chat",
    )


def test_update_makes_a_weakened_memory_whole_again(memory):
    memory.memorize(TEA, key="tea")
    memory.erase("tea", strength=0.5)
    assert memory.update("tea", content="Mia likes coffee now").memory.retention == 1.0


def test_update_refuses_a_taken_key_and_nothing_to_change(memory):
    memory.memorize("one", key="a")
    memory.memorize("two", key="b")
    with pytest.raises(BadValueError, match="has the key 'b'"):
        memory.update("a", new_key="b")
    with pytest.raises(BadValueError, match="nothing to change"):
        memory.update("a")
    assert memory.update("a", new_key="a").memory.key == "a"


def test_recalled_text_is_not_stored_again(memory):
    with pytest.raises(EchoError):
        memory.memorize(f"{RECALLED_TAG}>\n- [m_1, 2026-05-08] {TEA}\n</recalled-memories>")
    assert memory.store.count() == 0


def test_memory_grows_by_default(tmp_path):
    with opened(tmp_path, {"memory_size": 2}) as memory:
        for i in range(5):
            memory.memorize(f"note number {i}")
        assert memory.store.count() == 5
        assert "all 2 slots" in memory.status()["warnings"][-1]


def test_a_full_memory_refuses(tmp_path):
    with opened(tmp_path, {"memory_size": 2, "capacity": {"when_full": "refuse"}}) as memory:
        done = memory.memorize_many({"content": f"note number {i}"} for i in range(4))
        assert (done.created, [bad.code for bad in done.failed]) == (2, ["memory_full"] * 2)
        with pytest.raises(MemoryFullError):
            memory.memorize("one more")
        memory.memorize("note number 0")  # nothing new: needs no slot
        erased = done.ids[0]
        memory.erase(erased)
        memory.memorize("one more")
        with pytest.raises(MemoryFullError):
            memory.restore(erased)
        assert memory.store.count() == 2


def test_a_full_memory_archives_the_least_used_and_rewrites_its_slot(tmp_path):
    with opened(tmp_path, {"memory_size": 3, "capacity": {"when_full": "evict"}}, clock=Clock()) as memory:
        kept = memory.memorize("the most important note", importance=1.0).memory
        dull = memory.memorize("a dull note", importance=0.0).memory
        memory.memorize("a middling note", importance=0.5)
        new = memory.memorize("something else entirely", importance=0.5).memory
        assert memory.store.get(dull.id).state == "archived"
        assert new.address == dull.address
        assert memory.store.get(kept.id).state == "live"
        assert "a dull note" not in told(memory.recall("a dull note", top_k=10))


def test_a_bulk_run_through_a_full_memory_keeps_its_size(tmp_path):
    with opened(tmp_path, {"memory_size": 10, "capacity": {"when_full": "evict"}}, clock=Clock()) as memory:
        first = memory.memorize("the most important note", importance=1.0).memory
        done = memory.memorize_many({"content": f"note number {i}", "importance": 0.1} for i in range(100))
        assert (done.created, memory.store.count(), memory.store.count(state="archived")) == (100, 10, 91)
        assert memory.store.get(first.id).state == "live"
        assert memory.store.get(done.ids[-1]).state == "live"
        assert memory.store.check() == []


def test_memory_dim_projects_keys_and_questions(tmp_path):
    with opened(tmp_path, {"memory_dim": 16}) as memory:
        memory.memorize(TEA)
        for other in NEIGHBOURS:
            memory.memorize(other)
        assert memory.store.memory_matrix("default").keys.shape == (4, 16)
        assert memory.status()["embedder"]["dim"] == 16
        assert told(memory.recall("green tea in the morning"))[0] == TEA
    with opened(tmp_path, {"memory_dim": 32}) as memory, pytest.raises(EmbedderMismatchError):
        memory.recall("tea")
    with opened(tmp_path / "other", {"memory_dim": 65}) as memory, pytest.raises(ConfigError, match="vectors of 64"):
        memory.memorize(TEA)


def test_memory_dim_projects_how_questions_are_turned():
    class Turned(TinyEmbedder):
        prior = None
        query_adapter = np.random.default_rng(0).normal(size=(2, TinyEmbedder.dim, 3)).astype(np.float32)

    whole, narrow = Encoder(Turned(), None, 1), Encoder(Turned(), 16, 1)
    assert whole.query_adapter is Turned.query_adapter
    assert narrow.query_adapter.shape == (2, 16, 3)
    key = narrow.question(TEA)
    back = key @ narrow._random_projection.T  # what is left of it in the embedder's space
    turned = back + (back @ Turned.query_adapter[0]) @ Turned.query_adapter[1].T
    expected = turned @ narrow._random_projection
    assert adapt(key, narrow.query_adapter) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-4)


def test_max_passages_is_how_many_rows_one_memory_may_take(tmp_path):
    long = " ".join(f"Sentence number {i} tells of something." for i in range(400))
    with opened(tmp_path / "many", {"embedder": {"max_passages": 64}}) as memory:
        memory.memorize(long)
        many = len(memory.store.memory_matrix("default").keys)
    with opened(tmp_path / "three", {"embedder": {"max_passages": 3}}) as memory:
        memory.memorize(long)
        assert len(memory.store.memory_matrix("default").keys) == 3
        assert told(memory.recall("sentence number 399"))[0]  # what has no row is still found by its words
    assert many > 3


def test_num_read_heads_is_how_many_heads_look(tmp_path):
    heads = []
    for number in (1, 2, 16):
        with opened(tmp_path, {"num_read_heads": number}) as memory:
            memory.memorize(TEA)
            found = memory.recall("tea", explain=True).memories[0]
            heads.append(len(found.steps["heads"]))
    assert heads[:2] == [1, 2]
    assert 2 <= heads[2] <= 16


def test_save_read_search_and_memory_file(tmp_path):
    file = tmp_path / "memory" / "ntm_memory.json"
    options = {"memory_size": 128, "word_size": 16, "memory_file": file}
    with opened(tmp_path / "one", **options) as memory:
        assert memory.save_memory("tea", TEA)
        assert not memory.save_memory("tea", TEA)
        assert memory.read_memory("tea") == TEA
        assert memory.read_memory("coffee") is None
        assert memory.search_memory("green tea") == [TEA]
        assert (memory.settings.memory_size, memory.store.dim) == (128, 16)
    with opened(tmp_path / "two", **options) as memory:
        assert memory.read_memory("tea") == TEA


def test_search_memory_gives_whole_texts(memory):
    long = "green tea " * 1000
    memory.save_memory("long", long)
    assert memory.search_memory("green tea") == [long.strip()]


def test_a_broken_memory_file_leaves_nothing_open(tmp_path):
    file = tmp_path / "ntm_memory.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(BadValueError, match="not JSON"):
        opened(tmp_path / "home", memory_file=file)
    assert file.read_text(encoding="utf-8") == "{"


def test_config_may_stand_under_the_seeds_top_object(tmp_path):
    config = {"ntm_memory": {"memory_size": 7, "embedder": {"backend": "tiny"}}}
    with NTMMemoryManager(tmp_path, config=config) as memory:
        assert memory.settings.memory_size == 7


def test_what_is_told_is_embedded_before_the_writers_lock_is_taken(memory, monkeypatch):
    memory.memorize("one thing", key="k")
    encode, locked = memory.encoder.memories, []

    def noted(texts):
        locked.append(memory.store._engine.connection.in_transaction)
        return encode(texts)

    monkeypatch.setattr(memory.encoder, "memories", noted)
    long = " ".join(f"word{number}" for number in range(4_000))
    memory.memorize(long)
    memory.update("k", content=f"another {long}")
    memory.memorize_many([{"content": f"a third {long}"}, {"content": "short"}])
    assert len(locked) >= 3 and not any(locked)


def test_of_many_memories_status_says_that_it_did_not_look_at_each(memory, monkeypatch):
    monkeypatch.setattr("ntm_memory.upkeep.status.LOOKED_AT", 2)
    for text in ("one thing", "another matter"):
        memory.memorize(text)
    assert memory.status()["integrity"] == "ok"
    memory.memorize("a third one")
    monkeypatch.setattr(memory.store, "check", lambda: ["a fault"])
    assert memory.status()["integrity"] == "not looked at (status.py --check looks at each memory)"
    assert memory.status(check=True)["integrity"] == ["a fault"]


def test_status_tells_counts_usage_and_integrity(memory):
    ids = [memory.memorize(text).memory.id for text in (TEA, *NEIGHBOURS)]
    memory.erase(ids[0])
    status = memory.status(repair=True)
    assert status["memories"] == {"live": 3, "archived": 0, "erased": 1}
    assert (status["integrity"], status["namespaces"], status["warnings"]) == ("ok", {"default": 3}, [])
    assert status["usage"] == pytest.approx(3 / 10_000)
    assert status["repaired"]
    assert "repaired" not in memory.status()


def test_a_speaker_has_a_session_or_speaks_twice(memory):
    texts = ("Deadline: 3 May", "Mia: I like tea", "Mia: and coffee", "Tom: hello")
    ids = [memory.memorize(text, session="s" if text[0] == "T" else None).memory.id for text in texts]
    memory.update(ids[0], content="Deadline: 4 May")
    assert [SPOKEN in memory.store.words_of(id)[0] for id in ids] == [False, False, True, True]
