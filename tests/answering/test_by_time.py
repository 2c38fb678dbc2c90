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


HAPPENED = "What happened?"


@pytest.fixture
def garden(memory, monkeypatch):
    """One thing a day, and one that lasted."""
    let_ask(monkeypatch, {HAPPENED: asked_for(time=0.95)})
    for day, text in ((4, "Oiled the hinges"), (2, "Painted the fence"), (3, "Mended the gate")):
        memory.memorize(text, occurred_at=f"2023-05-{day:02}")
    memory.memorize("Camped by the lake", occurred_at="2023-06-10/2023-06-17")
    memory.memorize("Learned to juggle", occurred_at="2023-07")


def of(memory, monkeypatch, question, **options):
    let_ask(monkeypatch, {question: ALONE})
    return told(memory.recall(question, **options))


def test_what_ends_where_a_time_begins_is_not_of_it(memory, garden, monkeypatch):
    assert of(memory, monkeypatch, "What happened on 3 May 2023?") == ["Mended the gate"]
    assert of(memory, monkeypatch, "What happened before 4 May 2023?") == ["Painted the fence", "Mended the gate"]
    assert of(memory, monkeypatch, "What happened on 1 May 2023?") == []
    memory.memorize("At midnight the fox came", occurred_at="2023-05-03T23:59:59Z")
    assert of(memory, monkeypatch, "What happened on 4 May 2023?") == ["Oiled the hinges"]


def test_a_stretch_is_of_each_of_its_days_and_of_no_other(memory, garden, monkeypatch):
    for day in (10, 12, 17):
        assert of(memory, monkeypatch, f"What happened on {day} June 2023?") == ["Camped by the lake"]
        assert told(memory.recall("Where did I camp?", on=f"2023-06-{day}")) == ["Camped by the lake"]
        assert [each["content"] for each in memory.memories(on=f"2023-06-{day}")["memories"]] == ["Camped by the lake"]
    for day, nearest in (("9", "2023-06-10"), ("18", "2023-06-17")):
        assert of(memory, monkeypatch, f"What happened on {day} June 2023?") == []
        assert memory.recall(f"What happened on {day} June 2023?").reason.endswith(f"nearest: {nearest}")
    assert of(memory, monkeypatch, "What happened on 31 July 2023?") == ["Learned to juggle"]
    assert memory.memories(on="2023-07")["total"] == 1 == memory.memories(on="2023-06-10")["total"]
    assert memory.memories(after="2023-06-12")["total"] == 2 and memory.memories(before="2023-06-12")["total"] == 4


@pytest.mark.parametrize("told_in", ["Europe/London", "Asia/Shanghai", "America/Los_Angeles"])
def test_a_told_day_is_that_day_wherever_it_is_asked_for(tmp_path, monkeypatch, told_in):
    question = "What happened on 30 May 2023?"
    with opened(tmp_path, {"time_zone": told_in}, clock=Clock()) as memory:
        memory.memorize("Graduation in Durham", occurred_at="2023-05-30")
    for zone in ("UTC", "Pacific/Auckland", told_in):
        with opened(tmp_path, {"time_zone": zone}, clock=Clock()) as memory:
            assert of(memory, monkeypatch, question) == ["Graduation in Durham"], zone
            assert memory.memories(on="2023-05-30")["total"] == 1 and memory.memories(on="2023-05-29")["total"] == 0
            assert of(memory, monkeypatch, "What happened on 29 May 2023?") == []


def test_a_midnight_that_an_older_store_holds_is_its_day(tmp_path, monkeypatch):
    with opened(tmp_path, {"time_zone": "Europe/Berlin"}, clock=Clock()) as memory:
        memory.memorize("Rowing", occurred_at="2023-05-29T22:00:00Z")
        assert of(memory, monkeypatch, "What did I do in the evening of 30 May 2023?") == ["Rowing"]
        assert memory.memories(on="2023-05-30")["total"] == 1
        assert memory.memorize("Rowing", occurred_at="2023-05-30").action == "unchanged"


@pytest.mark.parametrize(
    "note",
    [
        "Milo was in hospital from 12 to 16 June",
        "Retreat June 12-16",
        "6月12日到16日在医院",
        "Away 2023-06-12..2023-06-16",
        "We camped after 11 June and before 17 June",
    ],
)
def test_a_stretch_that_a_note_tells_is_of_each_of_its_days(memory, monkeypatch, note):
    memory.memorize(note, occurred_at="2023-07-01")
    memory.memorize("In June we painted, and all summer we swam", occurred_at="2023-08-20")
    for day in (12, 14, 16):
        assert of(memory, monkeypatch, f"What happened on {day} June 2023?") == [note]
    for day in (11, 17):
        assert of(memory, monkeypatch, f"What happened on {day} June 2023?") == []


def test_of_a_stretch_much_longer_than_what_is_asked_for_the_day_is_not(memory, monkeypatch):
    memory.memorize("The lease runs from 1 March 2022 to 28 February 2025")
    assert of(memory, monkeypatch, "What happened on 14 April 2023?") == []
    assert of(memory, monkeypatch, "What happened in 2023?") == ["The lease runs from 1 March 2022 to 28 February 2025"]


def test_of_a_day_a_stretch_stands_behind_what_is_known_to_the_day(memory, monkeypatch):
    memory.memorize("Milo was in hospital from 12 to 16 June 2023")
    memory.memorize("Bread from the market", occurred_at="2023-06-14T12:00:00Z")
    assert of(memory, monkeypatch, "What happened on 14 June 2023?")[0] == "Bread from the market"


@pytest.fixture
def coarse(memory):
    """What tells of years, what happened, what comes."""
    memory.memorize("This year I want to read fifty books", occurred_at="2023-02-10")
    memory.memorize("The cider festival is on 26 November", occurred_at="2023-11-02")
    memory.memorize("Met Ola at the library", occurred_at="2023-11-10")
    memory.memorize("Sold the canoe", occurred_at="2022-12-20")


def test_of_an_open_time_is_what_lies_in_it_and_what_happened_leads(memory, coarse, monkeypatch):
    festival = "The cider festival is on 26 November"
    assert of(memory, monkeypatch, "What happened after 5 November 2023?") == ["Met Ola at the library", festival]
    assert of(memory, monkeypatch, "What happened before March 2023?") == [
        "Sold the canoe", "This year I want to read fifty books"
    ]  # fmt: skip
    memory.memorize("Since 3 December it has frozen", occurred_at="2022-12-10")
    assert of(memory, monkeypatch, "What happened before 5 December 2022?") == []
    assert of(memory, monkeypatch, "What happened in 2022?")[0] == "Since 3 December it has frozen"


def test_of_a_year_what_happened_leads_what_tells_of_it(memory, coarse, monkeypatch):
    memory.memorize("On 4 January 2022 the roof was mended", occurred_at="2023-05-01")
    found = of(memory, monkeypatch, "What happened in 2022?")
    assert found == ["Sold the canoe", "On 4 January 2022 the roof was mended"]


def test_of_some_hours_what_tells_of_the_day_alone_stands_behind(memory, monkeypatch):
    memory.memorize("Yesterday's outage cost a lot", occurred_at="2023-06-05T01:00:00Z")
    memory.memorize("The alarm rang", occurred_at="2023-06-04T03:10:00Z")
    found = of(memory, monkeypatch, "What happened in the night of 3 June 2023 and on 4 June 2023 at 3 am?")
    assert found[0] == "The alarm rang"


def test_a_filter_finds_what_a_question_of_the_same_time_finds(memory, monkeypatch):
    told_then, stay = "Yesterday the neighbour brought coffee", "Coffee in Graz from 12 to 16 June"
    memory.memorize(told_then, occurred_at="2023-05-08T12:00:00Z")
    memory.memorize(stay, occurred_at="2023-07-01")
    memory.memorize("Coffee is bad", occurred_at="2023-08-01", tags=["x"])
    memory.memorize("The birthday of Ravi is on 7 May, with coffee")
    birthday = "The birthday of Ravi is on 7 May, with coffee"
    for day, found in (("7 May 2023", {told_then, birthday}), ("14 June 2023", {stay}), ("9 May 2023", set())):
        assert set(of(memory, monkeypatch, f"What happened on {day}?")) == found
        assert set(told(memory.recall("coffee", on=day))) == found
        assert {each["content"] for each in memory.memories(on=day)["memories"]} == found
        assert memory.memories(on=day)["total"] == len(found)
    assert memory.memories(on="7 May 2023", tags=["x"])["total"] == 0
    assert memory.memories(before="8 May 2023")["total"] == 0  # with an open end what happened alone


def test_what_comes_every_year_is_not_asked_for_by_a_year(memory, monkeypatch):
    memory.memorize("The birthday of Ravi is on 9 October")
    memory.memorize("On 1 May we volunteered", occurred_at="2023-05-01")
    for question in ("What happened in 2019?", "What happened on 1 May 2019?"):
        assert of(memory, monkeypatch, question) == []
    for question in ("What happened on 9 October 2021?", "What happened in October 2020?"):
        assert of(memory, monkeypatch, question) == ["The birthday of Ravi is on 9 October"]
    for question in ("What happened on 8 October 2021?", "What happened on 10 October 2020?"):
        assert of(memory, monkeypatch, question) == []


def test_what_comes_every_year_stands_behind_what_happened(memory, monkeypatch):
    memory.memorize("The birthday of Ravi is on 9 June")
    memory.memorize("We danced", occurred_at="2023-06-09")
    memory.memorize("Rain all day", occurred_at="2023-06-01/2023-06-30")
    assert of(memory, monkeypatch, "What happened on 9 June 2023?") == [
        "We danced", "Rain all day", "The birthday of Ravi is on 9 June"
    ]  # fmt: skip


def test_of_last_night_is_what_was_told_for_the_day_before_behind_what_is_known_to_the_hour(memory, monkeypatch):
    night = "What happened in the night of 9 June 2023?"
    memory.memorize("Lunch with Ines", occurred_at="2023-06-09")
    memory.memorize("Called the bank", occurred_at="2023-06-10")
    assert of(memory, monkeypatch, night) == ["Lunch with Ines"]
    memory.memorize("A bat in the kitchen", occurred_at="2023-06-09T23:10:00Z")
    assert of(memory, monkeypatch, night) == ["A bat in the kitchen", "Lunch with Ines"]


def test_what_happened_then_comes_in_its_order(memory, monkeypatch):
    question = "What happened in May 2023?"
    for day in (21, 3, 30, 8, 15):
        memory.memorize(f"What happened in May 2023 was reading {day}" if day == 30 else f"Reading {day}",
                        occurred_at=f"2023-05-{day:02}")  # fmt: skip
    assert [text.split()[-1] for text in of(memory, monkeypatch, question)] == ["3", "8", "15", "21", "30"]


def test_a_question_without_a_topic_is_answered_with_all_that_its_filters_leave(memory, garden):
    for options in ({"between": ["2023-05-02", "2023-05-04"]}, {"on": "2023-05"}, {"before": "2023-06"}):
        answer = memory.recall(HAPPENED, **options)
        assert told(answer) == ["Painted the fence", "Mended the gate", "Oiled the hinges"] and answer.confidence > 0.9


@pytest.mark.parametrize(
    "heard",
    [
        asked_for(-1, sure=0.96, time=0.94),
        asked_for(1, sure=0.89, time=0.6),
        asked_for(1, sure=0.99, time=0.1),
        asked_for(all=0.97),
    ],
)
def test_a_question_that_names_nothing_gets_all_that_its_filters_leave(memory, garden, monkeypatch, heard):
    let_ask(monkeypatch, {"anything?": heard})
    memory.recall(
        "the gate", session="s"
    )  # what is in focus is not gone on from where a time is told for what happened
    for options in ({}, {"session": "s"}) if heard.time > LIKELY else ({},):
        answer = memory.recall("anything?", on="2023-05", **options)
        assert told(answer) == ["Painted the fence", "Mended the gate", "Oiled the hinges"]
        assert answer.confidence > LIKELY
    assert memory.recall("anything?", on="2023-05", top_k=2).further == 1


def test_a_place_from_something_that_is_named_is_asked_for_beside_filters(memory, garden, monkeypatch):
    let_ask(monkeypatch, {"and after the fence?": asked_for(1, "the fence", time=0.9)})
    assert told(memory.recall("and after the fence?", before="2023-06"))[0] == "Mended the gate"


def test_at_a_told_time_no_place_is_asked_for_by_what_names_nothing(memory, garden, monkeypatch):
    let_ask(monkeypatch, {"What did I note on 3 May 2023?": asked_for(-1, sure=0.95, time=0.99)})
    assert told(memory.recall("What did I note on 3 May 2023?")) == ["Mended the gate"]


def test_why_nothing_passes_names_the_options_and_the_nearest_day(memory, garden):
    memory.memorize("Swept the yard", occurred_at="2023-05-20", tags=["yard"])
    nothing = "no memory passes the filters"
    assert memory.recall("fence", on="2023-05-12").reason == f"{nothing} (on); nearest: 2023-05-04"
    both = memory.recall("fence", on="2023-05-12", tags=["yard"], min_trust="agent")
    assert both.reason == f"{nothing} (tag, on, min_trust); nearest: 2023-05-20"
    assert memory.recall("fence", tags=["x"], after="2023-05-12").reason == f"{nothing} (tag, after)"


def test_explain_tells_the_times_and_how_each_memory_fits_them(memory, may, monkeypatch):
    let_ask(monkeypatch, {ON_THE_DAY: ALONE})
    memory.memorize("On 3 May 2023 we planted the apple tree", occurred_at="2023-06-01")
    answer = memory.recall(ON_THE_DAY, explain=True)
    day = {"from": "2023-05-03T00:00:00Z", "until": "2023-05-04T00:00:00Z", "yearly": False}
    assert answer.explanation["times"] == [{"said": "3 May 2023", "direction": "on", "precision": "day", **day}]
    assert answer.explanation["time_alone"] == 1.0
    fits = {found.content: found.steps["time"] for found in answer.memories}
    assert fits["Lunch with Priya"] == {"happened": True, "told": False, "share": 1.0}
    assert fits["On 3 May 2023 we planted the apple tree"] == {"happened": False, "told": True, "share": 1.0}
    assert sum(found.steps["in_order"] for found in answer.memories) == pytest.approx(1, abs=1e-4)
    assert {found.steps["gate"] for found in answer.memories} == {1.0}
    assert all(found.steps["heads"] for found in answer.memories)


def test_explain_tells_what_is_of_another_time_and_what_share_is_left(memory):
    memory.memorize("We drank jasmine tea", occurred_at="2023-08-20T12:00:00Z")
    memory.memorize("Ben was at the dentist", occurred_at="2023-09-03T12:00:00Z")
    found = memory.recall("Which tea did we drink before May 2023?", explain=True)
    assert found.explanation["times"][0]["from"] is None
    assert [each.steps["time"]["share"] for each in found.memories] == [0.5] * len(found.memories)
    assert not any(each.steps["time"]["happened"] for each in found.memories)


def test_explain_tells_of_a_question_that_gets_no_answer_what_was_heard(memory, may, monkeypatch):
    question = "What happened on 14 May 2023?"
    let_ask(monkeypatch, {question: ALONE})
    answer = memory.recall(question, explain=True)
    assert answer.memories == () and answer.explanation["times"][0]["from"] == "2023-05-14T00:00:00Z"
    assert memory.recall(question).explanation is None


def test_of_about_a_day_the_day_itself_comes_and_where_it_has_nothing_those_near(memory, monkeypatch):
    questions = ("Tell me about 3 May 2023", "Tell me about 12 May 2023")
    let_ask(monkeypatch, dict.fromkeys(questions, ALONE))
    for day in ("2023-05-02", "2023-05-03", "2023-05-05", "2023-05-14"):
        memory.memorize(f"Tell me what is left on {day[-1]}", occurred_at=f"{day}T12:00:00Z")
    assert told(memory.recall(questions[0])) == ["Tell me what is left on 3"]
    assert told(memory.recall(questions[1])) == ["Tell me what is left on 4"]
