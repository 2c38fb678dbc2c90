"""What `status` tells about a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ntm_memory.config import Settings
from ntm_memory.errors import CheckpointError, whole_number
from ntm_memory.operations.context import parameters_in_force
from ntm_memory.store.base import RecordReader, Store
from ntm_memory.store.lookup import STATES, find

MOST_AUDIT = 100_000


def survey(store: Store, settings: Settings, home: Path) -> dict[str, Any]:
    """Counts, size, usage, embedder, integrity and warnings."""
    counts = {state: store.count(state=state) for state in STATES}
    faults = store.check()
    info = store.info()
    return {
        "memories": counts,
        "namespaces": store.namespaces(),
        "memory_size": settings.memory_size,
        "when_full": settings.capacity.when_full,
        "usage": round(counts["live"] / settings.memory_size, 4),
        "embedder": store.embedder(),
        "integrity": faults or "ok",
        "warnings": [*info.pop("warnings", ()), *_warnings(counts["live"], settings, home)],
        "store": info,
    }


def history(store: RecordReader, id_or_key: str, namespace: str | None = "default") -> dict[str, Any]:
    """One memory, whatever its state, and its older versions, oldest first."""
    memory = find(store, id_or_key, namespace, STATES)
    return {"memory": asdict(memory), "history": [asdict(version) for version in store.history(memory.id)]}


def audit(store: RecordReader, count: int, id: str | None = None) -> dict[str, Any]:
    """What was done last, newest first; with an id to that memory, which may be gone."""
    return {"audit": [asdict(entry) for entry in store.audit(whole_number("audit", count, 1, MOST_AUDIT), id)]}


def _warnings(live: int, settings: Settings, home: Path) -> Iterator[str]:
    try:
        parameters_in_force(home, settings)
    except CheckpointError as error:
        yield f"{error.message}: every recall fails until it is removed or tune.py --revert"
    size, when_full = settings.memory_size, settings.capacity.when_full
    if live >= size:
        then = {"grow": "it grows on", "evict": "each new memory archives the least used one"}
        yield f"all {size:,} slots (memory_size) are taken: {then.get(when_full, 'new memories are refused')}"
