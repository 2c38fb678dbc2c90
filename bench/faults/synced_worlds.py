"""Worlds of devices that sync, one after the other, until so many operations are done in them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.faults.home import drawn_bytes, without_waiting


def run_worlds(
    program: str, make: Callable[[Path, int, int], Any], operations: int, seed: int, devices: int, each: int
) -> dict[str, Any]:
    """Let devices tell, change and sync, and compare them, in worlds of a few hundred operations.

    Args:
        program: its name on the command line of `bench.faults`.
        make: a world of a folder, so many devices, and a seed, as `bench.faults.sync.SyncedDevices` is one.
        operations: so many in all.
        seed: of the first world; the next one has the next seed.
        devices: of each.
        each: operations of one world.

    Raises:
        AssertionError: two devices differ, or say what they must not; it names the seed.
    """
    figures: dict[str, Any] = {"worlds": 0, "operations": 0, "rounds": 0}
    while figures["operations"] < operations:
        number = seed + figures["worlds"]
        try:
            with without_waiting(), drawn_bytes(number):
                told = _run_world(make, min(each, operations), number, devices)
        except AssertionError as error:
            how = f"--operations {min(each, operations)} --devices {devices} --seed {number}"
            raise AssertionError(f"python -m bench.faults {program} {how}: {error}") from error
        figures["worlds"] += 1
        figures["rounds"] = max(figures["rounds"], told.pop("rounds"))
        for name, count in told.items():
            figures[name] = figures.get(name, 0) + count
    return figures


def _run_world(make: Callable[[Path, int, int], Any], operations: int, seed: int, devices: int) -> dict[str, int]:
    """One world, from its beginning until all has reached all; its figures."""
    folder = Path(tempfile.mkdtemp(prefix="ntm-sync-"))
    world = make(folder, devices, seed)
    try:
        while world.figures["operations"] < operations:
            world.step()
        rounds = world.heal()
        world.check()
        return {**world.figures, "rounds": rounds}
    finally:
        world.close()
        shutil.rmtree(folder)
