"""What the write head says of memories made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.controller.write_head import (
    ADD,
    FADE,
    FRESH,
    FRESH_DAYS,
    HALF_LIFE_DAYS,
    MOST,
    READS,
    WriteParameters,
    WrittenSlots,
    added,
    load_parameters,
    parts_of_usage,
    save_parameters,
)
from ntm_memory.errors import CheckpointError


def slots(count, **columns):
    """Memories alike in all but what is told."""
    given = {
        "length": np.full(count, 8),
        "revised": np.zeros(count, dtype=bool),
        "days": np.full(count, 400.0),
        "reads": np.zeros(count, dtype=int),
        "importance": np.full(count, 0.5),
        "retention": np.ones(count),
    }
    return WrittenSlots(**given | {name: np.asarray(value) for name, value in columns.items()})


def of(told, p=None):
    return sum(parts_of_usage(told, p or load_parameters()).values())


def test_numbers_worked_by_hand():
    p = WriteParameters(np.array([0.5, 0, 0, 1.0]), np.array([-1.0]))
    told = slots(2, length=[0, 79], revised=[True, False], days=[90, 7], reads=[0, 1], importance=[0.5, 1.0])
    parts = parts_of_usage(told, p)
    form = np.array([0.0, 0.5 * np.log(80) + np.log(2)])
    np.testing.assert_allclose(parts["form"], MOST * np.tanh((form - form.mean()) / MOST))
    np.testing.assert_allclose(parts["importance"], [0, np.log(49)])
    np.testing.assert_allclose(parts["revised"], [-1, 0])
    fresh = np.log1p(FRESH * np.exp2(-np.array([90, 7]) / FRESH_DAYS))
    np.testing.assert_allclose(parts["age"], fresh - np.log(2) * np.array([90, 7]) / HALF_LIFE_DAYS)
    np.testing.assert_allclose(parts["reads"], [0, READS * np.log(2)])
    np.testing.assert_allclose(parts["retention"], [0, 0])


def test_what_is_told_of_a_length_bends_where_it_is_said_to():
    assert added(np.array([0, 5, 12, 39])).tolist()[0] == [0.0] * len(ADD)
    np.testing.assert_allclose(added(np.array([39]))[0, 1:], np.log(40 / np.array([6, 13, 40])))


@pytest.mark.parametrize(
    ("column", "kept", "gone"),
    [
        ("importance", 0.9, 0.5),
        ("days", 1.0, 30.0),
        ("days", 30.0, 4000.0),
        ("reads", 20, 0),
        ("retention", 1.0, 0.4),
        ("revised", False, True),
        ("length", 20, 2),
    ],
)
def test_the_shipped_head_keeps_the_important_fresh_read_whole_current_and_telling(column, kept, gone):
    first, second = of(slots(2, **{column: [kept, gone]}))
    assert first > second


def test_what_was_told_as_important_outweighs_any_form():
    worst, best = of(slots(2, length=[0, 30], importance=[1.0, 0.5]))
    assert worst > best


def test_a_mark_that_is_taken_back_leaves_nothing():
    told = slots(3, revised=[False, True, False])
    marked, free = of(told), of(told._replace(revised=np.zeros(3, dtype=bool)))
    assert marked[1] < free[1] and marked[[0, 2]].tolist() == free[[0, 2]].tolist()


@given(st.integers(1, 9), st.integers(0, 1000))
def test_no_part_is_ever_infinite_and_form_is_bounded(count, seed):
    rng = np.random.default_rng(seed)
    told = slots(
        count,
        length=rng.integers(0, 10**6, size=count),
        revised=rng.random(count) < 0.5,
        days=10.0 ** rng.integers(0, 5, size=count),
        reads=rng.integers(0, 10**9, size=count),
        importance=rng.integers(0, 2, size=count).astype(float),
        retention=10.0 ** -rng.integers(0, 6, size=count),
    )
    parts = parts_of_usage(told, load_parameters())
    assert all(np.isfinite(part).all() and part.shape == (count,) for part in parts.values())
    assert np.abs(parts["form"]).max() <= MOST


def test_parameters_come_back_from_a_file_and_a_wrong_one_is_refused(tmp_path):
    shipped, file = load_parameters(), tmp_path / "write_head.json"
    save_parameters(file, shipped, {})
    again = load_parameters(file)
    np.testing.assert_allclose(again.add, shipped.add, atol=1e-6)
    save_parameters(file, replace(shipped, fade=np.zeros(len(FADE) + 1)), {})
    with pytest.raises(CheckpointError, match="fade of shape"):
        load_parameters(file)
