"""What was removed for good on any device leaves the copies of the memory here too: backups, `damaged/`, mirrors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ntm_memory.errors import BadValueError, NotFoundError, StoreCorruptError
from ntm_memory.operations.results import EraseResult
from ntm_memory.recovery.damaged import files_kept
from ntm_memory.store.base import Store
from ntm_memory.store.records import Memory, Version
from ntm_memory.sync.collecting import RemovedTexts, text_hash
from ntm_memory.sync.merging import WHOLE, Merging
from ntm_memory.sync.registers import removed_texts
from ntm_memory.upkeep.backup_purge import FOLDER, Row, Wanted, others_holding, purged_in_backups
from ntm_memory.upkeep.damaged_purge import purged_in_damaged
from ntm_memory.upkeep.mirror import without

_NOTHING = EraseResult((), restorable=False)


class _About(NamedTuple):
    """What is known of one memory of which something was removed."""

    removed: RemovedTexts
    numbers: frozenset[int]
    versions: frozenset[int]


class Removed:
    """What is to leave the copies, see `upkeep.backup_purge.ToBeRemoved`: by its words, else by number or moment.

    Args:
        wanted: id → hashes of the texts that were removed; `merging.WHOLE` among them: all of it.
        merging: what is known.
    """

    def __init__(self, wanted: Mapping[str, frozenset[str]], merging: Merging) -> None:
        self.wanted = wanted
        self._hashes = frozenset().union(*wanted.values()) if wanted else frozenset()
        self._merging = merging
        self._about: dict[str, _About] = {}

    @property
    def ids(self) -> None:
        """Any: a removed text may be a version of a memory into which another one was joined once."""

    def is_whole(self, id: str) -> bool:
        """Whether all of a memory is."""
        return WHOLE in self.wanted.get(id, ())

    def means(self, row: Row) -> bool:
        """Whether one text of a memory is; what that says by now, or may say for all we know, is not."""
        text = row.text.decode("utf-8", "replace")
        is_removed = text_hash(text) in self._hashes
        if not is_removed and row.id not in self.wanted:
            return False
        removed = self.about(row.id).removed
        if text in removed.told or (row.id not in self.wanted and not removed.told):
            return False
        with suppress(BadValueError):
            return is_removed or removed.stamp_of(row.version, text, row.at) is not None
        return False

    def about(self, id: str) -> _About:
        """What is known of one of them."""
        if id not in self._about:
            told = self._merging.projected(id)
            parts = [self._merging.state.known(id), *self._merging.parts(id)]
            texts = () if told is None else told.texts
            self._about[id] = _About(
                RemovedTexts(parts, told),
                frozenset(text[1]["n"] for part in parts for text in removed_texts(part).values()),
                frozenset(text.version for text in texts),
            )
        return self._about[id]


class Copies:
    """The copies of one memory.

    Args:
        store: the memory.
        home: its data folder.
        merging: what is known.
    """

    def __init__(self, store: Store, home: Path, merging: Merging) -> None:
        self._store, self._home = store, home
        self._merging, self._state = merging, merging.state
        self._removed = Removed({}, merging)
        self._said: dict[str, set[bytes]] = {}  # by all that was looked at in this round
        self._holding: tuple[str, ...] = ()

    def look(self) -> None:
        """Note what the memory still says of what is about to be removed from it: once it is gone, who would know?"""
        self._removed = Removed(self._state.removals(), self._merging)
        for id in self._removed.wanted:
            said = self._said.setdefault(id, set())
            said |= {_in_utf8(text) for text in self._merging.dropped.get(id, ())}
            for text in self._texts(id):
                row = Row(id, text.version, _in_utf8(text.content), _began(text))
                if self._removed.is_whole(id):
                    said.add(row.text)
                elif self._removed.means(row):
                    said.add(row.text)
                    self._note(id, text.version)
            said.discard(b"")

    def clean(self) -> None:
        """Remove it from the copies, once the memory has it no more: a backup may have been made meanwhile.

        What could not be removed from is told in `warnings`, and tried again the next time.
        """
        removed = self._removed
        if not removed.wanted:
            return
        done = purged_in_backups(self._home / FOLDER, _NOTHING, removed)
        holding = [f"backups/{name}" for name in done.backups_holding]
        if files_kept(self._home):
            damaged = (purged_in_damaged(self._home, _NOTHING, each) for each in self._in_damaged())
            holding += [f"damaged/{name}" for each in damaged for name in each.damaged_holding]
        holding += without(self._home, removed.wanted)[1]
        said = [text for id in removed.wanted for text in self._said[id]]
        self._holding = tuple(dict.fromkeys([*holding, *others_holding(self._home, said)]))
        if not holding:
            with self._state.writing():
                self._state.forget_removals(removed.wanted)

    @property
    def warnings(self) -> list[str]:
        """The files that still hold what was removed elsewhere, in one sentence."""
        named = ", ".join(self._holding)
        return [f"what another machine purged is still in {named}: make it writable, or remove it"] if named else []

    def _in_damaged(self) -> list[Wanted]:
        """What is to leave the damaged rows: whole memories together, versions by each number that they may have."""
        removed = self._removed
        whole = [id for id in removed.wanted if removed.is_whole(id)]
        texts = [text for id in whole for text in self._said[id]]
        found = [Wanted(whole, None, texts, self._store.uuid)] if whole else []
        for id in (id for id in removed.wanted if id not in {*whole}):
            about, said = removed.about(id), [*self._said[id]]
            kept = [_in_utf8(text) for text in about.removed.told]
            found += [Wanted([id], number, said, self._store.uuid, kept) for number in about.numbers or {0}]
        return found

    def _texts(self, id: str) -> Sequence[Memory | Version]:
        try:
            return [self._store.get(id), *self._store.history(id)]
        except (NotFoundError, StoreCorruptError):
            return []

    def _note(self, id: str, version: int) -> None:
        """Have the audit say that a version was purged, so that a backup that is put back is brought up to it."""
        known = self._state.known(id)
        if "born" in known and version not in self._removed.about(id).versions:
            self._store.note("version purged", id, known["born"][1]["namespace"], version=version)


def _began(text: Memory | Version) -> str:
    return text.updated_at if isinstance(text, Memory) else text.valid_from


def _in_utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")
