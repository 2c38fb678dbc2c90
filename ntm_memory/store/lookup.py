"""Finding one memory by its id or its key."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.store.base import RecordReader
from ntm_memory.store.records import Memory

LIVE = ("live",)
STATES = ("live", "archived", "erased")


def find(store: RecordReader, id_or_key: str, namespace: str = "default", states: Sequence[str] = LIVE) -> Memory:
    """The memory with this id, else with this key in the namespace; of several with the key the last written.

    Raises:
        NotFoundError: there is none in these states.
    """
    try:
        memory = store.get(id_or_key)
    except NotFoundError:
        return _find_key(store, id_or_key, namespace, states)
    if memory.state not in states:
        raise NotFoundError(f"memory {memory.id} is {memory.state}", f"bring it back: erase.py --restore {memory.id}")
    return memory


def find_within(store: RecordReader, id_or_key: str, namespace: str) -> Memory:
    """The live memory of a namespace with this id, else with this key.

    Raises:
        NotFoundError: there is none.
        BadValueError: the id is one of another namespace.
    """
    memory = find(store, id_or_key, namespace)
    if memory.namespace != namespace:
        hint = "memories of different namespaces never meet"
        raise BadValueError(f"memory {memory.id} is in namespace {memory.namespace!r}, not {namespace!r}", hint)
    return memory


def _find_key(store: RecordReader, key: str, namespace: str, states: Sequence[str]) -> Memory:
    found = store.find_key(namespace, key)
    if found is None and tuple(states) != LIVE:
        gone = (memory for memory in store.memories(namespace, states=states) if memory.key == key)
        found = max(gone, key=lambda memory: memory.position, default=None)
    if found is None:
        hint = "recall.py prints ids and keys; a key belongs to a namespace"
        raise NotFoundError(f"no memory has the id or key {key!r}", hint)
    return found
