"""Learn what a question asks for beside its content (`controller.asking`).

Learned from bench/wordings (constructions by several writers, with fillings) and from ordinary questions, which ask by
content. Figures are of wordings that nothing was learned from: a third of them at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.asking_net import UNKNOWN, AskedExample, train_asking
from bench.data_roles import WRITTEN_PAIRS, described_file
from bench.dataset import rows
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.provenance import save_with_provenance
from bench.readings import kept_readings
from ntm_memory.controller.asking import STEPS, WANTS, network
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.machine.activations import logistic
from ntm_memory.machine.addressing import content_focus
from ntm_memory.persistence.quantised import Weights, quantised
from ntm_memory.text.writing_systems import is_cjk

WORDINGS = Path(__file__).with_name("wordings")
KINDS = {"list": "all", "past": "past"}
"""What questions of bench/pairs want that are of these kinds; the others want one fact."""
ROLES = ("written", "notes")
QUESTIONS = 700
"""Of a data set, at most."""
FOLDS, SEEDS, EPOCHS = 3, (0, 1), 60


class Line(NamedTuple):
    """A question with what it asks for; `anchor` is where the words for it stand."""

    group: str
    text: str
    step: int
    wants: tuple[float, ...]
    anchor: tuple[int, int] | None


def wants_of(name: str | None) -> tuple[float, ...]:
    """The label of one of `WANTS`, of "fact", or of None: nobody said."""
    return tuple(UNKNOWN if name is None else float(name == each) for each in WANTS)


def of_places(lines: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Constructions {"template", "anchor": fillings, "step", "pair", "wants"}, each with all its fillings.

    Two that differ by little and mean opposite directions are a pair, and held back together.
    """
    for line in lines:
        template, step = line["template"], int(line["step"])
        group = template if "pair" not in line else f"{line['language']} pair {line['pair']}"
        before, there, after = template.partition("{anchor}")
        wants = wants_of("fact" if step or line.get("wants") == "fact" else None)
        for filling in line["anchor"] if there else [""]:
            span = (len(before), len(before) + len(filling)) if step else None
            yield from in_two_hands(Line(group, before + filling + after, step, wants, span))


def of_kinds(lines: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """Questions {"question", "wants"}."""
    for line in lines:
        text = line["question"]
        yield from in_two_hands(Line(text, text, 0, wants_of(line["wants"]), None))


def in_two_hands(line: Line) -> Iterator[Line]:
    """A line as it is written, and as somebody in haste types it: small, without its last mark."""
    yield line
    hasty = line.text.lower().rstrip("?？.。!！ ")
    if hasty != line.text and len(line.text.lower()) == len(line.text):
        yield line._replace(text=hasty)


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
        made.append(AskedExample(line.group, states, anchor, line.step, np.array(line.wants), language))
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


def fold_of(group: str) -> int:
    """In which third a wording is held back."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % FOLDS


def learn_asking(job: FitJob) -> LearnedNumbers:
    """Trainings with a third of the wordings held back at a time, for the figures, then with all."""
    embedder = E5Embedder()
    files = sorted(WORDINGS.glob("*.jsonl"))
    lines = [each for file in files for each in (of_kinds if file.stem.startswith("kinds") else of_places)(rows(file))]
    taught = question_examples(embedder, lines, job.home)
    ordinary = question_examples(embedder, ordinary_lines(job), job.home)
    epochs = job.steps or EPOCHS
    print(f"{len(taught)} of {len({each.group for each in taught})} wordings, {len(ordinary)} ordinary", flush=True)
    splits = [
        [[each for each in examples if fold_of(each.group) != fold] for examples in (taught, ordinary)]
        for fold in range(FOLDS)
    ]
    trainings = [(*split, epochs, seed) for split in [*splits, [taught, ordinary]] for seed in SEEDS]
    with ProcessPoolExecutor(job.processes or 1) as pool:
        learned = list(pool.map(train_asking, *zip(*trainings, strict=True)))
    nets = [learned[start : start + len(SEEDS)] for start in range(0, len(learned), len(SEEDS))]
    said = [
        (each, said_of(members, each))
        for fold, members in enumerate(nets[:-1])
        for each in [*taught, *ordinary]
        if fold_of(each.group) == fold
    ]
    figures = figures_of(said)
    print(json.dumps(figures, indent=1), flush=True)
    kept = quantised(nets[-1])
    made = [described_file(file, len(rows(file))) for file in files]
    return LearnedNumbers(
        lambda file, about: save_with_provenance(file, about, kept), {"held back by wording": figures}, made=made
    )


STEP = FitStep("what a question asks for beside its content", ROLES, (), learn_asking, ("torch",))
