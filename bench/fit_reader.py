"""Learn to read two texts together: whether a memory answers a question, and whether a statement revises an older one.

The embedder's network is adapted (bench/reader_net.py) to questions with answers, near misses and likest others, and to
pairs of statements (bench/reader_lessons.py). The figures are of the stores of each writer that were held back, which
neither the net nor any setting has seen. Of pools of paragraphs all questions are learned from, also those of the half
that the figures of reasoning are made on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.held_stores import HELD_STORES, HELD_WRITERS, writer_of
from bench.provenance import save_learned_numbers, save_with_provenance
from bench.reader_figures import reader_figures
from bench.reader_lessons import find_likest, gather_lessons, written_stores
from bench.reader_teacher import teacher_described
from ntm_memory.reader.adapter import Adapter, as_arrays, read_adapter
from ntm_memory.reader.pair_reader import PairReader

if TYPE_CHECKING:
    from bench.reader_training import Settings  # needs torch, which only this step does

ROLE = "read"
OWN_HANDS = f"stores {' and '.join(HELD_STORES)} of each writer, held back"
OTHER_HANDS = f"stores of writers of whom nothing is learned ({', '.join(HELD_WRITERS)})"
TRAINED = "reader_learned.npz"
"""In the job's home: what was learned, as the trainer leaves it."""


def learn_reader(job: FitJob) -> LearnedNumbers:
    """Train, and measure on what was held back."""
    from bench.reader_net import plain_keys
    from bench.reader_training import STEPS_DONE, train_reader

    settings, weights = training_settings(job), job.embedder().weights
    lessons = gather_lessons(job.with_role(ROLE))
    find_likest(lessons, partial(plain_keys, weights))
    counts = {name: len(asked) for name, asked in lessons.groups.items()}
    print(f"questions {counts}, {len(lessons.statements)} pairs of statements", flush=True)
    file = job.home / TRAINED
    train_reader(settings, lessons, weights.path, job.teacher, file)
    with np.load(file) as arrays:
        learned = dict(arrays)
    return learned_numbers(job, learned, settings, int(learned.pop(STEPS_DONE)))


def training_settings(job: FitJob) -> Settings:
    """The trainer's settings, where the job says nothing else."""
    from bench.reader_training import Settings

    told = {name: getattr(job, name) for name in ("steps", "minutes", "processes")}
    return Settings(**{name: value for name, value in told.items() if value is not None})


def learned_numbers(job: FitJob, arrays: Mapping[str, np.ndarray], settings: Settings, done: int) -> LearnedNumbers:
    """What a training has left, as the step hands it on.

    Args:
        job: what was given.
        arrays: the net's learned numbers, by name (`PairNet.learned`).
        settings: of the training.
        done: steps that were made.
    """
    from bench.reader_net import PairNet

    net = PairNet(job.embedder().weights)
    net.load_learned(arrays)
    shipped = as_arrays(net.adapter())
    options = {name: getattr(settings, name) for name in ("steps", "minutes", "processes")}
    return LearnedNumbers(
        lambda file, about: save_with_provenance(file, about, shipped),
        {"steps made": done, **held_figures(job, shipped)},
        options if job.teacher is None else options | {"teacher": "FOLDER"},
        teachers=() if job.teacher is None else (teacher_described(job.teacher),),
    )


def held_figures(job: FitJob, shipped: Mapping[str, np.ndarray]) -> dict[str, dict]:
    """Figures of the stores held back, read with the numbers as they are kept."""
    embedder = job.embedder()
    reader = PairReader(embedder, rounded(shipped))
    _, held = written_stores(job.with_role(ROLE))
    groups: dict[str, list[dict]] = {OWN_HANDS: [], OTHER_HANDS: []}
    for store in held:
        groups[OTHER_HANDS if writer_of(store["store"]) in HELD_WRITERS else OWN_HANDS].append(store)
    figures = {name: reader_figures(reader, embedder, stores) for name, stores in groups.items() if stores}
    print(figures, flush=True)
    return figures


def rounded(shipped: Mapping[str, np.ndarray]) -> Adapter:
    """The adapter as the package will read it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "adapter.npz"
        np.savez(file, **shipped)
        return read_adapter(file)


def save_learned(job: FitJob, arrays: Mapping[str, np.ndarray], settings: Settings, done: int) -> Path:
    """All that follows a training which was made by other means: file, figures, provenance; returns the file."""
    return save_learned_numbers("reader", STEP, job, learned_numbers(job, arrays, settings, done))


STEP = FitStep("whether a memory answers a question or revises another", (ROLE,), (), learn_reader, ("torch",))
