"""Forgetting: M(i) ← M(i)(1 − e), erased memories, purged ones, and what brings them back."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.results import Erased, EraseResult, RecallResult
from ntm_memory.operations.validation import checked_share
from ntm_memory.operations.write import Writer
from ntm_memory.store.lookup import LIVE, STATES, find
from ntm_memory.store.records import Memory

MEANT = 0.5
"""The least chance of answering at which a memory is taken for the one that a query means."""


def meant_by(found: RecallResult) -> list[str]:
    """Ids of the memories that a query surely means; none where nothing was found.

    Raises:
        NotFoundError: something was found, but it is not likely to be what is meant.
    """
    if not found.memories:
        return []
    chances = [found.confidence if memory.chance is None else memory.chance for memory in found.memories]
    if max(chances) < MEANT:
        best = found.memories[0]
        raise NotFoundError(
            f"nothing is surely meant by {found.query!r}; the likeliest is {best.id} (chance {max(chances):.2f}): "
            f"{best.content[:200]}",
            "erase it by its id if it is that one",
        )
    return [memory.id for memory, chance in zip(found.memories, chances, strict=True) if chance >= MEANT]


class Eraser:
    """Erases from a store: weakens, forgets, purges, restores.

    Args:
        context: the store as questions are put to it.
        writer: finds room for what is restored, and takes back marks.
    """

    def __init__(self, context: RetrievalContext, writer: Writer) -> None:
        self._store = context.store
        self._writer = writer

    def erase(
        self, ids_or_key: str | Sequence[str], strength: float, *, purge: bool, dry_run: bool, namespace: str | None
    ) -> EraseResult:
        """Erase all of these memories or none, in one transaction; see `NTMMemoryManager.erase`."""
        checked_share("strength", strength)
        names = [ids_or_key] if isinstance(ids_or_key, str) else ids_or_key
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            raise BadValueError("ids_or_key must be ids, or one key", 'e.g. ["m_8k2f7q1xab"]')
        found = (find(self._store, name, namespace, STATES if purge else LIVE) for name in names)
        ids = list(dict.fromkeys(memory.id for memory in found))
        erased = self._foresee(ids, strength, purge) if dry_run else self._erase(ids, strength, purge)
        return EraseResult(erased, restorable=not purge, dry_run=dry_run)

    def restore(self, id_or_key: str, namespace: str | None, *, dry_run: bool) -> Memory:
        """Full retention again, and a slot if it has none; see `NTMMemoryManager.restore`."""
        memory = find(self._store, id_or_key, namespace, STATES)
        if dry_run:
            return memory
        with self._store.transaction():
            if memory.state == "live":
                return self._store.set_retention(memory.id, 1.0)
            self._writer.context.make_room(memory.namespace)
            return self._store.set_retention(memory.id, 1.0)

    def _erase(self, ids: Sequence[str], strength: float, purge: bool) -> tuple[Erased, ...]:
        """M(i) ← M(i)(1 − e) of every memory, or none left of it (paper, equation 3)."""
        with self._store.transaction():
            erased = self._foresee(ids, strength, purge)
            if purge:
                self._store.purge(ids)
            else:
                memories = [self._store.set_retention(each.id, each.retention_after) for each in erased]
                self._writer.relater.release([memory for memory in memories if memory.state == "erased"])
        return erased

    def _foresee(self, ids: Sequence[str], strength: float, purge: bool) -> tuple[Erased, ...]:
        """What erasing these memories would do."""
        share = 0.0 if purge else 1 - strength
        memories = (self._store.get(id) for id in ids)
        return tuple(Erased(m.id, m.content, m.retention, round(m.retention * share, 6)) for m in memories)
