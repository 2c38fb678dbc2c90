"""Each call that writes, syncs, cuts, makes, renames or removes a file fails once, or all from one on (a full disk).

A small life of a memory runs under `shim.c`, once for every call it makes. Oracle: what a verb answers is one of our
own errors or the truth; nothing acknowledged is lost; what was answered with an error is done as a whole or not at
all; the call after it works; the memory opens again and passes its check. What a pass does not prove: reads that fail,
errors inside SQLite's shared memory, two errors of different kinds. Control: a COMMIT whose failure nobody hears.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench.faults.disk import shim
from bench.faults.home import Ticking, kept_by, made_by, open_home, patched_connections
from bench.faults.kill import ROOT, nameless
from bench.faults.model import Model
from bench.faults.traced import done_by
from bench.faults.workload import Answer, Call, new_ids, replay
from ntm_memory.errors import NTMMemoryError
from ntm_memory.privacy.cipher import PlainConnection

ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}
OURS = {"store_error", "disk_full", "store_locked", "bad_value"}
OTHER = {"recall", "learn", "export"}
CHILD = "import sys; from bench.faults.disk_errors import fail_as_told; fail_as_told(sys.argv[1:])"
LIFE: tuple[Call, ...] = tuple(
    {"namespace": "default", **call}
    for call in (
        {"verb": "memorize", "content": "Mia drinks tea"},
        {"verb": "keyed", "content": "Tom is in Oslo", "key": "k1"},
        {"verb": "recall", "content": "tea"},
        {"verb": "bulk", "contents": ["one", "two", "three"]},
        {"verb": "update", "name": "k1", "content": "Tom is in Rome"},
        {"verb": "learn"},
        {"verb": "weaken", "name": "old"},
        {"verb": "export"},
        {"verb": "purge", "name": "old"},
        {"verb": "erase", "name": "k1"},
        {"verb": "restore", "name": "k1"},
    )
)


def run_disk_errors(every: int, *, deaf: bool = False) -> dict[str, Any]:
    """Let every so manieth call fail, in each way.

    Raises:
        AssertionError: a promise is broken; the message says at which call.
    """
    folder = Path(tempfile.mkdtemp(prefix="ntm-errors-"))
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    variables |= {"LD_PRELOAD": str(shim()), "NTM_SHIM_FOLDER": str(folder / "home")}
    try:
        command = [sys.executable, "-c", CHILD, str(folder), str(every), "deaf" if deaf else ""]
        done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return dict(json.loads(done.stdout))
    finally:
        shutil.rmtree(folder)


def fail_as_told(arguments: Sequence[str]) -> None:
    """In a process with the shim: folder, every so manieth call, `deaf`; prints the figures."""
    folder, every, deaf = Path(arguments[0]), int(arguments[1]), arguments[2] == "deaf"
    library = ctypes.CDLL(None)
    with open_home(folder / "before", clock=Ticking()) as memory:
        memory.memorize("an old story", key="old")
        memory.memorize("another old story")
    with patched_connections(made_by(_Deaf)) if deaf else nullcontext():
        calls = _live(folder, library, 0, 0)
        figures = {"calls": calls, "runs": 0, "answered_with_an_error": 0}
        for name, number in ERRORS.items():
            for at in range(1, calls + 1, every):
                for n in (at, -at):
                    try:
                        figures["answered_with_an_error"] += _live(folder, library, n, number)
                    except BaseException as error:
                        raise AssertionError(f"{name} at call {n} of {calls}") from error
                    figures["runs"] += 1
    print(json.dumps(figures))


def _live(folder: Path, library: Any, n: int, number: int) -> int:
    """One life with a fault; how many verbs answered with an error, or without a fault how many calls there are."""
    home, answers = folder / "home", list[Answer]()
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(folder / "before", home)
    with open_home(folder / "before") as memory:
        start = Model()
        for each in memory.store.memories():
            start.memorize({"content": each.content, "key": each.key}, each.id, lambda candidates: candidates[0])
    library.ntm_arm(ctypes.c_long(n), number)
    try:
        with open_home(home, {"store": {"lock_seconds": 0.2}}, clock=Ticking()) as memory:
            for call in LIFE:
                answers.append(_answer(memory, call, home))
    except NTMMemoryError as error:
        assert n and error.code in OURS, error.code
    count = library.ntm_count()
    library.ntm_arm(ctypes.c_long(0), 0)
    _look(home, start, answers)
    failed = [each for each in answers if each.get("error") in OURS]
    assert n <= 0 or len(failed) <= 1, f"one fault, and {len(failed)} verbs failed: {answers}"
    return len(failed) if n else count


def _answer(memory: Any, call: Call, home: Path) -> Answer:
    try:
        return done_by(memory, call, home)
    except NTMMemoryError as error:
        return {"error": error.code}


def _look(home: Path, start: Model, answers: Sequence[Answer]) -> None:
    """What is left is what was answered, with or without what was answered with an error of the disk."""
    possible = [start]
    for call, answer in zip(LIFE, answers, strict=False):
        if call["verb"] in OTHER:
            assert answer.get("error") in {None, *OURS}, answer
            continue
        if answer.get("error") in OURS:
            possible += [_after(model, call, None)[1] for model in possible]
            continue
        tried = [_after(model, call, answer) for model in possible]
        possible = [model for said, model in tried if _agree(said, answer)]
        assert possible, f"{call} was answered {answer}"
    with open_home(home, clock=Ticking()) as memory:
        assert (faults := memory.store.check()) == [], faults
        held = nameless(kept_by(memory).values())
        assert any(held == nameless(model.state().values()) for model in possible), (held, answers)
        assert memory.memorize("written afterwards").action == "created"
        assert memory.recall("written afterwards", all=True).memories


def _agree(said: Answer, answer: Answer) -> bool:
    """The same, but for ids of what was done although an error was answered: nobody was told them."""
    told = [id for id in said.get("ids", ()) if not str(id).startswith("unknown-")]
    return (
        said.get("did") == answer.get("did")
        and said.get("error") == answer.get("error")
        and (not told or told == answer["ids"])
    )


def _after(model: Model, call: Call, answer: Answer | None) -> tuple[Answer, Model]:
    after = model.copy()
    ids = new_ids(call, len(model.known)) if answer is None else answer.get("ids") or [None]
    return replay(after, call, ids), after


class _Deaf(PlainConnection):
    """The control: a connection that never says that a COMMIT failed."""

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        try:
            return super().execute(statement, *arguments)
        except sqlite3.OperationalError:
            if statement != "COMMIT":
                raise
            return super().execute("ROLLBACK" if self.in_transaction else "SELECT 1")
