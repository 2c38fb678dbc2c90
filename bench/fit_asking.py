"""Learn what a question asks for beside its content (`controller.asking`).

Learned from bench/wordings (constructions by several writers, with fillings), from what is made of these
(`turned_wordings`), and from ordinary questions, which ask by content. Figures are of wordings that nothing was learned
from, as they were written: a third of them at a time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bench.asked_wordings import FOLDS, OWN, UNKNOWN, WORDINGS, Line, fold_of, of_kinds, of_places, wants_of
from bench.asking_net import AskedExample, train_asking
from bench.data_roles import WRITTEN_PAIRS, described_file
from bench.dataset import rows
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.provenance import save_with_provenance
from bench.readings import kept_readings
from bench.redated_wordings import redated_lines
from bench.turned_wordings import exchanged_lines, turned_lines
from ntm_memory.controller.asking import STEPS, WANTS, network
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.machine.activations import logistic
from ntm_memory.machine.addressing import content_focus
from ntm_memory.persistence.quantised import Weights, quantised
from ntm_memory.text.writing_systems import is_cjk

KINDS = {"list": "all", "past": "past"}
"""What questions of bench/pairs want that are of these kinds; the others want one fact."""
ROLES = ("written", "notes")
QUESTIONS = 700
"""Of a data set, at most."""
SEEDS, EPOCHS = (0, 1), 45


def ordinary_lines(job: FitJob) -> list[Line]:
    """Questions of data sets and of written stores, which ask by content."""
    texts = [
        question["query"]
        for data in job.with_role(*ROLES)
        if not data.path.is_file()
        for question in rows(data.path / "queries.jsonl")[:QUESTIONS]
    ]
    lines = [Line(text, text, 0, wants_of(None), None) for text in dict.fromkeys(texts)]
    for folder in WRITTEN_PAIRS:
        for file in sorted(folder.glob("*.jsonl")):
            for line in rows(file):
                asked = [(each["query"], each["kind"]) for each in line.get("questions", ())]
                asked += [(line["q"], "")] if "q" in line else []
                lines += [Line(q, q, 0, wants_of(KINDS.get(kind, "fact" if kind else None)), None) for q, kind in asked]
    return lines


def wordings_of(files: Sequence[Path]) -> tuple[list[Line], list[Line]]:
    """Questions of files of wordings as they were written, and those that are made of them."""
    own: list[Line] = []
    made: list[Line] = []
    for file in files:
        told = rows(file)
        if file.stem.startswith("kinds"):
            own += of_kinds(told)
            made += redated_lines(told)
        else:
            own += of_places(told)
            made += exchanged_lines(told) + turned_lines(told)
    return own, made


def question_examples(embedder: E5Embedder, lines: Sequence[Line], home: Path) -> list[AskedExample]:
    """Lines as examples; in `home` is kept how they were read."""
    identity = [embedder.revision, "asked"]
    read = kept_readings(embedder.read_queries, identity, [line.text for line in lines], home)
    made = []
    for line, (states, places) in zip(lines, read, strict=True):
        anchor = np.full(len(states), 0.0 if line.step else UNKNOWN, dtype=np.float32)
        if line.anchor is not None:
            anchor[places[slice(*line.anchor)]] = 1
        language = "zh" if is_cjk(line.text) else "en"
        kept = (states, anchor, line.step, np.array(line.wants), language)
        made.append(AskedExample(line.group, line.wording, line.how, *kept))
    return made


def said_of(members: Sequence[Weights], example: AskedExample) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(logits of the pieces, chances of the steps, chances of what else is wanted)."""
    said = [network(weights, example.states.astype(np.float32)) for weights in members]
    pieces, whole = (np.mean([each[part] for each in said], axis=0) for part in (0, 1))
    return pieces, content_focus(whole[: len(STEPS)], 1.0), logistic(whole[len(STEPS) :])


def figures_of(said: Sequence[tuple[AskedExample, tuple[np.ndarray, np.ndarray, np.ndarray]]]) -> dict[str, Any]:
    """Rates over examples that were not learned from."""
    rates: dict[str, list[float]] = {}
    for each, (pieces, steps, wants) in said:
        by_place = each.step != 0
        likeliest = STEPS[int(steps.argmax())]
        kind = "content" if not by_place else "place" if each.anchor.any() else "follow-up"
        called = f"{each.language}, {kind}"
        rates.setdefault(called, []).append(float(likeliest == each.step))
        if by_place and likeliest == each.step and each.anchor.any():
            inside, there = (pieces > 0), each.anchor > 0
            overlap = (inside & there).sum() / max((inside | there).sum(), 1)
            rates.setdefault(f"{each.language}, anchor overlap", []).append(float(overlap))
        for name, label, chance in zip(WANTS, each.wants, wants, strict=True):
            if label != UNKNOWN:
                rates.setdefault(f"{each.language}, {name} {'yes' if label else 'no'}", []).append(
                    float((chance > 0.5) == bool(label))
                )
    return {name: [round(float(np.mean(values)), 3), len(values)] for name, values in sorted(rates.items())}


_lessons: list[Sequence[AskedExample]] = []
"""What a process learns from: wordings and ordinary questions. They are too large to be sent for each training."""


def _share(taught: Sequence[AskedExample], ordinary: Sequence[AskedExample]) -> None:
    _lessons[:] = taught, ordinary


def train_without(fold: int | None, seed: int, epochs: int) -> Weights:
    """A training in a process that was told its lessons; None: with all of them."""
    taught, ordinary = ([each for each in part if fold_of(each.group) != fold] for part in _lessons)
    return train_asking(taught, ordinary, epochs, seed)


def held_back(examples: Sequence[AskedExample], fold: int) -> list[AskedExample]:
    """What somebody wrote of what a training without this third has not seen."""
    return [each for each in examples if fold_of(each.group) == fold and each.how == OWN]


def learn_asking(job: FitJob) -> LearnedNumbers:
    """One training with each third of the wordings held back, for the figures, then those with all."""
    embedder = E5Embedder()
    files = sorted(WORDINGS.glob("*.jsonl"))
    taught = [each for lines in wordings_of(files) for each in question_examples(embedder, lines, job.home)]
    ordinary = question_examples(embedder, ordinary_lines(job), job.home)
    epochs = job.steps or EPOCHS
    told = len({(each.group, each.wording) for each in taught})
    print(f"{len(taught)} of {told} wordings, {len(ordinary)} ordinary", flush=True)
    trainings = [*((fold, SEEDS[0]) for fold in range(FOLDS)), *((None, seed) for seed in SEEDS)]
    with ProcessPoolExecutor(job.processes or 1, initializer=_share, initargs=(taught, ordinary)) as pool:
        learned = list(pool.map(train_without, *zip(*trainings, strict=True), [epochs] * len(trainings)))
    said = [
        (each, said_of([learned[fold]], each))
        for fold in range(FOLDS)
        for each in held_back([*taught, *ordinary], fold)
    ]
    figures = figures_of(said)
    print(json.dumps(figures, indent=1), flush=True)
    kept = quantised(learned[FOLDS:])
    made = [described_file(file, len(rows(file))) for file in files]
    return LearnedNumbers(
        lambda file, about: save_with_provenance(file, about, kept), {"held back by wording": figures}, made=made
    )


STEP = FitStep("what a question asks for beside its content", ROLES, (), learn_asking, ("torch",))
