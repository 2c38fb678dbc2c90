"""The network of `privacy.secret_tagger` as a torch module, and how it is trained."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from bench.one_cycle import run_cycle
from ntm_memory.privacy.secret_tagger import BUCKETS, DILATIONS, KINDS, LEAST, character_codes, character_features

CHARACTER, MEANT, HIDDEN, CLASSES = 16, 24, 40, 10
AT_ONCE, RATE, DECAY = 32, 3e-3, 0.05
SEEDS = (0, 1)
"""One network each."""
SHARE = 4
"""One in so many turns of talk is learned from in an epoch."""
_ALIKE = ("0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_DRAWN = re.compile(r"(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{6,}")
LONG = 40
"""Characters of a text that counts as one: a longer one counts by the root of its length."""
EXCHANGED = 0.3
"""Share of the texts with a secret that are learned from with another's."""
WHOLE = 0.5
"""What the decision about a whole text counts beside those about its characters."""


class Tensors(NamedTuple):
    """B texts, padded to L characters and T pieces."""

    codes: torch.Tensor
    features: torch.Tensor
    secret: torch.Tensor
    kind: torch.Tensor
    real: torch.Tensor
    states: torch.Tensor
    places: torch.Tensor


@dataclass(frozen=True)
class Example:
    """A text to learn from.

    Args:
        text: it.
        span: of its secret; None where it holds none.
        kind: number of the secret's kind.
        known: what rules know and patterns suppose of it.
        states: (T, H) float16.
        places: (L,).
    """

    text: str
    span: tuple[int, int] | None
    kind: int
    known: Sequence[Sequence[tuple[int, int]]]
    states: np.ndarray
    places: np.ndarray


class SecretNet(nn.Module):
    """Characters, their classes and the embedder's states → logit of a secret, logits of its kind."""

    def __init__(self, mean: np.ndarray, deviation: np.ndarray) -> None:
        super().__init__()
        self.characters = nn.Embedding(BUCKETS, CHARACTER)
        nn.init.normal_(self.characters.weight, std=0.3)
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("deviation", torch.from_numpy(deviation))
        self.states = nn.Linear(len(mean), MEANT)
        self.into = nn.Conv1d(CHARACTER + CLASSES + MEANT, HIDDEN, 5, padding=2)
        self.convs = nn.ModuleList([nn.Conv1d(HIDDEN, HIDDEN, 3, padding=d, dilation=d) for d in DILATIONS])
        self.out = nn.Conv1d(HIDDEN, 1 + len(KINDS), 1)

    def forward(self, batch: Tensors) -> torch.Tensor:
        """(B, 1 + kinds, L)."""
        hide = self.training
        states = (batch.states - self.mean) / self.deviation
        states = F.dropout1d(states.transpose(1, 2), 0.3, hide).transpose(1, 2)  # a number is gone from all of a text
        meant = F.relu(self.states(states))
        meant = torch.gather(meant, 1, batch.places[:, :, None].expand(-1, -1, MEANT))
        parts = [F.dropout(self.characters(batch.codes), 0.2, hide), batch.features, F.dropout(meant, 0.2, hide)]
        x = F.relu(self.into(torch.cat(parts, 2).transpose(1, 2)))
        for conv in self.convs:
            x = x + F.relu(conv(F.dropout(x, 0.2, hide)))
        return self.out(x)

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take over weights as `arrays` gives them."""
        states = weights["states.w"].T
        layers = [("into", self.into), *((f"conv{n}", conv) for n, conv in enumerate(self.convs))]
        with torch.no_grad():
            self.characters.weight.copy_(torch.from_numpy(weights["characters"]))
            self.states.weight.copy_(torch.from_numpy(states) * self.deviation)
            self.states.bias.copy_(torch.from_numpy(weights["states.b"]) + torch.from_numpy(states) @ self.mean)
            for name, layer in layers:
                layer.weight.copy_(torch.from_numpy(weights[f"{name}.w"]).permute(2, 1, 0))
                layer.bias.copy_(torch.from_numpy(weights[f"{name}.b"]))
            self.out.weight.copy_(torch.from_numpy(weights["out.w"]).T[:, :, None])
            self.out.bias.copy_(torch.from_numpy(weights["out.b"]))

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights as `secret_tagger.network` reads them; standardising is folded into the first matrix."""
        states = self.states.weight / self.deviation
        named = {"characters": self.characters.weight, "states.w": states.T}
        named["states.b"] = self.states.bias - states @ self.mean
        layers = [("into", self.into), *((f"conv{n}", conv) for n, conv in enumerate(self.convs))]
        for name, layer in layers:
            named |= {f"{name}.w": layer.weight.permute(2, 1, 0), f"{name}.b": layer.bias}
        named |= {"out.w": self.out.weight[:, :, 0].T, "out.b": self.out.bias}
        return {name: value.detach().numpy().astype(np.float32) for name, value in named.items()}


def stacked(examples: Sequence[Example]) -> Tensors:
    """Examples as one batch."""
    count, long = len(examples), max(len(each.text) for each in examples)
    pieces = max(len(each.states) for each in examples)
    codes, places = np.zeros((2, count, long), dtype=np.int64)
    secret, real = np.zeros((2, count, long), dtype=np.float32)
    features = np.zeros((count, long, CLASSES), dtype=np.float32)
    kind = np.full((count, long), -1, dtype=np.int64)
    states = np.zeros((count, pieces, examples[0].states.shape[1]), dtype=np.float32)
    for row, each in enumerate(examples):
        here = slice(0, len(each.text))
        codes[row, here], features[row, here] = character_codes(each.text), character_features(each.text, each.known)
        places[row, here], real[row, here] = each.places, 1
        states[row, : len(each.states)] = each.states
        if each.span is not None:
            secret[row, slice(*each.span)], kind[row, slice(*each.span)] = 1, each.kind
    return Tensors(*(torch.from_numpy(array) for array in (codes, features, secret, kind, real, states, places)))


def redrawn(example: Example, rng: random.Random) -> Example:
    """The same text with other letters and digits in its secret, or in what looks like one and is none.

    What is learned is the shape and the talk around it, not the value; and that not all that looks drawn is a secret.
    """
    spans = [example.span] if example.span else [run.span() for run in _DRAWN.finditer(example.text)]
    if not spans or rng.random() < 0.5:
        return example
    text = list(example.text)
    for start, end in spans:
        for i in range(start + rng.choice([0, 4]), end):
            text[i] = next((rng.choice(kind) for kind in _ALIKE if text[i] in kind), text[i])
    known = example.known if rng.random() < 0.5 else [[] for _ in example.known]
    return Example("".join(text), example.span, example.kind, known, example.states, example.places)


def exchanged(example: Example, others: Mapping[int, Sequence[str]], rng: random.Random) -> Example:
    """Sometimes the same text with the secret of another text of its kind, as if the embedder had read it so."""
    if example.span is None or example.kind not in others or rng.random() >= EXCHANGED:
        return example
    start, end = example.span
    value = rng.choice(others[example.kind])
    own, longer = max(end - start, 1), len(value) - (end - start)

    def moved(at: int) -> int:
        return at if at <= start else at + longer if at >= end else min(at, start + len(value))

    inner = example.places[start + np.arange(len(value)) * own // max(len(value), 1)]
    return Example(
        example.text[:start] + value + example.text[end:],
        (start, start + len(value)),
        example.kind,
        [[(moved(low), moved(high)) for low, high in spans] for spans in example.known],
        example.states,
        np.concatenate([example.places[:start], inner, example.places[end:]]),
    )


def values_by_kind(examples: Sequence[Example]) -> dict[int, list[str]]:
    """The short secrets of some texts, by their kind."""
    found: dict[int, list[str]] = {}
    for each in examples:
        if each.span is not None and each.span[1] - each.span[0] <= LONG:
            found.setdefault(each.kind, []).append(each.text[slice(*each.span)])
    return found


def batches(examples: Sequence[Example], rng: random.Random) -> Iterator[Tensors]:
    """All examples once, those of like length together, in any order."""
    others = values_by_kind(examples)
    ranked = sorted(examples, key=lambda each: len(each.text) // LONG + 3 * rng.random())
    starts = list(range(0, len(ranked), AT_ONCE))
    rng.shuffle(starts)
    for start in starts:
        yield stacked([redrawn(exchanged(each, others, rng), rng) for each in ranked[start : start + AT_ONCE]])


def loss_of(said: torch.Tensor, batch: Tensors) -> torch.Tensor:
    """Cross-entropy of every character; of a secret's characters, of their kind too."""
    each = F.binary_cross_entropy_with_logits(said[:, 0], batch.secret, reduction="none") * batch.real
    texts = each.sum(1) / (batch.real.sum(1) * LONG).sqrt()
    kinds = F.cross_entropy(said[:, 1:], batch.kind, ignore_index=-1) if (batch.kind >= 0).any() else said.sum() * 0
    return texts.mean() + WHOLE * whole_loss(said[:, 0], batch) + 0.05 * kinds


def whole_loss(said: torch.Tensor, batch: Tensors) -> torch.Tensor:
    """Cross-entropy of whether a text holds a secret at all, as it is decided: by its likeliest characters in a row."""
    chances = torch.sigmoid(said) * batch.real
    surest = F.avg_pool1d(chances[:, None], LEAST, 1).amax((1, 2)) if said.shape[1] >= LEAST else chances.amax(1)
    return F.binary_cross_entropy(surest.clamp(1e-6, 1 - 1e-6), batch.secret.amax(1))


def train(told: Sequence[Example], talk: Sequence[Example], epochs: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights learned from texts with and without a secret, and some of the talk at a time; AdamW, one cycle."""
    rng, net = _begun(talk, seed)
    some = len(talk) // SHARE
    steps = epochs * ((len(told) + some) // AT_ONCE + 1)
    all_batches = (batch for _ in range(epochs) for batch in batches([*told, *rng.sample(list(talk), some)], rng))
    run_cycle(net, loss_of, all_batches, steps=steps, rate=RATE, decay=DECAY)
    return net.arrays()


def learn_on(
    weights: Mapping[str, np.ndarray],
    drawn: Callable[[random.Random], list[Example]],
    epochs: int,
    rate: float,
    seed: int,
) -> dict[str, np.ndarray]:
    """Weights that were learned, learned on from what is drawn anew for each epoch."""
    first = drawn(random.Random(seed))
    rng, net = _begun(first, seed)
    net.load(weights)
    steps = epochs * (len(first) // AT_ONCE + 1)
    run_cycle(
        net,
        loss_of,
        (batch for _ in range(epochs) for batch in batches(drawn(rng), rng)),
        steps=steps,
        rate=rate,
        decay=DECAY,
    )
    return net.arrays()


def _begun(texts: Sequence[Example], seed: int) -> tuple[random.Random, SecretNet]:
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    states = np.concatenate([each.states[1:-1] for each in texts[:1500]]).astype(np.float32)
    return random.Random(seed), SecretNet(states.mean(0), states.std(0) + 1e-3)
