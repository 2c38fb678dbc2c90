"""What is of a told time is found without looking at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.large_memory.found import fits_of, likest_by_time
from ntm_memory.recall.time_match import date_match
from ntm_memory.times.kept import MOST_KEPT
from tests.large_memory.worlds import large, texts_of
from tests.recall.worlds import DAY, NOW, ask


def dated(count, seed=0):
    """Memories that happened on days of ten years, some over months; some tell other times, some have none."""
    rng = np.random.default_rng(seed)
    occurred = NOW - DAY * rng.uniform(0, 3650, count)
    occurred[::5] = np.nan
    ended = occurred + np.where(np.arange(count) % 17 == 0, 90 * DAY, DAY)
    mentioned = np.full((count, MOST_KEPT, 3), np.nan)
    for i in range(0, count, 4):
        start = NOW - DAY * rng.uniform(0, 3650)
        mentioned[i, 0] = start, start + (DAY if i % 8 else 60 * DAY), i % 3 % 2
    mentioned[8, 1] = -np.inf, NOW, 0
    return large(texts_of(count), occurred=occurred, ended=ended, mentioned=mentioned)[0]


@pytest.mark.parametrize(
    "asked", ["in May 2021", "on 3 May", "before 2015", "last week", "in spring", "3 to 9 June 2019"]
)
def test_the_best_by_time_are_those_of_comparing_all(asked):
    view = dated(3_000)
    query = ask(f"what happened {asked}?")
    assert query.times
    slots = view.slots
    fits = date_match(query.times, slots.happened, slots.over, slots.mentioned)
    found = likest_by_time(view, query, view.slots.keys[5])
    best = np.sort(fits)[::-1][: len(found)]
    np.testing.assert_allclose(np.sort(fits[found])[::-1], best, atol=1e-6)
    np.testing.assert_allclose(fits_of(view, query, found), fits[found])


def test_of_what_fits_alike_the_likest_come_first():
    view = dated(3_000)
    query = ask("what happened since 2010?")
    direction = view.centred(np.array([77]))[0]
    assert likest_by_time(view, query, direction)[0] == 77 or np.isnan(view.slots.occurred[77])


def test_filters_hold_for_times_too():
    view = dated(500)
    allowed = np.arange(500) % 2 == 1
    query = replace(ask("what happened in May 2021?"), allowed=allowed)
    assert allowed[likest_by_time(view, query, view.slots.keys[5])].all()
