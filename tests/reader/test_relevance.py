"""What matters for a prompt: how the learned numbers are read, and what is put before an agent."""

from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import CheckpointError
from ntm_memory.reader.pair_reader import Impressions
from ntm_memory.reader.relevance import (
    GLANCE,
    LIMITS,
    READ,
    SHIPPED,
    RelevanceParameters,
    chances,
    chosen,
    glance,
    prompt_signals,
    read_parameters,
    read_together,
)


def parameters(limits=(0.0, 1.0, -1.0)):
    """The need and the words speak at a glance, of what was read the reader alone and one number of its state."""
    weights = np.zeros(len(GLANCE))
    weights[[GLANCE.index("need"), GLANCE.index("words")]] = 1.0, 2.0
    read = np.zeros(len(GLANCE) + READ)
    read[len(GLANCE)] = 1.0
    state = np.array([0.0, 0.5, 0.0, 0.0])
    return RelevanceParameters(np.zeros((2, 3)), np.arange(5.0), weights, read, state, np.array([limits] * 2))


def test_what_ships_can_be_read_and_is_of_the_reader_s_width():
    p = read_parameters()
    assert p.means.shape == (2, 384) and p.state.shape == (768,)
    assert p.limits.shape == (2, len(LIMITS))


def test_a_damaged_file_says_so(tmp_path):
    for number, arrays in enumerate(({}, {**vars(read_parameters()), "glance": np.zeros(3)})):
        file = tmp_path / f"{number}.npz"
        np.savez(file, **arrays)
        with pytest.raises(CheckpointError, match="does not tell what matters"):
            read_parameters(file)
    file.write_bytes(SHIPPED.read_bytes()[:500])
    with pytest.raises(CheckpointError):
        read_parameters(file)
    whole = {name: np.array(values) for name, values in vars(read_parameters()).items()}
    whole["need"][3] = np.nan
    np.savez(file, **whole)
    with pytest.raises(CheckpointError, match="not finite"):
        read_parameters(file)


def test_a_prompt_is_seen_as_it_differs_from_others_of_its_script():
    means = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert prompt_signals(np.array([1.0, 1.0]), means, cjk=False).tolist() == [1, 0, 0, 1]
    assert prompt_signals(np.array([1.0, 1.0]), means, cjk=True).tolist() == [1, 1, 1, 0]


def test_a_glance_weighs_its_signals_and_reading_adds_the_head_and_the_state():
    p = parameters()
    signals = np.zeros((2, len(GLANCE)))
    signals[:, GLANCE.index("need")] = 0.5
    signals[1, GLANCE.index("words")] = 1.0
    assert glance(signals, p).tolist() == [0.5, 2.5]
    logits, states = np.zeros((2, READ)), np.zeros((2, 4))
    logits[0, 0], states[1, 1] = 3.0, 4.0
    assert read_together(signals, Impressions(logits, states), p).tolist() == [3.0, 2.0]
    assert chances(np.array([0.0])).tolist() == [0.5]


@pytest.mark.parametrize(
    ("logits", "most", "shown"),
    [
        ([0.9, 0.5], 3, []),  # none is sure enough
        ([-0.5, 1.5, -1.5], 3, [1, 0]),  # beside a sure one less is enough
        ([3.0, 2.0, 1.5, 1.0], 2, [0, 1]),
        ([], 3, []),
        ([1.1, 0.9], 3, [0, 1]),
    ],
)
def test_one_must_be_sure_and_others_may_come_with_it(logits, most, shown):
    assert chosen(np.array(logits), parameters().limits[0], most) == shown


def test_what_may_come_with_a_sure_one_may_have_to_be_surer_itself():
    limits = np.array([0.0, 1.0, 2.0])
    assert chosen(np.array([1.5, 1.6, 1.4]), limits, 3) == [1]
    assert chosen(np.array([1.5, 2.6, 2.4]), limits, 3) == [1, 2]
