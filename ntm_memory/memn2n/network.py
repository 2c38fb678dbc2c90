"""The end-to-end Memory Network (Sukhbaatar, Szlam, Weston, Fergus 2015, arXiv 1503.08895), forward and backward.

Symbols of the paper: A, B, C embed memories (for reading), the question and memories (for output); W answers;
T_A, T_C tell when a sentence was said; u is what is asked, p the attention over memories, o what was read.
Sizes: b questions of a batch, n memories of each, m distinct sentences of the batch, s memory slots, V words, d units,
K hops.

A sentence is embedded once however often the batch repeats it; its attention logits are then gathered from u Mᵀ, and
what is read is the attention scattered over the distinct sentences, times M: no (b, n, words, d) array is ever made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.machine.activations import log_sum_exp
from ntm_memory.machine.addressing import content_focus
from ntm_memory.memn2n.parameters import Array, MemN2NParameters, MemN2NSettings

Indices = NDArray[np.integer[Any]]
_NOWHERE = -1e9


@dataclass(frozen=True)
class StoryBatch:
    """Questions over their memories, as the network takes them.

    Args:
        sentences: (m, 2, V) distinct sentences as position-weighted word counts (see `encoding.bag`); row 0 is
            the null sentence, all zero.
        questions: (b, 2, V) the questions, likewise.
        memory: (b, n) row of `sentences` in every slot, the latest first; 0 where there is none.
        times: (b, n) row of T_A and T_C of every slot, 0 … s − 1.
        answers: (b,) number of the right answer; −1 if it is none of those known.
    """

    sentences: Array
    questions: Array
    memory: Indices
    times: Indices
    answers: Indices


@dataclass(frozen=True)
class HopTape:
    """One hop as it was: what was asked (b, d), the attention (b, n), the same over sentences and times (b, m + s)."""

    asked: Array
    attention: Array
    scattered: Array
    positive: Array | None


@dataclass(frozen=True)
class MemN2NTape:
    """What `backward` needs of a `forward`."""

    batch: StoryBatch
    linear: bool
    tables: Array
    places: Indices
    hops: Sequence[HopTape]
    found: Array


class MemN2N:
    """A Memory Network of K hops.

    Args:
        settings: sizes and variants.
        parameters: its numbers; shared, not copied.
    """

    def __init__(self, settings: MemN2NSettings, parameters: MemN2NParameters) -> None:
        self.settings = settings
        self.parameters = parameters
        self._rank = (np.arange(1, settings.dim + 1) / settings.dim).astype(settings.dtype)

    def forward(self, batch: StoryBatch, *, linear: bool = False) -> tuple[Array, MemN2NTape]:
        """Answer questions.

        Args:
            batch: the questions.
            linear: leave out the softmax over memories (the paper's linear start, section 4.1).

        Returns:
            (b, answers) logits of â = softmax(W u^{K+1}), and the tape.
        """
        tables, places = self._tables(batch), self._places(batch)
        present = (batch.memory > 0).astype(self.settings.dtype)
        u = self._embed(batch.questions, self._question_words())[:, 0]
        hops = []
        for k in range(self.settings.hops):
            scores = self._gather(u @ tables[:, self._input(k)].T, places)
            attention = scores * present if linear else _attention(scores, present)
            scattered = self._scatter(attention, places, len(tables))
            o = scattered @ tables[:, self._output(k)]
            carried = u @ self.parameters["projection"] if self.settings.projected else u
            following = carried + o
            positive = self._positive(following)
            hops.append(HopTape(u, attention, scattered, positive))
            u = following if positive is None else following * positive
        return u @ self._answer_words().T, MemN2NTape(batch, linear, tables, places, hops, u)

    def backward(self, tape: MemN2NTape, error: Array) -> MemN2NParameters:
        """Gradients by every parameter.

        Args:
            tape: of the forward.
            error: (b, answers) gradient by the logits.
        """
        gradients = MemN2NParameters(self.settings)
        self._answer_backward(gradients, error.T @ tape.found)
        tables = np.zeros_like(tape.tables)
        by_u = error @ self._answer_words()
        for k in reversed(range(self.settings.hops)):
            hop = tape.hops[k]
            if hop.positive is not None:
                by_u = by_u * hop.positive
            tables[:, self._output(k)] += hop.scattered.T @ by_u
            by_attention = self._gather(by_u @ tape.tables[:, self._output(k)].T, tape.places)
            by_scores = self._scatter(_attention_backward(tape, hop, by_attention), tape.places, len(tables))
            tables[:, self._input(k)] += by_scores.T @ hop.asked
            if self.settings.projected:
                gradients["projection"] += hop.asked.T @ by_u
                by_u = by_u @ self.parameters["projection"].T
            by_u = by_u + by_scores @ tape.tables[:, self._input(k)]
        self._tables_backward(gradients, tape.batch, tables)
        self._question_backward(gradients, self._embed_backward(tape.batch.questions, by_u[:, None]))
        return gradients

    def _input(self, k: int) -> int:
        """The table read by: A^{k+1} = C^k (adjacent), one A for all (layer-wise)."""
        return k if self.settings.adjacent else 0

    def _output(self, k: int) -> int:
        return k + 1 if self.settings.adjacent else 1

    def _question_words(self) -> Array:
        """B; of adjacent tying A of the first hop. (V, 1, d)."""
        return self.parameters["words"][:, :1] if self.settings.adjacent else self.parameters["question"][:, None]

    def _question_backward(self, gradients: MemN2NParameters, by_words: Array) -> None:
        if self.settings.adjacent:
            gradients["words"][:, :1] += by_words
        else:
            gradients["question"] += by_words[:, 0]

    def _answer_words(self) -> Array:
        """W; of adjacent tying C of the last hop, for the words that are answers. (answers, d)."""
        if self.settings.adjacent:
            rows: Array = self.parameters["words"][self.settings.answer_rows, -1]
            return rows
        return self.parameters["answer"]

    def _answer_backward(self, gradients: MemN2NParameters, by_words: Array) -> None:
        if self.settings.adjacent:
            gradients["words"][self.settings.answer_rows, -1] += by_words
        else:
            gradients["answer"] += by_words

    def _tables(self, batch: StoryBatch) -> Array:
        """(m + s, tables, d): sentences as memories of every hop (section 4.1, position encoding), then the times."""
        sentences = self._embed(batch.sentences, self.parameters["words"])
        if not self.settings.times:
            return sentences
        return np.concatenate([sentences, self.parameters["times"]])

    def _tables_backward(self, gradients: MemN2NParameters, batch: StoryBatch, by_tables: Array) -> None:
        count = len(batch.sentences)
        gradients["words"] += self._embed_backward(batch.sentences, by_tables[:count])
        if self.settings.times:
            gradients["times"] += by_tables[count:]

    def _embed(self, bags: Array, words: Array) -> Array:
        """m_i = Σ_j l_j · A x_ij for all tables at once: (rows, 2, V), (V, tables, d) → (rows, tables, d).

        l_kj = (1 − j/J) − (k/d)(1 − 2j/J) is the sum of two products of a part by word and a part by unit, so that
        two weighted counts of words say all of a sentence.
        """
        flat = words.reshape(len(words), -1)
        shape = (len(bags), *words.shape[1:])
        embedded: Array = (bags[:, 0] @ flat).reshape(shape) - (bags[:, 1] @ flat).reshape(shape) * self._rank
        return embedded

    def _embed_backward(self, bags: Array, error: Array) -> Array:
        """(V, tables, d) of (rows, tables, d)."""
        rows = len(bags)
        flat: Array = bags[:, 0].T @ error.reshape(rows, -1) - bags[:, 1].T @ (error * self._rank).reshape(rows, -1)
        return flat.reshape(-1, *error.shape[1:])

    def _places(self, batch: StoryBatch) -> Indices:
        """(b, 1 or 2, n): where every slot's sentence and its time stand in (b, m + s), laid flat."""
        count = len(batch.sentences)
        both = [batch.memory, count + batch.times] if self.settings.times else [batch.memory]
        rows = count + self.settings.memory_size * self.settings.times
        return np.stack(both, axis=1) + rows * np.arange(len(batch.memory))[:, None, None]

    def _gather(self, scores: Array, places: Indices) -> Array:
        gathered: Array = scores.ravel()[places].sum(axis=1)
        return gathered

    def _scatter(self, weights: Array, places: Indices, rows: int) -> Array:
        spread = np.broadcast_to(weights[:, None], places.shape).ravel()
        counted = np.bincount(places.ravel(), spread, minlength=len(places) * rows)
        return counted.reshape(len(places), rows).astype(self.settings.dtype)

    def _positive(self, u: Array) -> Array | None:
        """1 where a unit passes the rectifier, 0 where it does not."""
        if not self.settings.rectified:
            return None
        positive = np.ones_like(u)
        positive[:, : self.settings.rectified] = u[:, : self.settings.rectified] > 0
        return positive


def _attention(scores: Array, present: Array) -> Array:
    """Over the memories that are there; all zero where there is none."""
    scores = np.where(present > 0, scores, np.asarray(_NOWHERE, scores.dtype))
    weights: Array = content_focus(scores, 1.0) * present
    return weights


def _attention_backward(tape: MemN2NTape, hop: HopTape, by_attention: Array) -> Array:
    if tape.linear:
        by_scores: Array = by_attention * (tape.batch.memory > 0)
        return by_scores
    p = hop.attention
    by_scores = p * (by_attention - (p * by_attention).sum(axis=1, keepdims=True))
    return by_scores


def categorical_cross_entropy(logits: Array, answers: Indices) -> tuple[float, Array]:
    """Mean −log of the right answer's probability, and its gradient by the logits.

    Args:
        logits: (b, answers).
        answers: (b,), 0 … answers − 1.
    """
    rows = np.arange(len(answers))
    loss = float((log_sum_exp(logits) - logits[rows, answers]).mean())
    error = content_focus(logits, 1.0)
    error[rows, answers] -= 1
    return loss, error / len(answers)
