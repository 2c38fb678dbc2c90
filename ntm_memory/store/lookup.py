"""Finding one memory by its id or its key."""

from __future__ import annotations

from collections.abc import Sequence

from ntm_memory.errors import NotFoundError
from ntm_memory.store.base import RecordReader
from ntm_memory.store.records import Memory
from ntm_memory.text.folding import folded_key, same_telling

LIVE = ("live",)
STATES = ("live", "archived", "erased")


def find(
    store: RecordReader,
    id_or_key: str,
    namespace: str | None = "default",
    states: Sequence[str] = LIVE,
    *,
    only_there: bool = False,
) -> Memory:
    """The memory of a namespace with this id, else with this key; of several with the key the last written.

    Args:
        store: where to look.
        id_or_key: an id, or a key.
        namespace: that it must be of; None: an id of any namespace will do, and no key.
        states: that it may be in.
        only_there: whether the caller knows no way to name one of another namespace; then no error hints at one.

    Raises:
        NotFoundError: there is none in these states, or it is of another namespace.
    """
    known = _by_id(store, id_or_key)
    if known is None or namespace not in (None, known.namespace):
        found = None if namespace is None else store.find_key(namespace, id_or_key, states)
        if found is None:
            raise _not_found(id_or_key, namespace, known, only_there=only_there)
        return found
    if known.state not in states:
        other = _joined(store, known)
        if other is not None and other.state in states:
            return other
        raise NotFoundError(f"memory {known.id} is {known.state}", f"bring it back: erase.py --restore {known.id}")
    return known


def id_of_key(store: RecordReader, key: str, namespace: str | None, *, live: bool) -> str:
    """The id of the memory that has a key, and never that of one whose id reads like it.

    Args:
        store: where to look.
        key: it.
        namespace: of the memory; None: no key is meant.
        live: whether what is erased or archived does not count.

    Raises:
        NotFoundError: there is none.
    """
    found = None if namespace is None else store.find_key(namespace, key, LIVE if live else STATES)
    if found is None:
        raise NotFoundError(
            f"no memory has the key {key!r}", "a key belongs to a namespace; an id is given without --key"
        )
    return found.id


def _by_id(store: RecordReader, id: str) -> Memory | None:
    try:
        return store.get(id)
    except NotFoundError:
        return None


def _joined(store: RecordReader, known: Memory) -> Memory | None:
    """The memory that a memory has become part of, as when two devices told the same, or under the same key."""
    other = known.superseded_by if known.state == "archived" else None
    found = None if other is None else _by_id(store, other)
    if found is None or found.namespace != known.namespace:
        return None
    same_key = None not in (found.key, known.key) and folded_key(found.key or "") == folded_key(known.key or "")
    return found if same_key or same_telling(found.content, known.content) else None


def _not_found(name: str, namespace: str | None, elsewhere: Memory | None, *, only_there: bool) -> NotFoundError:
    if elsewhere is None:
        hint = "recall.py prints ids and keys; a key belongs to a namespace"
        return NotFoundError(f"no memory has the id or key {name!r}", hint)
    hint = "give its --namespace"
    if not only_there:
        hint += "; update.py, erase.py, status.py --history and recall.py --from also take --any-namespace"
    return NotFoundError(f"memory {elsewhere.id} is in namespace {elsewhere.namespace!r}, not {namespace!r}", hint)
