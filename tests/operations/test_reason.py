"""Chained reads and links through the manager: one hop is recall, more find what one search does not."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from opening import opened
from told_asking import asked_for, let_ask

from ntm_memory.errors import BadValueError, CheckpointError, NotFoundError
from ntm_memory.multihop import parameters as kept
from ntm_memory.multihop.linking import BACK
from ntm_memory.operations import reason as reasoner
from ntm_memory.store.records import Link

FACTS = (
    "Jonas wrote the deploy script in March",
    "Priya is the mentor of Jonas",
    "The office plants are watered on Mondays",
    "Mia likes green tea",
    "Tom keeps the quarterly budget",
)
QUESTION = "Which mentor has the one who wrote the deploy script?"


@pytest.fixture
def ids(memory):
    return [memory.memorize(fact).memory.id for fact in FACTS]


def links_of(memory, id):
    return {link.target: (link.weight, link.kind) for link in memory.store.get(id).links}


def test_one_hop_is_recall(memory, ids):
    for query in (QUESTION, "green tea", "plants?"):
        recalled = memory.recall(query, top_k=5)
        answer = memory.reason_and_retrieve(query, 1, top_k=5)
        assert [m.id for m in answer.answer_memories] == [m.id for m in recalled.memories]
        assert [m.weight for m in answer.answer_memories] == [m.weight for m in recalled.memories]
        assert [m.id for m in answer.hops[0].memories] == [m.id for m in recalled.memories]
        assert [step.id for step in answer.chain] == [recalled.memories[0].id]
        assert answer.confidence == recalled.confidence


def test_two_hops_find_both_halves_and_show_the_path(memory, ids):
    answer = memory.reason_and_retrieve(QUESTION, 2)
    assert [step.id for step in answer.chain] == ids[:2]
    assert answer.chain[1].why == "name"
    assert answer.chain[1].by == ("jonas",)
    assert {m.id for m in answer.answer_memories[:2]} == set(ids[:2])
    assert len(answer.hops) == 2
    assert answer.hops[0].query == QUESTION
    assert "Jonas wrote" in answer.hops[1].query
    assert sum(m.weight for m in answer.answer_memories) <= 1.00001
    assert all(m.features is None for hop in answer.hops for m in hop.memories)


def test_explained_features_are_named(memory, ids):
    answer = memory.reason_and_retrieve(QUESTION, 2, explain=True)
    assert set(answer.hops[0].memories[0].features) == set(kept.FEATURES["first"])
    assert set(answer.hops[1].memories[0].features) == set(kept.FEATURES["next"])
    best = next(m for m in answer.hops[1].memories if m.id == ids[1])
    assert best.features["new"] > 0


def test_a_hop_that_adds_nothing_makes_the_chain_shorter(memory):
    (only,) = [memory.memorize("Mia likes green tea").memory.id]
    answer = memory.reason_and_retrieve("What does Mia like?", 8)
    assert [step.id for step in answer.chain] == [only]
    assert len(answer.hops) == 1
    assert [m.id for m in answer.answer_memories] == [only]


def test_an_empty_memory_says_so(memory):
    for hops in (1, 3):
        answer = memory.reason_and_retrieve("anything?", hops)
        assert (answer.hops, answer.chain, answer.answer_memories) == ((), (), ())
        assert answer.reason == "nothing is stored in namespace 'default'"
    memory.memorize("Mia likes green tea")
    assert memory.reason_and_retrieve("tea", namespace="work").reason == "nothing is stored in namespace 'work'"


def test_nothing_relevant_is_an_answer(tmp_path):
    with opened(tmp_path, {"recall": {"confidence_floor": 1.0}}) as memory:
        memory.memorize("The cat sleeps on the sofa")
        answer = memory.reason_and_retrieve("quantum chromodynamics", 3)
        assert (answer.answer_memories, answer.chain, answer.reason) == ((), (), "nothing relevant")


@pytest.mark.parametrize("hops", [0, -1, 9, 10_000, 2.0, "3", True, None])
def test_a_number_of_hops_out_of_range_is_refused(memory, hops):
    with pytest.raises(BadValueError, match="hops must be a whole number from 1 to 8, not "):
        memory.reason_and_retrieve("tea", hops)


@pytest.mark.parametrize(
    "options",
    [
        {"top_k": 0},
        {"max_chars": 0},
        {"query": " "},
        {"query": 5},
        {"tags": "work"},
        {"after": "soonish"},
        {"before": "2026-13-01"},
        {"as_of": "then"},
    ],
)
def test_other_bad_values_are_refused(memory, options):
    memory.memorize("Mia likes green tea")
    with pytest.raises(BadValueError):
        memory.reason_and_retrieve(**{"query": "tea", **options})


def test_an_erased_link_of_the_chain_leaves_a_shorter_one(memory, ids):
    memory.erase([ids[1]])
    answer = memory.reason_and_retrieve(QUESTION, 3)
    assert answer.chain[0].id == ids[0]
    assert ids[1] not in {m.id for m in answer.answer_memories} | {step.id for step in answer.chain}
    memory.erase([ids[0]], purge=True)
    assert ids[0] not in {m.id for m in memory.reason_and_retrieve(QUESTION, 3).answer_memories}


def test_a_weakened_memory_has_less_weight(memory, ids):
    def weight():
        found = memory.reason_and_retrieve(QUESTION, 2, top_k=5).answer_memories
        return next(m.weight for m in found if m.id == ids[0])

    before = weight()
    memory.erase([ids[0]], strength=0.5)
    assert weight() == pytest.approx(before / 2, rel=0.2)


def test_a_mark_moves_no_attention(memory, ids):
    def weight():
        found = memory.reason_and_retrieve(QUESTION, 2, top_k=5).answer_memories
        return next(m.weight for m in found if m.id == ids[1])

    before = weight()
    memory.store.amend(ids[1], superseded_by=ids[2])
    assert weight() == pytest.approx(before, rel=0.01)


def test_answers_are_bounded(memory, ids):
    memory.memorize("Jonas wrote a very long letter. " * 400)
    assert len(memory.reason_and_retrieve("What did Jonas write? " * 300, 2).query) <= 500
    answer = memory.reason_and_retrieve("What did Jonas write?", 3, max_chars=300, top_k=2)
    assert len(answer.answer_memories) <= 2
    for contents in (answer.answer_memories, answer.chain, *(hop.memories for hop in answer.hops)):
        assert sum(len(each.content) for each in contents) <= 300


def test_it_leaves_a_focus_and_counts_reads(memory, ids):
    answer = memory.reason_and_retrieve(QUESTION, 2, session="s")
    focus = memory.store.focus("default", "s").last
    assert set(focus) == {m.id for m in answer.answer_memories}
    assert memory.store.get(ids[0]).reads == 1


def test_a_question_of_place_is_one_read(memory, ids, monkeypatch):
    let_ask(
        monkeypatch,
        {"What happened right after 'Jonas wrote the deploy script'?": asked_for(1, "Jonas wrote the deploy script")},
    )
    answer = memory.reason_and_retrieve("What happened right after 'Jonas wrote the deploy script'?", 3)
    assert len(answer.hops) == 1
    assert answer.answer_memories[0].id == ids[1]


def test_without_content_addressing_it_is_recall(tmp_path):
    with opened(tmp_path, {"addressing": {"content": False}}) as memory:
        memory.memorize("Mia likes green tea")
        assert "content addressing is off" in memory.reason_and_retrieve("tea", 3).reason


def test_namespaces_never_meet(memory, ids):
    other = memory.memorize("Priya is the mentor of Jonas", namespace="work").memory.id
    found = memory.reason_and_retrieve(QUESTION, 3, top_k=50).answer_memories
    assert other not in {m.id for m in found}


def test_what_a_memory_builds_on_is_linked_both_ways(memory, ids):
    stored = memory.store_with_reasoning("The release was late", builds_on=[ids[0]], kind="fact")
    assert stored.action == "created"
    assert stored.memory.kind == "fact"
    assert ("explicit", 1.0) in {(tie.kind, tie.weight) for tie in stored.links if tie.id == ids[0]}
    assert links_of(memory, ids[0])[stored.memory.id] == (1.0, BACK)


def test_a_memory_is_linked_with_those_whose_name_it_speaks_of(memory):
    first = memory.memorize("Theodred\nTheodred was a bishop of Elmham in the tenth century.").memory.id
    memory.memorize_many({"content": fact} for fact in FACTS)
    stored = memory.store_with_reasoning("Athulf\nAthulf followed Theodred as bishop of Elmham.")
    (tie,) = [tie for tie in stored.links if tie.id == first]
    assert tie.kind == "name"
    assert 0 < tie.weight <= 1


def test_links_lead_where_words_do_not(memory, ids):
    plain = memory.reason_and_retrieve("Who keeps the quarterly budget?", 2, top_k=5)
    linked = memory.memorize("Xylophones have bars").memory.id
    memory.store_with_reasoning(FACTS[4], builds_on=[linked])
    answer = memory.reason_and_retrieve("Who keeps the quarterly budget?", 2, top_k=6)
    assert [step.id for step in plain.chain][:1] == [ids[4]]
    assert [step.id for step in answer.chain] == [ids[4], linked]
    assert answer.chain[1].why == "link"


def test_telling_it_again_changes_nothing_but_the_links(memory, ids):
    stored = memory.store_with_reasoning(FACTS[3], builds_on=[ids[2]])
    assert stored.action == "unchanged"
    assert stored.memory.id == ids[3]
    assert links_of(memory, ids[3])[ids[2]] == (1.0, "explicit")
    assert memory.store.count() == len(FACTS)


@pytest.mark.parametrize("bad", [["m_nothing"], ["m_nothing", "x"]])
def test_unknown_bases_store_nothing(memory, ids, bad):
    with pytest.raises(NotFoundError, match="no memory has the id or key 'm_nothing'"):
        memory.store_with_reasoning("something new", builds_on=bad)
    assert memory.store.count() == len(FACTS)


def test_bases_that_cannot_be_built_on_store_nothing(memory, ids):
    other = memory.memorize("elsewhere", namespace="work").memory.id
    with pytest.raises(NotFoundError, match="is in namespace 'work', not 'default'"):
        memory.store_with_reasoning("something new", builds_on=[other])
    with pytest.raises(BadValueError, match="builds_on must be a list"):
        memory.store_with_reasoning("something new", builds_on=ids[0])
    memory.erase([ids[0]])
    with pytest.raises(NotFoundError, match="is erased"):
        memory.store_with_reasoning("something new", builds_on=[ids[0]])
    assert memory.store.find_content("default", "something new") == []


def test_loops_are_fine(memory, ids):
    memory.store_with_reasoning(FACTS[3], builds_on=[ids[4]])
    memory.store_with_reasoning(FACTS[4], builds_on=[ids[3]])
    assert links_of(memory, ids[3])[ids[4]] == (1.0, "explicit")
    assert links_of(memory, ids[4])[ids[3]] == (1.0, "explicit")
    answer = memory.reason_and_retrieve("What does Mia like?", 8)
    path = [step.id for step in answer.chain]
    assert path[:2] == [ids[3], ids[4]]
    assert len(path) == len(set(path))


def test_building_on_itself_is_no_link(memory, ids):
    stored = memory.store_with_reasoning(FACTS[3], builds_on=[ids[3]])
    assert ids[3] not in {tie.id for tie in stored.links}


def test_links_survive_update_and_go_with_the_memory(memory, ids):
    stored = memory.store_with_reasoning("The release was late", builds_on=[ids[3]])
    memory.update(stored.memory.id, content="The release was very late")
    memory.update(ids[3], content="Mia likes black tea")
    assert links_of(memory, stored.memory.id)[ids[3]] == (1.0, "explicit")
    memory.erase([ids[3]])
    assert ids[3] not in links_of(memory, stored.memory.id)
    memory.restore(ids[3])
    assert ids[3] in links_of(memory, stored.memory.id)
    memory.erase([stored.memory.id], purge=True)
    assert stored.memory.id not in links_of(memory, ids[3])


def test_links_survive_export_and_import(memory, ids, tmp_path):
    stored = memory.store_with_reasoning("The release was late", builds_on=ids[:2])
    file = tmp_path / "all.json"
    memory.export_file(file)
    with opened(tmp_path / "other") as other:
        other.import_file(file)
        for id in (stored.memory.id, *ids):
            assert links_of(other, id) == links_of(memory, id)


def test_a_basis_purged_while_the_memory_is_stored_is_left_out(memory, ids, monkeypatch):
    real = reasoner.tie

    def purged_first(store, id, links):
        memory.erase([ids[1]], purge=True)
        real(store, id, links)

    monkeypatch.setattr(reasoner, "tie", purged_first)
    stored = memory.store_with_reasoning("The release was late", builds_on=ids[:2])
    assert {tie.id for tie in stored.links if tie.kind == "explicit"} == {ids[0]}
    assert ids[1] not in links_of(memory, stored.memory.id)


def test_a_link_to_a_memory_erased_meanwhile_is_no_obstacle(memory, ids):
    memory.store.link(ids[3], [Link(ids[4], 1.0, "explicit")])
    memory.erase([ids[4]])
    answer = memory.reason_and_retrieve("What does Mia like?", 3)
    assert ids[4] not in {m.id for m in answer.answer_memories}


def test_damaged_parameters_are_one_clear_error_and_lose_nothing(memory, ids, tmp_path, monkeypatch):
    file = tmp_path / "parameters.json"
    file.write_text("{", encoding="utf-8")
    monkeypatch.setattr(reasoner, "load_parameters", lambda: kept.load_parameters(file))
    with pytest.raises(CheckpointError, match="cannot be read"):
        memory.reason_and_retrieve(QUESTION, 2)
    with pytest.raises(CheckpointError, match="cannot be read"):
        memory.store_with_reasoning("something new")
    assert memory.store.count() == len(FACTS)
    assert memory.reason_and_retrieve(QUESTION, 1).answer_memories
    assert memory.recall(QUESTION).memories


def test_nothing_worth_reading_leaves_the_first_read(memory, ids, monkeypatch):
    timid = dataclasses.replace(kept.load_parameters(), null=np.array(99.0))
    monkeypatch.setattr(reasoner, "load_parameters", lambda: timid)
    answer = memory.reason_and_retrieve(QUESTION, 8)
    assert len(answer.chain) == 1
    assert answer.answer_memories[0].id == answer.chain[0].id


def test_answers_are_plain_json(memory, ids):
    answer = dataclasses.asdict(memory.reason_and_retrieve(QUESTION, 3, explain=True))
    assert json.loads(json.dumps(answer))["query"] == QUESTION


def read_by(answer):
    """Every id that an answer tells of."""
    hops = {memory.id for hop in answer.hops for memory in hop.memories}
    return hops | {step.id for step in answer.chain} | {memory.id for memory in answer.answer_memories}


def test_only_what_passes_the_filters_is_read(memory):
    tagged = {"tags": ["work"], "occurred_at": "2026-05-01"}
    first = memory.memorize(FACTS[0], **tagged).memory.id
    second = memory.memorize(FACTS[1], tags=["work", "people"], occurred_at="2026-06-01").memory.id
    memory.memorize(FACTS[2], **tagged)
    memory.store.link(first, [Link(second, 1.0, "explicit")])
    assert {first, second} <= read_by(memory.reason_and_retrieve(QUESTION, 3, tags=["work"]))
    for filters in ({"tags": ["people"]}, {"after": "2026-05-15"}):
        assert read_by(memory.reason_and_retrieve(QUESTION, 3, **filters)) == {second}
    answer = memory.reason_and_retrieve(QUESTION, 3, before="2026-05-15")
    assert answer.chain[0].id == first and second not in read_by(answer)
    assert read_by(memory.reason_and_retrieve(QUESTION, 1, after="2026-05-15")) == {second}


@pytest.mark.parametrize("hops", [1, 3])
def test_filters_that_leave_nothing_say_so(memory, ids, hops):
    answer = memory.reason_and_retrieve(QUESTION, hops, tags=["elsewhere"])
    assert (answer.chain, answer.reason) == ((), "no memory passes the filters (tag)")


def test_the_past_is_reasoned_over_as_it_was(memory, ids):
    moment = memory.store.get(ids[-1]).created_at
    memory.update(ids[1], content="Priya is the mentor of Quentin")
    later = memory.memorize("Olga is the mentor of Jonas, who wrote the deploy script").memory.id
    memory.store.link(ids[0], [Link(later, 1.0, "explicit")])
    assert later in read_by(memory.reason_and_retrieve(QUESTION, 3))
    reads = memory.store.get(ids[0]).reads
    answer = memory.reason_and_retrieve(QUESTION, 2, as_of=moment, session="s")
    assert [step.content for step in answer.chain] == list(FACTS[:2]) and later not in read_by(answer)
    assert memory.store.get(ids[0]).reads == reads and memory.store.focus("default", "s").last == {}
    for hops in (1, 2):
        assert "as of 2020-01-01" in memory.reason_and_retrieve(QUESTION, hops, as_of="2020-01-01").reason


def test_equal_texts_stand_in_an_answer_once_and_leave_room_for_others(memory, ids):
    again = [memory.memorize(FACTS[0].upper() + ".", session=name).memory.id for name in ("one", "two")]
    answer = memory.reason_and_retrieve(QUESTION, 2, top_k=4)
    assert len(answer.hops) == 2
    texts = [each.content.rstrip(".").casefold() for each in answer.answer_memories]
    assert len(set(texts)) == len(texts) == 4
    (told,) = (each for each in answer.answer_memories if each.content.casefold().startswith("jonas wrote"))
    assert sorted([told.id, *told.also]) == sorted([ids[0], *again])
