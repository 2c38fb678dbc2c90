"""How answers to questions about time, order, the past and lists are graded, and what a store is told."""

from __future__ import annotations

import pytest
from made_up import write_lines

from bench import asked_in_order
from bench.asked_in_order import asked_kind, grade_order, in_its_place, measure_order
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.operations.results import RecallResult


def question(gold, kind="time", **told):
    return {"query": "?", "kind": kind, "gold": gold, "span": None, **told}


def answered(confidence=0.9, further=0):
    return RecallResult("?", (), confidence, further=further)


def test_the_first_one_and_how_much_of_the_set_is_found_are_graded():
    graded = grade_order(question(["a", "b", "c", "d"]), answered(), ["a", "x", "b"])
    assert (graded["first"], graded["found"], graded["told of"]) == (1.0, 0.5, 0.5)
    assert graded["of shown"] == pytest.approx(2 / 3) and (graded["silent"], graded["sure"]) == (0.0, 1.0)
    assert grade_order(question(["a"]), answered(), ["x", "a"])["first"] == 0.0


def test_of_many_no_more_than_six_can_be_found_and_what_is_counted_is_told_of():
    gold = [f"n{i}" for i in range(10)]
    graded = grade_order(question(gold), answered(further=3), gold[:6])
    assert (graded["found"], graded["told of"]) == (1.0, 0.9)
    assert grade_order(question(gold), answered(further=30), gold[:6])["told of"] == 1.0
    assert grade_order(question(gold), answered(), ["x"] * 6 + gold[:1])["found"] == 0.0


def test_silence_is_never_right_first_nor_sure():
    graded = grade_order(question(["a"]), answered(), [])
    assert (graded["first"], graded["silent"], graded["sure"], graded["of shown"]) == (0.0, 1.0, 0.0, 0.0)
    assert grade_order(question(["a"]), answered(0.49), ["a"])["sure"] == 0.0


def test_where_nothing_is_there_only_being_sure_of_something_is_wrong():
    assert grade_order(question([]), answered(0.6), ["x"]) == {"sure": 1.0}
    assert (
        grade_order(question([]), answered(0.4), ["x"]) == grade_order(question([]), answered(0.6), []) == {"sure": 0.0}
    )


def test_questions_about_time_are_of_three_kinds():
    assert asked_kind(question([], span=["2026-05-01", "2026-05-02"])) == "time, nothing there"
    assert asked_kind(question(["a"], span=["2026-05-01", None])) == "time, open"
    assert asked_kind(question(["a"], span=["2026-05-01", "2026-05-02"])) == "time"
    assert asked_kind(question(["a"], "past")) == "past"


def test_at_a_place_stands_what_replaced_the_note_that_stood_there():
    notes = [{"id": "a", "replaces": None}, {"id": "b", "replaces": "a"}]
    assert in_its_place(question(["a"], "place"), notes)["gold"] == ["a", "b"]
    assert in_its_place(question(["a"], "past"), notes)["gold"] == ["a"]


@pytest.fixture
def folder(tmp_path):
    """A set with one store: a note, one that replaces it, another of a day; three questions."""
    (tmp_path / "worlds.json").write_text('{"s": {"now": "2026-06-01T12:00:00+02:00", "zone": "Europe/Berlin"}}')
    notes = [
        ("a", "Mia lives in Bremen", "2026-03-01T10:00:00+01:00", None),
        ("b", "The train to Hamburg was late", "2026-04-02T10:00:00+02:00", None),
        ("c", "Mia lives in Lisbon", "2026-05-01T10:00:00+02:00", "a"),
    ]
    told = [{"store": "s", "id": i, "content": c, "when": w, "session": None, "replaces": r} for i, c, w, r in notes]
    write_lines(tmp_path / "stores.jsonl", told)
    asked = [("Where does Mia live?", "ordinary", ["c"]), ("How late was the train to Hamburg?", "ordinary", ["b"])]
    lines = [{"store": "s", "query": q, "kind": k, "gold": g, "span": None} for q, k, g in asked]
    write_lines(tmp_path / "ordinary.jsonl", lines)
    write_lines(tmp_path / "questions.jsonl", [lines[0] | {"kind": "past", "gold": ["a"]}])
    return tmp_path


def test_a_folder_is_told_in_its_order_and_asked_at_its_moment(folder):
    answers = list(asked_in_order.ask_folder(folder, TinyEmbedder()))
    assert [kind for _, _, _, kind in answers] == ["past", "ordinary", "ordinary"]
    for _, answer, shown, _ in answers:
        assert "a" not in shown  # it was replaced
        for found in answer.memories:
            if found.content == "Mia lives in Lisbon":
                assert (found.version, found.occurred_at) == (2, "2026-05-01T08:00:00Z")


def test_rates_are_told_of_each_kind(folder):
    rates = measure_order(folder, TinyEmbedder(), only=["ordinary"])
    assert set(rates) == {"ordinary"} and rates["ordinary"]["n"] == 2
    assert set(measure_order(folder, TinyEmbedder())) == {"ordinary", "past"}
