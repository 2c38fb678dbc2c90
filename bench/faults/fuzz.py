"""Whatever is fed to the memory from outside, it answers with its own errors, in time, and stays whole.

Valid inputs are changed by structure and by byte (`mutate`) and fed through every importer, the command line of every
script, config.json and the files beside memory.db. Oracle: no exception outside the tree of `errors`, exit code never
1, one JSON object out, no call over 5 s of CPU; the store passes its own check afterwards and still tells and answers.
What a pass does not prove: that what was kept is what was meant, anything about `train` and `setup`, real embedders, or
memory.db itself (its damage is the store's own matter). Control: an importer that forgets to check a number.
Each line of JSON lines is an input, since each is judged by itself; else each call is one.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.faults.command_lines import Feed
from bench.faults.feeds import FEEDS
from bench.faults.home import without_waiting
from bench.faults.mutate import Mutator

SECONDS = 5.0
TOGETHER = 60
SLOW = {"scripts": 5, "config.json": 20, "recall.json": 20, "usage.db": 20, "matrix.bin": 20}
"""Inputs that one store takes before it is looked at and thrown away; fewer, where each is several calls."""


class Found(AssertionError):
    """An input that breaks a promise."""


def run_fuzz(inputs: int, number: int, feeds: tuple[str, ...] = tuple(FEEDS), seconds: float = 1e9) -> dict[str, Any]:
    """Feed so many inputs, a store at a time.

    Args:
        inputs: how many at least.
        number: the seed of the first store; each further one has the next.
        feeds: names of `FEEDS`; they take turns.
        seconds: stop after this time.

    Raises:
        Found: with the seed and the input.
    """
    began, first, counts, slowest = time.monotonic(), number, dict.fromkeys(feeds, 0), 0.0
    with without_waiting():
        while sum(counts.values()) < inputs and time.monotonic() - began < seconds:
            name = feeds[number % len(feeds)]
            done, slow = feed_one_store(FEEDS[name], name, number)
            counts[name] += done
            slowest, number = max(slowest, slow), number + 1
    fed = sum(counts.values())
    rate = round(fed / (time.monotonic() - began), 1)
    return {"inputs": fed, "a_second": rate, "slowest": round(slowest, 2), "seeds": [first, number - 1], "of": counts}


def feed_one_store(feed: Callable[[Path, Mutator], Feed], name: str, number: int) -> tuple[int, float]:
    """(inputs, CPU seconds of the slowest call) of one store that is looked at in the end."""
    folder, slowest, fed = Path(tempfile.mkdtemp(prefix="ntm-fuzz-")), 0.0, 0
    try:
        inputs = feed(folder, Mutator(number))
        for count, (about, act) in enumerate(inputs, start=1):
            began = time.process_time()
            try:
                fed += act() or 1
            except Exception as error:
                raise Found(
                    f"{name}, seed {number}, input {count}: {type(error).__name__}: {error}\n{repr(about)[:3000]}"
                ) from error
            slowest = max(slowest, spent := time.process_time() - began)
            if spent > SECONDS:
                raise Found(f"{name}, seed {number}, input {count}: {spent:.1f} s of CPU\n{about[:500]!r}")
            if count == SLOW.get(name, TOGETHER):
                break
    finally:
        shutil.rmtree(folder)
    return fed, slowest
