"""What the network for what a question asks for is learned from, and that it learns it and runs without torch."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from bench import asking_net, fit_asking
from bench.asked_wordings import FOLDS, OWN, UNKNOWN, WORDINGS, fold_of, of_kinds, of_places, wants_of
from bench.asking_net import AskedExample
from bench.dataset import rows
from ntm_memory.controller.asking import STEPS, WANTS, network
from ntm_memory.embedding.e5 import ReadText

WIDTH = 6
AFTER, BEFORE, TIME, FILL = range(4)
"""Which number of a piece's state says that it is such a word."""


def sentence(*words, step=0, wants=(0.0, 0.0, 0.0), anchor=(), group="g", how=OWN):
    """A question of words that are known by one number each; those in `anchor` name it."""
    rng = np.random.default_rng(list(words))
    states = rng.normal(0, 0.1, (len(words), WIDTH)).astype(np.float16)
    states[np.arange(len(words)), list(words)] += 1
    named = np.isin(np.arange(len(words)), anchor).astype(np.float32) if step else np.full(len(words), UNKNOWN)
    return AskedExample(group, group, how, states, named, step, np.array(wants), "en")


LESSONS = [
    *[sentence(*[FILL] * n, AFTER, 4, step=1, anchor=[n + 1], group=f"after {n}") for n in range(1, 5)],
    *[sentence(*[FILL] * n, BEFORE, 4, step=-1, anchor=[n + 1], group=f"before {n}") for n in range(1, 5)],
    *[sentence(*[FILL] * n, TIME, wants=(1.0, 0, 0), group=f"time {n}") for n in range(1, 5)],
]


@pytest.fixture(scope="module")
def learned():
    return asking_net.train_asking(LESSONS, LESSONS[-2:], epochs=40, seed=0, share=2)


def test_a_dozen_questions_are_learned(learned):
    for lesson in LESSONS:
        pieces, steps, wants = fit_asking.said_of([learned], lesson)
        assert STEPS[int(steps.argmax())] == lesson.step
        assert (wants > 0.5).tolist() == (lesson.wants > 0.5).tolist()
        if lesson.step:
            assert (pieces > 0).tolist() == (lesson.anchor > 0).tolist()


def test_of_a_wording_what_was_made_is_learned_as_well_as_what_was_written():
    written = [sentence(*[FILL] * n, AFTER, 4, step=1, anchor=[n + 1], group=f"after {n}") for n in range(1, 5)]
    made = [
        sentence(*[FILL] * n, BEFORE, 4, step=-1, anchor=[n + 1], group=f"after {n}", how="turned") for n in range(1, 5)
    ]
    net = asking_net.train_asking([*written, *made], LESSONS[-2:], epochs=60, seed=0, share=2)
    for lesson in [*written, *made]:
        assert STEPS[int(fit_asking.said_of([net], lesson)[1].argmax())] == lesson.step


def test_figures_count_what_was_written_and_not_learned_from():
    both = [sentence(FILL, AFTER, 4, step=1, group=str(n), how=how) for n in range(9) for how in (OWN, "turned")]
    held = [fit_asking.held_back(both, fold) for fold in range(FOLDS)]
    assert sorted(each.group for part in held for each in part) == [str(n) for n in range(9)]
    assert all(each.how == OWN and fold_of(each.group) == fold for fold, part in enumerate(held) for each in part)


def test_a_training_has_not_seen_the_third_that_is_held_back(monkeypatch):
    seen = []
    monkeypatch.setattr(fit_asking, "train_asking", lambda *told: seen.append(told))
    both = [[sentence(FILL, AFTER, 4, step=1, group=f"{part} {n}") for n in range(9)] for part in "ab"]
    fit_asking._share(*both)
    fit_asking.train_without(1, 3, 40)
    fit_asking.train_without(None, 0, 40)
    (taught, ordinary, *rest), everything = seen
    left = [each.group for part in both for each in part if fold_of(each.group) != 1]
    assert [each.group for each in [*taught, *ordinary]] == left and len(left) < 18
    assert rest == [40, 3] and [*map(len, everything[:2]), *everything[2:]] == [9, 9, 40, 0]


def test_wordings_of_places_are_made_more_and_kinds_are_not(tmp_path):
    place = {"template": "after {anchor}", "anchor": ["tea"], "step": 1, "language": "en"}
    (tmp_path / "place.jsonl").write_text(json.dumps(place) + "\n")
    (tmp_path / "kinds.jsonl").write_text(json.dumps({"question": "who lived here before", "wants": "past"}) + "\n")
    own, made = fit_asking.wordings_of(sorted(tmp_path.glob("*.jsonl")))
    assert {(line.wording, line.how) for line in own} == {("after {anchor}", OWN), ("who lived here before", OWN)}
    assert {(line.text, line.how) for line in made} == {("after tea", "exchanged"), ("before tea", "turned")}


def test_without_torch_the_network_says_the_same_also_of_questions_of_other_lengths():
    net = asking_net.AskingNet(np.full(WIDTH, 0.3, np.float32), np.full(WIDTH, 0.7, np.float32)).eval()
    with asking_net.torch.no_grad():
        pieces, whole = (said.numpy() for said in net(asking_net.stacked_questions(LESSONS)))
    for row, lesson in enumerate(LESSONS):
        ours = network(net.arrays(), lesson.states.astype(np.float32))
        np.testing.assert_allclose(ours[0], pieces[row, : len(lesson.states)], atol=1e-4)
        np.testing.assert_allclose(ours[1], whole[row], atol=1e-4)


def test_what_nobody_said_teaches_nothing():
    said = asking_net.torch.zeros(1, 3), asking_net.torch.zeros(1, len(STEPS) + len(WANTS))
    silent = sentence(FILL, FILL, FILL, wants=(UNKNOWN,) * 3)
    told = sentence(FILL, FILL, FILL, wants=(1.0, 0, UNKNOWN))
    losses = [float(asking_net.asking_loss(said, asking_net.stacked_questions([each]))) for each in (silent, told)]
    each = (asking_net.WANTED + 1) * np.log(2) / 2
    assert losses == pytest.approx([np.log(len(STEPS)), np.log(len(STEPS)) + each], abs=1e-5)


def test_a_construction_is_filled_and_knows_where_its_anchor_stands():
    told = {"template": "What came after {anchor}?", "anchor": ["Tea", "the cat"], "step": 1, "language": "en"}
    lines = list(of_places([told]))
    assert [line.text for line in lines[:2]] == ["What came after Tea?", "what came after tea"]
    assert [line.text[slice(*line.anchor)] for line in lines] == ["Tea", "tea", "the cat", "the cat"]
    assert {(line.group, line.step) for line in lines} == {("What came after {anchor}?", 1)}
    assert {line.wants for line in lines} == {(0.0, 0.0, 0.0)}


def test_two_that_mean_opposite_ways_are_held_back_together():
    both = [
        {"template": f"{word} {{anchor}}", "anchor": ["tea"], "step": step, "language": "en", "pair": 7}
        for word, step in (("after", 1), ("before", -1))
    ]
    assert {line.group for line in of_places(both)} == {"en pair 7"}


def test_a_follow_up_names_nothing_to_move_from():
    first = next(of_places([{"template": "and then?", "anchor": [], "step": 1, "language": "en"}]))
    assert (first.text, first.step) == ("and then?", 1) and first.text[slice(*first.anchor)] == ""


def test_kinds_are_labelled_by_what_they_want():
    lines = [*of_kinds([{"question": "Yesterday?", "wants": "time"}, {"question": "who?", "wants": "fact"}])]
    assert [(line.text, line.wants) for line in lines] == [
        ("Yesterday?", (1.0, 0.0, 0.0)), ("yesterday", (1.0, 0.0, 0.0)),
        ("who?", (0.0, 0.0, 0.0)), ("who", (0.0, 0.0, 0.0)),
    ]  # fmt: skip
    assert wants_of(None) == (UNKNOWN,) * 3


class Reader:
    """Reads every character as a piece of its own, and counts the texts it was given."""

    revision = "1"

    def __init__(self):
        self.read = 0

    def read_queries(self, texts):
        self.read += len(texts)
        return None, [ReadText(np.full((len(t), 2), len(t), np.float32), np.arange(len(t))) for t in texts]


def test_questions_are_read_once_and_the_pieces_of_the_anchor_are_marked(tmp_path):
    lines = [*of_places([{"template": "after {anchor}?", "anchor": ["tea"], "step": 2, "language": "en"}])]
    lines += of_kinds([{"question": "谁喝茶", "wants": "fact"}])
    reader = Reader()
    first, again = (fit_asking.question_examples(reader, lines, tmp_path) for _ in range(2))
    assert reader.read == len(lines)
    for one, other, line in zip(first, again, lines, strict=True):
        assert np.array_equal(one.states, other.states) and (one.states == len(line.text)).all()
    assert first[0].anchor.tolist() == [0] * 6 + [1] * 3 + [0] and first[0].step == 2
    assert set(first[-1].anchor.tolist()) == {UNKNOWN} and first[-1].language == "zh" != first[0].language


def test_figures_are_rates_over_what_was_not_learned_from():
    steps = np.zeros((2, len(STEPS)))
    steps[0, STEPS.index(1)] = steps[1, STEPS.index(0)] = 1.0
    right = LESSONS[0], (np.array([-1.0, -1.0, 1.0]), steps[0], np.array([0.1, 0.1, 0.9]))
    half = LESSONS[0], (np.array([-1.0, 1.0, 1.0]), steps[0], np.array([0.1, 0.1, 0.1]))
    wrong = LESSONS[1], (np.zeros(4), steps[1], np.array([0.1, 0.1, 0.1]))
    figures = fit_asking.figures_of([right, half, wrong])
    assert figures["en, place"] == [0.667, 3] and figures["en, anchor overlap"] == [0.75, 2]
    assert figures["en, all no"] == [0.667, 3] and figures["en, time no"] == [1.0, 3]


def test_every_wording_says_what_it_asks_for():
    files = sorted(WORDINGS.glob("*.jsonl"))
    assert len(files) >= 10
    for file in files:
        read = of_kinds if file.stem.startswith("kinds") else of_places
        lines = list(read(rows(file)))
        assert len(lines) > 200
        for line in lines:
            assert line.step in STEPS and set(line.wants) <= {0.0, 1.0, UNKNOWN} and line.text.strip()
            assert "{anchor}" not in line.text and "{" not in line.text[slice(*(line.anchor or (0, 0)))]
    folds = {fold_of(each["question"]) for each in rows(WORDINGS / "kinds_en_1.jsonl")}
    assert folds == set(range(FOLDS))
