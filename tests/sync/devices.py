"""Devices in one process: each has a memory and a clock of its own, all share a folder."""

from __future__ import annotations

import pytest
from opening import Clock, opened

from bench.faults.devices import said_by


def contents(memory):
    """What its live memories say."""
    return sorted(each.content for each in memory.store.memories())


def past(memory, id):
    """What the older versions of one say."""
    return [old.content for old in memory.store.history(id)]


class Devices:
    """Memories that sync by one folder.

    Args:
        tmp_path: where all of it lies.
    """

    def __init__(self, tmp_path, **sync):
        self.root = tmp_path
        self.folder = tmp_path / "shared"
        self.folder.mkdir()
        self._sync = sync
        self.open = []

    def add(self, name, *, ahead=0.0, **config):
        """A memory whose clock is so many seconds ahead."""
        told = {**config, "sync": {"folder": str(self.folder), **self._sync}}
        memory = opened(self.root / name, told, clock=Clock(1_700_000_000.0 + ahead))
        self.open.append(memory)
        return memory

    def again(self, index, name, **how):
        """Close the memory of a place, and open it again: see `add`."""
        self.open[index].close()
        self.add(name, **how)
        self.open[index] = self.open.pop()
        return self.open[index]

    def seal(self):
        """Whoever is opened from now on seals its logs by the key of the environment."""
        pytest.importorskip("cryptography")
        self._sync["encrypt"] = True

    def settle(self):
        """Sync until nobody has anything to tell; all must say the same then."""
        for _ in range(5):
            if not sum(each.sync()["sent"] for each in self.open):
                break
        else:
            raise AssertionError("they do not come to an end")
        for each in self.open:
            each.sync()
        first, *others = map(said_by, self.open)
        assert all(other == first for other in others)

    def logs(self):
        """All bytes of all logs."""
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob("*.jsonl")))

    def close(self):
        for each in self.open:
            each.close()
