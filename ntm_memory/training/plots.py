"""Figures like the paper's, as PNG files. matplotlib is optional and imported only here, when a figure is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.errors import NotSetUpError
from ntm_memory.machine.activations import logistic
from ntm_memory.machine.network import Machine
from ntm_memory.training.tasks import SequenceBatch

Array = NDArray[np.floating[Any]]
_SMOOTH = 50


def undrawable() -> str:
    """Why no figure can be drawn here, and what helps; nothing where one can."""
    try:
        _pyplot()
    except NotSetUpError as error:
        return f"{error.message}; {error.hint}"
    return ""


def learning_curve(path: Path, history: Array) -> Path:
    """Wrong bits and cost per sequence over the sequences seen (the paper's figures 3, 7, 10, 13, 18).

    Args:
        path: PNG file to write.
        history: (batches, 4): sequences, wrong bits, bits, loss.
    """
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(7, 4))
    window = max(1, min(_SMOOTH, len(history)))
    mean = np.ones(window) / window
    for column, label in ((2, "cost (bits)"), (1, "wrong bits")):
        smoothed = np.convolve(history[:, column], mean, mode="valid")
        axes.plot(history[window - 1 :, 0] / 1000, smoothed, label=label)
    axes.set(xlabel="sequences (thousands)", ylabel="per sequence", title="Learning curve")
    axes.set_ylim(bottom=0)
    axes.legend()
    return _save(plt, figure, path)


def targets_and_outputs(path: Path, machine: Machine, batch: SequenceBatch) -> Path:
    """The first sequence's input, target and output, and where they differ (figures 4, 5, 8, 9)."""
    plt = _pyplot()
    logits, _ = machine.forward(batch.inputs[:, :1])
    outputs = logistic(logits[batch.answer, 0])
    targets = batch.targets[batch.answer, 0]
    rows = [("input", batch.inputs[:, 0]), ("target", targets), ("output", outputs), ("error", abs(outputs - targets))]
    figure, axes = plt.subplots(len(rows), 1, figsize=(9, 6))
    for axis, (label, values) in zip(axes, rows, strict=True):
        limits = {} if label == "input" else {"vmin": 0, "vmax": 1}
        axis.imshow(values.T, aspect="auto", interpolation="nearest", cmap="viridis", **limits)
        axis.set_ylabel(label)
        axis.set_yticks([])
    axes[-1].set_xlabel("time")
    return _save(plt, figure, path)


def weightings(path: Path, machine: Machine, batch: SequenceBatch) -> Path:
    """Where the heads looked, location by time, for the first sequence (figure 6): the tracks of an algorithm."""
    plt = _pyplot()
    _, tape = machine.forward(batch.inputs[:, :1])
    weights, readers = tape.weights[:, 0], machine.settings.read_heads
    first, count = _used_arc(weights.max(axis=(0, 1)) > 0.05)
    weights = np.roll(weights, -first, axis=2)[:, :, :count]
    heads = weights.shape[1]
    figure, axes = plt.subplots(1, heads, figsize=(4.5 * heads, 5), squeeze=False)
    for head, axis in enumerate(axes[0]):
        axis.imshow(weights[:, head].T, aspect="auto", interpolation="nearest", cmap="gray", vmin=0, vmax=1)
        kind = f"read {head + 1}" if head < readers else f"write {head - readers + 1}"
        axis.set(title=f"{kind} weighting", xlabel="time", ylabel=f"location, counted from {first} on the ring")
    return _save(plt, figure, path)


def _used_arc(used: NDArray[np.bool_]) -> tuple[int, int]:
    """First location and length of the shortest stretch of the ring that holds every location used; all: none is."""
    size, places = len(used), np.flatnonzero(used)
    if not len(places):
        return 0, size
    gaps = np.diff(places, append=places[0] + size)
    widest = int(gaps.argmax())
    first = int(places[(widest + 1) % len(places)])
    return first, size - int(gaps[widest]) + 1


def _pyplot() -> Any:
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        raise NotSetUpError("figures need matplotlib", "install.py --with plots, or train.py --no-plots") from error
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def _save(plt: Any, figure: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)
    return path
