"""How the joining of both looks is learned, on questions that are made up."""

from __future__ import annotations

import numpy as np
import pytest

from bench.fit_second_look import (
    choose_likeliest,
    figures,
    fit_joining,
    learn_newest,
    learn_stage,
    nothing_learned,
    weigh_sources,
)
from bench.second_look_cases import Case, answer_taken_out, with_answers_taken_out
from bench.second_look_cost import quality_by_cost
from ntm_memory.reader.joining import FirstLook
from ntm_memory.reader.parameters import FEATURES, READ, SEEN
from ntm_memory.reader.second_look import MOST


def made_up(count=200, size=10, seed=0, source="stores"):
    """Questions whose answer the first look guesses at, and reading shows plainly."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        gold = np.zeros(size, dtype=bool)
        if number % 4:
            gold[rng.integers(size)] = True

        def heard(sharpness, gold=gold):
            return sharpness * np.where(gold, 1.0, -1.0) + rng.normal(size=size)

        first = FirstLook(
            np.exp(heard(0.3)) / size, heard(0.3), rng.normal(size=size), rng.random(size), size, 0.5, 0.0
        )
        yield Case(source, first, heard(2.5), gold)


@pytest.fixture(scope="module")
def cases():
    return list(made_up())


@pytest.fixture(scope="module")
def learned(cases):
    return fit_joining(weigh_sources([case._replace(read=None) for case in cases]), weigh_sources(cases))


def test_each_stage_goes_by_what_is_known_then(learned):
    context = next(made_up()).first.context
    reader, attention = (context @ learned.ranker[:, :, FEATURES.index(name)].T for name in ("reader", "attention"))
    assert reader[SEEN] == pytest.approx(0, abs=1e-9)
    assert reader[READ] > 0.5 and attention[SEEN] > 0.1


def test_both_looks_are_better_than_the_first(cases, learned):
    shown = figures(cases, learned)
    assert shown["questions"] == 200
    assert shown["right first, first look"] < shown["right first, both"]
    assert shown["right first, both"] > 0.85
    assert shown["calibration error"] < 0.1


def test_the_first_look_chooses_whom_the_reader_reads(cases):
    chosen = choose_likeliest([case._replace(read=None) for case in cases])
    kept = [case.gold[chosen(case.first)].any() for case in cases if case.gold.any()]
    assert all(len(chosen(case.first)) == MOST for case in cases)
    assert np.mean(kept) > MOST / 10


def test_sources_count_as_they_should_whatever_their_number():
    cases = weigh_sources([*made_up(40), *made_up(10, source="small stores"), *made_up(20, source="talks/a")])
    by_source = {}
    for case in cases:
        by_source[case.source] = by_source.get(case.source, 0) + case.share
    assert by_source == pytest.approx({"stores": 1.0, "small stores": 0.4, "talks/a": 1.0})


def test_of_talks_the_answer_is_also_taken_out():
    talks = list(made_up(8, source="talks/a"))
    assert len(with_answers_taken_out(talks)) == 8 + 6
    rest = answer_taken_out(talks[1])
    assert not rest.gold.any() and rest.share == 0.5
    assert len(rest.first) == len(rest.read) == 9


def rivals(revised, lead, number):
    """Two memories that may answer; the second is the newer one and answers where it revises the first."""
    first = FirstLook(np.full(2, 0.5), np.zeros(2), np.zeros(2), np.zeros(2), 2, 0.5, 0.0)
    revises = np.array([[np.nan, 3.0 if revised else -3.0], [np.nan, np.nan]])
    return Case("stores", first, np.array([2.0 + lead, 2.0]), np.array([not revised, revised]), revises=revises)


def test_when_the_newer_answers_is_learned_from_pairs_of_which_one_does():
    p = nothing_learned()
    p.ranker[READ, 0, FEATURES.index("reader")] = 1.0
    cases = [rivals(number % 2 == 0, 0.5 if number % 3 else -0.5, number) for number in range(60)]
    learn_newest(p, [*cases, cases[0]._replace(gold=np.array([True, True])), cases[0]._replace(revises=None)])
    assert p.newest[2] > 0.3
    assert abs(p.newest[2]) * 3 > abs(p.newest[0]) + abs(p.newest[1])
    learn_newest(p, [])
    assert p.newest.tolist() == [0, 0, 0]


def test_calibrations_are_of_the_stage_alone(cases):
    p = nothing_learned()
    learn_stage(p, weigh_sources(cases))
    assert p.chance[READ].any() and not p.chance[SEEN].any()


def test_quality_rises_with_cost(cases, learned):
    points = quality_by_cost(cases, learned, 9.0)
    by_numbers = {(point.most, point.at_once): point for point in points}
    assert by_numbers[0, 0].ms == 0
    assert by_numbers[8, 0].ms == 8 * 9
    assert by_numbers[8, 2].ms < by_numbers[8, 0].ms
    assert by_numbers[0, 0].first < by_numbers[3, 0].first < by_numbers[8, 0].first
    assert (4, 4) not in by_numbers
