from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.features import CONTENT, LOCATION
from ntm_memory.recall.first_look import examine, read
from tests.recall.worlds import NOW, ask, matrix_of, plain, random_parameters, world

DIARY = [
    "I planted tomatoes",
    "The dentist pulled a tooth",
    "Bob moved to Berlin",
    "My sister won at chess",
    "We painted the kitchen yellow",
    "昨天和老大讨论了认知天性",
    "The lease ends in March",
]
SESSIONS = [1, 1, 1, 1, 2, 2, 2]


def diary(**columns):
    return world(DIARY, session=SESSIONS, **columns)


def by_index(reading):
    return dict(zip(reading.index.tolist(), reading.weights.tolist(), strict=True))


@pytest.mark.parametrize("best", range(len(DIARY)))
def test_what_was_said_is_found(best):
    reading = read(*diary(), ask(DIARY[best]), plain())
    assert reading.index[0] == best and reading.weights[0] > 0.5
    assert reading.weights.sum() == pytest.approx(1)
    assert (np.diff(reading.weights) <= 0).all() and reading.lost == 0


@pytest.mark.parametrize(("shift", "there"), [(0, 1), (1, 2), (2, 3), (-1, 0)])
def test_a_shift_reads_beside_what_was_asked_for(shift, there):
    reading = read(*diary(), ask("The dentist pulled a tooth", shift=shift), plain())
    assert reading.index[0] == there
    assert reading.weights[0] > 0.9
    assert reading.logits == pytest.approx(np.log(reading.weights))


@pytest.mark.parametrize("shift", [1, -1, 2, 1000, -1000])
def test_what_moves_past_the_end_of_its_session_is_lost(shift):
    edge = {True: "My sister won at chess", False: "We painted the kitchen yellow"}[shift > 0]
    reading = read(*diary(), ask(edge, shift=shift), plain())
    assert reading.lost > 0.9
    assert reading.weights.sum() + reading.lost == pytest.approx(1, abs=0.05)


def test_past_every_end_nothing_is_left():
    reading = read(*diary(), ask("Bob", shift=5), plain())
    assert (len(reading.index), reading.lost) == (0, pytest.approx(1))


@given(st.lists(st.floats(0.01, 1), min_size=len(DIARY), max_size=len(DIARY)), st.sampled_from([None, 0, 1, -2]))
def test_retentions_scale_weights_and_nothing_else(retentions, shift):
    retention = np.array(retentions, dtype=np.float32)
    question = ask("Who moved to the kitchen?", shift=shift)
    fresh, weak = (read(*diary(**given), question, plain()) for given in ({}, {"retention": retention}))
    full, found = by_index(fresh), by_index(weak)
    assert found == {i: weight * float(retention[i]) for i, weight in full.items()}
    assert weak.confidence == fresh.confidence and weak.lost == fresh.lost
    assert (np.diff(weak.weights) <= 0).all()


def test_the_previous_focus_pulls_through_the_gate():
    view, postings = diary()
    parameters = plain(gate=[-3.0])
    question = ask("What about it?")
    alone = read(view, postings, question, parameters)
    pulled = read(view, postings, replace(question, previous={4: 1.0}), parameters)
    assert pulled.index[0] == 4 and by_index(pulled)[4] > by_index(alone)[4]
    off = read(view, postings, replace(question, previous={4: 1.0}, hybrid=False), parameters)
    assert by_index(off) == by_index(alone)


def test_a_follow_up_without_words_moves_the_previous_focus():
    question = replace(ask("", shift=1), key=None, previous={1: 0.75, 4: 0.25})
    reading = read(*diary(), question, plain())
    assert by_index(reading) == pytest.approx({2: 0.75, 5: 0.25})


def test_content_switched_off_leaves_location_and_priors():
    view, postings = diary(importance=np.array([0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5], dtype=np.float32))
    question = ask("The dentist pulled a tooth", content=False)
    assert not np.ptp(examine(view, postings, question).features[:, : len(CONTENT)], axis=0).any()
    flat = read(view, postings, question, plain())
    assert flat.weights == pytest.approx(np.full(len(DIARY), 1 / len(DIARY)))
    moved = read(view, postings, replace(question, text="", shift=-1, previous={5: 1.0}), plain())
    assert by_index(moved) == pytest.approx({4: 1.0})


def test_words_switched_off_leave_the_key():
    view, postings = diary()
    question = ask("The dentist pulled a tooth", by_words=False)
    assert not examine(view, postings, question).features[:, CONTENT.index("words_z")].any()
    assert read(view, postings, question, plain()).index[0] == 1


def test_switched_off_parts_do_not_reach_the_weights():
    view, postings = diary(importance=np.linspace(0, 1, len(DIARY), dtype=np.float32))
    parameters, question = random_parameters(3), ask("Who moved?")
    for switch in ("location", "priors", "content"):
        on, off = (read(view, postings, replace(question, **{switch: value}), parameters) for value in (True, False))
        assert by_index(on) != pytest.approx(by_index(off)), switch
    same = CentredMatrix(replace(view.slots, importance=np.full(len(DIARY), 0.1, dtype=np.float32)))
    without = replace(question, priors=False)
    first, second = (read(each, postings, without, parameters) for each in (view, same))
    assert by_index(first) == pytest.approx(by_index(second))


def test_location_switched_off_is_the_parameters_without_it():
    view, postings = diary()
    parameters, question = random_parameters(4), ask("Who moved?", location=False)
    still = parameters.without(frozenset(LOCATION), shift=True)
    found, expected = (
        read(view, postings, question, parameters),
        read(view, postings, replace(question, location=True), still),
    )
    assert by_index(found) == pytest.approx(by_index(expected))


def test_a_filter_leaves_what_it_allows():
    allowed = np.array([True, False, True, False, False, False, True])
    reading = read(*diary(), ask("The dentist pulled a tooth", allowed=allowed), plain())
    assert sorted(reading.index.tolist()) == [0, 2, 6]
    assert reading.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("shift", [None, 1])
def test_a_filter_that_allows_nothing_reads_nothing(shift):
    nothing = np.zeros(len(DIARY), dtype=bool)
    reading = read(*diary(), ask("dentist", allowed=nothing, shift=shift), plain(), explain=True)
    assert (reading.index.tolist(), reading.weights.tolist(), reading.confidence, reading.lost) == ([], [], 0.0, 0.0)
    assert reading.steps == ()


def test_explanations_show_every_step_of_every_head():
    view, postings = diary()
    parameters = random_parameters(6, heads=3)
    question = ask("Who moved to Berlin?", previous={3: 1.0})
    reading = read(view, postings, question, parameters, explain=True)
    assert read(view, postings, question, parameters).steps == ()
    assert len(reading.steps) == len(DIARY)
    for step, evidence in zip(reading.steps, reading.logits, strict=True):
        assert step["logit"] == pytest.approx(evidence, abs=1e-6)
        assert [set(head) for head in step["heads"]] == [
            {"score", "content", "gated", "shifted", "sharpened", "share"}
        ] * 3
    for head in range(3):
        for name in ("content", "gated", "sharpened"):
            assert sum(step["heads"][head][name] for step in reading.steps) == pytest.approx(1, abs=1e-5)


def test_a_moved_focus_tells_what_was_moved_from_where_and_no_heads():
    reading = read(*diary(), ask("Bob moved", shift=1), plain(), explain=True)
    assert len(reading.steps) == len(reading.index) > 0
    for there, weight, step in zip(reading.index, reading.weights, reading.steps, strict=True):
        assert set(step) == {"moved", "shifted"} and step["shifted"] == pytest.approx(weight, abs=1e-6)
        assert [(each["from"], each["step"], each["by"]) for each in step["moved"]] == [(there - 1, 1, 1.0)]
        assert sum(each["focus"] * each["by"] for each in step["moved"]) == pytest.approx(weight, abs=1e-5)
    assert read(*diary(), ask("Bob moved", shift=1), plain()).steps == ()


def test_one_memory_has_all_the_attention():
    reading = read(*world(["only this"]), ask("anything"), plain(2))
    assert by_index(reading) == pytest.approx({0: 1})


@pytest.mark.parametrize("text", ["", "???", "😀", "the of and", "x " * 4000])
def test_odd_questions_have_sensible_answers(text):
    reading = read(*diary(), ask(text), random_parameters(8))
    assert reading.weights.sum() == pytest.approx(1) and np.isfinite(reading.logits).all()
    assert 0 <= reading.confidence <= 1


@given(st.integers(1, 10), st.integers(0, 10_000), st.sampled_from([None, -1, 0, 1, 3]))
def test_whatever_is_stored_attention_is_shared_out_or_lost(count, seed, shift):
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(list("abcdefg"), size=rng.integers(1, 5))) for _ in range(count)]
    view, postings = world(texts, session=rng.integers(-1, 2, size=count))
    reading = read(view, postings, ask("a b c", shift=shift), random_parameters(seed))
    assert len(set(reading.index.tolist())) == len(reading.index) <= count
    assert (reading.weights >= 0).all()
    kept = reading.weights.sum() + reading.lost
    assert 1 - 0.01 * count <= kept <= 1 + 1e-9
    assert shift is not None or kept == pytest.approx(1)


def test_hundreds_of_memories_are_read_sparsely():
    count = 400
    slots = matrix_of(count, created=np.full(count, NOW))
    question = replace(ask("x"), key=slots.keys[123])
    look = examine(CentredMatrix(slots), world(["x"])[1], replace(question, words=()))
    assert 123 in look.candidates and len(look.candidates) < count
    reading = read(CentredMatrix(slots), world(["none"])[1], replace(question, text="", words=()), plain())
    assert reading.index[0] == 123
