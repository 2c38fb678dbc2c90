"""Trains the pair reader: batches, the loop, and the processes that share it; needs torch."""

from __future__ import annotations

import math
import random
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from bench.reader_data import LABELS, Asked, Candidates, StatementPair, draw_candidates, exchange_name
from bench.reader_lessons import Lessons
from bench.reader_losses import relevance_loss, revision_loss, teacher_loss
from bench.reader_net import PairNet
from bench.reader_teacher import Teacher, english_teacher
from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.embedding.weights import Weights
from ntm_memory.reader.sequences import PairSequence, question_and_memory, two_memories

SHARES = {"stores": 0.30, "answers": 0.18, "details": 0.24, "prompts": 0.10, "passages": 0.18}
"""How often a question of each group is drawn."""
EXCHANGED = 0.15
"""How often a question that names somebody is put about somebody else."""
DISTILLED = ("hotpot", "musique", "2wiki", "xquad_en", "friendsqa")
"""English sources, whose candidates the teacher is asked about."""
EARLY_EXIT, REVISION, TAUGHT = 0.5, 0.7, 0.5
"""What counts beside relevance at the last layer: an earlier exit; of each exit the revision and the teacher."""
SHOW_EVERY, KEEP_EVERY = 25, 200
"""Steps after which figures are printed, and what was learned is written."""
STEPS_DONE = "steps"
"""Beside what was learned in the file of a training: how many steps that took."""


@dataclass(frozen=True)
class Settings:
    """How long and how fast is learned.

    Args:
        steps: of gradient.
        minutes: the learning rate falls to its end by then, whatever steps were made.
        processes: that compute gradients of their own batches, averaged each step.
        questions, candidates, statements: of a batch.
        adapters, heads: learning rates.
    """

    steps: int = 4000
    minutes: float = 300.0
    processes: int = 2
    questions: int = 6
    candidates: int = 6
    statements: int = 8
    adapters: float = 6e-4
    heads: float = 1e-3
    warm_up: int = 80
    seed: int = 0

    def rate(self, done: float, step: int) -> float:
        """What the learning rates are multiplied by: warm up, then half a cosine."""
        return min(1.0, (step + 1) / self.warm_up) * max(0.02, 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))


@dataclass(frozen=True)
class Batch:
    """Questions with candidates, statement pairs, and the sequences of both in this order."""

    asked: Sequence[Candidates]
    statements: Sequence[StatementPair]
    sequences: Sequence[PairSequence]


class Batches:
    """Draws batches; each process from a seed of its own."""

    def __init__(self, lessons: Lessons, tokenizer: Tokenizer, settings: Settings, seed: int) -> None:
        self._rng, self._lessons, self._settings = random.Random(seed), lessons, settings
        self._question = lru_cache(200_000)(lambda q, m, b: question_and_memory(tokenizer, q, m, b))
        self._statements = lru_cache(20_000)(lambda a, b: two_memories(tokenizer, a, b))
        self._queues: dict[str, list[Asked]] = {name: [] for name in lessons.groups}

    def _next_asked(self) -> Asked:
        group = self._rng.choices(list(SHARES), list(SHARES.values()))[0]
        if not self._queues[group]:
            self._queues[group] = list(self._lessons.groups[group])
            self._rng.shuffle(self._queues[group])
        return self._queues[group].pop()

    def _candidates(self, asked: Asked) -> Candidates:
        count = self._settings.candidates
        exchanged = exchange_name(asked, self._rng, count) if self._rng.random() < EXCHANGED else None
        return exchanged or draw_candidates(asked, self._rng, count)

    def draw(self) -> Batch:
        """The next batch; its last statement pair is of two that have nothing to do with each other."""
        s, rng = self._settings, self._rng
        asked = [self._candidates(self._next_asked()) for _ in range(s.questions)]
        statements = [rng.choice(self._lessons.statements) for _ in range(s.statements - 1)]
        one, other = rng.sample(self._lessons.statements, 2)
        statements.append(StatementPair(one.older, other.newer, LABELS["unrelated"]))
        sequences = [self._question(each.question, *memory) for each in asked for memory in each.memories]
        sequences += [self._statements(pair.older, pair.newer) for pair in statements]
        return Batch(asked, statements, sequences)


def read_sorted(net: PairNet, sequences: Sequence[PairSequence], parts: int = 3) -> dict[int, torch.Tensor]:
    """The net's outputs, sequences of about one length read together."""
    order = sorted(range(len(sequences)), key=lambda i: len(sequences[i].ids))
    cuts = np.array_split(np.array(order), parts)
    found = [net([sequences[i] for i in part]) for part in cuts]
    back = torch.from_numpy(np.argsort(np.concatenate(cuts)))
    return {exit: torch.cat([each[exit] for each in found])[back] for exit in net.exits}


class Trainer:
    """One process of a training: its net, its optimiser, its batches."""

    def __init__(
        self, rank: int, settings: Settings, lessons: Lessons, weights: Weights, teacher: Teacher | None
    ) -> None:
        self._rank, self._settings, self._teacher = rank, settings, teacher
        tokenizer, self.net = Tokenizer(weights.pieces), PairNet(weights)
        named = [(name, p) for name, p in self.net.named_parameters() if p.requires_grad]
        self._parameters = [p for _, p in named]
        self._rates = (settings.heads, settings.adapters)
        heads = [p for name, p in named if name.startswith("heads")]
        others = [p for name, p in named if not name.startswith("heads")]
        self._optimiser = torch.optim.AdamW([{"params": heads}, {"params": others}], lr=0.0, weight_decay=0.01)
        self._batches = Batches(lessons, tokenizer, settings, settings.seed + 1000 * rank)

    def run(self, file: Path) -> None:
        """All steps; the first process writes what was learned to `file`, also now and then."""
        settings, seen, begun = self._settings, deque(maxlen=2 * SHOW_EVERY), time.time()
        for step in range(settings.steps):
            done = max(step / settings.steps, shared_clock(begun) / (60 * settings.minutes))
            if done >= 1:
                self._keep(file, step)
                return
            seen.append(self.step(settings.rate(done, step)))
            if self._rank == 0 and (step + 1) % SHOW_EVERY == 0:
                means = " ".join(f"{value:.3f}" for value in np.mean(seen, 0))
                print(f"{step + 1} {done:.3f} {means} {time.time() - begun:.0f} s", flush=True)
            if (step + 1) % KEEP_EVERY == 0:
                self._keep(file, step + 1)
        self._keep(file, settings.steps)

    def step(self, rate: float) -> list[float]:
        """One step of gradient; for each exit the relevance loss and the share right, and the same of revision."""
        for group, own in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = own * rate
        loss, told = self.loss(self._batches.draw())
        self._optimiser.zero_grad()
        loss.backward()
        if self._settings.processes > 1:
            average_gradients(self._parameters, self._settings.processes)
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimiser.step()
        return told

    def loss(self, batch: Batch) -> tuple[torch.Tensor, list[float]]:
        """The loss of a batch over all exits, and what `step` returns."""
        count = sum(len(each.memories) for each in batch.asked)
        scores = [self._teach(each) for each in batch.asked]
        loss, told = torch.zeros(()), []
        for exit, logits in read_sorted(self.net, batch.sequences).items():
            relevant, right = relevance_loss(logits[:count, 0], batch.asked)
            revising, sorted_right = revision_loss(logits[count:, 1:], batch.statements)
            taught = teacher_loss(logits[:count, 0], batch.asked, scores)
            share = 1.0 if exit == max(self.net.exits) else EARLY_EXIT
            loss = loss + share * (relevant + REVISION * revising + TAUGHT * taught)
            told += [relevant.item(), right, revising.item(), sorted_right]
        return loss, told

    def _teach(self, asked: Candidates) -> np.ndarray | None:
        if self._teacher is None or asked.source not in DISTILLED or asked.answer is None:
            return None
        return self._teacher([(asked.question, text) for text, _ in asked.memories])

    def _keep(self, file: Path, steps: int) -> None:
        if self._rank == 0:
            np.savez(file, **self.net.learned(), **{STEPS_DONE: np.array(steps)})


def shared_clock(begun: float) -> float:
    """Seconds since then, by the clock of the first process."""
    clock = torch.tensor([time.time() - begun])
    dist.broadcast(clock, 0)
    return float(clock)


def average_gradients(parameters: Sequence[torch.nn.Parameter], processes: int) -> None:
    """The mean over all processes."""
    flat = torch.cat([p.grad.flatten() for p in parameters])
    dist.all_reduce(flat)
    flat /= processes
    at = 0
    for p in parameters:
        p.grad.copy_(flat[at : at + p.numel()].view_as(p))
        at += p.numel()


def run_process(
    rank: int, settings: Settings, lessons: Lessons, weights: Path, teacher: Path | None, meeting: Path, file: Path
) -> None:
    """One process of the training."""
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    dist.init_process_group("gloo", init_method=meeting.as_uri(), rank=rank, world_size=settings.processes)
    try:
        taught = None if teacher is None else english_teacher(teacher)
        Trainer(rank, settings, lessons, Weights(weights), taught).run(file)
    finally:
        dist.destroy_process_group()


def train_reader(settings: Settings, lessons: Lessons, weights: Path, teacher: Path | None, file: Path) -> None:
    """Train, and write what was learned to an .npz file.

    Args:
        settings: how long and how fast.
        lessons: what from.
        weights: the embedder's file.
        teacher: folder of an English cross-encoder; None: without one.
        file: to write; its folder is made.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        given = (settings, lessons, weights, teacher, Path(folder) / "meeting", file)
        if settings.processes == 1:
            run_process(0, *given)
        else:
            mp.spawn(run_process, given, nprocs=settings.processes)
