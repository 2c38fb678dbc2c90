"""What the fit puts its questions to: all memories, a handful of them, and what is left without the answer."""

from __future__ import annotations

import numpy as np
import pytest
from made_up import write_lines
from opening import opened

from bench import asked
from bench.data_roles import DATA_SETS
from bench.dataset import Dataset, memorize
from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.features import FEATURES

TEXTS = ("green tea with Mia", "black tea with Ben. " * 200, "the dentist on Monday", "green apples", "tea for two")


@pytest.fixture
def known(tmp_path):
    with opened(tmp_path) as manager:
        manager.memorize_many({"content": text} for text in TEXTS)
        yield Corpus(manager.store, "default")


def test_what_is_gone_is_in_no_column_and_under_no_word(known):
    gone = np.array([False, True, False, False, True])
    rest = asked.CorpusWithout(known, gone)
    assert len(rest.slots) == 3
    assert rest.slots.address.tolist() == known.slots.address[~gone].tolist()
    assert np.bincount(rest.slots.owner).tolist() == np.bincount(known.slots.owner)[~gone].tolist()
    assert (rest.slots.keys == known.slots.keys[~gone[known.slots.owner]]).all()
    tea = rest.postings(("green", "tea"))
    assert set(tea.address["tea"]) == {known.slots.address[0]}
    assert set(tea.address["green"]) == set(known.slots.address[[0, 3]])
    assert len(CentredMatrix(rest.slots).centre.starts) == 3


def test_a_handful_holds_the_evidence_and_at_most_six_others():
    gold = np.arange(40) % 13 == 0
    sizes = set()
    for seed in range(50):
        few = asked.handful(gold, np.random.default_rng(seed))
        assert few[gold].all()
        sizes.add(int(few.sum() - gold.sum()))
    assert sizes == set(range(7))
    assert asked.handful(np.array([True]), np.random.default_rng(0)).tolist() == [True]


def questions(conversations, each):
    """A data set of questions alone, `each` to every conversation."""
    made = [
        {"conv": f"c{i}", "query": f"question {i}.{j}", "gold": ["a"]}
        for i in range(conversations)
        for j in range(each)
    ]
    return Dataset("made", {}, made, {})


def test_parts_are_conversations_where_there_are_enough_of_them():
    found = asked.in_parts(questions(6, 3))
    assert sorted(question["query"] for question, _ in found) == sorted(
        f"question {i}.{j}" for i in range(6) for j in range(3)
    )
    assert {(question["conv"], part) for question, part in found} == {
        (f"c{i}", i % asked.PARTS_LEFT_OUT) for i in range(6)
    }
    assert found == asked.in_parts(questions(6, 3))


def test_parts_are_every_fourth_question_of_few_conversations():
    sizes = np.bincount([part for _, part in asked.in_parts(questions(2, 10))])
    assert sizes.tolist() == [5, 5, 5, 5]


def test_the_map_learns_nothing_from_the_part_that_is_left_out(tmp_path):
    with opened(tmp_path) as manager:
        ids = manager.memorize_many({"content": text, "namespace": "made/c0"} for text in TEXTS).ids
        asks = [{"conv": "c0", "query": text, "gold": [f"d{i}"]} for i, text in enumerate(TEXTS)]
        asks.append({"conv": "c0", "query": "what is not there?", "gold": ["elsewhere"]})
        data = Dataset("made", {}, asks, {"c0": {id: f"d{i}" for i, id in enumerate(ids)}})
        places = asked.opened(manager, data)
        (whole,) = asked.adapter_examples(manager, data, places, range(asked.PARTS_LEFT_OUT))
        (less,) = asked.adapter_examples(manager, data, places, [1, 2, 3])
    answered = [part for question, part in asked.in_parts(data) if question["gold"] != ["elsewhere"]]
    assert len(whole.questions) == len(TEXTS)
    assert len(less.questions) == sum(part != 0 for part in answered)
    assert whole.gold.any(axis=1).all()


def test_a_question_of_a_fit_hears_the_times_that_it_tells_as_one_in_use_does(tmp_path):
    with opened(tmp_path) as manager:
        days = ("2023-05-03", "2023-06-09")
        manager.memorize_many(
            {"content": f"tea with {name}", "occurred_at": day} for name, day in zip("ab", days, strict=True)
        )
        known = Corpus(manager.store, "default")
        view = CentredMatrix(known.slots)
        date = FEATURES.index("date")
        looks = [asked.look(manager, known, view, text) for text in ("tea on 3 May 2023?", "tea?")]
    assert looks[0].features[0, date] == 1 > looks[0].features[1, date] and not looks[1].features[:, date].any()
    assert not looks[0].features[:, [FEATURES.index(name) for name in asked.IN_USE]].any()


def test_stores_that_are_held_back_teach_the_first_look_nothing(tmp_path):
    notes = [
        {"id": "n2", "content": "tea at noon", "when": "2025-01-02"},
        {"id": "n1", "content": "no nuts", "when": "2025-01-01"},
    ]
    asked_of = [
        {"query": "nuts?", "kind": "own_words", "gold": ["n1"]},
        {"query": "cats?", "kind": "absent_topic", "gold": []},
    ]
    names = ("en1-01", "en1-08", "en4-01")
    write_lines(
        tmp_path / "en1_stores" / "stores.jsonl",
        [{"store": name, "notes": notes, "questions": asked_of} for name in names],
    )
    with opened(tmp_path / "home") as manager:
        data = memorize(tmp_path / "en1_stores", manager)
    assert data.conversations() == ["en1-01"] and data.name == "en1_stores"
    assert [question["gold"] for question in data.questions] == [["en1-01 n1"]]
    assert [memory["text"] for memory in data.memories["en1-01"]] == ["no nuts", "tea at noon"]
    assert set(data.stored["en1-01"].values()) == {"en1-01 n1", "en1-01 n2"}


def test_every_store_that_teaches_is_told_by_its_role():
    taught = {name for name, known in DATA_SETS.items() if "stores" in known.roles}
    assert {"en1_stores", "zh5_stores", "mix4_stores"} <= taught and taught.isdisjoint(
        {"en4_stores", "zh4_stores", "mix3_stores"}
    )
    assert all("read" in DATA_SETS[name].roles for name in taught) and "written" in DATA_SETS["realtalk"].roles
