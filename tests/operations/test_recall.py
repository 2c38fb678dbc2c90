"""Answers: bounded, filtered, at a place, as of a moment, and silent with a reason where there is nothing to say."""

from __future__ import annotations

import math

import pytest
from opening import Clock, opened, told
from told_asking import asked_for, let_ask

from ntm_memory.errors import BadValueError, NotFoundError

DAY = (
    "Breakfast was porridge with apples",
    "The train to Hamburg was forty minutes late",
    "Lunch with Priya about the budget",
    "The projector in room five broke down",
    "Dinner was lentil soup",
)


@pytest.fixture
def day(memory):
    """The memories of a day, in order of writing, in a session of their own; others before and after."""
    memory.memorize("The cat sleeps on the sofa", session="other")
    ids = [memory.memorize(text, session="day").memory.id for text in DAY]
    memory.memorize("The dog sleeps in the kitchen", session="other")
    return ids


def test_an_empty_memory_and_an_unknown_namespace_say_so(memory):
    assert memory.recall("tea").reason == "nothing is stored in namespace 'default'"
    memory.memorize("tea")
    assert memory.recall("tea", namespace="work").reason == "nothing is stored in namespace 'work'"


def test_nothing_relevant_is_an_answer(tmp_path):
    with opened(tmp_path, {"recall": {"confidence_floor": 1.0}}) as memory:
        memory.memorize("The cat sleeps on the sofa")
        answer = memory.recall("quantum chromodynamics")
        assert (answer.memories, answer.reason) == ((), "nothing relevant")
        assert 0 <= answer.confidence < 1


def test_top_k_bounds_the_number(memory):
    memory.memorize_many({"content": f"note number {i} about tea"} for i in range(30))
    assert len(memory.recall("tea").memories) == 6
    assert len(memory.recall("tea", top_k=3).memories) == 3
    assert len(memory.recall("tea", top_k=1000).memories) == 30


def test_weights_fall_and_add_up_to_at_most_one(memory, day):
    weights = [found.weight for found in memory.recall("train to Hamburg", top_k=100).memories]
    assert weights == sorted(weights, reverse=True)
    assert 0.99 < sum(weights) <= 1.00001


def test_a_question_for_two_things_is_answered_with_both(memory, day):
    for filler in ("The train station has a new roof", "Hamburg has a harbour", "The train driver was on strike"):
        memory.memorize(filler)
    question = "How late was the train to Hamburg? And besides, was dinner lentil soup?"
    answer = memory.recall(question, explain=True)
    assert {found.id for found in answer.memories[:2]} == {day[1], day[4]}
    asked = {found.id: found.steps["asked"] for found in answer.memories}
    assert asked[day[4]] == "And besides, was dinner lentil soup?"
    with_filter = memory.recall(question, tags=["none of them has it"])
    assert with_filter.reason == "no memory passes the filters (tag)"


@pytest.mark.parametrize("chars", [1, 5, 100, 1500])
def test_max_chars_bounds_the_content_and_says_what_was_cut(memory, chars):
    for i in range(8):
        memory.memorize(f"tea number {i}: " + "and so on " * 200)
    memory.memorize("tea")
    found = memory.recall("tea", top_k=100, max_chars=chars).memories
    assert sum(len(each.content) for each in found) <= chars
    assert all(each.truncated == (each.content != memory.store.get(each.id).content) for each in found)


def test_default_answers_fit_into_a_prompt(memory):
    for i in range(8):
        memory.memorize(f"tea number {i}: " + "and so on " * 200)
    assert sum(len(each.content) for each in memory.recall("tea").memories) <= 1500


def test_min_weight_leaves_out_and_says_so_when_nothing_is_left(memory, day):
    every = memory.recall("Hamburg", top_k=10).memories
    middle = (every[0].weight + every[1].weight) / 2
    assert [m.id for m in memory.recall("Hamburg", min_weight=middle).memories] == [every[0].id]
    memory.erase(every[0].id, strength=0.9)
    silent = memory.recall("Hamburg", min_weight=1.0)
    assert (silent.memories, silent.reason) == ((), "no memory has a weight of at least 1")


def test_filters(memory):
    memory.memorize("green tea in spring", tags=["drink", "green"], occurred_at="2026-03-01")
    memory.memorize("black tea in summer", tags=["drink"], occurred_at="2026-07-01T12:00:00+02:00")
    memory.memorize("tea without a time")
    assert told(memory.recall("tea", tags=["drink", " green "])) == ["green tea in spring"]
    assert told(memory.recall("tea", after="2026-07-01T10:00:00Z")) == ["black tea in summer"]
    assert told(memory.recall("tea", before="2026-07-01T10:00:00Z", after="2024-01-01")) == ["green tea in spring"]
    assert told(memory.recall("tea", before="2024-01-01")) == ["tea without a time"]  # when it was told counts
    assert memory.recall("tea", tags=["food"]).reason == "no memory passes the filters (tag)"


def test_as_of_answers_from_what_was_known(tmp_path):
    clock = Clock(1_700_000_000)
    with opened(tmp_path, clock=clock) as memory:
        memory.memorize("Mia lives in Bremen", key="home", tags=["old"])
        other = memory.memorize("Tom lives in Kiel").memory
        clock.now = 1_800_000_000
        memory.memorize("Mia lives in Lisbon", key="home")
        memory.erase(other.id)
        then = memory.recall("lives", as_of="2025-01-01", session="s")
        assert sorted(told(then)) == ["Mia lives in Bremen", "Tom lives in Kiel"]
        assert told(memory.recall("lives", as_of="2025-01-01", tags=["old"])) == ["Mia lives in Bremen"]
        assert told(memory.recall("lives")) == ["Mia lives in Lisbon"]
        assert "as of 2020-01-01" in memory.recall("lives", as_of="2020-01-01").reason
        assert memory.store.focus("default", "s").last == {}  # looking into the past is no focus


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ("train to Hamburg", "and after that?", DAY[2]),
        ("train to Hamburg", "And what came before that?", DAY[0]),
        ("train to Hamburg", "然后呢？", DAY[2]),
        ("train to Hamburg", "那之前呢？", DAY[0]),
    ],
)
def test_a_session_continues_from_its_focus(memory, day, first, then, expected, monkeypatch):
    let_ask(monkeypatch, {then: asked_for(1 if expected == DAY[2] else -1)})
    assert told(memory.recall(first, session="s", top_k=1)) == [DAY[1]]
    answer = memory.recall(then, session="s")
    assert told(answer)[0] == expected
    assert answer.confidence == 1.0


def test_a_session_goes_on_and_on(memory, day, monkeypatch):
    let_ask(monkeypatch, {"and after that?": asked_for(1)})
    memory.recall("train to Hamburg", session="s", top_k=1)
    steps = [told(memory.recall("and after that?", session="s", top_k=1)) for _ in range(4)]
    assert steps == [[DAY[2]], [DAY[3]], [DAY[4]], []]


def test_the_focus_outlives_the_process_and_is_each_sessions_own(tmp_path, monkeypatch):
    let_ask(monkeypatch, {"and after that?": asked_for(1)})
    with opened(tmp_path) as memory:
        memory.memorize_many({"content": text} for text in DAY)
        memory.recall("train to Hamburg", session="s", top_k=1)
        memory.recall("lentil soup", session="t", top_k=1)
    with opened(tmp_path) as memory:
        assert told(memory.recall("and after that?", session="s"))[0] == DAY[2]


def test_shift_moves_the_focus(memory, day, monkeypatch):
    let_ask(monkeypatch, {"What happened right after the train to Hamburg?": asked_for(1, "train to Hamburg")})
    assert told(memory.recall("train to Hamburg", shift=1))[0] == DAY[2]
    assert told(memory.recall("train to Hamburg", shift=-1, explain=True))[0] == DAY[0]
    assert told(memory.recall("What happened right after the train to Hamburg?"))[0] == DAY[2]


def test_past_the_end_is_empty_with_a_reason(memory, day):
    assert memory.recall("lentil soup", shift=1).reason == (
        "no memory stands right after what is named, in its session; name it in other words or by its id"
    )
    assert "2 places before" in memory.recall("the train to Hamburg was late", shift=-2).reason
    assert memory.recall_from(day[-1], 1).reason == f"no memory stands right after {day[-1]} in its session"
    assert memory.recall_from(day[0], -1_000_000).memories == ()


def test_reading_by_location_alone(memory, day):
    assert told(memory.recall_from(day[1])) == [DAY[1]]
    assert told(memory.recall_from(day[1], 2)) == [DAY[3]]
    assert told(memory.recall_from(day[1], -1, max_chars=5)) == ["Bre…"]
    memory.erase(day[2])
    assert told(memory.recall_from(day[1], 1)) == [DAY[3]]
    assert "is erased" in memory.recall_from(day[2], 1).reason
    with pytest.raises(NotFoundError):
        memory.recall_from("m_unknown", 1)


def test_what_stands_around_a_memory_is_told_in_order(memory, day):
    memory.memorize("Reading of the meter", session="other")
    around = memory.recall_around(day[1], 1)
    assert told(around) == list(DAY[0:3]) and around.confidence == 1.0
    assert [found.weight for found in around.memories] == [0.0, 1.0, 0.0]
    assert told(memory.recall_around(day[0], 2)) == list(DAY[0:3])  # there is nothing before it
    assert told(memory.recall_around(day[-1], 500)) == list(DAY)
    assert told(memory.recall_around(day[1], 0)) == [DAY[1]]
    assert sum(len(text) for text in told(memory.recall_around(day[1], 3, max_chars=30))) <= 30
    memory.erase(day[2])
    assert told(memory.recall_around(day[1], 2)) == [DAY[0], DAY[1], DAY[3], DAY[4]]
    assert "is erased" in memory.recall_around(day[2], 1).reason
    with pytest.raises(NotFoundError):
        memory.recall_around("m_unknown", 1)
    with pytest.raises(NotFoundError):
        memory.recall_around(day[1], 1, namespace="other")


@pytest.mark.parametrize("count", [-1, 501, "2", 1.5, True])
def test_how_many_stand_around_is_a_whole_number(memory, day, count):
    with pytest.raises(BadValueError, match="around"):
        memory.recall_around(day[1], count)


def test_what_is_around_leaves_the_focus_at_the_memory_itself(memory, day):
    memory.recall_around(day[1], 2, session="s")
    assert memory.store.focus("default", "s").last == {day[1]: 1.0}


def test_content_addressing_off_leaves_location_and_focus(tmp_path, day, memory):
    with opened(tmp_path, {"addressing": {"content": False}, "embedder": {"backend": "e5", "model": "/nowhere"}}) as by:
        assert by.recall("train to Hamburg").reason.startswith("content addressing is off")
        assert told(by.recall_from(day[1], 1, session="s")) == [DAY[2]]
        assert told(by.recall("and after that?", session="s", shift=1))[0] == DAY[3]
        assert told(by.recall("然后呢？", session="s", shift=1))[0] == DAY[4]
        assert "no memory stands" in by.recall("and after that?", session="s", shift=1).reason


def test_location_addressing_off_ignores_where_a_question_looks(tmp_path, day, memory):
    with opened(tmp_path, {"addressing": {"location": False}}) as by:
        assert told(by.recall("train to Hamburg", shift=1))[0] == DAY[1]
        assert told(by.recall(f"What happened right after: {DAY[1]}?"))[0] == DAY[1]
        assert by.recall_from(day[1], 1).reason.startswith("location addressing is off")
        assert told(by.recall_from(day[1])) == [DAY[1]]


def test_hybrid_off_forgets_the_focus_between_questions_by_content(tmp_path, day, memory):
    with opened(tmp_path, {"addressing": {"hybrid": False}, "recall": {"priors": False}}, clock=Clock()) as by:
        plain = by.recall("the kitchen", top_k=3)
        by.recall("train to Hamburg", session="s", top_k=1)
        again = by.recall("the kitchen", session="s", top_k=3)
        assert [(m.id, m.weight) for m in again.memories] == [(m.id, m.weight) for m in plain.memories]


def test_gate_closed_stays_at_the_focus(memory, day):
    memory.recall("lentil soup", session="s", top_k=1)
    explained = memory.recall("train to Hamburg", session="s", gate=0.0, explain=True, top_k=10)
    soup = next(found for found in explained.memories if found.content == DAY[4])
    assert all(head["gated"] == pytest.approx(1.0, abs=1e-4) for head in soup.steps["heads"])


@pytest.mark.parametrize(
    "query", ["the of and is", "🎉🎉🎉", "？！。", "的", "x" * 1_000_000, "tea \ud83d\0", "\n\n tea \n"]
)
def test_odd_questions_are_answered(memory, day, query):
    answer = memory.recall(query)
    assert len(answer.query) <= 500
    assert answer.memories or answer.reason


@pytest.mark.parametrize(
    "options",
    [
        {"top_k": 0},
        {"top_k": 1001},
        {"top_k": 2.5},
        {"top_k": True},
        {"max_chars": 0},
        {"min_weight": 1.5},
        {"shift": 1.5},
        {"shift": 10**7},
        {"beta": -1},
        {"beta": float("nan")},
        {"gate": 2},
        {"gamma": 0.5},
        {"after": "some day soon"},
        {"as_of": "2026-13-01"},
        {"tags": "drink"},
        {"namespace": ["a"]},
        {"session": 1.5},
    ],
)
def test_unusable_options_are_refused(memory, day, options):
    with pytest.raises(BadValueError):
        memory.recall("tea", **options)


@pytest.mark.parametrize("query", ["", "  \n", None, 7, "\ud83d"])
def test_unusable_questions_are_refused(memory, query):
    with pytest.raises(BadValueError):
        memory.recall(query)


def test_recalls_are_counted(memory, day):
    for _ in range(3):
        memory.recall("train to Hamburg", top_k=1)
    assert memory.store.get(day[1]).reads == 3
    assert memory.store.get(day[3]).reads == 0


def test_damaged_tuned_parameters_stop_no_recall_and_are_told_of(tmp_path):
    with opened(tmp_path) as memory:
        memory.memorize("tea")
        (tmp_path / "recall.json").write_text("{}", encoding="utf-8")
        assert told(memory.recall("tea")) == ["tea"]
        assert any("recall.json" in warning for warning in memory.status()["warnings"])


def test_explain_tells_what_the_controller_said_of_this_question(memory, day):
    def said(question):
        answer = memory.recall(question, explain=True)
        assert answer.memories and memory.recall(question).explanation is None
        return answer, answer.explanation["controller"]

    answer, told_now = said("How late was the train to Hamburg?")
    parameters = memory._verbs.context.parameters
    assert len(told_now["heads"]) == parameters.heads == len(answer.memories[0].steps["heads"])
    for number, head in enumerate(told_now["heads"]):
        assert sum(head["shift"].values()) == pytest.approx(1, abs=1e-5) and list(head["shift"])[-1] == "session"
        assert head["share"] == answer.memories[0].steps["heads"][number]["share"]
    assert told_now["heard"]["size"] == pytest.approx(math.log10(8) / 6, abs=1e-5)
    assert said("When was the train late?")[1]["heard"]["asks_when"] == 1 > told_now["heard"]["asks_when"]


def test_what_is_set_by_hand_is_what_the_controller_says(memory, day):
    for number, head in enumerate(memory.recall("train", explain=True, beta=2.5).explanation["controller"]["heads"]):
        assert head["beta"] == pytest.approx(2.5, abs=1e-5), number
