"""Writers are killed at random moments (SIGKILL); what they were told is done is done, and no half of anything else is.

Each writer keeps to a namespace of its own, so that what it must hold is known exactly: what the model says after all
verbs that were answered, with or without the one that was under way. Beside that: texts that were purged stand in no
file any more, no draft is left, the store passes its check. What a pass does not prove: anything about power cuts, in
which the system's own buffers are lost too (`power`). Control: writers that acknowledge before they commit.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.faults.home import kept_by, open_home
from bench.faults.model import Known, Model
from bench.faults.workload import Call, new_ids, replay

ROOT = Path(__file__).parents[2]
CYCLES_OF_A_HOME = 12
WORK = "import sys; from bench.faults.workload import work_as_told; work_as_told(sys.argv[1:])"
FILES = {"memory.db", "memory.lock", "matrix.bin", "usage.db", "usage.db-journal", "backups"}
"""What may stand in the folder afterwards: the journal of the counters goes when they are next asked for."""
LOCKED = {"error": "store_locked"}
"""What a writer is told where others, on a busy machine, hold the lock for longer than it waits: nothing is done."""


@dataclass
class Writer:
    """One process and what it said."""

    namespace: str
    process: subprocess.Popen[bytes]
    said: bytes = b""
    calls: list[Call] = field(default_factory=list)

    def hear(self) -> list[dict[str, Any]]:
        """All that it said, in whole lines."""
        assert self.process.stdout is not None
        self.said += self.process.stdout.read()
        self.process.wait()
        self.process.stdout.close()
        assert self.process.returncode == -signal.SIGKILL, self.process.returncode
        return [json.loads(line) for line in self.said.split(b"\n")[:-1]]


def start_writer(home: Path, namespace: str, number: int, known: list[str], **variables: str) -> Writer:
    """A process that writes into a namespace until it is killed, after its first answer."""
    given = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **variables}
    command = [sys.executable, "-c", WORK, str(home), namespace, str(number), json.dumps(known)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=given, cwd=ROOT)
    return Writer(namespace, process)


def run_kills(cycles: int, writers: int, number: int, **variables: str) -> dict[str, Any]:
    """Kill so many times.

    Raises:
        AssertionError: something acknowledged is lost or doubled, or something else is not whole.
    """
    draw, folder = random.Random(number), Path(tempfile.mkdtemp(prefix="ntm-kill-"))
    figures: Counter[str] = Counter()
    try:
        models: dict[str, Model] = {}
        for cycle in range(cycles):
            home = folder / str(cycle // CYCLES_OF_A_HOME)
            models = models if cycle % CYCLES_OF_A_HOME else {f"writer {i}": Model() for i in range(writers)}
            before = f"seed {number}, cycle {cycle}"
            figures.update(_one_cycle(home, models, draw, before, variables))
    finally:
        shutil.rmtree(folder)
    return {"cycles": cycles, "writers": writers, **figures, "lost": 0, "doubled": 0, "drafts_left": 0, "seed": number}


def _one_cycle(
    home: Path, models: dict[str, Model], draw: random.Random, where: str, variables: dict[str, str]
) -> Counter[str]:
    running = [
        start_writer(home, namespace, draw.getrandbits(30), list(model.known)[-40:], **variables)
        for namespace, model in models.items()
    ]
    for writer in running:
        assert writer.process.stdout is not None
        writer.said += writer.process.stdout.readline() + writer.process.stdout.readline()
    time.sleep(draw.random() ** 2 * 0.6)
    for writer in running:
        writer.process.kill()
    said = {writer.namespace: writer.hear() for writer in running}
    figures: Counter[str] = Counter()
    with open_home(home) as memory:
        held = kept_by(memory)
        assert (faults := memory.store.check()) == [], f"{where}: {faults}"
        for namespace, model in models.items():
            mine = {id: each for id, each in held.items() if each[0] == namespace}
            figures.update(_compare(model, said[namespace], mine, where))
            _take_over(model, memory, namespace)
        memory.memorize(f"written after it: {where}", namespace="afterwards")  # a journal never begun goes with this
    left = {file.name for file in home.iterdir()} - FILES
    assert not left, f"{where}: left behind: {left}"
    _no_trace(home, said, where)
    return figures


def _compare(model: Model, said: list[dict[str, Any]], held: dict[str, tuple[Any, ...]], where: str) -> dict[str, int]:
    """What was answered is there, and of what was not all or nothing."""
    calls, answers = (
        [line["begin"] for line in said if "begin" in line],
        [line["done"] for line in said if "done" in line],
    )
    counts = {"acknowledged": 0, "under_way_done": 0, "under_way_not": 0, "refused": 0}
    for call, answer in zip(calls, answers, strict=False):
        if answer == LOCKED:  # others held the lock for longer than a writer waits: it says so, and nothing is done
            counts["refused"] += 1
            continue
        counts["acknowledged"] += 1
        expected = replay(model, call, answer.get("ids") or [None])
        assert expected == answer, f"{where}: {call} was answered {answer}, expected {expected}"
    if held == model.state():
        return counts | {"under_way_not": len(calls) - len(answers)}
    assert len(calls) == len(answers) + 1, f"{where}: {what_differs(held, model)}"
    after = model.copy()
    replay(after, calls[-1], new_ids(calls[-1], 0))
    assert nameless(held.values()) == nameless(after.state().values()), (
        f"{where}: {calls[-1]}: {what_differs(held, after)}"
    )
    return counts | {"under_way_done": 1}


def nameless(facts: Any) -> list[str]:
    """Facts in an order that needs no ids."""
    return sorted(map(repr, facts))


def what_differs(held: dict[str, tuple[Any, ...]], model: Model) -> str:
    """The first few memories that store and model disagree about."""
    wanted = model.state()
    lost = [wanted[id] for id in wanted if held.get(id) != wanted[id]][:3]
    return f"expected {lost}, found {[held[id] for id in held if wanted.get(id) != held[id]][:3]}"


def _take_over(model: Model, memory: Any, namespace: str) -> None:
    """The model as the store is now: what was under way has an id by now."""
    from ntm_memory.store.lookup import STATES

    model.known = {}
    for each in memory.store.memories(namespace, states=STATES):
        older = [version.content for version in memory.store.history(each.id)]
        model.known[each.id] = Known(
            each.id, namespace, each.content, each.key, each.importance, each.tags, each.session, each.state,
            each.retention, each.position, older,
        )  # fmt: skip
        model.written[namespace] = max(model.written.get(namespace, 0), each.position + 1)


def _no_trace(home: Path, said: dict[str, list[dict[str, Any]]], where: str) -> None:
    """No word that was told in this cycle and purged in it stands in a file."""
    told, purged = {}, set()
    for lines in said.values():
        calls, answers = (
            [line["begin"] for line in lines if "begin" in line],
            [li["done"] for li in lines if "done" in li],
        )
        for call, answer in zip(calls, answers, strict=False):
            if call["verb"] == "memorize" and answer.get("did") == "created":
                told[answer["ids"][0]] = call["content"].split()[0].encode()
            elif call["verb"] == "purge":
                purged |= set(answer.get("ids", ()))
    data = b"".join(file.read_bytes() for file in home.iterdir())
    left = [word for id, word in told.items() if id in purged and word in data]
    assert not left, f"{where}: purged and still there: {left}"
