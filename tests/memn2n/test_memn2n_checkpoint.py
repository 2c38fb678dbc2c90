from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ntm_memory.errors import BadValueError, CheckpointError, NotFoundError
from ntm_memory.memn2n.babi import BabiQuestion, words_of
from ntm_memory.memn2n.babi_training import measure, train_reader
from ntm_memory.memn2n.checkpoint import core_name, load_reader, save_reader, shipped_reader
from ntm_memory.memn2n.encoding import encode_questions
from ntm_memory.memn2n.training import evaluate_memn2n
from ntm_memory.persistence.arrays import load_arrays, save_arrays
from tests.memn2n.stories import archive

QUICK = {"epochs": 2, "linear": 1, "dim": 6}
CORES = resources.files("ntm_memory.memn2n") / "cores"
OWN = [
    (1, ["John moved to the kitchen.", "Mary went to the garden."], "Where is John?", "kitchen"),
    (1, ["Mary went to the garden.", "Mary moved to the office."], "Where is Mary?", "office"),
    (
        2,
        ["Mary got the milk there.", "Mary went to the garden.", "John moved to the office."],
        "Where is the milk?",
        "garden",
    ),
    (
        4,
        ["The garden is north of the office.", "The kitchen is south of the office."],
        "What is south of the office?",
        "kitchen",
    ),
    (6, ["Mary went to the garden.", "John moved to the office."], "Is Mary in the garden?", "yes"),
    (6, ["Mary went to the garden.", "John moved to the office."], "Is John in the garden?", "no"),
    (7, ["Mary went to the garden.", "Mary got the milk there."], "How many objects is Mary carrying?", "one"),
    (8, ["Mary went to the garden.", "Mary got the milk there."], "What is Mary carrying?", "milk"),
    (9, ["Mary is no longer in the garden.", "John is in the office."], "Is Mary in the garden?", "no"),
    (11, ["John went to the kitchen.", "Then he moved to the office."], "Where is John?", "office"),
    (12, ["John and Mary went to the kitchen."], "Where is Mary?", "kitchen"),
    (15, ["Mice are afraid of wolves.", "Emily is a mouse."], "What is emily afraid of?", "wolf"),
    (20, ["Sumit is tired."], "Where will sumit go?", "bedroom"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return archive(tmp_path_factory.mktemp("babi"), stories=60, tasks=(1, 2))


@pytest.fixture(scope="module")
def reader(data):
    return train_reader(data, [1], "en-10k", QUICK, seed=2, command="train.py babi --task 1")[0]


def test_a_network_survives_its_file(tmp_path, reader):
    file = tmp_path / "one.npz"
    save_reader(file, reader)
    read = load_reader(file)
    np.testing.assert_array_equal(read.network.parameters.flat, reader.network.parameters.flat)
    assert read.network.settings == reader.network.settings
    kept = (read.vocabulary, read.tasks, read.chosen, read.metrics, read.command)
    assert kept == (reader.vocabulary, reader.tasks, reader.chosen, reader.metrics, reader.command)


def test_what_is_recorded_is_what_is_measured_again(tmp_path, data, reader):
    save_reader(tmp_path / "one.npz", reader)
    read = load_reader(tmp_path / "one.npz")
    for part in ("valid", "check"):
        again = measure(read, data, 1, part)
        assert (again["error"], again["questions"]) == (
            reader.metrics[f"{part}_error"],
            reader.metrics[f"{part}_questions"],
        )
    assert reader.metrics["restarts"] == {"2": reader.metrics["valid_error"]}


@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path, reader, where, bit):
    file = tmp_path / "one.npz"
    save_reader(file, reader)
    damaged = bytearray(file.read_bytes())
    damaged[int(where * len(damaged))] ^= 1 << bit
    file.write_bytes(damaged)
    try:
        read = load_reader(file)
    except CheckpointError:
        return
    np.testing.assert_array_equal(read.network.parameters.flat, reader.network.parameters.flat)
    assert read.vocabulary == reader.vocabulary


def test_files_of_another_kind_are_refused(tmp_path, reader):
    file = tmp_path / "one.npz"
    with pytest.raises(CheckpointError, match="no file"):
        load_reader(file)
    save_arrays(file, {"kind": "core"}, {"a": np.zeros(2)})
    with pytest.raises(CheckpointError, match="not a trained Memory Network"):
        load_reader(file)
    save_reader(file, reader)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(CheckpointError):
        load_reader(file)


def test_a_header_that_does_not_fit_is_refused(tmp_path, reader):
    file = tmp_path / "one.npz"
    save_reader(file, reader)
    header, arrays = load_arrays(file)
    odd = {name: value for name, value in arrays.items() if name != "parameters/words"}
    for changed, numbers in (
        ({**header, "settings": {**header["settings"], "dim": 7}}, arrays),
        ({**header, "settings": {**header["settings"], "surprise": 1}}, arrays),
        ({**header, "words": header["words"][1:]}, arrays),
        ({**header, "answers": ["nowhere"]}, arrays),
        ({name: value for name, value in header.items() if name != "words"}, arrays),
        (header, odd),
    ):
        save_arrays(file, changed, numbers)
        with pytest.raises(CheckpointError, match="does not fit"):
            load_reader(file)


def test_one_network_learns_two_tasks_together(data):
    joint, stopped = train_reader(data, [1, 2], "en", {**QUICK, "epochs": 12, "rate": 0.01, "dim": 12})
    assert not stopped and joint.tasks == (1, 2)
    assert joint.metrics["valid_questions"] == 36
    assert all(measure(joint, data, task, "check")["error"] < 60 for task in (1, 2))
    with pytest.raises(BadValueError, match="not trained on task 3"):
        measure(joint, data, 3, "valid")


def test_a_task_without_its_large_file_is_learned_from_the_small_one(tmp_path):
    small = archive(tmp_path, stories=60, sets=("en",))
    (small / "en-10k").mkdir()
    reader, _ = train_reader(small, [1], "en-10k", QUICK)
    assert reader.chosen == "en" and measure(reader, small, 1, "valid")["set"] == "en"


@pytest.mark.parametrize("wrong", [{"surprise": 1}, {"words": 9}, {"dim": -1}, {"rate": "fast"}])
def test_settings_that_are_none_are_refused(data, wrong):
    with pytest.raises(BadValueError):
        train_reader(data, [1], "en", wrong)


@pytest.mark.parametrize("restarts", [0, -1, 11])
def test_restarts_are_bounded(data, restarts):
    with pytest.raises(BadValueError, match="restarts"):
        train_reader(data, [1], "en", QUICK, restarts=restarts)


def test_what_was_stopped_at_once_leaves_nothing(data):
    with pytest.raises(NotFoundError, match="nothing to keep"):
        train_reader(data, [1], "en", QUICK, stop=lambda: True)


def test_networks_of_all_tasks_ship_and_are_small():
    sizes = [len((CORES / f"{core_name(task)}.npz").read_bytes()) for task in range(1, 21)]
    assert max(sizes) < 1 << 20 and sum(sizes) <= 2 << 20
    for task in range(1, 21):
        reader = shipped_reader(task)
        assert reader.tasks == (task,)
        assert reader.command.startswith(f"train.py babi --data DIR --task {task} ")
        assert reader.chosen == ("en" if task == 3 else "en-10k")
        assert len(reader.metrics["restarts"]) <= 10
    with pytest.raises(NotFoundError):
        shipped_reader(21)


@pytest.mark.parametrize(("task", "told", "asked", "answer"), OWN, ids=lambda value: str(value)[:12])
def test_shipped_networks_answer_stories_of_our_own(task, told, asked, answer):
    reader = shipped_reader(task)
    question = BabiQuestion(tuple(words_of(sentence) for sentence in told), words_of(asked), answer)
    encoded = encode_questions([question], reader.vocabulary, reader.network.settings)
    assert evaluate_memn2n(reader.network, encoded).error == 0
