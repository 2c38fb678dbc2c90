"""Threads of which one runs at a time; at each SQL statement the next is drawn, so that a seed repeats a run."""

from __future__ import annotations

import itertools
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.faults.home import patched_connections, sqlite_connect
from ntm_memory.store import live_matrix, lock, schema

MOST = 200_000
"""Switches after which a run counts as going in a circle."""


class Scheduler:
    """Runs bodies in threads, one at a time.

    Args:
        number: the seed.
    """

    def __init__(self, number: int) -> None:
        self._draw, self.moment = random.Random(number), 0
        self._gates: list[threading.Semaphore] = []
        self._alive: list[int] = []
        self._own = threading.local()
        self.failures: list[BaseException] = []

    def run(self, bodies: Sequence[Callable[[], None]]) -> None:
        """Run them all to their end; the first exception of one is raised here."""
        self._gates = [threading.Semaphore(0) for _ in bodies]
        self._alive = list(range(len(bodies)))
        threads = [threading.Thread(target=self._body, args=each) for each in enumerate(bodies)]
        for thread in threads:
            thread.start()
        self._gates[self._draw.choice(self._alive)].release()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def switch(self) -> int:
        """Perhaps another one runs now; the moment at which this one goes on."""
        own = getattr(self._own, "number", None)
        if own is None or self.failures:
            return self.moment
        self.moment += 1
        if self.moment > MOST:
            raise AssertionError("nothing comes to an end")
        chosen = self._draw.choice(self._alive)
        if chosen != own:
            self._gates[chosen].release()
            self._gates[own].acquire()
        return self.moment

    def _body(self, number: int, body: Callable[[], None]) -> None:
        self._own.number = number
        self._gates[number].acquire()
        try:
            body()
        except BaseException as error:  # noqa: BLE001 - raised again by `run`
            self.failures.append(error)
        self._alive.remove(number)
        if self._alive:
            self._gates[self._draw.choice(self._alive)].release()


@contextmanager
def switching(scheduler: Scheduler) -> Iterator[None]:
    """The product's connections, its writer lock and its matrix file let the scheduler draw who goes on.

    SQLite's own waiting would stop the one thread that runs, so that a busy database is asked again after a switch.
    """
    replaced = _replacements(scheduler)
    kept = [(where, name, getattr(where, name)) for where, name, _ in replaced]
    for where, name, value in replaced:
        setattr(where, name, value)
    try:
        with patched_connections(_opener(scheduler)):
            yield
    finally:
        for where, name, value in kept:
            setattr(where, name, value)


def _after_a_switch(scheduler: Scheduler, act: Callable[..., Any]) -> Callable[..., Any]:
    def switched(*told: Any, **options: Any) -> Any:
        scheduler.switch()
        done = act(*told, **options)
        scheduler.switch()
        return done

    return switched


def _replacements(scheduler: Scheduler) -> list[tuple[Any, str, Any]]:
    """(module, name, value): waiting is a switch, ids are counted, the matrix file is used between switches."""
    ids = (f"m_{number:010d}" for number in itertools.count())
    waits = SimpleNamespace(monotonic=lambda: 0.0, sleep=lambda seconds: scheduler.switch())
    replaced = [(lock, "time", waits), (schema, "new_id", lambda: next(ids))]
    for name in ("load", "save", "remove"):
        real = getattr(live_matrix.sidecar, name)
        replaced.append((live_matrix.sidecar, name, _after_a_switch(scheduler, real)))
    return replaced


def _opener(scheduler: Scheduler) -> Callable[..., sqlite3.Connection]:
    """Opens connections that switch at each statement."""

    class Switched(sqlite3.Connection):
        patience = 0

        def _again(self, act: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
            for attempt in itertools.count():
                scheduler.switch()
                try:
                    return act()
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error) or attempt >= self.patience:
                        raise
            raise AssertionError

        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            if statement.startswith("PRAGMA synchronous"):
                statement = "PRAGMA synchronous = OFF"
            return self._again(lambda: super(Switched, self).execute(statement, *arguments))

        def executemany(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            return self._again(lambda: super(Switched, self).executemany(statement, *arguments))

    def opened(path: Path, **options: Any) -> sqlite3.Connection:
        made = sqlite_connect(path, factory=Switched, **{**options, "timeout": 0})
        made.patience = 0 if Path(path).name == "usage.db" else 5_000
        return made

    return opened
