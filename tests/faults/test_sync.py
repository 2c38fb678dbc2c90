"""Devices that sync by a folder, in small, and that the program finds a merge that is broken."""

from __future__ import annotations

import pytest

from bench.faults.sync import run_syncs
from ntm_memory.sync import merging, registers, stamps


@pytest.mark.parametrize("devices", [2, 3])
def test_devices_come_to_say_the_same(devices):
    assert run_syncs(150, 3, devices, 150)["operations"] >= 150


def _by_the_time_of_day(self, at=None, after=""):
    self.count += 1
    return str(stamps.LogicalTime(self.now if at is None else min(max(at, 0), self.now), self.count, self.device))


def _without_tombstones(one, other, join=registers.joined):
    return dict(other) if "purged" in one and "purged" not in other else join(one, other)


@pytest.mark.parametrize(
    ("broken", "part", "by"),
    [(stamps.HybridClock, "stamp", _by_the_time_of_day), (merging, "joined", _without_tombstones)],
)
def test_a_broken_merge_is_found(monkeypatch, broken, part, by):
    monkeypatch.setattr(broken, part, by)
    with pytest.raises(AssertionError):
        run_syncs(600, 1, 2, 200)
