"""What the write head says of memories made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.controller.write_head import (
    ADD,
    FADE,
    MOST,
    WriteParameters,
    added,
    load_parameters,
    save_parameters,
    strengths,
)
from ntm_memory.errors import CheckpointError

NONE, ALL = np.zeros(2, dtype=bool), np.ones(2, dtype=bool)


def test_numbers_worked_by_hand():
    p = WriteParameters(np.array([0.5, 0, 0, 1.0]), np.array([-1.0]))
    found = strengths(np.array([0, 79]), ALL, np.array([True, False]), p)
    form = np.array([0.0, 0.5 * np.log(80) + np.log(2)])
    np.testing.assert_allclose(found["form"], MOST * np.tanh((form - form.mean()) / MOST) - MOST)
    np.testing.assert_allclose(found["revised"], [-1, 0])


def test_what_is_told_of_a_length_bends_where_it_is_said_to():
    assert added(np.array([0])).tolist() == [[0.0] * len(ADD)]
    np.testing.assert_allclose(added(np.array([39]))[0, 1:], np.log(40 / np.array([6, 13, 40])))


def test_the_shipped_head_prefers_turns_that_tell_something_to_nods_and_to_essays():
    nod, sentence, turn, essay = strengths(np.array([1, 9, 25, 600]), np.ones(4, bool), np.zeros(4, bool), SHIPPED)[
        "form"
    ]
    assert nod < sentence < turn and essay < turn


@pytest.mark.parametrize("length", [[1, 600], [10**6, 0]])
def test_form_is_bounded_and_counts_among_turns_alone(length):
    turns = strengths(np.array(length), ALL, NONE, SHIPPED)["form"]
    assert (turns <= 0).all() and (turns >= -2 * MOST).all()
    assert strengths(np.array(length), NONE, NONE, SHIPPED)["form"].tolist() == [0, 0]


def test_no_memories_have_no_strengths():
    none = np.zeros(0, dtype=bool)
    assert all(not len(part) for part in strengths(np.zeros(0, dtype=int), none, none, SHIPPED).values())


def test_parameters_come_back_from_a_file_and_a_wrong_one_is_refused(tmp_path):
    file = tmp_path / "write_head.json"
    save_parameters(file, SHIPPED, {})
    np.testing.assert_allclose(load_parameters(file).add, SHIPPED.add, atol=1e-6)
    save_parameters(file, replace(SHIPPED, fade=np.zeros(len(FADE) + 1)), {})
    with pytest.raises(CheckpointError, match="fade of shape"):
        load_parameters(file)


SHIPPED = load_parameters()
