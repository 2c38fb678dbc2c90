"""One round: what changed here goes into this device's log, what the other logs tell is taken in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ntm_memory.config import Settings
from ntm_memory.errors import BadValueError, StoreLockedError
from ntm_memory.persistence.faults import faults
from ntm_memory.persistence.writer_lock import WriterLock
from ntm_memory.privacy.keys import VARIABLE
from ntm_memory.recall.encoder import Encoder
from ntm_memory.store.base import Store
from ntm_memory.store.lookup import find
from ntm_memory.store.records import Memory
from ntm_memory.store.sqlite import SQLiteStore
from ntm_memory.sync.applying import Applier, latest_of, retracted_here
from ntm_memory.sync.copies import Copies
from ntm_memory.sync.folder import checked_folder, own_logs
from ntm_memory.sync.git_remote import GitRemote, git_of
from ntm_memory.sync.local_changes import collect
from ntm_memory.sync.log import opener_of
from ntm_memory.sync.logs import Logs
from ntm_memory.sync.merging import Merging, conflicts
from ntm_memory.sync.merging_writer import MergingWriter
from ntm_memory.sync.other_logs import OtherLogs, note_former
from ntm_memory.sync.stamps import HybridClock
from ntm_memory.sync.standing import of_memory
from ntm_memory.sync.state import NAME, SyncState
from ntm_memory.sync.state_copy import copied_state
from ntm_memory.text.iso_time import to_iso

LOCK = "sync.lock"
_MOST_SHOWN = 20
_NO_FOLDER = 'name one in config.json: {"ntm_memory": {"sync": {"folder": "~/Dropbox/ntm-memory"}}}'


class _Asked(NamedTuple):  # see `Syncer.run`
    settle: Sequence[str]
    forget: Sequence[str]
    part: bool
    namespace: str | None


class Syncer:
    """Syncs one memory with one folder.

    Args:
        store: the memory.
        settings: where the folder is.
        home: data folder.
        clock: unix seconds.
        encoder: loads the embedder; asked only where a text is new here.
        is_spoken: whether a name before a colon in a memory's text is a speaker's.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        home: Path,
        clock: Callable[[], float],
        encoder: Callable[[], Encoder],
        is_spoken: Callable[[Memory], bool],
    ) -> None:
        if settings.sync.folder is None:
            raise BadValueError("there is no folder to sync with", _NO_FOLDER)
        assert isinstance(store, SQLiteStore)  # in a file, or on a server
        self._folder = checked_folder(settings.sync.folder, home)
        self._git = git_of(self._folder, settings.sync.git)
        self._store, self._home, self._clock = store, home, clock
        self._writer = MergingWriter(store.engine)
        self._opener = opener_of(store.engine.connection.key)
        self._key = self._opener if settings.sync.encrypt or store.encrypted else None
        if settings.sync.encrypt and self._key is None:
            raise BadValueError(f"sync.encrypt is true, and {VARIABLE} is not set", "openssl rand -hex 32 makes a key")
        self._encoder, self._is_spoken = encoder, is_spoken
        self._lock_seconds = settings.store.lock_seconds
        self._is_dry = self._was_broken_off = False

    def run(
        self,
        *,
        dry_run: bool = False,
        settle: Sequence[str] = (),
        forget: Sequence[str] = (),
        part: bool = False,
        namespace: str | None = "default",
        by_git: bool = True,
    ) -> dict[str, Any]:
        """One round.

        Args:
            dry_run: say what would happen.
            settle: ids or keys of memories of which what they say now is right, whatever another device told.
            forget: names of machines that are gone for good: what their logs tell goes into this one's, and they go.
            part: forget them also where not all of their logs can be read.
            namespace: of those to settle; None: ids of any.
            by_git: False: nothing is fetched or sent, what changed waits for the next time.

        Raises:
            NTMMemoryError: another process syncs; folder or memory cannot be used; `part` without `forget`.
        """
        if part and not forget:
            raise BadValueError("yes goes with forget alone", "sync.py --forget NAME --yes")
        self._is_dry = dry_run
        asked = _Asked(settle, forget, part, namespace)
        if dry_run:  # on a copy of what is known: nothing is written, and nobody waited for
            with copied_state(self._home) as folder, self._opened(folder) as state:
                return self._round(state, None, asked)
        git = self._git if by_git else None
        with self._alone(), self._opened(self._home) as state:
            return self._round(state, git, asked)

    def _round(self, state: SyncState, git: GitRemote | None, asked: _Asked) -> dict[str, Any]:
        """What `run` does, alone and with its state open."""
        if git is not None:
            git.fetch(list(own_logs(self._folder, state.own_devices)))
        merging = Merging(state, HybridClock(state.device, state.number("count"), self._clock))
        logs = Logs(self._folder, merging, self._key, self._opener)
        applier = Applier(self._store, self._writer, merging, self._encoder, self._is_spoken)
        copies = Copies(self._store, self._home, merging)
        others = OtherLogs(self._folder, state, self._opener)
        if self._is_dry or asked.settle or asked.forget or not self._is_settled(state, merging, logs):
            self._begin(state, merging)
            with state.writing():
                self._merge(state, merging, logs, asked)
                logs.is_whole &= not others.take_over(asked.forget, part=asked.part)
                counts = {"sent": len(merging.told), "due": len(state.ids("due"))}
                if not self._is_dry:
                    logs.write(self._clock())
                merging.finish()
            if not self._is_dry:
                self._apply(state, merging, logs, applier, copies, others)
        else:
            counts = dict.fromkeys(("sent", "due"), 0)
            with state.writing():
                state.set_meta("synced", to_iso(self._clock()))
        if git is not None and git.send(list(own_logs(self._folder, state.own_devices)), others.unsent):
            with state.writing():
                others.note_sent()
        warnings = [*(git.warnings if git is not None else ()), *copies.warnings, *others.warnings, *applier.warnings]
        return self._answer(merging, logs, applier, counts, warnings) | {"forgotten": others.forgotten}

    def _is_settled(self, state: SyncState, merging: Merging, logs: Logs) -> bool:
        """Whether nothing is new, neither here nor in the folder, and nothing waits: most often that is so."""
        seq, line = state.number("seq"), state.number("line")
        is_as_left = logs.are_as_read() and state.is_settled() and state.meta("folder") == str(self._folder)
        if not is_as_left or merging.was_ahead():
            return False
        changes = self._writer.changes(seq, line)
        return (changes.seq, changes.line) == (seq, line) and self._writer.is_past(seq, line, state.meta("mark"))

    def _finish(self, state: SyncState, logs: Logs, others: OtherLogs) -> None:
        """Leave nothing of what was removed for good, and note that all was done."""
        others.remove()
        with state.writing():
            if state.number("removed"):
                logs.remove_texts()
            others.look(logs.fresh)
        if state.number("removed"):
            with state.writing():
                state.set_meta("removed", 0)
            state.leave_no_traces()
        with state.writing():
            state.set_meta("running", 0)
            state.set_meta("synced", to_iso(self._clock()))
            state.set_meta("memory", of_memory(self._home))

    def _begin(self, state: SyncState, merging: Merging) -> None:
        """Note that a round is under way; of another memory file nothing is known as yet."""
        with state.writing():
            self._was_broken_off = bool(state.number("running"))
            state.set_meta("running", 1)
            if not self._writer.is_past(state.number("seq"), state.number("line"), state.meta("mark")):
                state.forget_seen()
                state.set_meta("removed", 1)  # what was put back may hold it
                merging.look_for_removed()
                state.set_meta("seq", 0)
                state.set_meta("line", 0)

    def _merge(self, state: SyncState, merging: Merging, logs: Logs, asked: _Asked) -> None:
        """Take in all that is new, here and elsewhere, and what follows from it."""
        self._see_own(state, merging, logs)
        collect(self._store, self._writer, merging)
        logs.read(lambda path: not logs.is_own(path))
        for name in asked.settle:
            merging.settle(find(self._store, name, asked.namespace).id)
        merging.spread()
        merging.resolve()

    def _see_own(self, state: SyncState, merging: Merging, logs: Logs) -> None:
        """Look at this device's own logs first: what stands there was told already."""
        if merging.was_ahead() and not self._is_dry:
            self._was_broken_off = True
            logs.take_back_from_future()
            state.forget_all()
            state.set_meta("last", "")
        if (former := state.meta("folder")) not in ("", str(self._folder)):
            note_former(state, former)
            self._was_broken_off = True
            logs.is_whole = False
            state.forget_files()
        state.set_meta("folder", str(self._folder))
        logs.read_own()
        if logs.is_shared and not self._was_broken_off:
            state.become_another()
            merging.clock.device = state.device

    def _apply(
        self, state: SyncState, merging: Merging, logs: Logs, applier: Applier, copies: Copies, others: OtherLogs
    ) -> None:
        """Write what was merged, erase what was retracted elsewhere, and leave nothing of what was removed for good."""
        new = applier.apply_tombstones()
        copies.look()
        applier.apply()
        merging.told.clear()
        with state.writing():
            live = self._store.memories() if new else self._just_written(applier)
            for id, purge in retracted_here(self._store, live).items():
                stamp = merging.clock.stamp(after=latest_of(merging, id))
                merging.tell(id, {"purged": [stamp]} if purge else {"fields": {"standing": [stamp, ["erased", 0.0]]}})
            if merging.told:
                logs.is_whole = True
                logs.write(self._clock())
                merging.finish()
        if merging.told:
            copies.look()
            applier.apply()
        with state.writing():
            merging.told.clear()
            collect(self._store, self._writer, merging)
            merging.spread()
            if merging.told:
                logs.write(self._clock())
            merging.finish()
        copies.clean()
        self._finish(state, logs, others)

    def _just_written(self, applier: Applier) -> Iterator[Memory]:
        for id in applier.written:
            memory = self._store.get(id)
            if memory.state == "live":
                yield memory

    def _answer(
        self, merging: Merging, logs: Logs, applier: Applier, counts: Mapping[str, int], warnings: list[str]
    ) -> dict[str, Any]:
        done = {
            "sent": counts["sent"],
            "taken": counts["due"] if self._is_dry else len(applier.written),
            "purged": applier.purged,
        }
        if logs.waiting:
            named = ", ".join(f"{device} ({count} lines)" for device, count in sorted(logs.waiting.items()))
            warnings.append(
                f"two clocks differ by {logs.ahead} hours, this machine's or that of {named}, which waits: set it right"
            )
        return {
            "folder": str(self._folder),
            "device": merging.state.device,
            **done,
            "conflicts": conflicts(merging),
            "unread": (logs.unread + applier.unread)[:_MOST_SHOWN],
            "unread_count": logs.unread_count + len(applier.unread),
            "warnings": warnings,
            "dry_run": self._is_dry,
        }

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = WriterLock(self._home / LOCK, self._lock_seconds)
        try:
            lock.acquire()
        except StoreLockedError as error:
            raise StoreLockedError("another process is syncing this memory", "it will be done soon") from error
        try:
            yield
        finally:
            lock.release()
            lock.close()

    @contextmanager
    def _opened(self, folder: Path) -> Iterator[SyncState]:
        assert isinstance(self._store, SQLiteStore)
        with faults(folder / NAME):
            state = SyncState(folder, self._store.engine.connection.key)
            try:
                yield state
            finally:
                state.close()
