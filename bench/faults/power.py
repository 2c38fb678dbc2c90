"""The power fails at any moment; what was acknowledged is there, and every verb works.

Writers run under `shim.c`, which writes down all that is done to the data folder, the journal, the matrix, the counters
and learned parameters included. At each crash point a disk that may be left is made of it (`disk`), opened, compared
with the model, and written to. What a pass does not prove: that a drive keeps what it says it has synced; SQLite's
shared memory of a write-ahead log is not traced, it is made anew. Control: a memory.db that does not wait for the disk.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.faults.disk import Disk, Event, read_trace, shim
from bench.faults.home import kept_by, open_home
from bench.faults.kill import ROOT, nameless, what_differs
from bench.faults.model import Model
from bench.faults.workload import Call, new_ids, replay
from ntm_memory.store import connection

OTHER = ("export", "learn", "recall")
WRITER = "import sys; from bench.faults.traced import write_as_told; write_as_told(sys.argv[1:])"

DERIVED = "derived matrix disagrees with the memories"


def run_power(points: int, writers: int, number: int, *, wal: bool = False, careless: bool = False) -> dict[str, Any]:
    """Cut the power at so many points of as many traces as they need, a hundred points each.

    Args:
        points: crash points.
        writers: processes that write at once.
        number: seed.
        wal: with a write-ahead log, whatever this SQLite is.
        careless: the control: memory.db does not wait for the disk.

    Raises:
        AssertionError: an acknowledged memory is lost, or a verb fails.
    """
    draw, done, acknowledged, calls = random.Random(number), 0, 0, 0
    with _journal(wal):
        while done < points:
            folder = Path(tempfile.mkdtemp(prefix="ntm-power-"))
            try:
                events = _traced(folder, writers, draw.getrandbits(30), wal=wal, careless=careless)
                wanted = sorted(draw.sample(range(1, len(events)), min(100, points - done, len(events) - 1)))
                acknowledged += _cut(folder, events, wanted, draw, f"seed {number}, trace {done // 100}")
                calls, done = calls + len(events), done + len(wanted)
            finally:
                shutil.rmtree(folder)
    figures = {"points": done, "writers": writers, "traced_calls": calls, "acknowledged_looked_for": acknowledged}
    return {**figures, "lost": 0, "journal": "wal" if wal else "delete", "seed": number}


def _traced(folder: Path, writers: int, number: int, *, wal: bool, careless: bool) -> list[Event]:
    """Everything that some writers did to a new memory."""
    home, trace = folder / "home", folder / "trace"
    home.mkdir()
    given = {"LD_PRELOAD": str(shim()), "NTM_SHIM_FOLDER": str(home), "NTM_SHIM_TRACE": str(trace)}
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), **given}
    how = f"{'wal' if wal else ''} {'careless' if careless else ''}"
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(home), f"writer {i}", str(number + i), how], env=variables)
        for i in range(writers)
    ]
    assert [each.wait() for each in running] == [0] * writers
    return list(read_trace(trace))


def _cut(folder: Path, events: list[Event], wanted: list[int], draw: random.Random, where: str) -> int:
    """Cut the power before each of the wanted events; how many acknowledged verbs were looked for in all."""
    disk, models, under_way = Disk(), dict[str, Model](), dict[str, Call]()
    points, acknowledged, looked_for = set(wanted), 0, 0
    for at, event in enumerate(events):
        if at in points:
            home = folder / f"after {at}"
            home.mkdir()
            for name, data in disk.cut_power(draw).items():
                if not name.endswith("-shm"):
                    (home / name).write_bytes(data)
            _look(home, models, under_way, f"{where}, event {at} of {len(events)}")
            shutil.rmtree(home)
            looked_for += acknowledged
        if event.kind != "A":
            disk.do(event)
            continue
        said = json.loads(event.data)
        model = models.setdefault(said["namespace"], Model())
        if "begin" in said:
            under_way[said["namespace"]] = said["begin"]
        else:
            call, acknowledged = under_way.pop(said["namespace"]), acknowledged + 1
            if call["verb"] in OTHER:
                continue
            assert replay(model, call, said["done"].get("ids") or [None]) == said["done"], where
    return looked_for


def _look(home: Path, models: dict[str, Model], under_way: dict[str, Call], where: str) -> None:
    """The memory that is left holds what was acknowledged, and all of it works."""
    with open_home(home) as memory:
        held = kept_by(memory)
        # the derived matrix is not flushed: torn, it is known by its checksum and made anew by whoever reads next
        faults = [fault for fault in memory.store.check() if fault != DERIVED]
        assert not faults, f"{where}: {faults}"
        for namespace, model in models.items():
            mine = {id: facts for id, facts in held.items() if facts[0] == namespace}
            if mine == model.state():
                continue
            call, after = under_way.get(namespace, {"verb": "export"}), model.copy()
            if call["verb"] not in OTHER:
                replay(after, call, new_ids(call, 0))
            assert nameless(mine.values()) == nameless(after.state().values()), f"{where}: {what_differs(mine, after)}"
        told = memory.memorize("written after the power came back", key="after").memory
        assert told.id in [each.id for each in memory.recall("power came back", all=True, session="s").memories], where
        memory.update(told.id, content="and changed")
        memory.erase(told.id, purge=True)
        if (home / "out.json").exists():
            # some of it was purged since
            done = memory.import_file(home / "out.json", dry_run=True, force_retracted=True)
            assert done.failed == (), f"{where}: a torn export"
        assert memory.export_text()["count"] == len(held) and memory.store.check() == [], where


@contextmanager
def _journal(wal: bool) -> Iterator[None]:
    before = connection.wal_is_safe
    connection.wal_is_safe = lambda version=(): wal  # type: ignore[assignment]
    try:
        yield
    finally:
        connection.wal_is_safe = before
