"""What was reckoned of one state of a memory matrix, brought up to another by what changed between them alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ntm_memory.codes.sign_codes import SignCodes, packed
from ntm_memory.recall.centring import KeySums, scripts_of
from ntm_memory.recall.sequence import Sequence, sequence_of
from ntm_memory.slots.snapshot import Snapshot
from ntm_memory.store.records import MemoryMatrix

MANY = 8
"""Where more than one memory in so many changed, all is reckoned anew."""
_ONE_BY_ONE = 16
Digests = NDArray[np.uint64]


class EarlierState:
    """Handed on from one state of a namespace to the next; each asks for its own, in any order."""

    def __init__(self) -> None:
        self._sums: tuple[MemoryMatrix, Digests, Digests, KeySums] | None = None
        self._once: tuple[MemoryMatrix, NDArray[np.int64] | None] | None = None
        self._sequence: tuple[MemoryMatrix, Sequence] | None = None
        self._reference: NDArray[np.float32] | None = None

    def sums_upto(self, slots: MemoryMatrix, digest: Digests) -> KeySums:
        """The sums of all keys by script, of memories with the same keys once.

        Args:
            slots: the state.
            digest: (N,) a number for each memory's keys, the same for the same.
        """
        if self._sums is not None and self._sums[0] is slots:
            return self._sums[-1]
        changes = None if self._sums is None else changes_of(self._sums[0], slots)
        if self._sums is None or changes is None:
            there, sums = np.sort(digest), KeySums.of(slots, _once(digest))
        else:
            older, before, there, sums = self._sums
            gone, come = changes
            there, last = _without(there, before[gone], gone)
            sums = _summed(sums, older, last, -1)
            there, first = _with(there, digest[come], come)
            sums = _summed(sums, slots, first, 1)
        self._sums = (slots, digest, there, sums)
        return sums

    def once_upto(self, slots: MemoryMatrix, digest: Digests) -> NDArray[np.int64] | None:
        """(n,) rising indices of memories, the first of those that have the same keys each; None: no two have."""
        once = self._once_grown(slots, digest) if self._extends(self._once, slots) else _once(digest)
        self._once = (slots, once)
        return once

    def sequence_upto(self, slots: MemoryMatrix) -> Sequence:
        """The order of writing."""
        known = None
        if self._sequence is not None:
            older, sequence = self._sequence
            if self._extends(self._sequence, slots):
                known = grown(sequence, slots.session)
            elif len(older) == len(slots) and np.array_equal(older.session, slots.session):
                known = sequence  # rewritten ones stand where they stood
        known = sequence_of(slots) if known is None else known
        self._sequence = (slots, known)
        return known

    def likest_rows(
        self, slots: MemoryMatrix, means: NDArray[np.float32], key: NDArray[np.float32], count: int
    ) -> NDArray[np.int64]:
        """(about count,) key rows whose codes differ least from those of a key (dim,), rising.

        Args:
            slots: the state.
            means: (2, dim) by script; codes refer for good to the mean of most keys, as it was at first.
            key: not centred.
            count: ≥ 1.
        """
        if self._reference is None:
            most = 0 if self._sums is None else int(np.argmax(self._sums[-1].counts))
            self._reference = means[most]
        common = self._reference
        bits = slots.of_keys("signs", lambda keys: packed(keys > common))
        return SignCodes(np.stack([common, common]), bits.T).nearest(key - common, count)

    def _extends(self, before: tuple[MemoryMatrix, object] | None, slots: MemoryMatrix) -> bool:
        """Whether a state is an earlier one with few memories appended."""
        return before is not None and slots.extends(before[0]) and len(slots) - len(before[0]) <= _ONE_BY_ONE

    def _once_grown(self, slots: MemoryMatrix, digest: Digests) -> NDArray[np.int64] | None:
        assert self._once is not None
        older, once = self._once
        before = len(older)
        new = [i for i in range(before, len(slots)) if not (digest[:i] == digest[i]).any()]
        if once is None and len(new) == len(slots) - before:
            return None
        return np.append(np.arange(before) if once is None else once, np.array(new, dtype=np.int64))


def changes_of(older: MemoryMatrix, newer: MemoryMatrix) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """(indices in the older state of what is gone, in the newer one of what has come); None: too many, or unknown.

    What is rewritten is gone and has come.
    """
    if newer.extends(older):
        changes = np.empty(0, dtype=np.int64), np.arange(len(older), len(newer))
    else:
        if not isinstance(older, Snapshot) or not isinstance(newer, Snapshot) or older.heap is not newer.heap:
            return None
        was, now, count = older.entries, newer.entries, len(older.heap)
        changes = np.flatnonzero(~_among(was, now, count)), np.flatnonzero(~_among(now, was, count))
    return changes if MANY * (len(changes[0]) + len(changes[1])) <= max(len(newer), MANY) else None


def grown(before: Sequence, session: NDArray[np.int64]) -> Sequence | None:
    """An order of writing with memories appended; None where a session begins that belongs between others.

    Args:
        before: of the memories without these.
        session: (N,) of all.
    """
    order, place, dense, sessions = before.order, before.place, before.session, before.sessions
    for new in range(len(order), len(session)):
        own = np.flatnonzero(session[:new] == session[new])
        if len(own):
            number, at = int(dense[own[-1]]), int(place[own[-1]]) + 1
        elif (session[:new] < session[new]).all():
            number, at, sessions = sessions, new, sessions + 1
        else:
            return None
        order = np.insert(order, at, new)
        place = np.append(place + (place >= at), at)
        dense = np.append(dense, number)
    return Sequence(order, place, dense, sessions)


def _once(digest: Digests) -> NDArray[np.int64] | None:
    _, first = np.unique(digest, return_index=True)
    return None if len(first) == len(digest) else np.sort(first)


def _among(some: NDArray[np.int64], others: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    there = np.zeros(count, dtype=bool)
    there[others] = True
    return there[some]


def _summed(sums: KeySums, slots: MemoryMatrix, index: list[int], times: int) -> KeySums:
    """Sums with the keys of some memories more, or less."""
    if not index:
        return sums
    starts = np.append(slots.starts, len(slots.owner))
    rows = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in index])
    return sums.with_those(slots.key_rows(rows), scripts_of(slots)[rows], times)


def _without(there: Digests, digests: Digests, index: NDArray[np.int64]) -> tuple[Digests, list[int]]:
    """(sorted digests without those of some memories, which of these were the last ones to have theirs)."""
    if not len(index):
        return there, []
    last: list[int] = []
    out: list[int] = []
    for digest, i in zip(digests, index.tolist(), strict=True):
        at, end = (int(np.searchsorted(there, digest, side)) for side in ("left", "right"))
        at += sum(int(there[each]) == int(digest) for each in out)
        out.append(at)
        if at + 1 == end:
            last.append(i)
    return np.delete(there, out), last


def _with(there: Digests, digests: Digests, index: NDArray[np.int64]) -> tuple[Digests, list[int]]:
    """(sorted digests with those of some memories, which of these are the first ones to have theirs)."""
    first = np.zeros(len(digests), dtype=bool)
    first[np.unique(digests, return_index=True)[1]] = True
    at = np.searchsorted(there, digests)
    known = there[np.minimum(at, len(there) - 1)] == digests if len(there) else np.zeros(len(digests), dtype=bool)
    order = np.argsort(digests, kind="stable")
    return np.insert(there, at[order], digests[order]), index[first & ~known].tolist()
