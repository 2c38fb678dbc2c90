"""The trainer's net is the package's, its losses have the gradients they should, and its steps learn."""

from __future__ import annotations

import math
import random

import made_up
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny_network import TinyNetwork, TinyWeights  # noqa: E402

from bench import reader_training  # noqa: E402
from bench.reader_data import LABELS, Asked, Candidates, StatementPair, plain_pool  # noqa: E402
from bench.reader_lessons import Lessons  # noqa: E402
from bench.reader_losses import relevance_loss, revision_loss, teacher_loss  # noqa: E402
from bench.reader_net import PairNet, plain_keys  # noqa: E402
from bench.reader_training import STEPS_DONE, Batches, Settings, Trainer, read_sorted, train_reader  # noqa: E402
from ntm_memory.reader.pair_reader import PairReader  # noqa: E402
from ntm_memory.reader.sequences import question_and_memory, two_memories  # noqa: E402

MEMORIES = [("Mia likes tea", ""), ("Ben has moved to Berlin", "2024-05-01"), ("我喜欢茶", ""), ("x" * 90, "y" * 30)]
EXITS = (6, 12)
BFLOAT = 2.0**-6  # the net computes with 8 bits of mantissa, through 12 layers


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def network():
    return TinyNetwork()


@pytest.fixture
def net():
    """With every learned number away from where it begins."""
    torch.manual_seed(0)
    made = PairNet(TinyWeights(), rank=4, exits=EXITS)
    with torch.no_grad():
        for p in made.parameters():
            if p.requires_grad:
                p.add_(0.05 * torch.randn_like(p))
    return made


@pytest.fixture
def lessons():
    pool = plain_pool([f"{who} likes {what}" for who, what in zip(made_up.WHO, made_up.WHAT, strict=True)])
    asked = [
        Asked("hotpot", f"who likes {what}?", pool, [i], (), [(i + 1) % 8, (i + 2) % 8])
        for i, what in enumerate(made_up.WHAT)
    ]
    pairs = [StatementPair(f"{who} has tea", f"{who} has milk", i % 4) for i, who in enumerate(made_up.WHO)]
    return Lessons(
        {"stores": asked, "answers": asked[:4], "details": asked[2:], "prompts": asked[1:3], "passages": asked[4:]},
        [*pairs, StatementPair("a", "b", None)],
    )


@pytest.mark.parametrize("depth", [6, 12])
def test_the_package_reads_as_the_net_that_was_trained(net, network, depth):
    pairs = [question_and_memory(network.tokenizer, "who likes tea?", *memory) for memory in MEMORIES]
    with torch.no_grad():
        expected = net(pairs)[depth].numpy()
    reader = PairReader(network, net.adapter(), depth=depth)
    np.testing.assert_allclose(reader._read(pairs).logits, expected, atol=BFLOAT)
    np.testing.assert_allclose(reader.relevance("who likes tea?", MEMORIES), expected[:, 0], atol=BFLOAT)


def test_of_statements_too(net, network):
    pairs = [("tea at nine", "tea at ten"), ("Mia has tea", "y" * 80)]
    with torch.no_grad():
        logits = net([two_memories(network.tokenizer, *pair) for pair in pairs])[12][:, 1:]
    shares = torch.softmax(logits, -1).numpy()
    np.testing.assert_allclose(PairReader(network, net.adapter()).relations(pairs), shares, atol=BFLOAT)


def test_keys_are_those_of_the_embedder(network):
    texts = [text for text, _ in MEMORIES]
    keys = plain_keys(TinyWeights(), [f"passage: {text}" for text in texts], 512)
    assert np.abs(keys - network.encode_memories(texts)).max() < BFLOAT


def test_what_was_learned_is_taken_over_whole(net):
    other = PairNet(TinyWeights(), rank=4, exits=EXITS)
    other.load_learned(net.learned())
    for name, values in net.learned().items():
        np.testing.assert_array_equal(other.learned()[name], values)
    with pytest.raises(ValueError, match="segments"):
        other.load_learned({name: each for name, each in net.learned().items() if name != "segments"})


def test_sequences_read_by_length_come_back_in_their_order(net, network):
    pairs = [question_and_memory(network.tokenizer, "who?", "x" * (7 * i % 30)) for i in range(9)]
    with torch.no_grad():
        together = read_sorted(net, pairs)[12]
        alone = torch.cat([net([pair])[12] for pair in pairs])
    np.testing.assert_allclose(together.numpy(), alone.numpy(), atol=BFLOAT)


ASKED = [
    Candidates("hotpot", "q", [("a", "")] * 3, 0),
    Candidates("stores", "q", [("a", "")] * 2, None),
    Candidates("hotpot", "q", [("a", "")] * 4, 0),
]
STATEMENTS = [StatementPair("a", "b", LABELS["revises"]), StatementPair("a", "b", None), StatementPair("a", "b", 3)]
SCORES = [np.array([3.0, -1.0, 0.0]), None, np.array([1.0, 2.0, -5.0, 0.5])]
LOSSES = {
    "relevance": (9, lambda z: relevance_loss(z, ASKED)[0]),
    "teacher": (9, lambda z: teacher_loss(z, ASKED, SCORES)),
    "revision": (12, lambda z: revision_loss(z.reshape(3, 4), STATEMENTS)[0]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_the_losses_are_their_slopes(name):
    count, loss = LOSSES[name]
    logits = torch.tensor(np.random.default_rng(0).normal(0, 2, count), requires_grad=True)
    loss(logits).backward()
    for i in range(count):
        apart = torch.zeros(count, dtype=torch.float64)
        apart[i] = 1e-5
        with torch.no_grad():
            slope = (loss(logits + apart) - loss(logits - apart)) / 2e-5
        assert float(slope) == pytest.approx(float(logits.grad[i]), abs=1e-6)


def test_the_relevance_loss_in_figures():
    loss, right = relevance_loss(torch.zeros(3, dtype=torch.float64), ASKED[:1])
    pointwise = 4 * math.log(2) / 3  # the answer counts twice
    assert float(loss) == pytest.approx(math.log(4) + pointwise + math.log(3))
    assert right == 0  # NULL is as good as the answer
    sure = torch.tensor([9.0, -9, -9, -9, -9], dtype=torch.float64)
    loss, right = relevance_loss(sure, ASKED[:2])
    assert float(loss) < 1e-3 and right == 1


def test_the_teacher_is_content_with_its_own_shares():
    scores = [np.array([2.0, 4.0, -6.0]), None, None]
    own = torch.tensor([1.0, 2.0, -3.0, 7, 7, 7, 7, 7, 7], dtype=torch.float64)
    assert float(teacher_loss(own, ASKED, scores)) == pytest.approx(0, abs=1e-12)
    assert float(teacher_loss(own, ASKED, [None] * 3)) == 0


def test_the_revision_loss_in_figures():
    logits = torch.zeros(3, 4, dtype=torch.float64)
    loss, _ = revision_loss(logits, STATEMENTS)
    assert float(loss) == pytest.approx((2 * math.log(4) + 0.7 * math.log(2)) / 3)


def test_rates_warm_up_and_fall():
    settings = Settings()
    assert settings.rate(0, 0) == pytest.approx(1 / 80)
    assert settings.rate(0, 79) == 1
    assert settings.rate(0.5, 2000) == pytest.approx(0.5)
    assert settings.rate(1, 3999) == 0.02


def test_batches_hold_what_they_should(lessons, network):
    batch = Batches(lessons, network.tokenizer, Settings(), 3).draw()
    assert len(batch.asked) == 6 and all(len(each.memories) == 6 for each in batch.asked)
    assert len(batch.statements) == 8 and batch.statements[-1].label == LABELS["unrelated"]
    assert len(batch.sequences) == 6 * 6 + 8
    again = Batches(lessons, network.tokenizer, Settings(), 3).draw()
    assert again == batch
    assert Batches(lessons, network.tokenizer, Settings(), 1003).draw() != batch


def test_steps_lower_the_loss_of_what_they_learn_from(lessons):
    torch.manual_seed(0)
    small = Settings(processes=1, questions=3, statements=4)
    trainer = Trainer(0, small, lessons, TinyWeights(), lambda pairs: np.zeros(len(pairs), np.float32))
    batch = trainer._batches.draw()
    trainer._batches.draw = lambda: batch
    before = float(trainer.loss(batch)[0].detach())
    for _ in range(5):
        told = trainer.step(1.0)
    assert len(told) == 4 * len(trainer.net.exits) and np.isfinite(told).all()
    assert float(trainer.loss(batch)[0].detach()) < before


def test_a_training_of_one_process_leaves_what_it_learned(lessons, monkeypatch, tmp_path):
    monkeypatch.setattr(reader_training, "Weights", TinyWeights)
    file = tmp_path / "home" / "learned.npz"
    train_reader(Settings(steps=2, processes=1), lessons, TinyWeights().path, None, file)
    with np.load(file) as arrays:
        learned = dict(arrays)
    assert learned.pop(STEPS_DONE) == 2
    net = PairNet(TinyWeights())
    net.load_learned(learned)
    assert np.abs(net.adapter().up["qkv"]).max() > 0  # they begin at 0


def test_a_training_ends_when_its_time_is_over(lessons, monkeypatch, tmp_path):
    monkeypatch.setattr(reader_training, "Weights", TinyWeights)
    file = tmp_path / "learned.npz"
    train_reader(Settings(steps=4000, minutes=0.0005, processes=1), lessons, TinyWeights().path, None, file)
    with np.load(file) as arrays:
        assert 0 <= arrays[STEPS_DONE] < 100


def test_only_english_questions_are_put_to_the_teacher(lessons):
    asked = []
    teacher = lambda pairs: asked.append(pairs) or np.zeros(len(pairs), np.float32)  # noqa: E731
    trainer = Trainer(0, Settings(processes=1), lessons, TinyWeights(), teacher)
    assert trainer._teach(Candidates("cmrc2018", "q", [("a", "")], 0)) is None
    assert trainer._teach(Candidates("hotpot", "q", [("a", "d")], 0)).tolist() == [0]
    assert asked == [[("q", "a")]]


def test_random_is_drawn_from_seeds_alone(lessons, network):
    random.seed(1)
    one = Batches(lessons, network.tokenizer, Settings(), 0).draw()
    random.seed(2)
    assert Batches(lessons, network.tokenizer, Settings(), 0).draw() == one
