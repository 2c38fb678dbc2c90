"""The logs of other machines: which still hold what was removed for good, and those of machines that are gone.

A log is its machine's to write. What was purged leaves it when that machine syncs; one that never will is told, and its
log is taken over on request.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from ntm_memory.errors import BadValueError, NotFoundError, StoreError
from ntm_memory.persistence.wiping import wipe
from ntm_memory.privacy.keys import Key
from ntm_memory.sync import log
from ntm_memory.sync.folder import are_left, device_of, logs_in, own_logs, signature
from ntm_memory.sync.logs import UNREAD
from ntm_memory.sync.registers import holds_removed
from ntm_memory.sync.state import SyncState

HOLDING = "holding"
_FORMER = "folders of before"
"""Under this name it is kept which of this machine's logs are in folders that it synced with before."""
_UNSENT = "removed, not sent"


class OtherLogs:
    """The logs of one folder that this machine does not write.

    Args:
        folder: the synced folder.
        state: what is known, and how far each log was read.
        opener: opens what is sealed; None: there is no key.
    """

    def __init__(self, folder: Path, state: SyncState, opener: Key | None) -> None:
        self._folder, self._state, self._opener = folder, state, opener
        self._taken_over: list[Path] = []

    def take_over(self, devices: Sequence[str], *, part: bool = False) -> bool:
        """Note that the logs of some machines are to be removed once this one has told what they tell; whether any is.

        Args:
            devices: their names.
            part: also where not all of a log could be read: what the rest of it tells is given up.

        Raises:
            BadValueError: a machine is this one, its log could not be read whole, or a name is empty.
            NotFoundError: a machine has no log.
        """
        for device in (each.strip().lower() for each in devices):
            if not device:
                raise BadValueError("the name of the machine is missing", "sync.py --forget NAME, as in ntm-NAME-…")
            files = list(own_logs(self._folder, [device]))
            if device in self._state.own_devices:
                raise BadValueError(f"{device} is this machine", "sync.py --forget takes the name of one that is gone")
            if not files:
                raise NotFoundError(f"no log of a machine {device} is in {self._folder}", "ls names them: ntm-NAME-…")
            for path in files:
                if not part and not self._is_read_whole(path):
                    hint = f"sync.py says why; give it its key, or give that up: sync.py --forget {device} --yes"
                    raise BadValueError(f"{path.name} could not be read whole: nothing is forgotten", hint)
            self._taken_over += files
        return bool(self._taken_over)

    def remove(self) -> None:
        """Remove the logs that were taken over.

        Raises:
            StoreError: one could not be removed.
        """
        for path in self._taken_over:
            try:
                wipe(path)
            except OSError as error:
                raise StoreError(f"{path} cannot be removed: {error.strerror}", "remove it by hand") from error

    def look(self, fresh: Collection[str]) -> None:
        """Note which logs hold what was removed, and forget what is known of those that are gone.

        Args:
            fresh: the names of the logs that were read now, as they had changed.
        """
        files = {path.name: path for path in logs_in(self._folder) if not self._is_own(path.name)}
        for name in self._state.signatures():
            if name not in files and not self._is_own(name):
                self._state.forget_place(name)
        if self._state.number("removed"):
            self._state.set_meta("purges", 1)
            looked = set(files)
        else:
            looked = files.keys() & set(fresh) if self._state.number("purges") else set()
        gone = {path.name for path in (*self.unsent, *self._taken_over)}
        self._state.set_meta(_UNSENT, json.dumps(sorted(gone)))
        before = json.loads(self._state.meta(HOLDING, "{}"))
        holding = {name: device for name, device in before.items() if name in files and name not in looked}
        holding |= {name: device_of(name) for name in sorted(looked) if self._holds(files[name])}
        self._state.set_meta(HOLDING, json.dumps(holding))

    @property
    def forgotten(self) -> list[str]:
        """The names of the logs that are taken over in this round."""
        return [path.name for path in self._taken_over]

    @property
    def unsent(self) -> list[Path]:
        """The logs that were removed, and of which `note_sent` was not told yet."""
        return [self._folder / name for name in json.loads(self._state.meta(_UNSENT, "[]"))]

    def note_sent(self) -> None:
        """That the logs that were removed are gone was committed."""
        self._state.set_meta(_UNSENT, "[]")

    @property
    def warnings(self) -> list[str]:
        """Which machines' logs still hold what was removed, and where this machine's are that no purge reaches."""
        named = holding_devices(self._state.meta(HOLDING))
        told = "still holds what was purged: it goes when that machine syncs; if it is gone for good: sync.py --forget"
        holding = [f"the log of {', '.join(named)} {told} {named[0]}"] if named else []
        former = json.loads(self._state.meta(_FORMER, "{}")).items()
        left = [each for each, signatures in former if are_left(each, self._folder, signatures)]
        told = "the sync.folder of before: no purge reaches them, so remove them there"
        return holding + [f"this machine's logs are still in {each}, {told}" for each in sorted(left)]

    def _is_own(self, name: str) -> bool:
        return device_of(name) in self._state.own_devices

    def _is_read_whole(self, path: Path) -> bool:
        place = self._state.place(path.name)
        is_read = place is not None and place.signature == signature(path) and place.end == path.stat().st_size
        return is_read and path.name not in json.loads(self._state.meta(UNREAD, "{}"))

    def _holds(self, path: Path) -> bool:
        try:
            lines = log.read(log.content_of(path), self._opener).lines
        except OSError:
            return False  # told as unread
        return any(not each.is_tombstone and holds_removed(each.part, self._state.known(each.id)) for each in lines)


def note_former(state: SyncState, folder: str) -> None:
    """Keep which logs this machine leaves in a folder, as another one is synced from now on."""
    own = {name: told for name, told in state.signatures().items() if device_of(name) in state.own_devices}
    state.set_meta(_FORMER, json.dumps({**json.loads(state.meta(_FORMER, "{}")), folder: own}))


def holding_devices(holding: str) -> list[str]:
    """The machines whose logs hold what was removed, by the note of `OtherLogs.look`."""
    return sorted(set(json.loads(holding or "{}").values()))
