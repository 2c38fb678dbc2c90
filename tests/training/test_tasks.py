from __future__ import annotations

import numpy as np
import pytest

from ntm_memory.errors import BadValueError
from ntm_memory.training.tasks import TASKS, make_task
from ntm_memory.training.tasks.ngram import optimal_bits


def draw(name, batch=5, seed=0, options=None, **sizes):
    task = make_task(name, options)
    return task, task.sample(np.random.default_rng(seed), batch, task.complete(sizes))


@pytest.mark.parametrize("name", TASKS)
def test_batches_fit_their_task(name):
    task = make_task(name)
    rng = np.random.default_rng(0)
    for reach in (0.0, 0.5, 1.0):
        sizes = task.draw_sizes(rng, reach)
        assert all(low <= sizes[size] <= high for size, (low, high) in task.ranges.items())
        batch = task.sample(rng, 3, sizes)
        steps = len(batch.inputs)
        assert batch.inputs.shape == (steps, 3, task.input_size)
        assert batch.targets.shape == (steps, 3, task.output_size)
        assert batch.answer.shape == (steps,)
        assert set(np.unique(batch.targets)) <= {0, 1}
        assert batch.target_bits == batch.answer.sum() * task.output_size


def test_copy_asks_for_what_it_showed():
    _, batch = draw("copy", length=4)
    assert (batch.inputs[4, :, 8] == 1).all()
    assert batch.inputs[:, :, 8].sum() == 5  # one delimiter a sequence
    assert (batch.targets[batch.answer] == batch.inputs[:4, :, :8]).all()
    assert (batch.inputs[5:] == 0).all()


def test_repeat_copy_says_the_number_normalised_and_ends_with_a_marker():
    _, batch = draw("repeat-copy", length=3, repeats=4)
    told = batch.inputs[3, :, 8:]
    counts = np.arange(1, 11)
    assert told == pytest.approx(np.tile([1, (4 - counts.mean()) / counts.std()], (5, 1)))
    answer = batch.targets[batch.answer]
    assert answer.shape == (13, 5, 9)
    for k in range(4):
        assert (answer[3 * k : 3 * k + 3, :, :8] == batch.inputs[:3, :, :8]).all()
    assert (answer[-1] == np.eye(9)[8]).all()
    assert (answer[:-1, :, 8] == 0).all()


def test_repeat_copy_in_pulses():
    _, batch = draw("repeat-copy", length=3, repeats=4, options={"number": "pulses"})
    assert batch.inputs[:, 0, 9].tolist() == [0, 0, 0, 1, 1, 1, 1, 0] + [0] * 13
    assert batch.inputs[7, 0, 8] == 1


def test_associative_recall_asks_for_the_item_after_the_query():
    _, batch = draw("associative-recall", batch=30, items=4)
    for b in range(30):
        items = [batch.inputs[4 * k + 1 : 4 * k + 4, b, :6] for k in range(4)]
        assert [batch.inputs[4 * k, b, 6] for k in range(4)] == [1] * 4
        assert batch.inputs[16, b, 7] == batch.inputs[20, b, 7] == 1
        query, answer = batch.inputs[17:20, b, :6], batch.targets[batch.answer, b]
        assert any((items[k] == query).all() and (items[k + 1] == answer).all() for k in range(3))
    assert len(batch.inputs) == 16 + 8


def test_priority_sort_moves_whole_rows():
    _, batch = draw("priority-sort", items=20)
    assert batch.target_bits == 128
    for b in range(5):
        rows, priority = batch.inputs[:20, b, :8], batch.inputs[:20, b, 8]
        shown = sorted(zip(priority.tolist(), rows.tolist(), strict=True), reverse=True)
        assert batch.targets[batch.answer, b].tolist() == [row for _, row in shown[:16]]


def test_ngram_shows_the_bit_before():
    _, batch = draw("ngram", length=50)
    assert (batch.inputs[1:] == batch.targets[:-1]).all()
    assert batch.answer.all()


def test_the_optimal_estimator_pays_what_the_paper_says():
    _, batch = draw("ngram", batch=300, length=200)
    assert 128 < optimal_bits(batch.targets[:, :, 0]).mean() < 136


def test_the_optimal_estimator_by_hand():
    bits = np.array([[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]], float).T
    # five fair bits; context 00000 sees a 1 (½); four contexts new (½ each), 10000 → 0 too; 00000 again: (1 + ½) / 2
    assert optimal_bits(bits) == pytest.approx([5 + 1 + 5 + -np.log2(0.75)])


@pytest.mark.parametrize(
    ("name", "sizes", "said"),
    [
        ("copy", {"items": 3}, "no size called items"),
        ("copy", {"length": 0}, "length must be a whole number from 1"),
        ("associative-recall", {"items": 1}, "from 2"),
        ("priority-sort", {"items": 2.5}, "items"),
    ],
)
def test_bad_sizes_are_named(name, sizes, said):
    with pytest.raises(BadValueError, match=said):
        make_task(name).complete(sizes)


def test_usual_sizes_stay_within_what_was_trained_together():
    options = {"largest_length": 12, "largest_repeats": 24, "largest_answer": 100}
    task = make_task("repeat-copy", options)
    assert task.usual({}) == {"length": 12, "repeats": 8}
    assert task.usual({"length": 20}) == {"length": 20, "repeats": 5}
    assert task.usual({"repeats": 20}) == {"length": 5, "repeats": 20}
    assert task.usual({"length": 20, "repeats": 20}) == {"length": 20, "repeats": 20}
    assert make_task("repeat-copy").usual({}) == {"length": 10, "repeats": 10}
    rng = np.random.default_rng(0)
    drawn = [task.draw_sizes(rng, 1.0) for _ in range(200)]
    assert max(sizes["length"] * sizes["repeats"] for sizes in drawn) <= 100
    assert max(sizes["repeats"] for sizes in drawn) > 20


def test_unknown_tasks_and_options_are_named():
    with pytest.raises(BadValueError, match="no task called 'sort'"):
        make_task("sort")
    with pytest.raises(BadValueError, match="colour"):
        make_task("copy", {"colour": 3})
    with pytest.raises(BadValueError, match="roman"):
        make_task("repeat-copy", {"number": "roman"})
