"""What each script costs as a whole process, in memories of several sizes."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from bench.dataset import rows
from bench.processes import ProcessCost, cost_of_process

ROOT = Path(__file__).resolve().parents[1]
QUESTION = "In which drawer does the passport lie?"
_HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
LEFT_OUT = {
    "doctor": "looks at the installation and not at a memory",
    "grant": "is for a memory on a server",
    "install": "is done once",
    "move": "reads all, once",
    "reembed": "embeds all again",
    "sync": "bench.sync_cost measures it",
    "train": "has no memory",
    "tune": "bench.recall_speed measures it",
    "verify": "looks at the installation and not at a memory",
}
"""Scripts that are not measured, and why."""


class Call:
    """A script's arguments and what it reads, of which each run has its own.

    Args:
        script: its name.
        arguments: of run n, ids of memories given that no other run touches.
        told: what run n reads.
    """

    def __init__(
        self,
        script: str,
        arguments: Callable[[int, Sequence[str]], Sequence[str]],
        told: Callable[[int], str] = lambda _: "",
    ) -> None:
        self.script, self.arguments, self.told = script, arguments, told


def _event(**fields: str) -> Callable[[int], str]:
    return lambda n: json.dumps({"session_id": f"s{n}", "cwd": str(ROOT), **fields})


@cache
def _notes() -> list[str]:
    return [note["text"] for note in rows(Path(__file__).with_name("notes.jsonl")) if "text" in note]


def fresh_note(n: int) -> str:
    """A note of somebody's, with a number behind it: of another n another one."""
    notes = _notes()
    return f"{notes[n % len(notes)]} ({n})"


def _lines(n: int) -> str:
    return "\n".join(json.dumps({"content": fresh_note(1_000 * (n + 1) + each)}) for each in range(20))


CALLS = {
    "recall": Call("recall", lambda n, ids: [QUESTION]),
    "recall by place": Call("recall", lambda n, ids: ["--from", ids[0], "--shift", "1"]),
    "reason": Call("reason", lambda n, ids: [QUESTION]),
    "memorize": Call("memorize", lambda n, ids: [fresh_note(n)]),
    "memorize 20 lines": Call("memorize", lambda n, ids: ["--jsonl", "-"], _lines),
    "update": Call("update", lambda n, ids: [ids[1], "--content", fresh_note(500 + n)]),
    "erase": Call("erase", lambda n, ids: [ids[2]]),
    "erase --purge": Call("erase", lambda n, ids: [ids[3], "--purge"]),
    "feedback": Call("feedback", lambda n, ids: ["--query", QUESTION, "--used", ids[0]]),
    "list": Call("list", lambda n, ids: []),
    "status": Call("status", lambda n, ids: []),
    "status --check": Call("status", lambda n, ids: ["--check"]),
    "export": Call("export", lambda n, ids: ["-"]),
    "import 20 lines": Call("import", lambda n, ids: ["-"], lambda n: _lines(n + 100)),
    "hook: a session starts": Call("hook", lambda n, ids: [], _event(hook_event_name="SessionStart", source="startup")),
    "hook: a prompt": Call("hook", lambda n, ids: [], _event(hook_event_name="UserPromptSubmit", prompt=QUESTION)),
    "hook: end of a turn": Call(
        "hook", lambda n, ids: [], _event(hook_event_name="Stop", last_assistant_message="It lies in the third drawer.")
    ),
    "mcp: hello and good-bye": Call(
        "mcp",
        lambda n, ids: [],
        lambda n: json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": _HELLO}) + "\n",
    ),
}
_IDS = 4  # of memories that a call is given


def script_variables() -> dict[str, str]:
    """Environment variables of a script: this Python is the skill's environment."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NTM_MEMORY_"))}
    kept = {name: os.environ[name] for name in ("NTM_MEMORY_TESTING",) if name in os.environ}
    return {**variables, **kept, "NTM_MEMORY_ENV": sys.prefix}


def ids_of(home: Path, count: int) -> list[str]:
    """Ids of the newest memories."""
    command = [
        sys.executable,
        str(ROOT / "scripts" / "list.py"),
        "--home",
        str(home),
        "--format",
        "json",
        "--limit",
        "100",
    ]
    ids: list[str] = []
    cursor: list[str] = []
    while len(ids) < count:
        done = subprocess.run([*command, *cursor], capture_output=True, text=True, check=True, env=script_variables())
        page = json.loads(done.stdout)
        ids += [memory["id"] for memory in page["memories"]]
        if len(ids) < count and not page["more"]:
            raise SystemExit(f"{home} has too few memories: {len(ids)}, {count} are needed")
        cursor = ["--cursor", page.get("next", "")]
    return ids


def measure_scripts(
    homes: Mapping[str, Path], runs: int, only: Sequence[str] = ()
) -> dict[str, dict[str, ProcessCost]]:
    """Name of a home → call → medians of its cost; homes in turn, after a first run that is not counted.

    Args:
        homes: name → a memory, which is changed.
        runs: that count.
        only: calls to measure; none: all.

    Raises:
        SystemExit: a script fails, or a memory is too small.
    """
    calls = {called: call for called, call in CALLS.items() if not only or called in only}
    variables = script_variables()
    ids = {name: ids_of(home, _IDS * len(calls) * (runs + 1)) for name, home in homes.items()}
    found: dict[str, dict[str, ProcessCost]] = {name: {} for name in homes}
    for called, call in calls.items():
        costs: dict[str, list[ProcessCost]] = {name: [] for name in homes}
        for n in range(runs + 1):
            for name, home in homes.items():
                own = [ids[name].pop() for _ in range(_IDS)]
                script = str(ROOT / "scripts" / f"{call.script}.py")
                command = [sys.executable, script, *call.arguments(n, own), "--home", str(home)]
                costs[name].append(cost_of_process(command, variables, call.told(n).encode()))
        for name in homes:
            middle = (statistics.median(values) for values in zip(*costs[name][1:], strict=True))
            found[name][called] = ProcessCost(*(round(value, 1) for value in middle))
    return found
