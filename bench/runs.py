"""Rankings of one run in a file, one question a line, and how two such files differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench.dataset import rows


class RankedAnswer(NamedTuple):
    """Ids of the data set, best first; what each weighs; the confidence, where there is one."""

    ids: list[str]
    weights: list[float]
    confidence: float | None = None


class RunDifference(NamedTuple):
    """Questions of both runs, of one only; rankings that differ; the largest difference of a weight or confidence."""

    both: int
    one_only: int
    rankings: int
    largest: float


def write_run(file: Path, run: Mapping[str, RankedAnswer]) -> None:
    """{qid: answer} as lines of {qid, ranked, weights, confidence}."""
    with file.open("w", encoding="utf-8") as out:
        for qid, (ids, weights, confidence) in run.items():
            line = {"qid": qid, "ranked": ids, "weights": weights, "confidence": confidence}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_run(file: Path) -> dict[str, RankedAnswer]:
    """What `write_run` wrote; runs of others may lack weights."""
    return {
        line["qid"]: RankedAnswer(line["ranked"], line.get("weights", []), line.get("confidence"))
        for line in rows(file)
    }


def compare_runs(one: Mapping[str, RankedAnswer], other: Mapping[str, RankedAnswer]) -> RunDifference:
    """How two runs over the same questions differ; weights are compared memory by memory, a missing one being 0."""
    both = [qid for qid in one if qid in other]
    changed = sum(one[qid].ids != other[qid].ids for qid in both)
    largest = max((_apart(one[qid], other[qid]) for qid in both), default=0.0)
    return RunDifference(len(both), len(one.keys() ^ other.keys()), changed, largest)


def _apart(one: RankedAnswer, other: RankedAnswer) -> float:
    first, second = (dict(zip(answer.ids, answer.weights, strict=False)) for answer in (one, other))
    gaps = [abs(first.get(id, 0.0) - second.get(id, 0.0)) for id in first.keys() | second.keys()]
    return max([*gaps, abs((one.confidence or 0.0) - (other.confidence or 0.0))])
