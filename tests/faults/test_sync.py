"""Devices that sync by a folder, in small, and that the program finds a merge that is broken."""

from __future__ import annotations

import pytest

from bench.faults.sync import run_syncs
from ntm_memory.sync import copies, merging, projection, registers, stamps


@pytest.mark.parametrize("devices", [2, 3])
def test_devices_come_to_say_the_same(devices):
    assert run_syncs(150, 3, devices, 150)["operations"] >= 150


def _by_the_time_of_day(self, at=None, after=""):
    self.count += 1
    return str(stamps.LogicalTime(self.now if at is None else min(max(at, 0), self.now), self.count, self.device))


def _without_tombstones(one, other, join=registers.joined):
    return dict(other) if "purged" in one and "purged" not in other else join(one, other)


@pytest.mark.parametrize(
    "broken",
    [
        {
            (stamps.HybridClock, "stamp"): _by_the_time_of_day,
            (projection, "_in_order"): lambda texts, over: sorted(texts),
        },
        {(merging, "joined"): _without_tombstones},
        {(copies.Copies, "clean"): lambda self: None},
    ],
    ids=["by the time of day alone", "without tombstones", "copies are left as they are"],
)
def test_a_broken_merge_is_found(monkeypatch, broken):
    for (where, part), by in broken.items():
        monkeypatch.setattr(where, part, by)
    with pytest.raises(AssertionError):
        run_syncs(600, 1, 2, 200)


def test_a_seed_repeats_a_world_to_the_byte():
    assert run_syncs(60, 5, 2) == run_syncs(60, 5, 2)
