"""The pair reader: the embedder's own network, adapted to read two texts as one sequence (a cross-encoder).

Nogueira and Cho 2019 (arXiv 1901.04085) read question and passage so; here the base weights are shared with the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
PLAINLY = 0.95
"""The early share of "unrelated" from which two memories are read no further."""


class Skimmed(NamedTuple):
    """A pair that went through the early layers.

    Args:
        length: L, its pieces.
        states: (L, H) after these layers; to go on from.
        logits: (outputs,) of the head there.
    """

    length: int
    states: Vectors
    logits: Vectors

    @property
    def relevance(self) -> float:
        """Log-odds that the memory answers, as far as can be told by then."""
        return float(self.logits[0])


class PairReader:
    """Reads a question and a memory, or two memories, together.

    It has a head after some early layers and one after the last: what is skimmed may be read on.

    Args:
        embedder: whose network it is.
        adapter: what was learned; None: what ships.
    """

    def __init__(self, embedder: E5Embedder, adapter: Adapter | None = None) -> None:
        self._embedder = embedder
        self._adapter = adapter or read_adapter()
        self.early, self.depth = min(self._adapter.heads), max(self._adapter.heads)

    def skim(self, question: str, memories: Sequence[tuple[str, str]]) -> list[Skimmed]:
        """Question and memory through the early layers.

        Args:
            question: as it was asked.
            memories: (text, what stood before it: its date, the line before; may be empty) of each.
        """
        tokenizer = self._embedder.tokenizer
        return self._skim([question_and_memory(tokenizer, question, text, before) for text, before in memories])

    def deepen(self, skimmed: Sequence[Skimmed]) -> Vectors:
        """(n,) log-odds that each memory answers the question, after all layers."""
        return self._deepen(skimmed)[:, 0]

    def relevance(self, question: str, memories: Sequence[tuple[str, str]]) -> Vectors:
        """(n,) the same for memories that were not skimmed."""
        return self.deepen(self.skim(question, memories))

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Vectors:
        """(n, 4) shares of `RELATIONS` for each (older, newer); what is plainly unrelated is skimmed alone."""
        skimmed = self._skim([two_memories(self._embedder.tokenizer, older, newer) for older, newer in pairs])
        logits = np.array([each.logits for each in skimmed], dtype=np.float32).reshape(len(pairs), 1 + len(RELATIONS))
        shares: Vectors = content_focus(logits[:, 1:], 1.0)
        deeper = np.flatnonzero(shares[:, RELATIONS.index("unrelated")] < PLAINLY)
        if len(deeper):
            shares[deeper] = content_focus(self._deepen([skimmed[i] for i in deeper])[:, 1:], 1.0)
        return shares

    @cached_property
    def _early_layers(self) -> list[BertLayer]:
        return self._adapter.merged(self._embedder.layers, 0, self.early)

    @cached_property
    def _late_layers(self) -> list[BertLayer]:
        return self._adapter.merged(self._embedder.layers, self.early, self.depth)

    def _skim(self, pairs: Sequence[PairSequence]) -> list[Skimmed]:
        found: dict[int, Skimmed] = {}
        for part in of_one_length([len(pair.ids) for pair in pairs]):
            some = [pairs[i] for i in part]
            batch = Batch.of([pair.ids for pair in some])
            x = embed(self._embedder.weights, batch, self._adapter.segments[_segments(some, batch)])
            for layer in self._early_layers:
                x = layer(x, batch)
            logits = self._told(self.early, x, batch)
            lengths = batch.lengths.tolist()
            found |= {i: Skimmed(n, x[at, :n], logits[at]) for at, (i, n) in enumerate(zip(part, lengths, strict=True))}
        return [found[i] for i in range(len(pairs))]

    def _deepen(self, skimmed: Sequence[Skimmed]) -> Vectors:
        """(n, outputs) logits after all layers."""
        read = np.empty((len(skimmed), 1 + len(RELATIONS)), dtype=np.float32)
        for part in of_one_length([each.length for each in skimmed]):
            batch = Batch.of([[0] * skimmed[i].length for i in part])  # only their lengths count from here on
            x = np.zeros((*batch.ids.shape, skimmed[0].states.shape[1]), dtype=np.float32)
            for at, i in enumerate(part):
                x[at, : skimmed[i].length] = skimmed[i].states
            for layer in self._late_layers:
                x = layer(x, batch)
            read[part] = self._told(self.depth, x, batch)
        return read

    def _told(self, exit: int, x: Vectors, batch: Batch) -> Vectors:
        return self._adapter.heads[exit](np.concatenate([x[:, 0], mean_states(x, batch)], axis=1))


def of_one_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of sequences of about the same length, which go through the network together."""
    order = sorted(range(len(lengths)), key=lambda i: lengths[i])
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and lengths[order[end]] * (end + 1 - start) <= BATCH_PIECES:
            end += 1
        yield order[start:end]
        start = end


def _segments(pairs: Sequence[PairSequence], batch: Batch) -> NDArray[np.int64]:
    """(B, L) 0 for the first text, 1 for what stood before the second, 2 for the second; 0 also for padding."""
    place = np.arange(batch.ids.shape[1])
    before, memory = (np.array([getattr(pair, name) for pair in pairs])[:, None] for name in ("before", "memory"))
    return np.where(batch.real, (place >= before).astype(np.int64) + (place >= memory), 0)
