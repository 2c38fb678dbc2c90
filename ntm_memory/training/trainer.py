"""The training loop: draw, forward, backward, clip, step; widen, settle, restore; validate and keep the best.

Everything the loop remembers is in `TrainerState`, which a file can hold: a run that was killed goes on from its last
save and ends with the same parameters, bit for bit, as one that was not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ntm_memory.machine.network import Machine
from ntm_memory.machine.optimisers import clip_norm, make_optimiser
from ntm_memory.machine.parameters import MachineParameters, initial_machine_parameters
from ntm_memory.training.compiled import make_machine
from ntm_memory.training.evaluate import mean_order
from ntm_memory.training.loss import binary_cross_entropy, bits_per_sequence, wrong_bits
from ntm_memory.training.settings import TrainingSettings
from ntm_memory.training.state import RECENT, TrainerState

CONVERGED_BITS = 0.05
CONVERGED_SEQUENCES = 1600
_VALIDATION_STREAM = 1
CLIP_WINDOW = 100
"""Batches whose usual gradient norm limits the next one."""
COLLAPSED = 0.15
"""Share of wrong answer bits from which on what was learned counts as lost."""
CALM = 0.03
"""Share below which the parameters are worth going back to."""


class BatchReport(NamedTuple):
    """What the loop says after every batch; bits a sequence as evaluation counts them, wrong ones or surprise."""

    sequences: int
    total: int
    loss: float
    bits: float
    reach: float


class Trainer:
    """One training run.

    Args:
        settings: what to train, and how.
        state: where to go on; None: from the beginning.
    """

    def __init__(self, settings: TrainingSettings, state: TrainerState | None = None) -> None:
        self.settings = settings
        self.task = settings.make_task()
        machine = settings.machine_settings()
        self._parameters = initial_machine_parameters(machine, settings.seed, gate_bias=settings.gate_bias)
        self.machine = make_machine(machine, self._parameters)
        self._optimiser = make_optimiser(settings.optimiser, self._parameters.flat.size, machine.dtype)
        self.state = state or TrainerState.new(settings, self._parameters.flat, self._optimiser.state)
        self._parameters.flat[:] = self.state.parameters
        self.state.parameters = self._parameters.flat
        for name, value in self.state.optimiser.items():
            self._optimiser.state[name][...] = value
        self.state.optimiser = self._optimiser.state

    def run(
        self, report: Callable[[BatchReport], None] | None = None, stop: Callable[[], bool] = lambda: False
    ) -> TrainerState:
        """Train until all sequences are used up or `stop` says so, looking after every batch."""
        while self.state.sequences < self.settings.sequences and not stop():
            said = self._batch()
            if report is not None:
                report(said)
        return self.state

    def best(self) -> Machine:
        """The core's machine, with the parameters that validated best."""
        settings = self.as_core().settings
        return make_machine(settings, MachineParameters(settings, self.state.best_parameters.copy()))

    def as_core(self) -> Machine:
        """The present parameters on as many locations as the core will have."""
        return self._on(self.settings.core_memory_size or self.machine.settings.memory_size)

    def _on(self, locations: int) -> Machine:
        return make_machine(dataclasses.replace(self.machine.settings, memory_size=locations), self._parameters)

    def _batch(self) -> BatchReport:
        state, settings = self.state, self.settings
        batch = self.task.sample(state.rng, settings.batch, self.task.draw_sizes(state.rng, state.reach))
        machine = self._sized()
        logits, tape = machine.forward(batch.inputs)
        loss, d_logits = binary_cross_entropy(logits, batch)
        gradient = machine.backward(tape, d_logits).flat
        if np.isfinite(self._clip(gradient)):
            self._optimiser.update(self._parameters.flat, gradient, self._learning_rate())
        else:
            self._go_back()
        state.sequences += settings.batch
        wrong = float(wrong_bits(logits, batch).mean())
        surprise = float(bits_per_sequence(logits, batch).mean())
        state.remember(wrong, wrong / batch.target_bits, surprise, loss)
        self._adapt()
        if state.sequences // settings.validate_every > (state.sequences - settings.batch) // settings.validate_every:
            self._validate()
        bits = surprise if self.task.probabilistic else wrong
        return BatchReport(state.sequences, settings.sequences, loss, bits, state.reach)

    def _sized(self) -> Machine:
        """The machine, on a memory of a size drawn for this batch."""
        if self.settings.memory_sizes is None or self.state.reach < self.settings.memory_sizes_from:
            return self.machine
        low, high = self.settings.memory_sizes
        return self._on(int(self.state.rng.integers(low, high + 1)))

    def _learning_rate(self) -> float:
        settings, state = self.settings, self.state
        rate = settings.learning_rate * state.rate
        if state.reach < 1:  # one that cools before it has seen the whole range stays where it is
            return rate
        left = (settings.sequences - state.sequences) / max(settings.sequences - state.whole_range_at, 1)
        return rate * min(1.0, left / settings.cool)

    def _clip(self, gradient: np.ndarray) -> float:
        """Limit the gradient's norm in place; returns what it was."""
        norms = self.state.norms
        limit = self.settings.clip
        if len(norms) >= RECENT:
            usual = self.settings.clip_factor * float(np.median(norms))
            limit = min(limit, max(usual, self.settings.clip_floor))
        norm = clip_norm(gradient, limit)
        if np.isfinite(norm):
            norms.append(norm)
        del norms[:-CLIP_WINDOW]
        return norm

    def _go_back(self) -> None:
        """To parameters that worked, and on from there with smaller steps."""
        state = self.state
        self._parameters.flat[:] = state.calm_parameters if state.calm else state.best_parameters
        state.rate *= 0.5
        state.restored += 1
        state.forget_recent()

    def _adapt(self) -> None:
        """Note convergence, widen the curriculum, settle the learning rate, undo a collapse."""
        state, settings = self.state, self.settings
        if self.task.probabilistic or len(state.recent_wrong) < RECENT:
            return
        wrong = float(np.mean(state.recent_wrong[-RECENT:]))
        if state.reach < 1:
            if float(np.mean(state.recent_share[-RECENT:])) < settings.widen_below:
                state.reach = min(1.0, state.reach + settings.widen)
                state.whole_range_at = state.sequences
                state.forget_recent()
            return
        window = -(-CONVERGED_SEQUENCES // settings.batch)
        if state.converged_at is None and len(state.recent_wrong) >= window:
            if float(np.mean(state.recent_wrong[-window:])) <= CONVERGED_BITS:
                state.converged_at = state.sequences
        if wrong < settings.settle_below and not state.settled:
            state.settled = True
            state.rate *= settings.settle_rate
        if state.calm and np.mean(state.recent_share[-RECENT:]) > COLLAPSED:
            self._go_back()

    def _validate(self) -> None:
        """Keep the parameters if they are the best so far, at the largest trained sizes and at longer ones."""
        state, settings = self.state, self.settings
        if len(state.recent_share) >= RECENT and np.mean(state.recent_share[-RECENT:]) < CALM:
            state.calm = True
            state.calm_parameters = self._parameters.flat.copy()
        seed = (settings.seed, _VALIDATION_STREAM)
        order = mean_order(self.as_core(), self.task, settings.validation, settings.validation_sequences, seed)
        state.validations.append((state.sequences, *order))
        if state.reach < 1 and state.best_score is None:  # a curriculum that is never done leaves the latest
            state.best_parameters = self._parameters.flat.copy()
            state.best_at = state.sequences
        if state.reach >= 1 and (state.best_score is None or order <= state.best_score):
            state.best_score = order
            state.best_parameters = self._parameters.flat.copy()
            state.best_at = state.sequences
