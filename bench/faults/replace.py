"""Processes are killed (SIGKILL) while they copy or replace a whole memory file: the old one is there or the new one.

A backup is made, a backup is put back, a damaged file is mended, all keys are written anew by another embedder; each is
done once undisturbed, for how long it takes and what comes of it, and is then killed at moments of that time. After
each kill the next opening finds the memory as it was before or as it is afterwards, no draft is left, every backup is
whole and those of before are byte by byte what they were, and the same command goes through. What a pass does not
prove: anything about power cuts. Control: a replacement that empties the file first.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.faults.home import CONFIG, open_home, without_waiting
from ntm_memory import NTMMemoryManager
from ntm_memory.config import SHIPPED, load_settings
from ntm_memory.embedding.tiny import TinyEmbedder
from ntm_memory.recovery import backups, files, rescue

ROOT = Path(__file__).parents[2]
NOTES = 200
NOT_AT_ONCE = "NTM_FAULTS_NOT_AT_ONCE"
"""The control: the file is emptied before it is written."""
COMMANDS = ("backup", "restore", "repair", "reembed")
_WORK = "import sys; from bench.faults.replace import work_until_killed; work_until_killed(*sys.argv[1:])"
_BEGUN, _DONE = b"begun\n", b"done\n"


class Another(TinyEmbedder):
    """An embedder of another name."""

    name = "another"


def work_until_killed(command: str, home: str) -> None:
    """What the process does that is killed."""
    if os.environ.get(NOT_AT_ONCE):
        backups.put_in_place = _not_at_once
    print(_BEGUN.decode(), end="", flush=True)
    replace_by(command, Path(home))
    print(_DONE.decode(), end="", flush=True)


def replace_by(command: str, home: Path) -> None:
    """One of `COMMANDS`."""
    settings = load_settings(SHIPPED, home / "config.json", overrides={"store": {"backups": 9}})
    if command == "backup":
        backups.make_backup(home, "daily", 9)
    elif command == "restore":
        backups.restore_backup(home, backups.backups(home)[-1].name, 9, 5.0)
    elif command == "repair":
        rescue.repair(home, settings)
    else:
        with NTMMemoryManager(home, config=CONFIG, embedder=Another()) as memory:
            memory.reembed()


def run_replacements(
    cycles: int, number: int, commands: tuple[str, ...] = COMMANDS, **variables: str
) -> dict[str, Any]:
    """Kill each command so many times.

    Raises:
        AssertionError: the memory is neither as before nor as afterwards, or something else is not whole.
    """
    draw, figures = random.Random(number), {}
    with tempfile.TemporaryDirectory(prefix="ntm-replace-") as folder:
        for command in commands:
            with without_waiting():
                start = _prepared(Path(folder) / command, command)
            whole = shutil.copytree(start, start.with_name(f"{command}-whole"))
            seconds = _until_killed(command, whole, None, variables)
            states = {"before": _state(start), "after": _state(whole)}
            found = {"before": 0, "after": 0, "drafts_found": 0}
            for cycle in range(cycles):
                home = shutil.copytree(start, start.with_name(f"{command}-{cycle}"))
                wait = draw.random() * 1.1 * seconds
                _until_killed(command, home, wait, variables)
                where = f"{command}, seed {number}, cycle {cycle}, killed after {wait:.4f} s"
                found["drafts_found"] += len(list(home.rglob("*.tmp")))
                found[_looked_at(home, start, states, where)] += 1
                with without_waiting():
                    replace_by(command, home)
                assert _state(home)[:2] == states["after"][:2], f"{where}: it does not go through any more"
                shutil.rmtree(home)
            figures[command] = {"kills": cycles, "seconds": round(seconds, 3), **found}
    return {**figures, "neither": 0, "drafts_left": 0, "backups_torn": 0, "seed": number}


def _prepared(home: Path, command: str) -> Path:
    """Notes, two backups of other states of them; for a repair a damaged row."""
    for round in range(3):
        with open_home(home) as memory:
            memory.memorize_many([{"content": f"note {n} of round {round} about tea"} for n in range(NOTES // 2)])
        if round < 2:
            backups.make_backup(home, "daily", 9, lambda: 1.7e9 + round)  # noqa: B023
    if command == "repair":
        with closing(sqlite3.connect(home / "memory.db")) as sql, sql:
            sql.execute("UPDATE memories SET content = 'untrue' WHERE row = 7")
    return home


def _until_killed(command: str, home: Path, wait: float | None, variables: dict[str, str]) -> float:
    """Run a command in a process of its own and kill it after some seconds, None: never; how long it ran."""
    given = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **variables}
    arguments = [sys.executable, "-c", _WORK, command, str(home)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, env=given, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == _BEGUN
        began = time.monotonic()
        if wait is None:
            assert process.stdout.readline() == _DONE
        else:
            time.sleep(wait)
            process.kill()
        seconds = time.monotonic() - began
    assert wait is None or process.returncode in (0, -signal.SIGKILL), process.returncode
    return seconds


def _state(home: Path) -> tuple[dict[str, str], Any, int]:
    """What a memory says, by which embedder it is, how many faults it has."""
    with open_home(home) as memory:
        said = {each.id: each.content for each in memory.store.memories()}
        return said, memory.store.embedder(), len(memory.store.check())


def _looked_at(home: Path, start: Path, states: dict[str, Any], where: str) -> str:
    """Whether a memory is as before or as after, once it was opened and all around it found whole."""
    state = _state(home)
    (*names,) = (name for name, known in states.items() if known == state)
    assert names, f"{where}: neither as before nor as after: {len(state[0])} memories, {state[1]}, {state[2]} faults"
    # a folder made a moment before the kill, still empty, is removed some seconds later
    left = [draft for draft in home.rglob("*.tmp") if draft.is_file() or any(draft.iterdir())]
    assert not left, f"{where}: left behind: {left}"
    for file in backups.backups(home):
        old = start / "backups" / file.name
        assert files.is_whole(file) and (not old.exists() or old.read_bytes() == file.read_bytes()), f"{where}: {file}"
    gone = {file.name for file in backups.backups(start)} - {file.name for file in backups.backups(home)}
    assert not gone, f"{where}: {gone} gone"
    return names[-1] if len(names) == 1 else "before"


def _not_at_once(draft: Path, target: Path, seconds: float) -> None:
    target.write_bytes(b"")
    time.sleep(0.2)
    os.replace(draft, target)
