"""Questions about the past: what memories said before they changed, as what it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from opening import Clock, opened, told
from told_asking import asked_for, let_ask

from ntm_memory.answering.formerly import before_what_is_named, likely_enough, with_former
from ntm_memory.operations.results import RecalledMemory
from ntm_memory.store.sqlite import SQLiteStore
from ntm_memory.text.words import index_words
from tests.reader.test_second_look import read_by

BEFORE = "Where did Mia live before?"
OLD, NEW = "Mia lives in Bremen", "Mia lives in Lisbon"


@pytest.fixture
def moved(memory, monkeypatch):
    """A memory that was changed, and others; the question asks for the past."""
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    memory.memorize("Tom plays the cello")
    memory.memorize(OLD, key="home")
    return memory.memorize(NEW, key="home").memory


def test_what_a_memory_said_before_comes_first_with_until_when(memory, moved):
    answer = memory.recall(BEFORE)
    assert told(answer)[:2] == [OLD, NEW]
    first, second = answer.memories[:2]
    assert (first.id, first.version, first.until) == (moved.id, 1, moved.updated_at)
    assert (second.id, second.version, second.until) == (moved.id, 2, None)


@pytest.fixture
def fee(tmp_path, monkeypatch):
    """A fact that was changed 400 days after it was told; two questions ask for the times alone."""
    asked = {f"What happened in {year}?": asked_for(time=1.0) for year in (2023, 2024)}
    let_ask(monkeypatch, asked)
    clock = Clock()
    with opened(tmp_path / "fee", {"time_zone": "UTC"}, clock=clock) as memory:
        memory.memorize("The fee is 38", key="fee")
        clock.now += 400 * 86_400
        memory.memorize("The fee is 41", key="fee")
        yield memory


def test_a_time_that_is_asked_for_has_what_was_told_then(fee):
    then, now = fee.recall("What happened in 2023?"), fee.recall("What happened in 2024?")
    assert (told(then), told(now)) == (["The fee is 38"], ["The fee is 41"])
    assert then.memories[0].until == now.memories[0].updated_at and now.memories[0].until is None


def test_filters_on_time_have_what_was_told_then(fee):
    then = fee.recall("What is the fee?", before="2024-01-01")
    assert told(then) == ["The fee is 38"] and then.memories[0].until
    assert told(fee.recall("What is the fee?", after="2024-01-01")) == ["The fee is 41"]


def test_a_question_about_now_hears_nothing_of_what_was(memory, moved):
    answer = memory.recall("Where does Mia live?")
    assert OLD not in told(answer) and {found.until for found in answer.memories} == {None}


def test_the_last_of_several_versions_and_those_before_it_are_each_there(memory, moved):
    memory.update(moved.id, content="Mia lives in Oslo")
    answer = memory.recall(BEFORE)
    past = [found.content for found in answer.memories if found.until is not None]
    assert sorted(past) == [OLD, NEW]
    assert told(answer)[2] == "Mia lives in Oslo"


def test_where_nothing_ever_changed_what_is_now_is_the_answer(memory, monkeypatch):
    memory.memorize(NEW)
    plain = memory.recall(BEFORE)
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    assert memory.recall(BEFORE).memories == plain.memories
    assert memory.recall(BEFORE).confidence == plain.confidence


def test_what_was_purged_is_never_told_again(memory, moved):
    memory.erase(moved.id, purge=True, version=1)
    assert OLD not in told(memory.recall(BEFORE))


def test_what_is_forgotten_has_no_past_either(memory, moved):
    memory.erase(moved.id)
    assert {OLD, NEW}.isdisjoint(told(memory.recall(BEFORE)))


def test_where_a_moment_is_told_the_past_is_that_of_the_moment(memory, moved, monkeypatch):
    asked = []
    former = SQLiteStore.memory_matrix_of_former
    seen = lambda self, name: asked.append(name) or former(self, name)  # noqa: E731
    monkeypatch.setattr(SQLiteStore, "memory_matrix_of_former", seen)
    assert OLD not in told(memory.recall(BEFORE, as_of=moved.updated_at))
    then = memory.recall(BEFORE, as_of="2023-11-14T22:13:23.500Z")
    assert asked == [] and NEW not in told(then)
    memory.recall(BEFORE)
    assert asked == ["default"]


@pytest.mark.parametrize(("then", "now"), [("tool", "person"), ("person", "tool")])
def test_each_version_is_trusted_as_far_as_who_told_it(memory, monkeypatch, then, now):
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    memory.memorize("Tom plays the cello", trust="person")
    id = memory.memorize(OLD, trust=then).memory.id
    memory.update(id, content=NEW, trust=now)
    found = told(memory.recall(BEFORE, min_trust="person"))
    assert (OLD in found, NEW in found) == (then == "person", now == "person")
    assert {OLD, NEW} <= set(told(memory.recall(BEFORE)))


def test_filters_by_tag_hold_for_what_a_version_had(memory, monkeypatch):
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    id = memory.memorize(OLD, tags=["home"]).memory.id
    memory.update(id, content=NEW, tags=["abroad"])
    assert told(memory.recall(BEFORE, tags=["home"])) == [OLD]
    assert told(memory.recall(BEFORE, tags=["abroad"])) == [NEW]


def test_what_is_rather_not_asked_for_stands_behind(memory, moved, monkeypatch):
    let_ask(monkeypatch, {})
    now = memory.recall(BEFORE, top_k=1)
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    before = memory.recall(BEFORE, top_k=1)
    assert (told(now), told(before)) == ([NEW], [OLD])
    both = with_former(now, before, 0.1, 5, 1500, ())
    assert told(both) == [NEW, OLD]
    assert both.memories[0].weight == pytest.approx(0.9 * now.memories[0].weight, abs=1e-5)
    assert both.memories[1].weight == pytest.approx(0.1 * before.memories[0].weight, abs=1e-5)
    assert both.confidence == pytest.approx(0.9 * now.confidence + 0.1 * before.confidence, abs=1e-4)
    cut = with_former(now, before, 0.9, 1, 1500, ())
    assert told(cut) == [OLD] and cut.more == both.more + 1 == now.more + before.more + 1


def test_top_k_bounds_both_parts_together(memory, moved):
    answer = memory.recall(BEFORE, top_k=1)
    assert told(answer) == [OLD] and answer.more >= 1
    assert told(memory.recall(BEFORE, top_k=2)) == [OLD, NEW]


def test_the_length_bounds_both_parts_together(memory, moved):
    assert sum(len(found.content) for found in memory.recall(BEFORE, max_chars=30).memories) <= 30


def test_a_memory_that_is_shown_in_two_versions_was_read_once(memory, moved):
    memory.recall(BEFORE)
    assert memory.store.get(moved.id).reads == 1


def test_a_session_goes_on_from_what_was_read_of_the_past(memory, monkeypatch):
    let_ask(monkeypatch, {BEFORE: asked_for(past=0.98), "and after that?": asked_for(1)})
    id = memory.memorize(OLD, session="log").memory.id
    memory.memorize("The ferry was late", session="log")
    memory.memorize("Mia lives for music, said Ben", session="log")
    memory.memorize("The fence was painted", session="log")
    memory.update(id, content="The flat was sold")
    assert told(memory.recall(BEFORE, session="s"))[0] == OLD
    assert told(memory.recall("and after that?", session="s"))[0] == "The ferry was late"


def test_what_is_perhaps_asked_for_is_shown_behind_what_is_now(memory, moved, monkeypatch):
    let_ask(monkeypatch, {BEFORE: asked_for(past=0.2)})
    assert told(memory.recall(BEFORE))[:2] != [OLD, NEW]
    assert OLD in told(memory.recall(BEFORE))
    let_ask(monkeypatch, {BEFORE: asked_for(past=0.04)})
    assert OLD not in told(memory.recall(BEFORE))


def test_of_what_is_perhaps_asked_for_only_what_is_likely_enough_is_kept(memory, moved, monkeypatch):
    let_ask(monkeypatch, {BEFORE: asked_for(past=1.0)})
    before = memory.recall(BEFORE)
    chances = [0.9, 0.1]
    before = replace(
        before, memories=tuple(replace(m, chance=c) for m, c in zip(before.memories, chances, strict=False))
    )
    assert [each.chance for each in likely_enough(before, 0.2, 0.05).memories] == [0.9]
    assert likely_enough(before, 0.6, 0.5) == before  # it is rather asked for than not


def version(number, content):
    return RecalledMemory("m_1", 0, None, content, 0.0, 0.0, 0, "2023-05-01T00:00:00Z", version=number)


@pytest.mark.parametrize(
    ("question", "meant"),
    [("where did mia live before", 2), ("mia live before oslo", 2), ("mia live before lisbon", 1)],
)
def test_before_something_that_is_named_is_the_version_just_before_it(question, meant):
    cities = ("Bremen", "Lisbon", "Oslo")
    versions = [version(number, f"Mia lives in {city}") for number, city in enumerate(cities, start=1)]
    words = index_words(question)
    assert before_what_is_named(versions, words).version == meant


def test_what_was_before_the_best_memory_leads_though_its_own_words_say_little(memory, moved):
    memory.memorize("Mia was in Porto in spring")
    read_by(memory, {"Lisbon": 2.0, "Porto": 0.0, "Bremen": -4.0, "cello": -9.0})
    answer = memory.recall(BEFORE)
    assert told(answer)[0] == OLD and answer.memories[0].until
    assert answer.memories[0].chance == pytest.approx(0.88, abs=0.02) and answer.confidence > 0.5


def test_at_a_told_time_that_is_over_leads_what_was_so_then(tmp_path, monkeypatch):
    question = "Which car did we drive in May 2023?"
    let_ask(monkeypatch, {question: asked_for(past=0.02)})
    config = {"time_zone": "UTC", "recall": {"confidence_floor": 0.05}}
    with opened(tmp_path, config, clock=Clock()) as memory:
        memory.memorize("We drive a green Fiat", key="car", occurred_at="2023-01-20")
        memory.memorize("We drive a white Kia", key="car", occurred_at="2023-10-03")
        memory.memorize("The car passed its inspection", occurred_at="2023-05-08")
        read_by(memory, {"Fiat": 2.0, "Kia": 2.0, "inspection": -1.5})
        assert told(memory.recall(question))[0] == "We drive a green Fiat"


def test_what_was_told_late_was_so_until_what_followed_it_happened(memory, monkeypatch):
    question = "What happened in January 2023?"
    let_ask(monkeypatch, {question: asked_for(time=1.0)})
    for car, day in (("green Fiat", "2023-01-20"), ("blue Opel", "2023-04-02"), ("white Kia", "2023-10-03")):
        id = memory.memorize(f"Our car is a {car}", key="car", occurred_at=day).memory.id
    assert [(each.content, each.until) for each in memory.recall(question).memories] == [
        ("Our car is a green Fiat", "2023-04-02")
    ]
    history = memory.status(history=id)["history"]
    assert [(old["since"], old["until"]) for old in history] == [
        ("2023-01-20", "2023-04-02"), ("2023-04-02", "2023-10-03")
    ]  # fmt: skip
    memory.update(id, content="Our car is a white Kia Niro", occurred_at="2023-10-01")  # it only puts it right
    last = memory.status(history=id)["history"][-1]
    assert last["until"] == last["valid_to"]
