"""What changes without a key: which older memories a new one plainly revises, kept as a hint."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ntm_memory.recall.centred_matrix import CentredMatrix
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.encoder import Encoder
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory
from ntm_memory.supersession.revision import LIKELY, SURE, chance, is_statement
from ntm_memory.supersession.subjects import same_subject, words_of_subject

_LOOKED_AT = 64
_DAY = len("2026-01-31")
EPISODE = "episode"


class Reviser:
    """Marks memories as superseded; nothing is deleted, and what is marked stays recallable.

    Args:
        store: where memories are.
        encoder: loads the embedder when first called.
    """

    def __init__(self, store: Store, encoder: Callable[[], Encoder]) -> None:
        self._store = store
        self._encoder = encoder

    def note(self, written: Sequence[Memory]) -> dict[str, tuple[str, ...]]:
        """Mark what these new memories revise: id of the new one → ids of the older ones.

        Args:
            written: memories that were just created, in order of writing.
        """
        telling = [memory for memory in written if memory.kind != EPISODE and is_statement(memory.content)]
        if not telling:
            return {}
        found: dict[str, tuple[str, ...]] = {}
        with self._store.transaction():
            views: dict[str, tuple[Corpus, CentredMatrix]] = {}
            marked: set[str] = set()
            for memory in telling:
                if memory.namespace not in views:
                    known = Corpus(self._store, memory.namespace)
                    views[memory.namespace] = known, self._encoder().view(known.slots)
                revised = self._revised(memory, *views[memory.namespace], marked)
                for id in revised:
                    self._store.amend(id, superseded_by=memory.id)
                marked.update(revised)
                if revised:
                    found[memory.id] = revised
        return found

    def reconsider(self, rewritten: Sequence[Memory]) -> None:
        """These memories say something else now: what they had revised is free, and they may revise something else."""
        if rewritten:
            self.release(rewritten)
            self.note(rewritten)

    def release(self, memories: Sequence[Memory]) -> None:
        """Take back the marks that these memories had put on others: they are gone, or say something else."""
        gone = {memory.id for memory in memories}
        for namespace in {memory.namespace for memory in memories}:
            slots = self._store.memory_matrix(namespace)
            for other in self._store.get_many(slots.address[slots.superseded].tolist()):
                if other.superseded_by in gone:
                    self._store.amend(other.id, superseded_by=None)

    def _revised(self, new: Memory, known: Corpus, view: CentredMatrix, marked: set[str]) -> tuple[str, ...]:
        near, cosine = self._near(new, known, view)
        chances = {
            old.id: chance(old.content, new.content, float(alike), apart=_are_apart(old, new))
            for old, alike in zip(known.memories(near), cosine, strict=True)
            if old is not None and _may_revise(new, old) and old.id not in marked
        }
        likeliest = max(chances, key=lambda id: chances[id], default=None)
        return tuple(id for id, p in chances.items() if p >= SURE or (id == likeliest and p >= LIKELY))

    def _near(self, new: Memory, known: Corpus, view: CentredMatrix) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Indices of older memories that hold the words of the new one's subject, and the likeness of their keys."""
        slots = known.slots
        words = words_of_subject(new.content)
        postings = self._store.postings(new.namespace, words)
        older = (slots.position < new.position) & ~slots.superseded
        for word in words:
            older &= np.isin(slots.address, postings.address.get(word, np.empty(0, dtype=np.int64)))
        index = np.flatnonzero(older)
        own = np.flatnonzero(slots.address == new.address)
        if not len(index) or not len(own):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        cosine = view.centred(index) @ view.centred(own)[0]
        best = np.argsort(-cosine, kind="stable")[:_LOOKED_AT]
        return index[best], cosine[best]


def _may_revise(new: Memory, old: Memory) -> bool:
    """Whether both are statements of one subject; two different keys were given by someone who knows better.

    What happened earlier revises nothing, whenever it is told.
    """
    if new.occurred_at is not None and old.occurred_at is not None and new.occurred_at < old.occurred_at:
        return False
    named = new.key is not None and old.key is not None
    told = old.kind != EPISODE and is_statement(old.content)
    return not named and told and same_subject(old.content, new.content)


def _are_apart(one: Memory, other: Memory) -> bool:
    """Whether both are told to have happened, on different days."""
    days = {memory.occurred_at[:_DAY] for memory in (one, other) if memory.occurred_at is not None}
    return len(days) > 1
