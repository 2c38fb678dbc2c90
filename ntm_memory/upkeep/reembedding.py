"""All keys written anew by another embedder, beside the old ones, and put in their place in one short transaction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ntm_memory.recall.encoder import Encoder
from ntm_memory.recovery.backups import backup_or_copy
from ntm_memory.store.base import Store
from ntm_memory.store.lookup import STATES

BATCH = 64
Progress = Callable[[int], None] | None
_ROUNDS = 3
"""How often what others wrote meanwhile is caught up with while they may write on."""


def reembed(
    store: Store, encoder: Encoder, home: Path, keep: int, *, dry_run: bool = False, progress: Progress = None
) -> dict[str, Any]:
    """Write all keys, of older versions too, with another embedder.

    Until the end readers see the old ones, and writers may write. After a kill it goes on where it was.

    Args:
        store: the store.
        encoder: of the new embedder.
        home: the data folder, for the backup that is made first.
        keep: how many backups are kept.
        dry_run: say what would happen.
        progress: called with the number of texts that are durably done.
    """
    before = store.embedder()
    answer = {"before": before, "after": encoder.identity, "count": sum(store.count(state=each) for each in STATES)}
    answer |= {"dry_run": dry_run}
    if dry_run or before is None:
        return answer
    if not store.is_reembedding(encoder.identity):
        backup_or_copy(home, "reembed", keep)
    done, rounds = 0, 0
    while not store.swap_keys(encoder.identity):
        missing = store.without_new_keys(encoder.identity)
        if rounds == _ROUNDS:
            break
        rounds += 1
        done = _prepare(store, encoder, missing, done, progress)
    else:
        return answer | _left_out(store)
    with store.transaction():  # others write faster than that: the rest while they wait
        _prepare(store, encoder, store.without_new_keys(encoder.identity), done, progress)
        store.swap_keys(encoder.identity)
    return answer | _left_out(store)


def _prepare(store: Store, encoder: Encoder, names: list[tuple[str, int]], done: int, progress: Progress) -> int:
    for start in range(0, len(names), BATCH):
        texts = store.texts_of(names[start : start + BATCH])
        rows = encoder.memories(list(texts.values())) if texts else []
        store.prepare_keys(encoder.identity, {name: (texts[name], key) for name, key in zip(texts, rows, strict=True)})
        done += len(texts)
        if progress is not None:
            progress(done)
    return done


def _left_out(store: Store) -> dict[str, Any]:
    damaged = store.damaged()
    return {"left_out": damaged} if damaged else {}
