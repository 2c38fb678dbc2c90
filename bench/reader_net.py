"""The pair reader as a torch module: the embedder's layers, frozen, with low-rank adapters (Hu et al. 2021,
arXiv 2106.09685) on every matrix, free layer norms, segment marks, and heads over the first and the mean state."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ntm_memory.embedding.tokenizer import Tokenizer
from ntm_memory.embedding.transformer import MATRICES, BertLayer, read_layers
from ntm_memory.embedding.weights import Weights
from ntm_memory.reader.adapter import Adapter, Head
from ntm_memory.reader.sequences import SEGMENTS, PairSequence
from ntm_memory.text.passages import clean

RANK = 16
EXITS = (6,)
"""Layers after which a head reads."""
HIDDEN = 64
OUTPUTS = 5
"""A head's outputs: relevance, then one a label of `reader_data.LABELS`."""


KEYS_AT_ONCE = 32


def tensor(array: np.ndarray) -> torch.Tensor:
    """A float32 copy."""
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))


class Adapted(nn.Module):
    """x·Wᵀ + b + (x·downᵀ)·upᵀ; W and b are frozen."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", weight.bfloat16(), persistent=False)
        self.register_buffer("bias", bias.bfloat16(), persistent=False)
        self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.bfloat16()
        low = F.linear(x, self.down.bfloat16())
        return F.linear(x, self.weight, self.bias) + F.linear(low, self.up.bfloat16())


class Layer(nn.Module):
    """One BERT layer."""

    def __init__(self, layer: BertLayer, rank: int) -> None:
        super().__init__()
        self.heads = layer.heads
        for name in MATRICES:
            bias = tensor(getattr(layer, f"{name}_bias"))
            setattr(self, name, Adapted(tensor(getattr(layer, name).whole().T), bias, rank))
        self.norms = nn.ModuleList(nn.LayerNorm(len(layer.out_bias), eps=layer.epsilon) for _ in range(2))
        with torch.no_grad():
            for norm, scale, shift in zip(self.norms, layer.norms[::2], layer.norms[1::2], strict=True):
                norm.weight.copy_(tensor(scale))
                norm.bias.copy_(tensor(shift))

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        count, longest, width = x.shape
        q, k, v = self.qkv(x).view(count, longest, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2)).float() * (width // self.heads) ** -0.5 + mask
        mixed = torch.softmax(scores, -1).to(v.dtype) @ v
        x = self.norms[0](x + self.out(mixed.transpose(1, 2).reshape(count, longest, width)))
        return self.norms[1](x + self.outer(F.gelu(self.inner(x))))


class PairNet(nn.Module):
    """B pairs → for each exit (B, OUTPUTS) logits."""

    def __init__(self, weights: Weights, rank: int = RANK, exits: Sequence[int] = EXITS) -> None:
        super().__init__()
        sizes = weights.sizes
        self.weights, self.width, self.exits = weights, sizes.width, tuple(exits)
        self.layers = nn.ModuleList(Layer(layer, rank) for layer in read_layers(weights)[: max(exits)])
        self.position = tensor(weights.floats("emb.pos").reshape(-1, sizes.width)) + tensor(
            weights.floats("emb.type")[: sizes.width]
        )
        self.norm = nn.LayerNorm(sizes.width, eps=sizes.epsilon)
        self.norm.requires_grad_(False)
        with torch.no_grad():
            self.norm.weight.copy_(tensor(weights.floats("emb.ln.w")))
            self.norm.bias.copy_(tensor(weights.floats("emb.ln.b")))
        self.segments = nn.Parameter(torch.zeros(SEGMENTS, sizes.width))
        self.heads = nn.ModuleDict(
            {
                str(exit): nn.Sequential(nn.Linear(2 * sizes.width, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, OUTPUTS))
                for exit in exits
            }
        )

    def forward(self, pairs: Sequence[PairSequence]) -> dict[int, torch.Tensor]:
        longest = max(len(pair.ids) for pair in pairs)
        ids = np.ones((len(pairs), longest), dtype=np.int64)
        segment = np.zeros((len(pairs), longest), dtype=np.int64)
        real = np.zeros((len(pairs), longest), dtype=bool)
        for i, pair in enumerate(pairs):
            n = len(pair.ids)
            ids[i, :n], real[i, :n] = pair.ids, True
            segment[i, pair.before : pair.memory], segment[i, pair.memory : n] = 1, 2
        x = self.words(ids) + self.position[:longest] + self.segments[torch.from_numpy(segment)]
        return self.read(self.norm(x), torch.from_numpy(real))

    def words(self, ids: np.ndarray) -> torch.Tensor:
        distinct, where = np.unique(ids, return_inverse=True)
        rows = torch.from_numpy(self.weights.rows("emb.word", self.width, distinct))
        return rows[torch.from_numpy(where.reshape(ids.shape))]

    def read(self, x: torch.Tensor, real: torch.Tensor) -> dict[int, torch.Tensor]:
        mask = torch.where(real, 0.0, -1e9)[:, None, None, :]
        found = {}
        for number, layer in enumerate(self.layers, start=1):
            x = layer(x, mask)
            if number in self.exits:
                mean = (x * real[..., None]).sum(1) / real.sum(1, keepdim=True)
                found[number] = self.heads[str(number)](torch.cat([x[:, 0], mean], -1).float())
        return found

    def plain_keys(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """(B, H) unit vectors as the embedder makes them, as long as nothing was learned yet."""
        longest = max(map(len, texts))
        ids = np.ones((len(texts), longest), dtype=np.int64)
        real = np.zeros((len(texts), longest), dtype=bool)
        for i, text in enumerate(texts):
            ids[i, : len(text)], real[i, : len(text)] = text, True
        x, known = self.norm(self.words(ids) + self.position[:longest]), torch.from_numpy(real)
        mask = torch.where(known, 0.0, -1e9)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return F.normalize((x * known[..., None]).sum(1), dim=-1)

    def learned(self) -> dict[str, np.ndarray]:
        """Everything that is learned, by name, as float32."""
        return {name: p.detach().numpy().copy() for name, p in self.named_parameters() if p.requires_grad}

    def adapter(self) -> Adapter:
        """What was learned, as the package reads it."""
        learned = self.learned()

        def stacked(name: str) -> np.ndarray:
            return np.stack([learned[f"layers.{number}.{name}"] for number in range(len(self.layers))])

        norms = [
            [f"layers.{n}.norms.{i}.{part}" for i in (0, 1) for part in ("weight", "bias")]
            for n in range(len(self.layers))
        ]
        heads = {
            exit: Head(*(learned[f"heads.{exit}.{at}.{part}"].T for at in (0, 2) for part in ("weight", "bias")))
            for exit in self.exits
        }
        return Adapter(
            {name: stacked(f"{name}.down").transpose(0, 2, 1) for name in MATRICES},
            {name: stacked(f"{name}.up").transpose(0, 2, 1) for name in MATRICES},
            np.array([[learned[name] for name in each] for each in norms]),
            learned["segments"],
            heads,
        )

    def load_learned(self, learned: Mapping[str, np.ndarray]) -> None:
        """Take over what `learned` handed out.

        Raises:
            ValueError: these are not the arrays of this net.
        """
        own = {name: p for name, p in self.named_parameters() if p.requires_grad}
        if own.keys() != learned.keys():
            raise ValueError(f"other arrays than those of the net: {sorted(own.keys() ^ learned.keys())}")
        with torch.no_grad():
            for name, value in learned.items():
                own[name].copy_(torch.from_numpy(value))


def plain_keys(weights: Weights, texts: Sequence[str], limit: int) -> np.ndarray:
    """(n, H) keys of texts cut at `limit` pieces, as the embedder makes them, those of about one length together."""
    net, tokenizer = PairNet(weights, exits=(weights.sizes.layers,)), Tokenizer(weights.pieces)
    pieces = [tokenizer.encode(clean(text), limit) for text in texts]
    order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
    keys = np.empty((len(pieces), net.width), dtype=np.float32)
    with torch.no_grad():
        for start in range(0, len(order), KEYS_AT_ONCE):
            part = order[start : start + KEYS_AT_ONCE]
            keys[part] = net.plain_keys([pieces[i] for i in part]).numpy()
    return keys
