"""Figures of what is measured, as PNG files; they need matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.grading import reliability


class CostPoint(NamedTuple):
    """How good and how dear a number of memories is.

    Args:
        most: memories of a question that are read at most.
        at_once: so many at a time, until one has everything; 0: all.
        first: share of answerable questions whose first memory answers.
        ms: CPU milliseconds of the reader for one question, on average.
    """

    most: int
    at_once: int
    first: float
    ms: float


class Costs(NamedTuple):
    """One cost over the number of memories.

    Args:
        title: what costs.
        unit: of it.
        lines: label → (memories, cost) of each size.
    """

    title: str
    unit: str
    lines: Sequence[tuple[str, Sequence[tuple[int, float]]]]


def draw_costs(costs: Sequence[Costs], file: Path) -> None:
    """Costs over size, a field for each kind, both axes by powers of ten."""
    figure, fields = _figure(2, -(-len(costs) // 2))
    for axes, cost in zip(fields.flat, costs, strict=False):
        for label, points in cost.lines:
            axes.plot(*zip(*points, strict=True), "o-", label=label, markersize=3)
        axes.set(title=cost.title, xlabel="memories", ylabel=cost.unit, xscale="log", yscale="log")
        costly = [value for _, points in cost.lines for _, value in points]
        if costly:  # whole powers of ten: what hardly grows must not look as if it did
            axes.set_ylim(10 ** np.floor(np.log10(min(costly))), 10 ** (np.floor(np.log10(max(costly))) + 1))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter("{x:,g}")
            axis.set_minor_formatter("")
        axes.title.set_size(9)
        axes.grid(visible=True, which="both", alpha=0.2)
        if cost.lines:
            axes.legend(fontsize=6)
    figure.savefig(file, dpi=100)


def draw_cost(points: Sequence[CostPoint], file: Path) -> None:
    """Quality over cost, a line for each number of memories that are read at a time."""
    figure, axes = _figure()
    for at_once in dict.fromkeys(point.at_once for point in points):
        line = [point for point in points if point.at_once == at_once]
        label = f"{at_once} at a time, until one has everything" if at_once else "all at once"
        axes.plot([each.ms for each in line], [each.first for each in line], "o-", label=label)
        for each in line:
            axes.annotate(str(each.most), (each.ms, each.first), textcoords="offset points", xytext=(3, 3), fontsize=7)
    axes.set_xlabel("CPU ms of the reader for a question; at each point: memories read at most")
    axes.set_ylabel("right first, stores held back")
    axes.legend(fontsize=7)
    figure.savefig(file, dpi=100)


def draw_calibration(told: Mapping[str, tuple[Sequence[float], Sequence[float]]], file: Path) -> None:
    """How often an answer is there over how sure recall was, a line for each set.

    Args:
        told: set → (confidence of each question, 1 where it can be answered).
        file: to write.
    """
    figure, axes = _figure()
    axes.plot([0, 1], [0, 1], ":", color="gray")
    for name, (sure, answerable) in told.items():
        bins = np.array(reliability(sure, answerable))
        axes.plot(bins[:, 0], bins[:, 1], "-", label=name)
        axes.scatter(bins[:, 0], bins[:, 1], s=bins[:, 2])
    axes.set_xlabel("confidence (area of a point: questions)")
    axes.set_ylabel("share that can be answered")
    axes.legend(fontsize=7)
    figure.savefig(file, dpi=100)


def _figure(columns: int = 1, rows: int = 1) -> tuple[Any, Any]:  # matplotlib is optional, and so are its types
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    side = (6, 4) if columns == 1 else (4.2 * columns, 3.1 * rows)
    return pyplot.subplots(rows, columns, figsize=side, layout="constrained")
