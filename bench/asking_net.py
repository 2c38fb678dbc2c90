"""The network of `controller.asking` as a torch module, and how it is trained."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from bench.asked_wordings import UNKNOWN
from bench.one_cycle import run_cycle
from ntm_memory.controller.asking import DILATIONS, STEPS, WANTS

HIDDEN = 96
AT_ONCE, RATE, DECAY = 32, 2e-3, 0.05
DROPPED = 0.2
"""Share of the states' numbers and of the hidden ones that are left out at a time."""
WANTED = 2.0
"""What a question that wants one of `WANTS` counts against one that does not: they are few."""


class AskedTensors(NamedTuple):
    """B questions, padded to T pieces."""

    states: torch.Tensor
    real: torch.Tensor
    anchor: torch.Tensor
    step: torch.Tensor
    wants: torch.Tensor


@dataclass(frozen=True)
class AskedExample:
    """A question to learn from.

    Args:
        group: questions of one wording, or of two that differ by little; they are held back together.
        wording: the construction.
        how: how it came about: "own" as it was written, else made of it (`turned_wordings`).
        states: (T, H) float16.
        anchor: (T,) 1 for pieces that name the anchor, `UNKNOWN` where it asks by content.
        step: what it asks for, −3…+3.
        wants: (3,) of `WANTS`, `UNKNOWN` where nobody said.
        language: of its words.
    """

    group: str
    wording: str
    how: str
    states: np.ndarray
    anchor: np.ndarray
    step: int
    wants: np.ndarray
    language: str


class AskingNet(nn.Module):
    """The embedder's states of a question's pieces → which of them name the anchor, what the question asks for."""

    def __init__(self, mean: np.ndarray, deviation: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("deviation", torch.from_numpy(deviation))
        self.into = nn.Linear(len(mean), HIDDEN)
        self.convs = nn.ModuleList([nn.Conv1d(HIDDEN, HIDDEN, 3, padding=d, dilation=d) for d in DILATIONS])
        self.anchor = nn.Linear(HIDDEN, 1)
        self.whole = nn.Linear(6 * HIDDEN, len(STEPS) + len(WANTS))

    def forward(self, batch: AskedTensors) -> tuple[torch.Tensor, torch.Tensor]:
        """((B, T) logits of the anchor, (B, 7 + 3) of what is asked for)."""
        real = batch.real[:, :, None]
        states = F.dropout((batch.states - self.mean) / self.deviation, DROPPED, self.training)
        x = F.relu(self.into(states)) * real
        for conv in self.convs:
            dropped = F.dropout(x, DROPPED, self.training).transpose(1, 2)
            x = (x + F.relu(conv(dropped).transpose(1, 2))) * real
        pieces = self.anchor(x)[:, :, 0]
        return pieces, self.whole(F.dropout(_pooled(x, torch.sigmoid(pieces), batch.real), DROPPED, self.training))

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights as `asking.network` reads them; standardising is folded into the first matrix."""
        into = self.into.weight / self.deviation
        named = {"into.w": into.T, "into.b": self.into.bias - into @ self.mean}
        for number, conv in enumerate(self.convs):
            named |= {f"conv{number}.w": conv.weight.permute(2, 1, 0), f"conv{number}.b": conv.bias}
        for name, layer in (("anchor", self.anchor), ("whole", self.whole)):
            named |= {f"{name}.w": layer.weight.T, f"{name}.b": layer.bias}
        return {name: value.detach().numpy().astype(np.float32) for name, value in named.items()}


def _pooled(x: torch.Tensor, anchor: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """(B, 6·C), as `asking` pools one question."""
    anchor = anchor * real
    passed = anchor.cumsum(1) / (anchor.sum(1, keepdim=True) + 1e-6)
    parts = []
    for share in (real, (1 - anchor) * (1 - passed) * real, (1 - anchor) * passed * real):
        told = share[:, :, None] * x
        parts += [told.sum(1) / (share.sum(1, keepdim=True) + 1e-6), told.amax(1)]
    return torch.cat(parts, dim=1)


def stacked_questions(examples: Sequence[AskedExample]) -> AskedTensors:
    """Examples as one batch."""
    count, pieces = len(examples), max(len(each.states) for each in examples)
    states = np.zeros((count, pieces, examples[0].states.shape[1]), dtype=np.float32)
    real, anchor = np.zeros((2, count, pieces), dtype=np.float32)
    for row, each in enumerate(examples):
        here = slice(0, len(each.states))
        states[row, here], real[row, here], anchor[row, here] = each.states, 1, each.anchor
    step = np.array([STEPS.index(each.step) for each in examples])
    wants = np.stack([each.wants for each in examples]).astype(np.float32)
    return AskedTensors(*(torch.from_numpy(array) for array in (states, real, anchor, step, wants)))


def question_batches(examples: Sequence[AskedExample], rng: random.Random) -> Iterator[AskedTensors]:
    """All examples once, those of like length together, in any order."""
    ranked = sorted(examples, key=lambda each: len(each.states) + 4 * rng.random())
    starts = list(range(0, len(ranked), AT_ONCE))
    rng.shuffle(starts)
    for start in starts:
        yield stacked_questions(ranked[start : start + AT_ONCE])


def asking_loss(said: tuple[torch.Tensor, torch.Tensor], batch: AskedTensors) -> torch.Tensor:
    """Cross-entropy of the step, of what else is wanted where that is known, and of every piece where there is one."""
    pieces, whole = said
    step = F.cross_entropy(whole[:, : len(STEPS)], batch.step)
    known = batch.wants != UNKNOWN
    wants = F.binary_cross_entropy_with_logits(
        whole[:, len(STEPS) :], batch.wants.clamp(min=0), reduction="none", pos_weight=torch.tensor(WANTED)
    )
    placed = (batch.anchor != UNKNOWN) * batch.real
    anchor = F.binary_cross_entropy_with_logits(pieces, batch.anchor.clamp(min=0), reduction="none") * placed
    return step + (wants * known).sum() / known.sum().clamp(min=1) + anchor.sum() / placed.sum().clamp(min=1)


def train_asking(
    taught: Sequence[AskedExample], ordinary: Sequence[AskedExample], epochs: int, seed: int, share: int = 16
) -> dict[str, np.ndarray]:
    """Weights learned from questions that somebody labelled, and from one in `share` ordinary ones at a time."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    rng = random.Random(seed)
    states = np.concatenate([each.states for each in [*taught, *ordinary][:3000]]).astype(np.float32)
    net = AskingNet(states.mean(0), states.std(0) + 1e-3)
    some = len(ordinary) // share
    wordings: dict[tuple[str, str], dict[str, list[AskedExample]]] = {}
    for each in taught:
        wordings.setdefault((each.group, each.wording), {}).setdefault(each.how, []).append(each)
    steps = epochs * ((len(wordings) + some) // AT_ONCE + 1)

    def all_batches() -> Iterator[AskedTensors]:
        for _ in range(epochs):  # of each wording one filling at a time, as it was written or made
            drawn = [rng.choice(made[rng.choice(list(made))]) for made in wordings.values()]
            yield from question_batches([*drawn, *rng.sample(list(ordinary), some)], rng)

    run_cycle(net, asking_loss, all_batches(), steps=steps, rate=RATE, decay=DECAY)
    return net.arrays()
