"""Questions that name something besides a time: what holds it comes first, and where nothing does nobody is sure."""

from __future__ import annotations

import pytest
from opening import told
from told_asking import asked_for, let_ask

from tests.reader.test_second_look import read_by

MAY, JUNE = "What did Mia do in May 2023?", "What did Mia do in June 2023?"
SOLD, ALL = "What did we sell in May 2023?", "What happened in May 2023?"


@pytest.fixture
def spring(memory, monkeypatch):
    """Three memories of May, of which Mia is in one; one of June; the network hears a time alone in each question."""
    let_ask(
        monkeypatch,
        {
            MAY: asked_for(time=0.99, anchor="May 2023"),
            JUNE: asked_for(time=0.99, anchor="June 2023"),
            "What did Gustavo do in May 2023?": asked_for(time=0.99),
            "Everything of May 2023": asked_for(time=0.99),
            ALL: asked_for(time=0.99, anchor="May 2023"),
            SOLD: asked_for(time=0.99, anchor="sell in May 2023"),
        },
    )
    memory.memorize("The train was late", occurred_at="2023-05-02")
    memory.memorize("Mia gave a talk on street lamps", occurred_at="2023-05-12")
    memory.memorize("The canoe went to Ravi for forty euros", occurred_at="2023-05-30")
    memory.memorize("The roof leaked", occurred_at="2023-06-03")
    read_by(memory, {"canoe": -1.0, "": -4.0})


def test_what_holds_a_name_leads_and_shares_no_chance(memory, spring):
    answer = memory.recall(MAY)
    assert told(answer)[0] == "Mia gave a talk on street lamps" and answer.confidence > 0.5
    assert [each.chance > 0.5 for each in answer.memories] == [True] + [False] * (len(answer.memories) - 1)


@pytest.mark.parametrize("question", [JUNE, "What did Gustavo do in May 2023?"])
def test_where_nothing_of_the_time_holds_a_name_nobody_is_sure(memory, spring, question):
    answer = memory.recall(question)
    assert answer.confidence < 0.5 and all(each.chance < 0.5 for each in answer.memories)


def test_what_is_no_name_is_left_to_the_reader(memory, spring):
    answer = memory.recall(SOLD)
    assert told(answer)[0] == "The canoe went to Ravi for forty euros"
    assert [each.chance > 0.4 for each in answer.memories] == [True, False, False]


@pytest.mark.parametrize("question", [ALL, "Everything of May 2023"])
def test_a_time_alone_has_all_of_it(memory, spring, question):
    answer = memory.recall(question)
    assert len(answer.memories) == 3 and answer.confidence > 0.9 and {each.chance for each in answer.memories} == {1.0}


def test_filters_by_time_are_such_a_time(memory, spring, monkeypatch):
    let_ask(monkeypatch, {"anything of Mia?": asked_for(1, sure=0.6)})
    assert told(memory.recall("anything of Mia?", on="2023-05"))[0] == "Mia gave a talk on street lamps"
