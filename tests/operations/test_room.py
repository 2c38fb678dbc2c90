from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening import Clock, opened

from ntm_memory.operations.room import HALF_LIFE_DAYS, usage, why_kept
from tests.recall.worlds import DAY, NOW, matrix_of


def needed(slots, now):
    return np.prod(list(why_kept(slots, now).values()), axis=0)


def four(**columns):
    """Four memories alike in all but what is told."""
    return matrix_of(4, **({"created": np.full(4, NOW - DAY)} | columns))


@pytest.mark.parametrize(
    ("column", "values", "least"),
    [
        ("importance", [0.9, 0.5, 0.1, 0.5], 2),
        ("created", [NOW, NOW - DAY, NOW - 2 * DAY, NOW - 400 * DAY], 3),
        ("reads", [1, 0, 5, 100], 1),
        ("retention", [1.0, 0.9, 0.8, 0.1], 3),
    ],
)
@pytest.mark.parametrize("used", [usage, needed])
@pytest.mark.parametrize("session", [-1, 0])
def test_the_important_the_fresh_the_read_and_the_strong_are_kept(column, values, least, used, session):
    slots = four(**{column: np.array(values)}, session=np.full(4, session))
    assert np.argmin(used(slots, NOW)) == least
    order = np.argsort(-np.array(values, dtype=float))
    assert (np.diff(used(slots, NOW)[order]) <= 0).all()


def test_of_equals_the_oldest_goes():
    assert np.argmin(needed(four(), NOW)) == 0


def test_numbers_worked_by_hand():
    slots = matrix_of(
        2, created=[NOW - HALF_LIFE_DAYS * DAY, NOW], importance=[0.9, 0.4], reads=[0, 1], retention=[1, 0.5]
    )
    assert usage(slots, NOW) == pytest.approx([0.5, 0.5 * (0.5 + 0.1 * np.log(2))])


def test_a_memory_from_the_future_is_fresh():
    assert usage(matrix_of(1, created=[NOW + 9e8]), NOW) == pytest.approx(usage(matrix_of(1, created=[NOW]), NOW))


@given(st.integers(1, 9), st.integers(0, 1000))
def test_usage_is_finite_never_below_zero_and_wears_down(count, seed):
    rng = np.random.default_rng(seed)
    slots = matrix_of(
        count,
        created=NOW - rng.integers(0, 10**10, size=count),
        importance=rng.random(count),
        reads=rng.integers(0, 10**9, size=count),
        retention=rng.random(count),
    )
    for used in (usage, needed):
        now, later = used(slots, NOW), used(slots, NOW + 30 * DAY)
        assert np.isfinite(now).all() and (later >= 0).all() and (later <= now).all()


def test_a_nod_goes_before_a_turn_that_tells_something_and_any_turn_before_a_fact():
    slots = four(length=[2, 25, 2, 25], session=np.array([0, 0, -1, -1]))
    nod, turn, short_fact, long_fact = needed(slots, NOW)
    assert nod < turn < short_fact == long_fact


def test_of_facts_told_without_a_key_none_goes_before_what_it_revises():
    rng = np.random.default_rng(0)
    slots = matrix_of(50, length=rng.integers(1, 60, size=50))  # without a session, the last one told last
    assert (np.diff(needed(slots, NOW)) > 0).all()


def test_what_was_called_important_is_not_measured_by_its_form():
    slots = four(length=[2, 25, 25, 25], session=np.zeros(4), importance=np.array([0.6, 0.5, 0.5, 0.5]))
    assert np.argmax(needed(slots, NOW)) == 0


def test_a_memory_that_is_perhaps_revised_goes_first():
    slots = four(superseded=np.array([False, False, True, False]))
    assert np.argmin(needed(slots, NOW)) == 2


@pytest.fixture
def full(tmp_path):
    """A memory of three slots, all taken by turns of one session."""
    with opened(tmp_path, {"memory_size": 3, "capacity": {"when_full": "evict"}}, clock=Clock()) as manager:
        flight = "Mia's flight to Lisbon leaves on 3 May at 9:40 from gate B12, and Ben brings her to the airport"
        for text in (flight, "ok, good", flight.replace("Mia", "Tom")):
            manager.memorize(text, session="talk")
        yield manager


def test_what_is_archived_from_a_full_memory_says_why_and_comes_back(full):
    (nod,) = (memory.id for memory in full.store.memories() if memory.content == "ok, good")
    full.memorize("the cellar key hangs behind the boiler", session="talk")
    assert full.store.get(nod).state == "archived"
    entry = full.store.audit(1, nod)[0]
    assert entry.verb == "archived"
    assert set(entry.detail) == {"usage", "form", "revised"}
    assert entry.detail["form"] < np.exp(-1.5) and entry.detail["revised"] == 1
    assert full.restore(nod).content == "ok, good"


def test_what_a_later_memory_revises_is_whole_again_without_the_mark(full):
    older, newer, _ = full.store.memories()
    found = []
    for marker in (newer.id, None):
        full.store.amend(older.id, superseded_by=marker)
        slots = full.store.memory_matrix("default")
        found += why_kept(slots, NOW)["revised"][slots.address == older.address].tolist()
    assert found[0] < 0.5 and found[1] == 1
