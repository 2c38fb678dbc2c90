"""The logs of a synced folder: read where they changed, written to where this device has something to tell."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ntm_memory.errors import StoreError
from ntm_memory.privacy.keys import Key
from ntm_memory.sync import log
from ntm_memory.sync.folder import is_regular, log_name, logs_in, own_logs, signature
from ntm_memory.sync.log import Line
from ntm_memory.sync.merging import Merging
from ntm_memory.sync.registers import stamps_in, without_removed
from ntm_memory.sync.stamps import LogicalTime, read_stamp
from ntm_memory.sync.state import LogPlace

_HOUR = 3_600_000
_MOST_UNREAD, _DIGITS = 20, 16
UNREAD = "unread_lines"
"""Under this name it is kept how many lines of which logs tell nothing, and which: of very many the first."""
_FIRST = str(LogicalTime(0, 0, "0" * 8))


class Logs:
    """The logs of one folder.

    Args:
        folder: the synced folder.
        merging: takes in what they tell.
        key: seals what is written; None: it is plain.
        opener: opens what is sealed; None: there is no key.
    """

    def __init__(self, folder: Path, merging: Merging, key: Key | None, opener: Key | None) -> None:
        self._folder = folder
        self._merging = merging
        self._state = merging.state
        self._key = key
        self._opener = opener
        secret = b"" if opener is None else opener.secret
        self._reader = f"{log.VERSION} {log.digest(b'reads logs' + secret)[:_DIGITS]} {key is not None}"
        self._unreadable: list[str] = []
        unread = json.loads(self._state.meta(UNREAD, "{}"))
        self._unread: dict[str, tuple[int, list[str]]] = {name: (count, kept) for name, (count, kept) in unread.items()}
        self.fresh: set[str] = set()
        self.waiting: Counter[str] = Counter()
        self.ahead = 0
        self.is_whole = True
        self.is_shared = False
        self._has_new_key = False

    @property
    def unread(self) -> list[str]:
        """What could not be read, and why: also what was found the last time, in files that have not changed since."""
        return [*self._unreadable, *(f"{name}, {why}" for name in self._there() for why in self._unread[name][1])]

    @property
    def unread_count(self) -> int:
        """How many they are, those included that `unread` leaves out."""
        return len(self._unreadable) + sum(self._unread[name][0] for name in self._there())

    def read(self, which: Callable[[Path], bool]) -> None:
        """Take in what is new in the logs that are asked for.

        Raises:
            StoreError: the folder cannot be read.
        """
        there = logs_in(self._folder)
        for path in there:
            if which(path):
                self._read(path)
        for name in {*self._unread} - {path.name for path in there}:
            self._note_unread(name, 0, [])

    def are_as_read(self) -> bool:
        """Whether each log is as it was when it was read or written; one with lines that wait is not.

        Raises:
            StoreError: the folder cannot be read.
        """
        there = {path.name: signature(path) for path in logs_in(self._folder)}
        return self._state.signatures() == there and self._state.meta("reader") == self._reader

    def is_own(self, path: Path) -> bool:
        """Whether this device writes to a file under its present name; a copy of it is not that."""
        return path.name.startswith(f"ntm-{self._state.device}-") and len(path.name) == len(log_name("x" * 8, 0.0))

    def read_own(self) -> None:
        """Take in what this device wrote and does not remember, as after a crash; notes which of its logs are lost."""
        self._look_at_the_key()
        self.read(self.is_own)
        self.is_whole &= all(is_regular(self._folder / name) for name in self._own_names())

    def write(self, clock: float) -> None:
        """Add what this device has to tell to its log; where its log was lost, all that is known.

        Raises:
            StoreError: it could not be written.
        """
        lines = self._merging.told if self.is_whole else self._all_known()
        if not lines:
            return
        path = self._folder / log_name(self._state.device, clock)
        try:
            log.append(path, lines, self._key)
        except OSError as error:
            stands = os.path.lexists(path) and not is_regular(path)
            hint = "move it away, and sync again" if stands else "check the folder sync.folder"
            raise StoreError(f"{path} cannot be written: {error.strerror or error}", hint) from error
        self._note(path, log.content_of(path))
        for name in self._own_names():
            if not is_regular(self._folder / name):  # what stood there is told again by now
                self._state.forget_place(name)

    def remove_texts(self) -> list[str]:
        """Write this device's logs anew without what was removed for good; the names of those that changed."""
        changed = []
        for path in own_logs(self._folder, self._state.own_devices):
            try:
                if log.rewrite(path, self._kept, self._key, self._opener, keep_sealed=self.is_whole):
                    changed.append(path.name)
                    self._note(path, log.content_of(path))
            except OSError as error:
                raise StoreError(
                    f"{path} cannot be written: {error.strerror or error}; what was purged may still be in it",
                    "make it writable, and sync again",
                ) from error
        return changed

    def take_back_from_future(self) -> None:
        """Take lines with stamps that no clock that is right can give out of this device's own logs."""
        for path in own_logs(self._folder, self._state.own_devices):
            log.rewrite(path, lambda line: None if self._ahead(line) else line, self._key, self._opener)

    def _kept(self, line: Line) -> Line | None:
        if line.is_tombstone:
            return line
        part = without_removed(line.part, self._state.known(line.id))
        return line._replace(part=part) if part else None

    def _read(self, path: Path) -> None:
        place = self._state.place(path.name)
        told = signature(path)
        if place is not None and place.signature == told:
            return
        try:
            content = log.content_of(path)
        except OSError as error:
            self._unreadable.append(f"{path.name} cannot be read: {error.strerror}")
            return
        self.fresh.add(path.name)
        is_continued = place is not None and log.digest(content[: place.end]) == place.digest
        start = place.end if place is not None and is_continued else 0
        found = log.read(content[start:], self._opener, content.count(b"\n", 0, start) + 1)
        unread = [f"line {each.number}: {each.why}" for each in found.unread]
        if self.is_own(path):  # they are mended now, and told this once; by a new key none of them can be opened
            self._unreadable += [] if self._has_new_key else [f"{path.name}, {each}" for each in unread]
        else:
            count, known = self._unread.get(path.name, (0, [])) if is_continued else (0, [])
            self._note_unread(path.name, count + len(unread), known + unread)
        if self.is_own(path) and (found.unread or (place is not None and not is_continued)):
            self.is_whole = False  # damaged, older than it was, or of another key: it may hold what was removed since
            self._merging.has_removed = True
        waits, is_new = False, False
        for line in found.lines:
            if self._ahead(line):
                self._wait(line)
                waits = True
            else:
                is_new |= self._take(line)
        self.is_shared |= self.is_own(path) and is_new
        if waits:
            self._state.note_place(path.name, LogPlace("", 0, log.digest(b"")))
        else:
            end = start + found.end
            self._state.note_place(path.name, LogPlace(told, end, log.digest(content[:end])))

    def _there(self) -> list[str]:
        return [name for name in self._unread if is_regular(self._folder / name)]

    def _own_names(self) -> list[str]:
        """The names of the logs that this device wrote, as far as it remembers."""
        return [name for name in self._state.signatures() if self.is_own(self._folder / name)]

    def _note_unread(self, name: str, count: int, lines: list[str]) -> None:
        """Keep which lines of a log tell nothing, so that it is not read from its beginning each time for them.

        Args:
            name: of the log.
            count: how many they are.
            lines: the first of them, or all.
        """
        before = dict(self._unread)
        self._unread.pop(name, None)
        if count:
            self._unread[name] = count, lines[:_MOST_UNREAD]
        if self._unread != before:
            self._state.set_meta(UNREAD, json.dumps(self._unread))

    def _look_at_the_key(self) -> None:
        """With another key, or another version of this program, read what told nothing, and write the own logs anew."""
        before = self._state.meta("reader", self._reader)
        self._state.set_meta("reader", self._reader)
        self._has_new_key = before != self._reader
        if self._has_new_key:
            self._merging.has_removed = True
            for name in [*self._unread, *self._own_names()]:
                self._state.forget_place(name)

    def _take(self, line: Line) -> bool:
        if line.is_tombstone:
            return self._merging.take_tombstone(line.id, line.part)
        return self._merging.take(line.id, line.part)

    def _wait(self, line: Line) -> None:
        stamp = read_stamp(self._top(line))
        self.waiting[stamp.device] += 1
        self.ahead = max(self.ahead, (stamp.ms - self._merging.clock.now) // _HOUR)

    def _ahead(self, line: Line) -> bool:
        return self._merging.clock.is_ahead(self._top(line))

    def _top(self, line: Line) -> str:
        return str(line.part[0]) if line.is_tombstone else max(stamps_in(line.part), default=_FIRST)

    def _note(self, path: Path, content: bytes) -> None:
        self._state.note_place(path.name, LogPlace(signature(path), len(content), log.digest(content)))
        self._note_unread(path.name, 0, [])

    def _all_known(self) -> list[Line]:
        memories = [Line(id, self._state.known(id)) for id in self._state.ids("1")]
        marks = self._state.tombstones().items()
        return [*memories, *(Line(name, register, is_tombstone=True) for name, register in marks)]
