"""Learn how questions are turned towards their answers, on several data sets together."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.asked import PARTS_LEFT_OUT, OpenedConversation, adapter_examples, opened
from bench.dataset import Dataset, is_train, memorize
from bench.fit_job import FitJob, FitStep, LearnedNumbers
from bench.provenance import save_with_provenance
from bench.query_adapter import STEPS, AdapterExample, attend, fit_query_adapter
from ntm_memory import NTMMemoryManager

WRITTEN_ROLES = ("written", "facts", "notes")
SHARES = {"written": 1.0, "notes": 0.25, "stores": 0.25, "facts": 0.2, "pool": 0.1}
"""What a question counts: about what somebody wrote; about notes written for this purpose, which hardly any word of the
question is in, and about stores of such notes, from which recall learns and this adapter does not; about facts of a few
templates; about paragraphs that stand side by side because one question was meant to be hard."""
ALL_PARTS = range(PARTS_LEFT_OUT)


@dataclass(frozen=True)
class OpenedSet:
    """A data set with what its questions count, and its memories by conversation."""

    data: Dataset
    role: str
    places: Mapping[str, OpenedConversation]


def open_sets(job: FitJob, manager: NTMMemoryManager, *roles: str) -> list[OpenedSet]:
    """The data sets of some roles, memorized; of a pool, the half of the questions that reasoning learns from too."""
    sets = []
    for each in job.with_role(*roles):
        data = memorize(each.path, manager, job.limit)
        role = next(role for role in SHARES if role in each.known.roles)
        if role == "pool":
            kept = [question for question in data.questions if is_train(question["qid"])]
            data = dataclasses.replace(data, questions=kept)
        data = dataclasses.replace(data, share=SHARES[role])
        sets.append(OpenedSet(data, role, opened(manager, data)))
    return sets


def examples_of(
    manager: NTMMemoryManager, sets: Sequence[OpenedSet], parts: Collection[int]
) -> dict[str, list[AdapterExample]]:
    """{data set: what the adapter is learned from in some parts}; pools teach none."""
    return {
        each.data.name: adapter_examples(manager, each.data, each.places, parts)
        for each in sets
        if each.role in WRITTEN_ROLES
    }


def adapters_left_out(job: FitJob, manager: NTMMemoryManager, sets: Sequence[OpenedSet]) -> list[np.ndarray]:
    """For each part, (2, dim, rank) learned from the others; made once a job."""
    if "adapters" not in job.memo:
        job.memo["adapters"] = [
            adapter_of(job, manager, sets, [other for other in ALL_PARTS if other != part]) for part in ALL_PARTS
        ]
    return job.memo["adapters"]


def adapter_of(job: FitJob, manager: NTMMemoryManager, sets: Sequence[OpenedSet], parts: Collection[int]) -> np.ndarray:
    """(2, dim, rank) learned from some parts."""
    examples = [one for found in examples_of(manager, sets, parts).values() for one in found]
    return fit_query_adapter(examples, manager.encoder.dim, steps=job.steps or STEPS)


def nearest_right(adapter: np.ndarray, examples: Sequence[AdapterExample]) -> list[bool]:
    """Of each question, whether the key nearest to it is of its evidence."""
    right = []
    for each in examples:
        best = attend(adapter, each)[0].argmax(axis=1)
        right += each.gold[np.arange(len(best)), best].tolist()
    return right


def adapter_figures(
    manager: NTMMemoryManager, sets: Sequence[OpenedSet], adapters: Sequence[np.ndarray]
) -> dict[str, dict[str, float]]:
    """{data set: share of left-out questions whose nearest memory is right, as they are and turned}."""
    right: dict[str, dict[str, list[bool]]] = collections.defaultdict(lambda: collections.defaultdict(list))
    for part, adapter in enumerate(adapters):
        for name, examples in examples_of(manager, sets, [part]).items():
            right[name]["as it is"] += nearest_right(0 * adapter, examples)
            right[name]["turned"] += nearest_right(adapter, examples)
    return {
        name: {how: round(float(np.mean(each)), 4) for how, each in found.items() if each}
        | {"questions": len(found["turned"])}
        for name, found in right.items()
    }


def learn_adapter(job: FitJob) -> LearnedNumbers:
    """The adapter learned from everything, and figures of parts that it was learned without."""
    with job.manager() as manager:
        sets = open_sets(job, manager, *WRITTEN_ROLES)
        figures = adapter_figures(manager, sets, adapters_left_out(job, manager, sets))
        into, back = adapter_of(job, manager, sets, ALL_PARTS).astype(np.float16)
    for name, found in figures.items():
        print(f"{name}: nearest memory right {found}", flush=True)
    return LearnedNumbers(
        lambda file, about: save_with_provenance(file, about, {"into": into, "back": back}),
        {"nearest memory right, left out": figures},
        {"steps": job.steps or STEPS, "limit": job.limit},
    )


STEP = FitStep("how questions are turned towards their answers", WRITTEN_ROLES, ("prior",), learn_adapter)
