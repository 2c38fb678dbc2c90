"""A namespace's memory matrix with what is derived from it once and used by every question."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import shake_256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.centring import Centre, centre, centred_cosines
from ntm_memory.recall.known_state import EarlierState
from ntm_memory.recall.sequence import Sequence, timeline_of
from ntm_memory.store.records import MemoryMatrix

SAMPLE = 512  # memories that coherence is measured by
DOUBT = 50  # pairs of neighbours taken for granted before any is measured
COHERENT = 0.15  # what neighbours share beyond chance, as a centred cosine, in an order that means all it can
TURN, NOTE = 60, 20  # index words at which a memory counts half as a turn of a talk, half as a short note
FEW = 20  # memories at which they count half as few
WINDOW = 2
SIGNED = 5_000  # memories from which on not all are compared with a text that is to be written
LOOKED_AT = 512
DIGESTED = 32  # dimensions by which equal keys are known
_DRAWN = np.frombuffer(shake_256(b"keys").digest(8 * DIGESTED), dtype="<u8").astype(np.uint64)


@dataclass(frozen=True)
class CentredMatrix:
    """N ≥ 1 memories as questions see them.

    Args:
        slots: the memory matrix and its columns.
        prior: (2, dim) mean keys of the embedder by script, or None.
        query_adapter: (2, dim, r), how questions are turned (see `centring.adapt`), or None.
    """

    slots: MemoryMatrix
    prior: NDArray[np.float32] | None = None
    query_adapter: NDArray[np.float32] | None = None
    _known: EarlierState = field(default_factory=EarlierState, repr=False, compare=False)

    def following(self, before: CentredMatrix) -> CentredMatrix:
        """The same, taking over what another state of the memory has reckoned already, as far as it still holds."""
        return replace(self, _known=before._known)

    @cached_property
    def centre(self) -> Centre:
        """Means by script, and the centred rows' norms."""
        sums = self._known.sums_upto(self.slots, self.digest)
        return centre(self.slots, self.prior, sums=sums)

    @cached_property
    def means(self) -> NDArray[np.float32]:
        """(2, dim) mean keys by script, blended with the prior."""
        return self.centre.means

    @cached_property
    def once(self) -> NDArray[np.int64] | None:
        """(n,) rising indices of memories, the first of those that have the same keys each; None: no two have."""
        return self._known.once_upto(self.slots, self.digest)

    @cached_property
    def digest(self) -> NDArray[np.uint64]:
        """(N,) a number for each memory's keys: the same for the same, and hardly ever for others; of no key, its own.

        A sum of the numbers' bits, each times a number drawn once (multilinear hashing, Carter and Wegman 1979).
        """
        told: NDArray[np.uint64] = self.slots.of_keys("digest", digests)
        nothing = np.flatnonzero(told == 0)
        if len(nothing):
            told = told.copy()
            told[nothing] = nothing
        if len(told) == len(self.slots):
            return told
        whole: NDArray[np.uint64] = np.add.reduceat(told, self.slots.starts)
        return whole

    @cached_property
    def digest_with_before(self) -> NDArray[np.uint64]:
        """(N,) the same for a memory with what stands before it in its session: a turn says more than its words."""
        before = self.sequence.step(np.arange(len(self.slots)), -1)
        here: NDArray[np.uint64] = self.digest * np.uint64(3)
        return here + np.where(before < 0, np.uint64(0), self.digest[before])

    @cached_property
    def sequence(self) -> Sequence:
        """The order of writing."""
        return self._known.sequence_upto(self.slots)

    @cached_property
    def timeline(self) -> Sequence:
        """The order in which things happened, where that was told."""
        return timeline_of(self.slots)

    @cached_property
    def mean_length(self) -> float:
        """Index words a memory has on average."""
        return float(self.slots.length.mean())

    @property
    def usual_sessions(self) -> NDArray[np.int64] | None:
        """The sessions whose likeness says what is usual; None: all."""
        return None

    @cached_property
    def session_sizes(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """(K,) memories of each session, (K,) their index words."""
        member, number = self.sequence.session, self.sequence.sessions
        return np.bincount(member, minlength=number), np.bincount(member, self.slots.length, number)

    def coherence(self, spoken: float) -> float:
        """How much the order of writing means, 0–1: what a memory shares with the next one beyond what any two share.

        In a conversation that is a centred cosine of about 0.2, which counts as 1; among unrelated memories it is 0.
        While there are few to measure it by, turns of a talk are taken to go on from one to the next, others not to.

        Args:
            spoken: share of the memories that begin with a speaker's name.
        """
        together, number = self._shared_with_next
        usual = spoken * COHERENT * DOUBT * (number > 0)
        return min(max((together + usual) / (number + DOUBT) / COHERENT, 0.0), 1.0)

    @cached_property
    def _shared_with_next(self) -> tuple[float, int]:
        """What memories share with the next one beyond what any two share, as a sum, and how many they are."""
        here = np.linspace(0, len(self.slots) - 1, min(len(self.slots), SAMPLE)).astype(np.int64)
        following = self.sequence.step(here, 1)
        here, following = here[following >= 0], following[following >= 0]
        if not len(here):
            return 0.0, 0
        own, after = self.centred(here), self.centred(following)
        apart = np.roll(after, len(after) // 2, axis=0)
        return float(np.einsum("nd,nd->", own, after)) - float(np.einsum("nd,nd->", own, apart)), len(here)

    def context(self, spoken: float) -> NDArray[np.float64]:
        """(C,) what kind of memory this is, each 0–1, in the order of `parameters.CONTEXTS`.

        1 always; how much it is a talk in short turns; how few memories; how short the notes that nobody speaks; how
        long the texts that nobody speaks; how much such texts go on from one to the next.
        A turn of a talk leans on the turns around it, a note or an essay speaks for itself, a chapter's next paragraph
        is on the same matter; among a handful of memories the spread of their likeness says little; of a short note
        every name counts.

        Args:
            spoken: share of the memories that begin with a speaker's name.
        """
        length = self.mean_length
        turn, brief = 1 / (1 + (length / TURN) ** 2), 1 / (1 + (length / NOTE) ** 2)
        few, text = 1 / (1 + (len(self.slots) / FEW) ** 2), (1 - spoken) * (1 - brief)
        return np.array([1.0, spoken * turn, few, (1 - spoken) * brief, text, text * self.coherence(spoken)])

    def centred(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, dim) centred unit keys of some memories, each one's first passage."""
        rows = self.centre.starts[index]
        keys = self.slots.key_rows(rows) - self.centre.means[self.centre.offset[rows]]
        unit: NDArray[np.float32] = keys * self.centre.inverse_norm[rows, None]
        return unit

    def likest(self, key: NDArray[np.float32], cjk: bool, count: int) -> NDArray[np.int64]:
        """(n ≤ count,) the memories that are likest to a text by key, the likest first, of equals the first.

        Of a large memory a few hundred are compared, those that share most signs with it: now and then one is missed.

        Args:
            key: (dim,) of the text, unit norm.
            cjk: its script.
            count: ≥ 1.
        """
        if len(self.slots) <= SIGNED:
            return largest(centred_cosines(self.slots, self.centre, key, cjk), count)
        rows = self._known.likest_rows(self.slots, self.centre.means, key, LOOKED_AT)
        owner = self.slots.owner[rows]
        mean = self.centre.means[self.slots.cjk[owner].astype(np.int64)]
        keys, direction = self.slots.key_rows(rows) - mean, key - self.centre.means[int(cjk)]
        cosine = (keys @ direction) / np.sqrt(np.einsum("rd,rd->r", keys, keys) + 1e-6)
        index, starts = np.unique(owner, return_index=True)
        return index[largest(np.maximum.reduceat(cosine, starts), count)]

    def cosines_with(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, N) centred cosines of some memories (their first passage) with all; of those the best passage speaks."""
        keys, centre = self.centred(index), self.centre
        rows = self.slots.products(np.ascontiguousarray(keys.T)) - (centre.means @ keys.T)[centre.offset]
        rows *= centre.inverse_norm[:, None]
        if len(rows) != len(self.slots):
            rows = np.maximum.reduceat(rows, centre.starts, axis=0)
        cosines: NDArray[np.float32] = rows.T
        return cosines

    def window_norms(self, index: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) lengths of the sums of centred unit keys of memories and their neighbours, `WINDOW` on both sides.

        Each is reckoned once: questions put to one state of memory share most of their candidates.
        """
        new = index[np.isnan(self._window_norm[index])]
        if len(new):
            inside = self.sequence.neighbours(new, WINDOW)
            distinct, where = np.unique(inside, return_inverse=True)
            keys = self.centred(distinct)
            keys[distinct < 0] = 0
            where = where.reshape(inside.shape)
            total = keys[where[:, 0]]
            for column in where.T[1:]:
                total += keys[column]
            self._window_norm[new] = np.sqrt(np.einsum("nd,nd->n", total, total) + 1e-6)
        norms: NDArray[np.float32] = self._window_norm[index]
        return norms

    @cached_property
    def _window_norm(self) -> NDArray[np.float32]:
        """(N,) what `window_norms` has reckoned so far; NaN elsewhere."""
        return np.full(len(self.slots), np.nan, dtype=np.float32)


def digests(keys: NDArray[np.float32]) -> NDArray[np.uint64]:
    """(n,) a number for each key row, 0 for one of nothing."""
    head = np.ascontiguousarray(keys[:, :DIGESTED], dtype=np.float32)
    told: NDArray[np.uint64] = head.view(np.uint32).astype(np.uint64) @ _DRAWN[: head.shape[1]]
    told[~head.any(axis=1)] = 0  # a zero may have a sign
    return told


def largest(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """(n ≤ count,) indices of the largest of some values, the largest first, of equals the first."""
    among = np.arange(len(values))
    if count < len(values):
        among = np.flatnonzero(values >= np.partition(values, -count)[-count])
    return among[np.argsort(-values[among], kind="stable")[:count]]
