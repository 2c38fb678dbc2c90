from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening import Clock, opened

from ntm_memory.controller.write_head import load_parameters
from ntm_memory.operations.room import HALF_LIFE_DAYS, parts_of, usage, usage_of_episodes
from tests.recall.worlds import DAY, NOW, matrix_of


def by_age(slots, now):
    return usage_of_episodes(slots, now)


def learned(slots, now):
    return usage(parts_of(slots, now, load_parameters()))


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
@pytest.mark.parametrize("used", [by_age, learned])
def test_the_important_the_fresh_the_read_and_the_strong_are_kept(column, values, least, used):
    slots = four(**{column: np.array(values)})
    assert np.argmin(used(slots, NOW)) == least
    order = np.argsort(-np.array(values, dtype=float))
    assert (np.diff(used(slots, NOW)[order]) <= 0).all()


@pytest.mark.parametrize("used", [by_age, learned])
def test_of_equals_the_oldest_goes(used):
    assert np.argmin(used(four(), NOW)) == 0


def test_numbers_worked_by_hand():
    slots = matrix_of(
        2, created=[NOW - HALF_LIFE_DAYS * DAY, NOW], importance=[0.9, 0.4], reads=[0, 1], retention=[1, 0.5]
    )
    assert usage_of_episodes(slots, NOW) == pytest.approx([0.5, 0.5 * (0.5 + 0.1 * np.log(2))])


@pytest.mark.parametrize("used", [by_age, learned])
def test_a_memory_from_the_future_is_fresh(used):
    assert used(matrix_of(1, created=[NOW + 9e8]), NOW) == pytest.approx(used(matrix_of(1, created=[NOW]), NOW))


@pytest.mark.parametrize("used", [by_age, learned])
@given(st.integers(1, 9), st.integers(0, 1000))
def test_usage_is_finite_never_below_zero_and_wears_down(used, count, seed):
    rng = np.random.default_rng(seed)
    slots = matrix_of(
        count,
        created=NOW - rng.integers(0, 10**10, size=count),
        importance=rng.random(count),
        reads=rng.integers(0, 10**9, size=count),
        retention=rng.random(count),
    )
    now, later = used(slots, NOW), used(slots, NOW + 30 * DAY)
    assert np.isfinite(now).all() and (later >= 0).all() and (later <= now).all()


@pytest.fixture
def full(tmp_path):
    """A memory of three slots, all taken."""
    with opened(tmp_path, {"memory_size": 3, "capacity": {"when_full": "evict"}}, clock=Clock()) as manager:
        for text in ("ok", "Mia's flight to Lisbon leaves on 3 May at 9:40 from gate B12", "the piano is tuned by Ben"):
            manager.memorize(text)
        yield manager


def test_what_is_archived_says_why_and_comes_back(full):
    by_text = {memory.content: memory.id for memory in full.store.memories()}
    full.memorize("the cellar key hangs behind the boiler")
    assert full.store.get(by_text["ok"]).state == "archived"
    entry = full.store.audit(1, by_text["ok"])[0]
    assert entry.verb == "archived"
    assert set(entry.detail) == set(parts_of(four(), NOW, load_parameters()))
    assert entry.detail["form"] < 0 and entry.detail["revised"] == 0
    assert full.restore(by_text["ok"]).content == "ok"


def test_what_a_later_memory_revises_fades_and_is_whole_again_without_the_mark(full):
    older, newer, _ = full.store.memories()
    faded = []
    for marker in (newer.id, None):
        full.store.amend(older.id, superseded_by=marker)
        slots = full.store.memory_matrix("default")
        faded.append(parts_of(slots, NOW, load_parameters())["revised"][slots.address == older.address])
    assert faded[0] < 0 and faded[1] == 0
