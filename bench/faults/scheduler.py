"""Several bodies in one thread; at each SQL statement the next one is drawn, so that a seed repeats a run."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import greenlet

from bench.faults.home import Hasty, made_by, patched_connections, without_syncing
from ntm_memory.persistence import writer_lock as lock
from ntm_memory.store import live_matrix, writer

MOST = 200_000
"""Switches after which a run counts as going in a circle."""


class Scheduler:
    """Runs bodies as coroutines of one thread (greenlets), which the product does not notice.

    Args:
        number: the seed.
    """

    def __init__(self, number: int) -> None:
        self._draw, self.moment = random.Random(number), 0
        self._alive: list[greenlet.greenlet] = []

    def run(self, bodies: Sequence[Callable[[], None]]) -> None:
        """Run them all to their end; an exception of one is raised here."""
        self._alive = [greenlet.greenlet(body) for body in bodies]
        try:
            while self._alive:  # the end of one leads back here
                self._draw.choice(self._alive).switch()
                self._alive = [each for each in self._alive if not each.dead]
        finally:
            self._alive = []  # after an exception the others are ended without another switch

    def switch(self) -> int:
        """Perhaps another one runs now; the moment at which this one goes on."""
        own = greenlet.getcurrent()
        if own not in self._alive:
            return self.moment
        self.moment += 1
        if self.moment > MOST:
            raise AssertionError("nothing comes to an end")
        chosen = self._draw.choice(self._alive)
        if chosen is not own:
            chosen.switch()
        return self.moment


@contextmanager
def switching(scheduler: Scheduler) -> Iterator[None]:
    """The product's connections, its writer lock and its matrix file let the scheduler draw who goes on.

    SQLite's own waiting would stop the one thread there is, so that a busy database is asked again after a switch.
    """
    replaced = _replacements(scheduler)
    kept = [(where, name, getattr(where, name)) for where, name, _ in replaced]
    for where, name, value in replaced:
        setattr(where, name, value)
    try:
        with patched_connections(_opener(scheduler)), without_syncing():
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
    replaced = [(lock, "time", waits), (writer, "new_id", lambda: next(ids))]
    for name in ("load", "save", "remove"):
        real = getattr(live_matrix.sidecar, name)
        replaced.append((live_matrix.sidecar, name, _after_a_switch(scheduler, real)))
    return replaced


def _opener(scheduler: Scheduler) -> Callable[..., sqlite3.Connection]:
    """Opens connections that switch at each statement."""

    class Switched(Hasty):
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
            if statement.startswith("PRAGMA busy_timeout"):
                statement = "PRAGMA busy_timeout = 0"
            return self._again(lambda: super(Switched, self).execute(statement, *arguments))

        def executemany(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            return self._again(lambda: super(Switched, self).executemany(statement, *arguments))

    connect = made_by(Switched, timeout=0)

    def opened(path: Path, **options: Any) -> sqlite3.Connection:
        made: Switched = connect(path, **options)
        made.patience = 0 if Path(path).name == "usage.db" else 5_000
        return made

    return opened
