"""What a question asks for: the numbers of a network as chances, the words of an anchor, what ships."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_memory.controller import asking
from ntm_memory.controller.asking import STEPS, anchor_of, asked, network
from ntm_memory.errors import CheckpointError
from ntm_memory.persistence.quantised import quantised
from tests.controller.small_nets import WHOLE, saying, still

TEXT = "what came after the old tea?"
PLACES = np.cumsum([each == " " for each in TEXT])
LEFT, RIGHT = 2, 4
"""Where the pooled means of the pieces on each side of the anchor stand, in parts of the width."""


@pytest.fixture
def use(monkeypatch):
    """Lets networks of the test be those that ship."""
    return lambda *members: monkeypatch.setattr(asking, "_model", lambda: list(members))


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """A file in place of the one that ships."""
    monkeypatch.setattr(asking, "MODEL", tmp_path / "asking.npz")
    asking._model.cache_clear()
    yield asking.MODEL
    asking._model.cache_clear()


def words(*marked):
    """(6, 1) states of the words of `TEXT`, 1 where one is of the anchor."""
    return np.isin(np.arange(6), marked).astype(np.float32)[:, None]


def test_logits_become_a_distribution_of_steps_and_three_chances_of_their_own(use):
    whole = np.array([0, 0, 0, 1, 3, 2, 0, 5, -5, 0], dtype=np.float32)
    use(saying(whole))
    found = asked(TEXT, words(), PLACES)
    assert found.steps == pytest.approx(np.exp(whole[:7]) / np.exp(whole[:7]).sum(), abs=1e-6)
    assert (found.time, found.past, found.all) == pytest.approx([1 / (1 + np.exp(-each)) for each in (5, -5, 0)])
    assert (found.step, found.anchor, found.follows) == (1, "", True)


def test_the_chance_of_a_place_is_that_of_any_step_and_the_step_is_the_likeliest_of_them(use):
    use(saying(np.log([0.05, 0.2, 0.05, 0.6, 0.04, 0.03, 0.03, 0.5, 0.5, 0.5])))
    found = asked(TEXT, words(), PLACES)
    assert found.place == pytest.approx(0.4) and found.step == -2
    assert not found.follows  # it rather asks by content


def test_the_anchor_is_the_words_whose_pieces_name_it(use):
    by_place = np.where(np.arange(WHOLE) == STEPS.index(1), 9.0, 0.0)
    use(saying(by_place))
    found = asked(TEXT, words(3, 4, 5), PLACES)
    assert (found.anchor, found.follows) == ("the old tea", False)


def test_several_networks_say_what_they_say_on_average(use):
    first, second = np.zeros((2, WHOLE))
    first[-1], second[-1] = 3.0, -1.0
    use(saying(first), saying(second))
    assert asked(TEXT, words(), PLACES).all == pytest.approx(1 / (1 + np.exp(-1.0)))


def test_a_word_counts_by_the_side_of_the_anchor_on_which_it_stands():
    weights = still(2)
    weights["anchor.w"][0], weights["anchor.b"][:] = 40.0, -20.0
    weights["whole.w"][2 * LEFT + 1, 0] = weights["whole.w"][2 * RIGHT + 1, 1] = 1.0
    anchor, word, other = [1, 0], [0, 1], [0, 0]
    _, whole = network(weights, np.array([word, word, anchor, other], dtype=np.float32))
    assert whole[:2] == pytest.approx([1, 0], abs=1e-3)
    _, whole = network(weights, np.array([other, anchor, word, word], dtype=np.float32))
    assert whole[:2] == pytest.approx([0, 1], abs=1e-3)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=15))
def test_no_stretch_speaks_more_for_the_anchor_than_the_one_taken(logits):
    text = "".join(chr(0x4E00 + i) for i in range(len(logits)))
    found = anchor_of(text, np.array(logits))
    start = text.index(found)
    ends = range(len(logits) + 1)
    best = max(sum(logits[first:last]) for first in ends for last in ends[first:])
    assert sum(logits[start : start + len(found)]) == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "marked", "anchor"),
    [
        ("before the telephone rang?", "lepho", "telephone"),
        ('before "the Telephone"!', 'the Telephone"', "the Telephone"),
        ("“六月前换护照”之后", "六月前换护照”", "六月前换护照"),
        ("在买牙刷之前", "牙刷", "牙刷"),
        ("after tea?", "", ""),
    ],
)
def test_an_anchor_is_of_whole_words_without_marks_around_it(text, marked, anchor):
    start = text.index(marked)
    here = np.arange(len(text))
    assert anchor_of(text, np.where((here >= start) & (here < start + len(marked)), 1.0, -1.0)) == anchor


def test_a_network_of_a_file_is_the_one_that_was_kept(shipped):
    rng = np.random.default_rng(0)
    net = {name: rng.normal(0, 0.3, value.shape).astype(np.float32) for name, value in still(3).items()}
    np.savez(shipped, **quantised([net]))
    (kept,) = asking._model()
    states = rng.normal(size=(5, 3)).astype(np.float32)
    for was, now in zip(network(net, states), network(kept, states), strict=True):
        assert now == pytest.approx(was, abs=0.05)


def _too_short(net):
    net["whole.w"], net["whole.b"] = net["whole.w"][:, :-1], net["whole.b"][:-1]


def _no_number(net):
    net["whole.b"][0] = np.nan


def _without_anchor(net):
    del net["anchor.w"]


@pytest.mark.parametrize("break_it", [_too_short, _no_number, _without_anchor])
def test_a_network_that_cannot_run_is_refused_as_it_is_opened(shipped, break_it):
    net = still(3)
    break_it(net)
    np.savez(shipped, **{f"0/{name}": value for name, value in net.items()}, **{f"0/{name}.step": 1.0 for name in net})
    with pytest.raises(CheckpointError, match="no network that says what a question asks for"):
        asking._model()


def test_a_file_without_a_network_or_no_file_is_refused(shipped):
    with pytest.raises(CheckpointError, match=r"asking\.npz"):
        asking._model()
    np.savez(shipped, other=np.zeros(3))
    with pytest.raises(CheckpointError, match="it has no network"):
        asking._model()
