"""Training a Memory Network: linear start, random noise, restarts (Sukhbaatar et al. 2015, section 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ntm_memory.errors import real_number, whole_number
from ntm_memory.machine.optimisers import Adam, clip_norm
from ntm_memory.memn2n.encoding import Encoded
from ntm_memory.memn2n.network import Indices, MemN2N, categorical_cross_entropy
from ntm_memory.memn2n.parameters import KEPT, MemN2NSettings, initial_memn2n_parameters

_CHUNK = 250
_LEARNED = 2e-3
_MOST_RESTARTS = 10


@dataclass(frozen=True)
class Schedule:
    """How a network is trained.

    Args:
        epochs: passes over the training part with the softmax in place.
        linear: most passes before it is put in place (linear start); 0: it is there from the beginning.
        patience: so many passes without a lower validation loss end the linear start.
        batch: questions at once.
        rate: of Adam; falls to 0 along a cosine over `epochs`.
        noise: how often an empty memory is put before a sentence (random noise).
        clip: largest norm of the gradient of a batch's mean loss.
        decay: how much of the weights is taken away at a step, times the rate.
    """

    epochs: int = 40
    linear: int = 10
    patience: int = 3
    batch: int = 32
    rate: float = 0.005
    noise: float = 0.1
    clip: float = 40.0
    decay: float = 0.0

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("linear", 0), ("patience", 1), ("batch", 1)):
            whole_number(name, getattr(self, name), least, 100_000)
        for name, most in (("rate", 10.0), ("noise", 1.0), ("clip", float("inf")), ("decay", 1.0)):
            real_number(name, getattr(self, name), 0, most)


@dataclass(frozen=True)
class AnswerScore:
    """Mean cross entropy (nats) of the questions whose answer is known, percent answered wrong, and how many."""

    loss: float
    error: float
    questions: int

    @property
    def rank(self) -> tuple[float, float]:
        """The lower, the better: first the error, then the loss."""
        return self.error, self.loss


_UNKNOWN = AnswerScore(float("inf"), float("inf"), 0)


@dataclass(frozen=True)
class EpochReport:
    """How far a restart is, after a pass over the training part."""

    restart: int
    epoch: int
    epochs: int
    linear: bool
    loss: float
    valid: AnswerScore


@dataclass(frozen=True)
class Trained:
    """The best of a restart.

    Args:
        network: with the parameters of the pass that validated best.
        seed: of the restart.
        valid: its score on the validation part.
        epoch: that pass, counted from 1; 0: it was stopped before there was one.
        stopped: whether it was stopped.
    """

    network: MemN2N
    seed: int
    valid: AnswerScore
    epoch: int
    stopped: bool


def evaluate_memn2n(network: MemN2N, data: Encoded, *, linear: bool = False) -> AnswerScore:
    """Measure a network; an answer it does not know counts as wrong."""
    wrong, loss, known = 0, 0.0, 0
    for start in range(0, len(data), _CHUNK):
        batch = data.batch(slice(start, start + _CHUNK))
        logits, _ = network.forward(batch, linear=linear)
        wrong += int((logits.argmax(axis=1) != batch.answers).sum())
        kept = batch.answers >= 0
        if kept.any():
            loss += categorical_cross_entropy(logits[kept], batch.answers[kept])[0] * int(kept.sum())
            known += int(kept.sum())
    return AnswerScore(loss / max(known, 1), 100 * wrong / len(data), len(data))


@dataclass(frozen=True)
class Training:
    """How networks are trained, from whatever seed.

    Args:
        settings: of the network.
        schedule: how.
        train: the questions learned from.
        valid: those by which the best pass and the best restart are chosen.
        report: told after every pass.
        stop: asked after every batch; True ends the training with the best so far.
    """

    settings: MemN2NSettings
    schedule: Schedule
    train: Encoded
    valid: Encoded
    report: Callable[[EpochReport], None] = lambda report: None
    stop: Callable[[], bool] = lambda: False

    def best_of(self, restarts: int, seed: int) -> tuple[Trained, list[Trained]]:
        """Train from the seeds `seed`, `seed` + 1, …; a restart without an error on the validation part is the last.

        Args:
            restarts: at most so many, 1 … 10.
            seed: the first.

        Returns:
            The best on the validation part, and all.

        Raises:
            BadValueError: `restarts` is out of range.
        """
        whole_number("restarts", restarts, 1, _MOST_RESTARTS)
        tried: list[Trained] = []
        for restart in range(restarts):
            tried.append(_Run(self, seed + restart, restart).run())
            if tried[-1].stopped or tried[-1].valid.error == 0:
                break
        return min(tried, key=lambda trained: trained.valid.rank), tried


class _Run:
    """One restart."""

    def __init__(self, training: Training, seed: int, restart: int) -> None:
        self._training, self._schedule = training, training.schedule
        self._seed, self._restart, self._epoch = seed, restart, 0
        self._rng = np.random.default_rng([seed, 1])
        self._network = MemN2N(training.settings, initial_memn2n_parameters(training.settings, seed))
        self._adam = self._fresh_adam()

    def run(self) -> Trained:
        """Linear start, then the softmax; the pass that validated best, rounded as a checkpoint keeps it."""
        stopped = self._linear_start()
        values = self._network.parameters.flat
        best, chosen, kept = _UNKNOWN, 0, values.copy()
        self._adam = self._fresh_adam()
        for epoch in range(self._schedule.epochs if not stopped else 0):
            rate = self._schedule.rate * (1 + np.cos(np.pi * epoch / self._schedule.epochs)) / 2
            score, loss, stopped = self._pass(float(rate), linear=False)
            if score.rank < best.rank:
                best, chosen, kept = score, self._epoch, values.copy()
            if stopped or (score.error == 0 and max(loss, score.loss) < _LEARNED):
                break
        values[...] = kept.astype(KEPT)
        return Trained(self._network, self._seed, evaluate_memn2n(self._network, self._training.valid), chosen, stopped)

    def _linear_start(self) -> bool:
        """Without the softmax, until the validation loss no longer falls; whether it was stopped."""
        lowest, waited = np.inf, 0
        for _ in range(self._schedule.linear):
            score, _, stopped = self._pass(self._schedule.rate, linear=True)
            if stopped:
                return True
            lowest, waited = (score.loss, 0) if score.loss < lowest else (lowest, waited + 1)
            if waited >= self._schedule.patience:
                break
        return False

    def _pass(self, rate: float, *, linear: bool) -> tuple[AnswerScore, float, bool]:
        """One pass over the training part: score on the validation part, mean training loss, whether it was stopped."""
        data, size = self._training.train, self._schedule.batch
        order = self._rng.permutation(len(data))
        total, stopped = 0.0, False
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            total += self._step(chosen, rate, linear=linear) * len(chosen)
            stopped = self._training.stop()
            if stopped:
                break
        self._epoch += 1
        score = evaluate_memn2n(self._network, self._training.valid, linear=linear)
        loss = total / len(order)
        self._training.report(EpochReport(self._restart, self._epoch, self._schedule.epochs, linear, loss, score))
        return score, loss, stopped

    def _step(self, chosen: Indices, rate: float, *, linear: bool) -> float:
        batch = self._training.train.batch(chosen, (self._rng, self._schedule.noise))
        logits, tape = self._network.forward(batch, linear=linear)
        loss, error = categorical_cross_entropy(logits, batch.answers)
        gradient = self._network.backward(tape, error).flat
        clip_norm(gradient, self._schedule.clip)
        values = self._network.parameters.flat
        values *= 1 - rate * self._schedule.decay  # decoupled weight decay, as in Loshchilov and Hutter (2019)
        self._adam.update(values, gradient, rate)
        return loss

    def _fresh_adam(self) -> Adam:
        values = self._network.parameters.flat
        return Adam(values.size, values.dtype)
