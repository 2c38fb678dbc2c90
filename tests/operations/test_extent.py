"""How large an answer is and how sure, by what the question asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from told_asking import asked_for

from ntm_memory.config import RecallSettings
from ntm_memory.operations.abstention import OF_ALL, extent
from ntm_memory.operations.requests import RecallRequest
from ntm_memory.recall.first_look import Reading
from tests.recall.worlds import ask

SETTINGS = RecallSettings(confidence_floor=0.5)
LEAST = SETTINGS.least_chance
CHANCES = np.array([0.6, LEAST * 1.1, LEAST * OF_ALL * 1.1, LEAST * OF_ALL * 0.9, np.nan])
WEIGHTS = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
READING = Reading(np.arange(5), WEIGHTS, np.log(WEIGHTS), 0.6, 0.0, (), None, CHANCES)


def found(reading=READING, *, all=0.0, request=None, settings=SETTINGS):
    query = replace(ask("which tea"), asked=asked_for(all=all))
    return extent(reading, query, RecallRequest.of("which tea", request or {}, settings), settings)


def test_one_fact_is_what_answers_with_the_least_chance():
    assert found() == ([0, 1], 0.6)


def test_all_there_is_takes_less_and_is_as_sure_as_that_any_of_it_belongs_there():
    places, confidence = found(all=0.9)
    assert places == [0, 1, 2]
    assert confidence == pytest.approx(1 - np.prod(1 - CHANCES[:3]), abs=1e-4) and confidence > 0.6


def test_what_is_only_perhaps_asked_for_all_of_it_is_one_fact():
    assert found(all=0.4) == found()


def test_the_best_one_answers_however_unlikely_and_its_unknown_chance_adds_nothing():
    unknown = replace(READING, chances=np.full(5, np.nan))
    assert found(unknown, all=0.9) == ([0], 0.6)


def test_a_surer_reading_stays_as_sure():
    assert found(replace(READING, confidence=0.99), all=0.9).confidence == 0.99


def test_who_asks_for_everything_by_option_gets_everything_with_the_confidence_as_read():
    assert found(all=0.9, request={"all": True}) == ([0, 1, 2, 3, 4], 0.6)
