"""Forgetting: M(i) ← M(i)(1 − e), erased memories, purged and retracted ones, and what brings them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext

from ntm_memory.entry.refusals import noting_refusals
from ntm_memory.errors import BadValueError, NotFoundError, whole_number
from ntm_memory.operations.context import RetrievalContext
from ntm_memory.operations.results import Erased, EraseResult, RecallResult
from ntm_memory.operations.validation import checked_share
from ntm_memory.operations.write import Writer
from ntm_memory.privacy.folding import folded_value, holds
from ntm_memory.store.lookup import LIVE, STATES, find
from ntm_memory.store.records import Memory

MEANT = 0.5
"""The least chance of answering at which a memory is taken for the one that a query means."""


def meant_by(found: RecallResult, *, unsure: bool = False) -> dict[str, float]:
    """Id → chance of the memories that a query surely means, equal ones too; none where there is nothing to be found.

    Args:
        found: what recall found, whatever its confidence.
        unsure: take what was found also where it is not likely to be meant.

    Raises:
        NotFoundError: something was found, but it is not likely to be what is meant.
    """
    chances = {
        id: found.confidence if each.chance is None else each.chance
        for each in found.memories
        for id in (each.id, *each.also)
    }
    if not chances or unsure:
        return chances
    if max(chances.values()) < MEANT:
        best = max(found.memories, key=lambda each: chances[each.id])
        raise NotFoundError(
            f"nothing is surely meant by {found.query!r}; the likeliest is {best.id} (chance {chances[best.id]:.2f}): "
            f"{best.content[:200]}",
            "give its id if it is that one, or --yes",
        )
    return {id: chance for id, chance in chances.items() if chance >= MEANT}


class Eraser:
    """Erases from a store: weakens, forgets, purges, retracts, restores.

    Args:
        context: the store as questions are put to it.
        writer: finds room for what is restored, and takes back marks.
    """

    def __init__(self, context: RetrievalContext, writer: Writer) -> None:
        self._store = context.store
        self._writer = writer

    def erase(
        self,
        ids_or_key: str | Sequence[str],
        strength: float,
        *,
        purge: bool,
        dry_run: bool,
        namespace: str | None,
        retract: bool = False,
    ) -> EraseResult:
        """Erase all of these memories or none, in one transaction; see `NTMMemoryManager.erase`."""
        checked_share("strength", strength)
        if retract and strength != 1:
            raise BadValueError("what is retracted is erased whole", "leave out strength")
        names = [ids_or_key] if isinstance(ids_or_key, str) else ids_or_key
        if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
            raise BadValueError("ids_or_key must be ids, or one key", 'e.g. ["m_8k2f7q1xab"]')
        with nullcontext() if dry_run else self._store.transaction():  # else two at once would both say they erased it
            found = [find(self._store, name, namespace, STATES if purge or retract else LIVE) for name in names]
            memories = {memory.id: memory for memory in found}
            holding: tuple[str, ...] = ()
            if retract:
                twins, holding = self._saying_it(list(memories.values()))
                memories |= {twin.id: twin for twin in twins}
            ids = list(memories)
            if dry_run:
                erased = self._foresee(ids, strength, purge)
            else:
                erased = self._erase(ids, strength, purge=purge, retract=retract)
        return EraseResult(erased, restorable=not purge, dry_run=dry_run, retracted=retract, holding=holding)

    def purge_version(
        self, ids_or_key: str | Sequence[str], version: int, *, dry_run: bool, namespace: str | None
    ) -> EraseResult:
        """Remove one older version of one memory for good; see `NTMMemoryManager.erase`."""
        whole_number("version", version, 1)
        names = [ids_or_key] if isinstance(ids_or_key, str) else list(ids_or_key)
        if len(names) != 1:
            raise BadValueError("a version is of one memory", "give one id or key")
        memory = find(self._store, names[0], namespace, STATES)
        old = {each.version: each.content for each in self._store.history(memory.id)}.get(version)
        if not dry_run or old is None:
            self._store.purge_version(memory.id, version)
        erased = Erased(memory.id, old or "", memory.retention, memory.retention)
        return EraseResult((erased,), restorable=False, dry_run=dry_run, version=version)

    def restore(self, id_or_key: str, namespace: str | None, *, dry_run: bool) -> Memory:
        """Full retention again, and a slot if it has none; see `NTMMemoryManager.restore`."""
        if not isinstance(id_or_key, str):
            raise BadValueError("id_or_key must be one id, or one key", 'e.g. "m_8k2f7q1xab"')
        memory = find(self._store, id_or_key, namespace, STATES)
        if dry_run:
            return memory
        with noting_refusals(self._store, memory.namespace), self._store.transaction():
            memory = find(self._store, id_or_key, namespace, STATES)  # its key may be another's by now
            if memory.state != "live":
                self._writer.make_room(memory.namespace)
            return self._store.set_retention(memory.id, 1.0)

    def _erase(self, ids: Sequence[str], strength: float, *, purge: bool, retract: bool) -> tuple[Erased, ...]:
        """M(i) ← M(i)(1 − e) of every memory, or none left of it (paper, equation 3); inside a transaction."""
        erased = self._foresee(ids, strength, purge)
        if retract:
            self._store.retract(ids)
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

    def _saying_it(self, retracted: Sequence[Memory]) -> tuple[list[Memory], tuple[str, ...]]:
        """Other live memories that say what one of these says, and the ids of those that hold it in a longer text."""
        twins: list[Memory] = []
        holding: list[str] = []
        for namespace in dict.fromkeys(memory.namespace for memory in retracted):
            values = [folded_value(memory.content) for memory in retracted if memory.namespace == namespace]
            for other in self._others(namespace, retracted):
                said = folded_value(other.content)
                if said in values:
                    twins.append(other)
                elif any(value in said and holds(other.content, value) for value in values if value):
                    holding.append(other.id)
        return twins, tuple(holding)

    def _others(self, namespace: str, retracted: Sequence[Memory]) -> Iterator[Memory]:
        """The other memories of a namespace and of those below it: a project's turns are kept below its facts."""
        ids = {memory.id for memory in retracted}
        spaces = [
            space for space in self._store.namespaces() if space == namespace or space.startswith(f"{namespace}/")
        ]
        return (memory for space in spaces for memory in self._store.memories(space) if memory.id not in ids)
