"""The long forms of the programs that look for faults: each prints its figures as one JSON object.

    python -m bench.faults states --operations 100000

A failure is an exception that says how to repeat it. `TMPDIR` says where the memories lie.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Run one program and print what it found."""
    options = parser().parse_args()
    told = {name: value for name, value in vars(options).items() if name not in ("program", "run")}
    began, cpu = time.monotonic(), time.process_time()
    figures = options.run(**told)
    spent = {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
    print(json.dumps({"program": options.program, **figures, **spent}))


def parser() -> argparse.ArgumentParser:
    """The options."""
    form = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser("python -m bench.faults", description=__doc__, formatter_class=form)
    programs = made.add_subparsers(dest="program", required=True)
    for name, (run, about, numbers) in PROGRAMS.items():
        one = programs.add_parser(name, help=about)
        one.set_defaults(run=run)
        for option, value in numbers.items():
            one.add_argument(f"--{option}", type=type(value), default=value, help="default: %(default)s")
    return made


def _states(operations: int, seed: int) -> dict[str, Any]:
    from bench.faults.states import run_states

    return run_states(operations, seed)


def _fuzz(inputs: int, seed: int, seconds: float, feeds: str) -> dict[str, Any]:
    from bench.faults.fuzz import FEEDS, run_fuzz

    return run_fuzz(inputs, seed, tuple(feeds.split(",")) if feeds else tuple(FEEDS), seconds)


def _kill(cycles: int, writers: int, seed: int) -> dict[str, Any]:
    from bench.faults.kill import run_kills

    return run_kills(cycles, writers, seed)


def _replace(cycles: int, seed: int) -> dict[str, Any]:
    from bench.faults.replace import run_replacements

    return run_replacements(cycles, seed)


def _power(points: int, writers: int, seed: int, journal: str) -> dict[str, Any]:
    from bench.faults.power import run_power

    return run_power(points, writers, seed, wal=journal == "wal")


def _interleave(seeds: int, seed: int, managers: int) -> dict[str, Any]:
    from bench.faults.interleave import run_interleavings

    return run_interleavings(seeds, seed, managers)


def _disk_errors(every: int) -> dict[str, Any]:
    from bench.faults.disk_errors import run_disk_errors

    return run_disk_errors(every)


def _sync(operations: int, devices: int, seed: int) -> dict[str, Any]:
    from bench.faults.sync import run_syncs

    return run_syncs(operations, seed, devices)


def _killed_syncs(operations: int, devices: int, seed: int) -> dict[str, Any]:
    from bench.faults.killed_syncs import run_killed_syncs

    return run_killed_syncs(operations, seed, devices)


PROGRAMS: dict[str, tuple[Callable[..., dict[str, Any]], str, dict[str, Any]]] = {
    "states": (_states, "any verbs in any order, against a dictionary", {"operations": 100_000, "seed": 0}),
    "kill": (_kill, "kill -9 at random moments", {"cycles": 400, "writers": 4, "seed": 0}),
    "replace": (_replace, "kill -9 while a whole memory file is copied or replaced", {"cycles": 100, "seed": 0}),
    "power": (
        _power,
        "the power fails, at points of a trace; --journal delete or wal",
        {"points": 1000, "writers": 4, "seed": 0, "journal": "delete"},
    ),
    "interleave": (
        _interleave,
        "managers on one home, switched at every statement",
        {"seeds": 10_000, "seed": 0, "managers": 3},
    ),
    "disk-errors": (_disk_errors, "every so manieth call on a file fails: EIO, a full disk", {"every": 1}),
    "sync": (
        _sync,
        "devices that sync by a folder, whatever is done to its files",
        {"operations": 10_000, "devices": 3, "seed": 0},
    ),
    "killed-syncs": (
        _killed_syncs,
        "the same, and syncs are killed, or the power fails, at any step",
        {"operations": 2_000, "devices": 3, "seed": 0},
    ),
    "fuzz": (
        _fuzz,
        "hostile input through every door",
        {"inputs": 1_000_000, "seed": 0, "seconds": 1200.0, "feeds": ""},
    ),
}


if __name__ == "__main__":
    main()
