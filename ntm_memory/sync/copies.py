"""What another device removed for good leaves the copies of the memory here too: backups, `damaged/`, mirrors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from ntm_memory.errors import NotFoundError, StoreCorruptError, StoreError
from ntm_memory.operations.results import Erased, EraseResult
from ntm_memory.recovery.files import opened
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, Version
from ntm_memory.sync.collecting import text_hash
from ntm_memory.sync.merging import Merging
from ntm_memory.sync.registers import is_gone, removed_texts
from ntm_memory.upkeep.backup_purge import FOLDER, backups_holding, others_holding, purge_in_file, purged_in_backups
from ntm_memory.upkeep.damaged_purge import Wanted, purged_in_damaged
from ntm_memory.upkeep.mirror import without

_AT_ONCE = 500
_UNCLEANED = "uncleaned"
_BY_TEXT = (
    "SELECT version FROM (SELECT id, version, content FROM memories UNION SELECT id, version, content FROM versions)"
    " WHERE id = :id AND CAST(content AS BLOB) = :text"
)


class Removal(NamedTuple):
    """What is to leave the copies.

    Args:
        id: of a memory.
        version: one old text of it alone; None: all of it.
        texts: what it says here, in UTF-8.
        namespace: of the memory, where it is here.
    """

    id: str
    version: int | None
    texts: tuple[bytes, ...] = ()
    namespace: str | None = None


class Copies:
    """The copies of one memory.

    Args:
        store: the memory.
        home: its data folder.
        merging: what is known; what is due of it is looked at.
    """

    def __init__(self, store: Store, home: Path, merging: Merging) -> None:
        self._store, self._home = store, home
        self._merging, self._state = merging, merging.state
        self._holding: dict[str, None] = {}

    def clean(self) -> None:
        """Remove from the copies what is about to be removed from the memory: once it is gone, who would ask again?

        What could not be removed from is told in `warnings`, and tried again the next time.
        """
        kept = [Removal(id, version) for id, version in json.loads(self._state.meta(_UNCLEANED, "[]"))]
        new = list(self._due()) if self._state.number("removed") else []
        wanted = list({each[:2]: each for each in (*kept, *new)}.values())
        if not wanted:
            return
        self._holding.clear()
        left = [each for group in _groups(wanted) if not self._clean(group) for each in group]
        for each in new:  # so that a backup that is put back is brought up to it
            if each.version is not None and each.namespace is not None:
                self._store.note("version purged", each.id, each.namespace, version=each.version)
        with self._state.writing():
            self._state.set_meta(_UNCLEANED, json.dumps([each[:2] for each in left]))

    @property
    def warnings(self) -> list[str]:
        """The files that still hold what was removed elsewhere, in one sentence."""
        named = ", ".join(self._holding)
        return [f"what another machine purged is still in {named}: make it writable, or remove it"] if named else []

    def _due(self) -> Iterator[Removal]:
        for id in self._state.ids("due"):
            known = self._state.known(id)
            if "purged" in known:
                yield Removal(id, None, tuple(self._texts(id).values()), None)
            elif removed := {
                s: t for part in (known, *self._merging.parts(id)) for s, t in removed_texts(part).items()
            }:
                texts = self._texts(id)
                for stamp, version in self._versions(id, removed):
                    space = known["born"][1]["namespace"] if "born" in known and is_gone(removed[stamp]) else None
                    said = (texts[version],) if version in texts else ()
                    yield Removal(id, version, said, space)

    def _versions(self, id: str, removed: dict[str, list[object]]) -> Iterator[tuple[str, int]]:
        """Stamp and number of the removed texts of a memory that it has here, or may have had before."""
        seen = self._state.seen(id)
        for stamp, (_, text) in removed.items():
            assert isinstance(text, dict)
            if seen is None:
                yield stamp, text["n"]
                continue
            now = text_hash(text["content"]) if "content" in text else ""
            yield from ((stamp, int(n)) for n, told in seen["texts"].items() if told[0] == stamp and told[1] != now)

    def _texts(self, id: str) -> dict[int, bytes]:
        try:
            told: list[Memory | Version] = [self._store.get(id), *self._store.history(id)]
        except (NotFoundError, StoreCorruptError):
            return {}
        return {each.version: each.content.encode("utf-8", "replace") for each in told}

    def _clean(self, group: Sequence[Removal]) -> bool:
        """Remove some from all copies; whether none holds them any more."""
        ids, version = [each.id for each in group], group[0].version
        said = [text for each in group for text in each.texts if text]
        wanted = EraseResult(tuple(Erased(id, "", 0.0, 0.0) for id in ids), restorable=False, version=version)
        by_text = [] if version is None else _without_text(self._home / FOLDER, ids[0], said)
        done = purged_in_backups(self._home / FOLDER, wanted)
        done = purged_in_damaged(self._home, done, Wanted(ids, version, said, self._store.uuid))
        _, mirrors = without(self._home, ids)
        holding = [*(f"backups/{name}" for name in done.backups_holding), *mirrors]
        holding += [f"backups/{name}" for name in by_text if name not in done.backups_holding]
        holding += [f"damaged/{name}" for name in done.damaged_holding]
        self._holding |= dict.fromkeys([*holding, *others_holding(self._home, said)])
        return not holding


def _without_text(folder: Path, id: str, texts: Sequence[bytes]) -> list[str]:
    """Remove an old text of a memory from backups that have it by another number, of before a merge; where it stays."""
    holding = []
    for file in backups_holding(folder, [id]) if texts else ():
        try:
            with closing(opened(file, read_only=True)) as sql:
                found = [v for text in texts for (v,) in sql.execute(_BY_TEXT, {"id": id, "text": text}).fetchall()]
        except (sqlite3.Error, StoreError, OSError):
            continue  # told by who looks for its number
        if not all(purge_in_file(file, [id], version) for version in found):
            holding.append(file.name)
    return holding


def _groups(wanted: Sequence[Removal]) -> Iterator[list[Removal]]:
    """Whole memories many at a time, versions one by one, as the copies are asked for them."""
    whole = [each for each in wanted if each.version is None]
    yield from (whole[at : at + _AT_ONCE] for at in range(0, len(whole), _AT_ONCE))
    yield from ([each] for each in wanted if each.version is not None)
