"""Several managers on one home, switched at every statement: what they answer is what some order of the verbs answers.

Writers, readers and background passes (counters, the matrix file, what is due after a purge, learned numbers, checks)
take turns in one process, drawn by a seed. Their answers and the store they leave must be those of the model for an
order of whole verbs that keeps who was done before whom began (linearizable). What a pass does not prove: anything
between two statements (SQLite's own work), or other machines' file systems. Control: an update that takes no lock.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.faults.home import Kept, Ticking, kept_by, open_home
from bench.faults.model import Model
from bench.faults.scheduler import Scheduler, switching
from bench.faults.traced import done_by
from bench.faults.workload import Answer, Call, carry_out, replay
from ntm_memory import NTMMemoryManager
from ntm_memory.errors import StoreLockedError

CONTENTS = ("Mia drinks tea", "Tom is in Oslo", "a third thing")
CHANGING = ("memorize", "keyed", "keyed", "bulk", "update", "weaken", "erase", "restore", "purge", "recall")
PASSES = ("matrix", "check", "learn", "reopen")
EACH = 4


@dataclass(frozen=True)
class Done:
    """A verb that was carried out, and when."""

    call: Call
    answer: Answer
    began: int
    ended: int


def run_interleavings(seeds: int, number: int, managers: int = 3) -> dict[str, Any]:
    """Run so many schedules, each of its own seed.

    Raises:
        AssertionError: with the seed that repeats it.
    """
    verbs = moments = 0
    for seed in range(number, number + seeds):
        try:
            done, moment = one_schedule(seed, managers)
        except BaseException as error:
            raise AssertionError(f"seed {seed}, {managers} managers: {type(error).__name__}: {error}") from error
        verbs, moments = verbs + done, moments + moment
    return {"schedules": seeds, "verbs": verbs, "statements": moments, "seeds": [number, number + seeds - 1]}


def one_schedule(seed: int, managers: int) -> tuple[int, int]:
    """(verbs, statements) of one schedule."""
    draw, scheduler, home = random.Random(seed), Scheduler(seed), Path(tempfile.mkdtemp(prefix="ntm-turns-"))
    clock, model, done = Ticking(), Model(), list[Done]()
    try:
        with switching(scheduler):
            with open_home(home, clock=clock) as memory:
                for call in ({"verb": "keyed", "key": "k1"}, {"verb": "memorize"}):
                    told = {**call, "namespace": "default", "content": CONTENTS[0] if "key" in call else CONTENTS[1]}
                    assert replay(model, told, carry_out(memory, told)["ids"])
            names = ["k1", "k2", *model.known]
            scripts = [[_drawn(draw, names) for _ in range(EACH)] for _ in range(managers)]
            scheduler.run([_manager(script, home, clock, scheduler, done) for script in scripts])
            with open_home(home, clock=clock) as memory:
                assert (faults := memory.store.check()) == [], faults
                left = kept_by(memory)
        told = "\n".join(f"{each.began}-{each.ended} {each.call} -> {each.answer}" for each in done)
        assert in_some_order(model, done, left), f"no order of the verbs explains this:\n{told}\nleft: {left}"
        return len(done), scheduler.moment
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _drawn(draw: random.Random, names: Sequence[str]) -> Call:
    verb = draw.choice(CHANGING if draw.random() < 0.8 else PASSES)
    call: Call = {"verb": verb, "namespace": "default", "content": draw.choice(CONTENTS), "name": draw.choice(names)}
    if verb == "keyed":
        call["key"] = draw.choice(("k1", "k2"))
    if verb == "bulk":
        call["contents"] = draw.sample(CONTENTS, draw.randint(1, 3))
    return call


def _manager(
    script: Sequence[Call], home: Path, clock: Ticking, scheduler: Scheduler, done: list[Done]
) -> Callable[[], None]:
    def run() -> None:
        memory = open_home(home, clock=clock)
        for call in script:
            if call["verb"] in PASSES:
                memory = _pass(memory, call, home, clock)
                continue
            began = scheduler.switch()
            answer = carry_out(memory, call)
            done.append(Done(call, answer, began, scheduler.moment))
        memory.close()

    return run


def _pass(memory: NTMMemoryManager, call: Call, home: Path, clock: Ticking) -> NTMMemoryManager:
    """What changes nothing that anybody is told."""
    engine: Any = memory.store._engine
    if call["verb"] == "check":
        assert (faults := memory.store.check()) == [], faults
    elif call["verb"] == "learn":
        done_by(memory, call, home)
    else:
        engine.live_matrix._saved = -1_000
        if call["verb"] == "reopen":
            memory.close()
            return open_home(home, clock=clock)
        with suppress(StoreLockedError):  # derived: whoever closes next writes it
            engine.save_matrix_if_lagging()
    return memory


def in_some_order(model: Model, done: Sequence[Done], left: Kept) -> bool:
    """Whether the model gives these answers and is left so, for an order that keeps who was done before whom began."""
    tried: set[tuple[frozenset[int], str]] = set()

    def goes_on(model: Model, rest: frozenset[int]) -> bool:
        if not rest:
            return model.state() == left
        seen = (rest, repr(sorted(model.state().items())))
        if seen in tried:
            return False
        tried.add(seen)
        first_end = min(done[i].ended for i in rest)
        for i in sorted(rest):
            if done[i].began <= first_end:
                after = model.copy()
                if replay(after, done[i].call, done[i].answer.get("ids") or [None]) == done[i].answer:
                    if goes_on(after, rest - {i}):
                        return True
        return False

    return goes_on(model, frozenset(range(len(done))))
