"""What the network for secrets is learned from: texts read once, notes that tell none, weights as they are kept."""

from __future__ import annotations

import random

import numpy as np
import pytest

pytest.importorskip("torch")

from bench import fit_secrets, secret_net
from bench.data_roles import find_data
from bench.dataset import rows
from ntm_memory.embedding.e5 import ReadText
from ntm_memory.persistence.quantised import dequantised, quantised
from ntm_memory.privacy.secret_tagger import networks


class Reader:
    """Reads each text as one piece, and counts how many it was given."""

    revision = "1"

    def __init__(self) -> None:
        self.read = 0

    def read_memories(self, texts):
        self.read += len(texts)
        states = [np.full((3, 4), len(text), dtype=np.float32) for text in texts]
        return None, [
            ReadText(each, np.ones(len(text), dtype=np.int64)) for each, text in zip(states, texts, strict=True)
        ]


def test_what_was_read_is_kept_for_the_next_fit(tmp_path):
    lines = [
        {"text": "the gate opens with 4471#", "secret": "4471#", "kind": "door code"},
        {"text": "row 22", "secret": None},
    ]
    reader = Reader()
    first, second = (fit_secrets.read_examples(reader, lines, tmp_path) for _ in range(2))
    assert reader.read == 2
    for one, other, line in zip(first, second, lines, strict=True):
        assert (one.text, one.span, one.kind) == (other.text, other.span, other.kind)
        assert np.array_equal(one.states, other.states) and (one.states == len(line["text"])).all()
        assert np.array_equal(one.places, other.places) and len(one.places) == len(line["text"])
    assert first[0].span == (20, 25) and first[1].span is None
    fit_secrets.read_examples(reader, [*lines, {"text": "another"}], tmp_path)
    assert reader.read == 5


def test_notes_that_tell_a_secret_are_no_ordinary_ones():
    telling = {line["text"] for line in rows(fit_secrets.IN_NOTES)}
    stores = [
        each for each in find_data([]) if each.name in fit_secrets.NOTES and (each.path / "stores.jsonl").exists()
    ]
    told = {note["content"] for each in stores for store in rows(each.path / "stores.jsonl") for note in store["notes"]}
    ordinary = {line["text"] for each in stores for line in fit_secrets.turns_of(each)}
    assert len(telling) > 50 and telling <= told
    assert not {text[: fit_secrets.TURN] for text in telling} & ordinary
    assert all(line["secret"] is None or line["secret"] in line["text"] for line in rows(fit_secrets.IN_NOTES))


def test_every_text_to_learn_from_holds_its_secret():
    for file in fit_secrets.SETS.glob("writer_*.jsonl"):
        texts = [line["text"] for line in rows(file)]
        assert len(set(texts)) > 0.99 * len(texts)
        assert all(line["secret"] is None or line["secret"] in line["text"] for line in rows(file)), file.name


def test_a_text_takes_another_s_secret_and_is_read_as_before(monkeypatch):
    monkeypatch.setattr(secret_net, "EXCHANGED", 1.0)
    states, places = np.zeros((4, 4), np.float16), np.array([0, 0, 1, 1, 1, 2, 2, 3])
    example = secret_net.Example("a 47 b 1", (2, 4), 1, [[(2, 4)], [(5, 8)]], states, places)
    other = secret_net.exchanged(example, {1: ["kettle"]}, random.Random(0))
    assert (other.text, other.span, other.kind) == ("a kettle b 1", (2, 8), 1)
    assert other.known == [[(2, 8)], [(9, 12)]]
    assert other.places.tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3] and len(other.places) == len(other.text)
    shorter = secret_net.exchanged(other, {1: ["x"]}, random.Random(0))
    assert (shorter.text, shorter.span, len(shorter.places)) == ("a x b 1", (2, 3), 7)
    plain = secret_net.Example("a 47 b 1", None, 1, [[], []], states, places)
    assert secret_net.exchanged(plain, {1: ["x"]}, random.Random(0)) is plain
    assert secret_net.exchanged(example, {2: ["x"]}, random.Random(0)) is example


def test_limits_are_what_few_ordinary_notes_reach(monkeypatch):
    def chances(members, example):
        return np.full(len(example.text), float(example.text[-4:]) / 1000)

    monkeypatch.setattr(fit_secrets, "chances_of", chances)
    monkeypatch.setattr(fit_secrets, "parts_of", lambda each, said: [(0, len(each.text) - 5, float(said[0]))])
    shares = (("TOUCHED", 0.01), ("NUMBERS_TOUCHED", 0.02), ("WORDS_TOUCHED", 0.002), ("DOUBTFUL", 0.1))
    for name, share in shares:
        monkeypatch.setattr(fit_secrets, name, share)
    states, places = np.zeros((1, 4), np.float16), np.zeros(9, np.int64)
    said = ("no 4", "none", "4444")
    notes = [secret_net.Example(f"{said[n % 3]} {n:04}", None, 0, [[], []], states, places) for n in range(1, 1001)]
    limits = fit_secrets.chosen_limits([], notes)
    assert [round(each, 2) for each in limits] == [0.97, 0.94, 1.0, 0.9]
    assert 0.995 < limits.words < 1
    assert limits.least_of("no 4") == limits.least_of("no!") == limits.least
    assert limits.least_of("none") == limits.words and limits.least_of("44 44") == limits.numbers
    assert limits.least_of("none", labelled=True) == limits.least_of("4444", labelled=True) == limits.least
    for at, touched in ((996, True), (956, True), (954, False), (991, False)):
        assert fit_secrets.is_touched(notes[at - 1], chances([], notes[at - 1]), limits) == touched, at


def test_a_text_counts_by_its_likeliest_characters():
    said = np.full((2, 8), -6.0, dtype=np.float32)
    said[0, 2:5] = 6.0
    example = secret_net.Example("a b 1234", (2, 5), 0, [[], []], np.zeros((2, 4), np.float16), np.zeros(8, np.int64))
    plain = secret_net.Example("a b cdef", None, 0, [[], []], np.zeros((2, 4), np.float16), np.zeros(8, np.int64))
    right, wrong = (secret_net.stacked(each) for each in ([example, plain], [plain, example]))
    as_tensor = secret_net.torch.from_numpy(said)
    assert secret_net.whole_loss(as_tensor, right) < 0.01 < 3 < secret_net.whole_loss(as_tensor, wrong)


def test_networks_are_read_back_as_they_were_learned():
    rng = np.random.default_rng(0)
    nets = [secret_net.SecretNet(np.zeros(4, np.float32), np.ones(4, np.float32)).arrays() for _ in range(2)]
    back = dequantised(quantised(nets))
    assert [set(each) for each in back] == [set(each) for each in nets]
    read = fit_secrets.PieceStates(rng.standard_normal((3, 4)).astype(np.float32), np.array([0, 1, 1, 2, 2]))
    codes, features = fit_secrets.character_codes("a 471"), fit_secrets.character_features("a 471", [[], []])
    both, one, other = (networks(each, codes, features, read)[0] for each in (back, back[:1], back[1:]))
    logit = [np.log(each / (1 - each)) for each in (both, one, other)]
    assert np.allclose(logit[0], (logit[1] + logit[2]) / 2, atol=1e-4)
    assert np.allclose(both, networks(nets, codes, features, read)[0], atol=0.02)
