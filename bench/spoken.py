"""What a controller that speaks earns: every kind of memory left out in turn, in one run.

    python -m bench.spoken --data DIR [DIR …] [--home DIR] [--limit N] [--by part]

Each kind (generated chats, real chats, notes, logs, chats with an assistant, documents) is ranked by what was learned
from the other kinds: with the heads as they are set by hand, with a controller that speaks, and with what that says
frozen at its means, beside BM25, centred cosine and their fusions. `--by part` leaves out conversations instead. The
query adapter of a kind is learned without it.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.asked import PARTS_LEFT_OUT, PosedQuestion, pose_all
from bench.data_roles import find_data
from bench.fit_adapter import ALL_PARTS, OpenedSet, examples_of, open_sets
from bench.fit_job import FitJob
from bench.fit_recall import DECAY, STEPS_OF_RANKER, rank, ranker_examples, unlearned_ranker
from bench.grading import grade, summarise
from bench.query_adapter import fit_query_adapter
from bench.recall_quality import fused
from ntm_memory import NTMMemoryManager
from ntm_memory.recall.fit import RankingExample, fit, fit_ranker
from ntm_memory.recall.parameters import MAPS, RecallParameters

ROLES = ("written", "notes", "stores")
KINDS = {
    "locomo": "generated chats",
    "realtalk": "real chats",
    "beam100k": "chats with an assistant",
    "longmemeval_mini_session": "chats with an assistant",
    "memdaily_zh": "logs",
    "lifebench_zh_lite": "logs",
    "lifebench_en_lite": "logs",
    "cmrc2018": "documents",
}
"""Data set → kind of memory; all others are notes."""
MAPS_FIT = {"names": MAPS, "steps": 160, "rate": 0.02, "decay": 3e-3, "batch": 40}
RECALLS = ("recall@1", "recall@5", "recall@10")


def kind_of_memory(data: str) -> str:
    """The kind of memory of a data set, or of one put to a part of its memories ("locomo, a handful")."""
    return KINDS.get(data.split(",")[0], "notes")


def speaking(fixed: RecallParameters, examples: Sequence[RankingExample], steps: int | None = None) -> RecallParameters:
    """A controller that has learned to speak, heads and ranker being as they are."""
    return fit(fixed, examples, **{**MAPS_FIT, "steps": steps or MAPS_FIT["steps"]})


def frozen(spoken: RecallParameters, examples: Sequence[RankingExample]) -> RecallParameters:
    """A controller that says to every question what it says on average, before that is squashed."""
    weights = np.array([example.weight for example in examples])
    heard = weights @ np.array([example.places.heard for example in examples]) / weights.sum()
    said = {name: getattr(spoken, name) + getattr(spoken, f"{name}_map") @ heard for name in ("beta", "gate", "shift")}
    said |= {"gamma": spoken.gamma + spoken.gamma_map @ heard, "share": spoken.share.copy()}
    said["share"][0] += spoken.share_map @ heard  # the first context is always 1
    return dataclasses.replace(spoken, **said, **{name: np.zeros_like(getattr(spoken, name)) for name in MAPS})


def posed_by_kind(job: FitJob) -> list[PosedQuestion]:
    """Every question, its key turned by an adapter that was learned without its kind of memory."""
    asked: list[PosedQuestion] = []
    with job.manager() as manager:
        sets = open_sets(job, manager, *ROLES)
        for kind in dict.fromkeys(kind_of_memory(each.data.name) for each in sets):
            adapter = _adapter_without(kind, manager, sets, job)
            for each in sets:
                if kind_of_memory(each.data.name) == kind:
                    asked += pose_all(manager, each.data, each.places, [adapter] * PARTS_LEFT_OUT)
                    print(each.data.name, len(each.data.questions), "questions", flush=True)
    return asked


def _adapter_without(kind: str, manager: NTMMemoryManager, sets: Sequence[OpenedSet], job: FitJob) -> np.ndarray:
    others = [each for each in sets if kind_of_memory(each.data.name) != kind]
    examples = [one for found in examples_of(manager, others, ALL_PARTS).values() for one in found]
    if not examples:
        return np.zeros((2, manager.encoder.dim, 1), dtype=np.float32)
    return fit_query_adapter(examples, manager.encoder.dim, **({"steps": job.steps} if job.steps else {}))


def rounds(asked: Sequence[PosedQuestion], by: str) -> Iterator[tuple[list[PosedQuestion], list[PosedQuestion]]]:
    """(learned from, ranked) with each kind or each part left out."""
    key = (lambda each: each.part) if by == "part" else (lambda each: kind_of_memory(each.data))
    for left in dict.fromkeys(map(key, asked)):
        yield [each for each in asked if key(each) != left], [each for each in asked if key(each) == left]


def measure_speaking(asked: Sequence[PosedQuestion], by: str, steps: int | None) -> dict[str, dict[str, dict]]:
    """{data set: {how: figures}}, each question ranked by what was learned without it."""
    grades: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for rest, left in rounds(asked, by):
        examples = ranker_examples(rest)
        fixed = fit_ranker(unlearned_ranker(), examples, steps=steps or STEPS_OF_RANKER, decay=DECAY)
        spoken = speaking(fixed, examples, steps)
        ways = {"heads set by hand": fixed, "speaks": spoken, "frozen": frozen(spoken, examples)}
        for each in left:
            if "," not in each.data:
                for name, p in ways.items():
                    grades[each.data][name].append(grade(rank(p, each), each.gold))
                for name, ids in baseline_rankings_of(each).items():
                    grades[each.data][name].append(grade(ids, each.gold))
    return {data: {how: summarise(each) for how, each in found.items()} for data, found in grades.items()}


def baseline_rankings_of(each: PosedQuestion) -> dict[str, list[str]]:
    """The ten best of each single baseline."""
    values = fused(np.asarray(each.look.scores.about), np.asarray(each.look.scores.words))
    return {name: [each.ids[i] for i in np.argsort(-found, kind="stable")[:10]] for name, found in values.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--home", type=Path, help="keep the embedded memories in this folder")
    parser.add_argument("--limit", type=int, default=2000, help="conversations of a data set at most (2000)")
    parser.add_argument("--by", choices=("kind", "part"), default="kind", help="what is left out")
    parser.add_argument("--steps", type=int, help="of gradient, for a quick try")
    parser.add_argument("--backend", default="e5")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        job = FitJob(find_data(args.data), home, Path(temporary), args.backend, args.steps, args.limit)
        figures = measure_speaking(posed_by_kind(job), args.by, args.steps)
    for data, found in figures.items():
        for how, each in found.items():
            print(f"{data:26s} {how:18s} n={each['questions']:5d}  " + " / ".join(f"{each[k]:.3f}" for k in RECALLS))


if __name__ == "__main__":
    main()
