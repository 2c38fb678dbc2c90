"""How a ranking is graded against the memories that hold the answer; the formulas of the data sets' own scorer."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np

KS = (1, 2, 5, 10)
BINS = np.linspace(0, 1, 11)


def grade(ranked: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    """Recall, hit and all-evidence at k, MRR and nDCG@10 of one ranking."""
    wanted = set(gold)
    places = [i for i, id in enumerate(dict.fromkeys(ranked)) if id in wanted]
    out = {f"recall@{k}": sum(place < k for place in places) / len(wanted) for k in KS}
    out["hit@5"] = float(any(place < 5 for place in places))
    out["mrr"] = 1 / (places[0] + 1) if places else 0.0
    ideal = sum(1 / np.log2(i + 2) for i in range(min(10, len(wanted))))
    out["ndcg@10"] = float(sum(1 / np.log2(place + 2) for place in places if place < 10) / ideal)
    out["all@10"] = float(sum(place < 10 for place in places) == len(wanted))
    return out


def summarise(grades: Sequence[Mapping[str, float]], draws: int = 1000) -> dict[str, object]:
    """Means, and a bootstrap 95 % interval over questions of recall@5 and recall@10 (seed 0)."""
    means: dict[str, object] = {
        name: round(float(np.mean([each[name] for each in grades])), 4) for name in (grades[0] if grades else ())
    }
    rng = random.Random(0)
    for name in ("recall@5", "recall@10"):
        values = [each[name] for each in grades]
        drawn = sorted(float(np.mean(rng.choices(values, k=len(values)))) for _ in range(draws))
        means[f"{name} 95 %"] = [round(drawn[int(0.025 * draws)], 4), round(drawn[int(0.975 * draws)], 4)]
    return means | {"questions": len(grades)}


def area_under_curve(yes: Sequence[float], no: Sequence[float]) -> float:
    """How often a score of `yes` is above one of `no`, ties counting half: the area under the ROC curve."""
    over = np.subtract.outer(np.asarray(yes), np.asarray(no))
    return float(np.mean((over > 0) + 0.5 * (over == 0)))


def reliability(sure: Sequence[float], true: Sequence[float]) -> list[tuple[float, float, int]]:
    """(what was said on average, the share that is true, how many) of each tenth of 0–1 in which anything was said."""
    said, is_true = np.array(sure), np.array(true)
    bins = np.clip(np.digitize(said, BINS) - 1, 0, len(BINS) - 2)
    return [
        (float(said[bins == b].mean()), float(is_true[bins == b].mean()), int((bins == b).sum()))
        for b in np.unique(bins)
    ]


def calibration_error(sure: Sequence[float], true: Sequence[float]) -> float:
    """Expected calibration error over ten bins: how far what was said, 0–1, is from the share that is true."""
    return float(sum(abs(said - share) * count for said, share, count in reliability(sure, true)) / len(sure))
