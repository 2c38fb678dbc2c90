from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ntm_memory.answering.explaining import what_the_controller_said
from ntm_memory.machine.activations import logistic, softplus
from ntm_memory.machine.addressing import content_focus
from ntm_memory.recall.controller import AskedOf, HeadSettings, head_settings, head_settings_backward, hear
from ntm_memory.recall.features import FEATURES, REACH
from ntm_memory.recall.first_look import examine, read
from ntm_memory.recall.fit import HEADS, RANKER, fit
from ntm_memory.recall.parameters import CONTEXTS, HEARD, MAPS, load_parameters
from ntm_memory.recall.read_heads import FLOOR, attend
from tests.recall.test_fit import mean_loss, questions
from tests.recall.worlds import CONTEXT, WHAT_IS_HEARD, ask, plain, random_parameters, world

NOTHING = AskedOf(when=False, how_many=False, cjk=False, words=0, memories=0, time=0.0, past=0.0, everything=0.0)
TEXTS = ["Ann: tea is in the tin", "Bob: the tin is red", "Ann: where is the milk?", "Bob: milk ran out on 3 May 2023"]


def heard(asked=NOTHING, features=(), context=CONTEXT):
    rows = np.zeros((len(features), len(FEATURES)))
    for row, values in zip(rows, features, strict=True):
        for name, value in values.items():
            row[FEATURES.index(name)] = value
    return dict(zip(HEARD, hear(asked, rows, context), strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_a_map_of_nothing_says_what_the_heads_were_told_before(seed):
    parameters = random_parameters(seed, heads=3)
    silent = replace(parameters, **{name: np.zeros_like(getattr(parameters, name)) for name in MAPS})
    said = head_settings(silent, CONTEXT, WHAT_IS_HEARD)
    assert said.beta == pytest.approx(softplus(silent.beta)) and said.gate == pytest.approx(logistic(silent.gate))
    assert said.gamma == pytest.approx(1 + softplus(silent.gamma))
    assert said.kernel == pytest.approx(content_focus(silent.shift, 1.0))
    assert said.share == pytest.approx(CONTEXT @ silent.share)


def test_what_is_heard_moves_what_is_said_of_its_head_alone():
    one = np.eye(len(HEARD))[HEARD.index("asks_when")]
    parameters = plain(2)
    parameters = replace(parameters, beta_map=np.stack([0 * one, 3 * one]))
    quiet, spoken = (head_settings(parameters, CONTEXT, each) for each in (0 * one, one))
    assert spoken.beta[0] == quiet.beta[0] and spoken.beta[1] == pytest.approx(softplus(parameters.beta[1] + 3))
    for name in ("gate", "kernel", "gamma", "share"):
        assert (getattr(spoken, name) == getattr(quiet, name)).all()


def test_all_said_stays_in_its_range_however_loud_the_map():
    loud = random_parameters(1, heads=3)
    loud = replace(loud, **{name: 50 * getattr(loud, name) for name in MAPS})
    said = head_settings(loud, CONTEXT, WHAT_IS_HEARD)
    assert (said.beta >= 0).all() and (said.gamma >= 1).all() and ((said.gate >= 0) & (said.gate <= 1)).all()
    assert said.kernel.sum(axis=1) == pytest.approx(np.ones(3)) and (said.kernel >= 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_gradients_of_biases_and_maps_agree_with_central_differences(seed):
    parameters, rng = random_parameters(seed), np.random.default_rng(seed)
    said = head_settings(parameters, CONTEXT, WHAT_IS_HEARD)
    slopes = HeadSettings(*(rng.normal(size=each.shape) for each in said))

    def total(moved):
        return sum(
            float((s * x).sum()) for s, x in zip(slopes, head_settings(moved, CONTEXT, WHAT_IS_HEARD), strict=True)
        )

    grads = head_settings_backward(parameters, CONTEXT, WHAT_IS_HEARD, said, slopes)
    assert set(grads) == {"beta", "gate", "shift", "gamma", "share", *MAPS}
    for name, grad in grads.items():
        direction = rng.normal(size=grad.shape)
        ends = [
            total(replace(parameters, **{name: getattr(parameters, name) + step * direction})) for step in (1e-6, -1e-6)
        ]
        assert float((grad * direction).sum()) == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-7), name


def test_what_a_question_tells_is_heard_by_name():
    asked = AskedOf(when=True, how_many=True, cjk=True, words=6, memories=999, time=0.1, past=0.2, everything=0.3)
    found = heard(asked)
    assert [found[name] for name in CONTEXTS[1:]] == CONTEXT[1:].tolist()
    assert found["asks_when"] == found["asks_how_many"] == found["cjk"] == 1
    assert found["words_asked"] == 0.5 and found["size"] == pytest.approx(0.5)
    assert (found["time"], found["past"], found["all"]) == (0.1, 0.2, 0.3)
    assert heard(asked._replace(words=500))["words_asked"] == 1


def test_what_the_candidates_tell_is_heard():
    found = heard(features=[{"cosine_z": 3, "cosine": 0.4}, {"words_z": 2, "words": 0.7, "date": 1}, {"names": 0.5}])
    assert (found["cosine"], found["words"], found["date"], found["names"], found["named_speaker"]) == (
        0.4,
        0.7,
        1,
        0.5,
        0,
    )
    assert found["cosine_lead"] == pytest.approx(np.tanh(1.5)) and found["words_lead"] == pytest.approx(np.tanh(1))
    assert found["agreement"] == pytest.approx(np.exp(-3))
    agreed = heard(features=[{"cosine_z": 3, "words_z": 2, "words": 0.7}, {}])
    assert agreed["agreement"] == 1 and agreed["concentration"] > found["concentration"] > 0


def test_no_or_one_candidate_and_huge_evidence_are_heard_as_finite():
    assert not any(list(heard().values())[len(CONTEXTS) - 1 :])
    one = heard(features=[{"cosine_z": 1e6, "words_z": -1e6}])
    assert np.isfinite(list(one.values())).all() and one["cosine_lead"] == 0


def test_a_question_hears_what_it_is_put_to():
    view, postings = world(TEXTS)
    found = dict(
        zip(HEARD, examine(view, postings, ask("When did the milk run out on 3 May?")).places.heard, strict=True)
    )
    assert found["asks_when"] == 1 and found["size"] == pytest.approx(np.log10(5) / 6) and found["talk"] > 0.5
    assert found["words"] > 0 and not found["cjk"]


def test_what_is_explained_makes_the_weights_again():
    """β, g, s, γ and the share as they are told lead from the score of every step to the weight."""
    view, postings = world(TEXTS)
    parameters = random_parameters(3, heads=3)
    parameters = replace(parameters, ranker=np.zeros_like(parameters.ranker))
    query = ask("Where is the red tin?", previous={0: 0.5, 1: 0.5})
    look = examine(view, postings, query)
    attention = attend(parameters, look.features, look.places, look.previous)
    told = what_the_controller_said(attention.said, look.places.heard)
    assert list(told["heard"]) == list(HEARD)
    logits = np.zeros(len(look.candidates))
    rows = [attention.told(i) for i in range(len(logits))]
    for head, said in enumerate(told["heads"]):
        score = np.array([row["heads"][head]["score"] for row in rows])
        gated = said["gate"] * content_focus(score, said["beta"]) + (1 - said["gate"]) * look.previous
        shifted = said["shift"]["session"] * look.places.pool(gated)
        for offset in range(-REACH, REACH + 1):
            there = look.places.near[:, REACH + offset]
            step = said["shift"][f"{offset:+d}" if offset else "0"]
            for i in np.flatnonzero(there >= 0):
                shifted[there[i]] += step * gated[i]
        sharpened = shifted ** said["gamma"] / (shifted ** said["gamma"]).sum()
        assert sharpened == pytest.approx([row["heads"][head]["sharpened"] for row in rows], abs=1e-5)
        logits += said["share"] * np.log(sharpened + FLOOR)
    assert content_focus(logits, 1.0) == pytest.approx(attention.weights, abs=1e-4)


def test_a_controller_that_speaks_changes_the_answer_of_the_questions_it_speaks_of():
    view, postings = world(TEXTS)
    parameters = plain(1)
    map_ = np.zeros((1, 2 * REACH + 2, len(HEARD)))
    map_[0, REACH + 1, HEARD.index("asks_when")] = 40.0
    moved = replace(parameters, shift_map=map_)
    for text, same in (("Where is the red tin?", True), ("When was the tin red?", False)):
        before, after = (read(view, postings, ask(text), each) for each in (parameters, moved))
        assert (before.index.tolist() == after.index.tolist()) is same
        if not same:
            assert after.index[0] == before.index[0] + 1


def test_the_map_learns_which_questions_look_at_what_stands_behind():
    """Of questions for a time the answer stands one step after the likest memory, of others it is that."""
    rng = np.random.default_rng(0)
    examples = []
    for number, example in enumerate(questions(0, 40)):
        features = np.zeros_like(example.features)
        at = rng.integers(0, len(features) - 1, size=1)
        features[at, FEATURES.index("cosine_z")] = 4
        behind = number % 2
        places = replace(example.places, heard=np.eye(len(HEARD))[HEARD.index("asks_when")] * behind)
        examples.append(replace(example, features=features, gold=at + behind, places=places))
    start = plain(1, shift=np.zeros((1, 2 * REACH + 2)))
    fixed = fit(start, examples, steps=60, names=HEADS)
    spoken = fit(start, examples, steps=60, names=(*HEADS, *MAPS))
    assert mean_loss(spoken, examples) < mean_loss(fixed, examples) - 0.2
    kernels = [head_settings(spoken, CONTEXT, example.places.heard).kernel[0] for example in examples[:2]]
    assert kernels[1][REACH + 1] > kernels[0][REACH + 1] + 0.3


def test_tuning_the_heads_leaves_the_maps_as_they_are():
    start = random_parameters(4)
    learned = fit(start, questions(0, 4), steps=2)
    assert all((getattr(learned, name) == getattr(start, name)).all() for name in MAPS)
    assert all((getattr(learned, name) != getattr(start, name)).any() for name in (*RANKER, "beta", "gamma"))


def test_the_shipped_controller_speaks_within_reason():
    shipped = load_parameters()
    for each in (np.zeros(len(HEARD)), np.ones(len(HEARD)), WHAT_IS_HEARD):
        said = head_settings(shipped, CONTEXT, each)
        assert (said.beta < 20).all() and (said.gamma < 20).all() and (np.abs(said.share) < 5).all()
