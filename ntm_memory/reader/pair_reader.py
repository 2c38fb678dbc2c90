"""The pair reader: the embedder's own network, adapted to read two texts as one sequence (a cross-encoder).

Nogueira and Cho 2019 (arXiv 1901.04085) read question and passage so; here the base weights are shared with the keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ntm_memory.embedding.base import Vectors
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.embedding.transformer import Batch, BertLayer, embed, mean_states
from ntm_memory.machine.addressing import content_focus
from ntm_memory.reader.adapter import Adapter, read_adapter
from ntm_memory.reader.relations import RELATIONS
from ntm_memory.reader.sequences import PairSequence, question_and_memory, two_memories

BATCH_PIECES = 1024


class Impressions(NamedTuple):
    """What n pairs look like to the reader.

    Args:
        logits: (n, outputs) of its own head: relevance, then the relations.
        states: (n, 2·H) what the head reads: the first and the mean state of the last layer.
    """

    logits: Vectors
    states: Vectors


class PairReader:
    """Reads a question and a memory, or two memories, together.

    Args:
        embedder: whose network it is.
        adapter: what was learned; None: what ships.
        depth: layers that are run, one of those after which the adapter has a head; None: all.
    """

    def __init__(self, embedder: E5Embedder, adapter: Adapter | None = None, depth: int | None = None) -> None:
        self._embedder = embedder
        self._adapter = adapter or read_adapter()
        self.depth = depth or max(self._adapter.heads)

    def relevance(self, question: str, memories: Sequence[tuple[str, str]]) -> Vectors:
        """(n,) log-odds that each memory answers the question.

        Args:
            question: as it was asked.
            memories: (text, what stood before it: its date, the line before; may be empty) of each.
        """
        return self.impressions(question, memories).logits[:, 0]

    def impressions(self, question: str, memories: Sequence[tuple[str, str]]) -> Impressions:
        """What a question with each memory looks like; arguments as of `relevance`."""
        tokenizer = self._embedder.tokenizer
        return self._read([question_and_memory(tokenizer, question, text, before) for text, before in memories])

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """(n, 4) shares of `RELATIONS` for each (older, newer)."""
        read = self._read([two_memories(self._embedder.tokenizer, older, newer) for older, newer in pairs])
        shares: Vectors = content_focus(read.logits[:, 1:], 1.0)
        return shares

    @cached_property
    def _layers(self) -> list[BertLayer]:
        return self._adapter.merged(self._embedder.layers[: self.depth])

    def _read(self, pairs: Sequence[PairSequence]) -> Impressions:
        """Pairs of about the same length go through the network together."""
        order = sorted(range(len(pairs)), key=lambda i: len(pairs[i].ids))
        read = np.empty((len(pairs), 1 + len(RELATIONS)), dtype=np.float32)
        states = np.empty((len(pairs), 2 * self._embedder.weights.sizes.width), dtype=np.float32)
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and len(pairs[order[end]].ids) * (end + 1 - start) <= BATCH_PIECES:
                end += 1
            part = order[start:end]
            read[part], states[part] = self._forward([pairs[i] for i in part])
            start = end
        return Impressions(read, states)

    def _forward(self, pairs: Sequence[PairSequence]) -> Impressions:
        batch = Batch.of([pair.ids for pair in pairs])
        x = embed(self._embedder.weights, batch, self._adapter.segments[_segments(pairs, batch)])
        for layer in self._layers:
            x = layer(x, batch)
        states = np.concatenate([x[:, 0], mean_states(x, batch)], axis=1)
        return Impressions(self._adapter.heads[self.depth](states), states)


def _segments(pairs: Sequence[PairSequence], batch: Batch) -> NDArray[np.int64]:
    """(B, L) 0 for the first text, 1 for what stood before the second, 2 for the second; 0 also for padding."""
    place = np.arange(batch.ids.shape[1])
    before, memory = (np.array([getattr(pair, name) for pair in pairs])[:, None] for name in ("before", "memory"))
    return np.where(batch.real, (place >= before).astype(np.int64) + (place >= memory), 0)
