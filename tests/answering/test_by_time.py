"""Questions that tell a time: all of a day, what there is where nothing is of it, a topic at a time."""

from __future__ import annotations

import numpy as np
import pytest
from opening import Clock, opened, told
from told_asking import asked_for, let_ask

from ntm_memory.answering import at_times
from ntm_memory.answering.at_times import doubted, of_the_time
from ntm_memory.answering.looks import Looks
from ntm_memory.controller.asking import LIKELY
from ntm_memory.recall.first_look import Reading
from ntm_memory.times.kept import MOST_KEPT
from tests.recall.worlds import NOW, ask, matrix_of

ON_THE_DAY = "What happened on 3 May 2023?"
ALONE = asked_for(time=1.0)


@pytest.fixture
def may(memory):
    """Three memories of 3 May 2023, not in the order of the day; others of May that say what questions say."""
    memory.memorize("What happened with the parcel", occurred_at="2023-05-02T12:00:00Z")
    memory.memorize("Lentil soup in the evening", occurred_at="2023-05-03T18:00:00Z")
    memory.memorize("The train was late", occurred_at="2023-05-03T08:00:00Z")
    memory.memorize("Lunch with Priya", occurred_at="2023-05-03T12:00:00Z", tags=["work"])
    memory.memorize("What happened on the ferry", occurred_at="2023-05-21T12:00:00Z", tags=["travel"])


def test_all_of_a_day_comes_whatever_it_says(memory, may, monkeypatch):
    let_ask(monkeypatch, {ON_THE_DAY: ALONE})
    answer = memory.recall(ON_THE_DAY)
    assert set(told(answer)) == {"The train was late", "Lunch with Priya", "Lentil soup in the evening"}
    assert answer.confidence >= 0.7
    assert told(memory.recall(ON_THE_DAY, tags=["work"])) == ["Lunch with Priya"]


def test_the_next_day_is_another_one_also_where_days_alone_were_told(memory, monkeypatch):
    let_ask(monkeypatch, {ON_THE_DAY: ALONE})
    for day in ("2023-05-02", "2023-05-03", "2023-05-04"):
        memory.memorize(f"Soup number {day[-1]}", occurred_at=day)
    assert told(memory.recall(ON_THE_DAY)) == ["Soup number 3"]
    memory.memorize("On 4 May 2023 we planted the apple tree")
    assert told(memory.recall(ON_THE_DAY)) == ["Soup number 3"]


def test_what_top_k_cuts_of_a_day_is_counted(memory, may, monkeypatch):
    let_ask(monkeypatch, {ON_THE_DAY: ALONE})
    answer = memory.recall(ON_THE_DAY, top_k=2)
    assert len(answer.memories) == 2
    assert answer.further == 1 and answer.more == 1


def test_where_nothing_is_of_a_day_the_nearest_one_is_named(memory, may, monkeypatch):
    question = "What happened on 14 May 2023?"
    let_ask(monkeypatch, {question: ALONE})
    answer = memory.recall(question)
    assert (answer.memories, answer.confidence) == ((), 0.0)
    assert answer.reason == "nothing is told of the time asked for (14 May 2023); nearest: 2023-05-21"
    assert memory.recall(question, tags=["work"]).reason.endswith("nearest: 2023-05-03")


def test_a_day_is_that_of_the_time_zone(tmp_path, monkeypatch):
    let_ask(monkeypatch, {ON_THE_DAY: ALONE})
    with opened(tmp_path, {"time_zone": "Asia/Shanghai"}, clock=Clock()) as memory:
        memory.memorize("The moon was full", occurred_at="2023-05-02T20:00:00Z")
        assert told(memory.recall(ON_THE_DAY)) == ["The moon was full"]
        memory.memorize("Dew on the grass", occurred_at="2023-05-03T20:00:00Z")
        assert told(memory.recall(ON_THE_DAY)) == ["The moon was full"]


def test_what_tells_a_day_in_its_words_counts_as_of_it(memory, may, monkeypatch):
    let_ask(monkeypatch, {ON_THE_DAY: ALONE})
    memory.memorize("On 3 May 2023 we planted the apple tree")
    assert "On 3 May 2023 we planted the apple tree" in told(memory.recall(ON_THE_DAY))
    assert told(memory.recall(ON_THE_DAY, tags=["work"])) == ["Lunch with Priya"]  # it has no such tag
    only_told = "What happened on 9 April 2021?"
    let_ask(monkeypatch, {only_told: ALONE})
    memory.memorize("The old roof dates from 9 April 2021")
    assert told(memory.recall(only_told)) == ["The old roof dates from 9 April 2021"]


def test_without_a_year_the_latest_is_meant_and_an_earlier_one_where_that_has_nothing(memory, may, monkeypatch):
    let_ask(monkeypatch, {"What happened on 3 May?": ALONE, "What happened on 8 June?": ALONE})
    memory.memorize("The cellar was flooded", occurred_at="2021-05-03T12:00:00Z")
    memory.memorize("The bicycle was stolen", occurred_at="2021-06-08T12:00:00Z")
    assert "The cellar was flooded" not in told(memory.recall("What happened on 3 May?"))
    assert len(memory.recall("What happened on 3 May?").memories) == 3
    assert told(memory.recall("What happened on 8 June?")) == ["The bicycle was stolen"]


def test_of_a_topic_the_one_inside_the_time_is_found(memory):
    memory.memorize("We drank jasmine tea", occurred_at="2023-06-03T12:00:00Z")
    memory.memorize("Ben was at the dentist", occurred_at="2023-05-03T12:00:00Z")
    memory.memorize("We drank green tea", occurred_at="2023-05-03T12:00:00Z")
    memory.memorize("We drank jasmine tea again", occurred_at="2022-05-03T12:00:00Z")
    memory.memorize_many({"content": f"Reading {i} of the meter", "occurred_at": "2022-02-07"} for i in range(12))
    question = "Which tea did we drink on 3 May 2023?"
    assert memory.recall(question).confidence > LIKELY
    assert told(memory.recall(question)) == ["We drank green tea", "Ben was at the dentist"]  # none of other days
    memory.memorize("On 3 May 2023 the tea that we drink was mint tea")
    assert told(memory.recall(question))[0] == "On 3 May 2023 the tea that we drink was mint tea"


def test_with_nothing_inside_that_answers_another_does_with_half_the_confidence(memory, monkeypatch):
    question = "Which tea did we drink on 3 May 2023?"
    memory.memorize("We drank jasmine tea", occurred_at="2023-08-20T12:00:00Z")
    memory.memorize("Ben was at the dentist", occurred_at="2023-09-03T12:00:00Z")
    doubtful = memory.recall(question)
    monkeypatch.setattr(at_times, "ELSEWHERE", 1.0)
    assert told(doubtful)[0] == "We drank jasmine tea"
    assert doubtful.confidence == pytest.approx(memory.recall(question).confidence / 2, abs=1e-4)


def test_what_is_of_another_time_is_doubted_and_falls_behind():
    slots = matrix_of(3, occurred=[NOW - 100 * 86_400, NOW - 86_400, NOW - 100 * 86_400])
    query = ask("what about yesterday")
    assert of_the_time(slots, query).tolist() == [False, True, False]
    index, weights = np.array([0, 1, 2]), np.array([0.5, 0.3, 0.2])
    seen = Reading(index, weights, np.log(weights), 0.8, 0.0, ({"of": 0}, {"of": 1}, {"of": 2}), None, weights)
    found = doubted(seen, slots, query)
    assert found.index.tolist() == [1, 0, 2] and [each["of"] for each in found.steps] == [1, 0, 2]
    assert found.weights == pytest.approx([0.3, 0.25, 0.1]) and found.chances == pytest.approx([0.3, 0.25, 0.1])
    assert found.confidence == pytest.approx(0.8)  # the best one is of that time
    telling = np.full((3, MOST_KEPT, 3), np.nan)
    telling[2, 0] = NOW - 86_400, NOW - 86_000, 0
    tells = doubted(seen, matrix_of(3, occurred=slots.occurred, mentioned=telling), query)
    assert tells.weights == pytest.approx([0.3, 0.25, 0.2]) and tells.index.tolist() == [1, 0, 2]
    elsewhere = doubted(seen, matrix_of(3, occurred=np.full(3, NOW - 100 * 86_400)), query)
    assert elsewhere.index.tolist() == [0, 1, 2] and elsewhere.confidence == pytest.approx(0.4)


def test_only_what_filters_leave_is_inside():
    slots = matrix_of(2, occurred=[NOW - 86_400, NOW - 86_400])
    assert of_the_time(slots, ask("what about yesterday", allowed=np.array([False, True]))).tolist() == [False, True]


def test_what_was_told_for_a_day_may_be_of_any_hour_of_it(memory, monkeypatch):
    question = "What did I do in the evening of 9 June 2023?"
    let_ask(monkeypatch, {question: ALONE})
    memory.memorize("The car passed its inspection", occurred_at="2023-06-09")
    memory.memorize("Pancakes", occurred_at="2023-06-09T07:30:00Z")
    assert told(memory.recall(question)) == ["The car passed its inspection"]


def test_what_tells_more_times_than_are_kept_is_not_ruled_out(memory, monkeypatch):
    question = "12 October"
    let_ask(monkeypatch, {question: ALONE})
    diary = " ".join(f"On {day} October we walked {day} km." for day in range(1, 20))
    memory.memorize(diary, occurred_at="2023-11-01")
    assert told(memory.recall(question)) == [diary]


TEA, HOME = "Which tea did we drink on 3 May 2023?", "Where does the brother of Mia live?"


@pytest.fixture
def teas(memory):
    """A memory of 3 May 2023, one of another day, and one of none that is asked for."""
    memory.memorize("We drank green tea", occurred_at="2023-05-03T12:00:00Z")
    memory.memorize("We drank jasmine tea", occurred_at="2023-08-20T12:00:00Z")
    memory.memorize("The brother of Mia does live in Lisbon", occurred_at="2022-02-11T12:00:00Z")
    memory.memorize_many({"content": f"Reading {i} of the meter", "occurred_at": "2022-02-07"} for i in range(12))


def times_heard(monkeypatch, memory, question):
    """What each text that is read hears of times, as the parts of the text that tell them."""
    heard = {}
    read = Looks._first
    seen = lambda self, query: heard.__setitem__(query.text, query.times) or read(self, query)  # noqa: E731
    monkeypatch.setattr(Looks, "_first", seen)
    memory.recall(question)
    return {text: [time.precision for time in times] for text, times in heard.items()}


@pytest.mark.parametrize("question", [f"{TEA} {HOME}", f"{HOME} {TEA}"])
def test_each_question_of_a_text_hears_the_times_that_it_tells_itself(memory, teas, monkeypatch, question):
    heard = times_heard(monkeypatch, memory, question)
    assert heard == {question: ["day"], TEA: ["day"], HOME: []}
    assert set(told(memory.recall(question, top_k=2))) == {
        "We drank green tea",
        "The brother of Mia does live in Lisbon",
    }


def test_two_questions_of_two_times_are_each_of_their_own(memory, teas, monkeypatch):
    other = "Which tea did we drink on 20 August 2023?"
    found = memory.recall(f"{TEA} {other}", explain=True, top_k=2)
    assert {memory.content: memory.steps["asked"] for memory in found.memories} == {
        "We drank green tea": TEA,
        "We drank jasmine tea": other,
    }


def test_what_stands_around_a_question_tells_it_a_time_that_it_leaves_out(memory, teas, monkeypatch):
    question = "On 3 May 2023 we met. Which tea did we drink?"
    heard = times_heard(monkeypatch, memory, question)
    assert heard == {question: ["day"], "Which tea did we drink?": ["day"]}
    assert told(memory.recall(question))[0] == "We drank green tea"


def test_a_day_with_nothing_silences_no_question_beside_it(memory, teas, monkeypatch):
    question = f"What happened on 14 May 2023? {HOME}"
    let_ask(monkeypatch, {question: ALONE, "What happened on 14 May 2023?": ALONE})
    assert told(memory.recall(question))[0] == "The brother of Mia does live in Lisbon"
