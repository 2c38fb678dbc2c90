"""What was retracted stays so when a whole file comes back: a backup put in place, a copy from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.privacy.tombstones import Tombstone
from ntm_memory.store.base import Store


def retract_again(store: Store, tombstones: Sequence[Tombstone]) -> dict[str, int]:
    """Bring another state of a store up to what was retracted since; in one transaction.

    Args:
        store: as it came back.
        tombstones: of the state that it replaces, e.g. `store.tombstones()` before a backup is put in place.

    Returns:
        tombstones: how many are new here; erased, purged: memories that say, word by word, what was retracted.
    """
    with store.transaction():
        new = store.take_over(tombstones)
        if not new:  # what is known to be retracted was seen to when it became so
            return {"tombstones": 0, "erased": 0, "purged": 0}
        erase: list[str] = []
        purge: list[str] = []
        for memory in store.memories(states=("live", "archived", "erased")):
            whole = [each for each in store.retracted_in(memory.namespace, memory.content) if each.line is None]
            if any(each.purged for each in whole):
                purge.append(memory.id)
            elif whole and memory.state != "erased":
                erase.append(memory.id)
        for id in erase:
            store.set_retention(id, 0.0)
        store.purge(purge)
    return {"tombstones": new, "erased": len(erase), "purged": len(purge)}
