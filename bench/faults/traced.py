"""The writer whose calls are written down: any verb, the ones that write other files too."""

from __future__ import annotations

import ctypes
import json
import random
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.faults.home import open_home, without_waiting
from bench.faults.workload import VERBS, Answer, Call, carry_out, draw_call
from ntm_memory import NTMMemoryManager
from ntm_memory.operations.feedback import Quality
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.store import connection

CALLS = 30


def write_as_told(arguments: Sequence[str]) -> None:
    """Carry out some verbs: home, namespace, seed, and `wal` or `careless`; each is marked in the trace."""
    folder, namespace, number, how = arguments
    home, draw, ids = Path(folder), random.Random(int(number)), list[str]()
    mark = ctypes.CDLL(None).ntm_mark
    connection.wal_is_safe = lambda version=(): "wal" in how
    with without_waiting() if "careless" in how else nullcontext(), open_home(home) as memory:
        memory.store._engine.live_matrix._saved = -1_000  # the matrix is saved when it closes
        for _ in range(CALLS):
            call = draw_call(draw, namespace, ids, (*VERBS, "recall", "export", "learn"))
            mark(json.dumps({"namespace": namespace, "begin": call}).encode())
            answer = done_by(memory, call, home)
            mark(json.dumps({"namespace": namespace, "done": answer}).encode())
            ids = list(dict.fromkeys([*ids, *answer.get("ids", ())]))[-20:]


def done_by(memory: NTMMemoryManager, call: Call, home: Path) -> Answer:
    """A verb, or one that writes a file beside the memory."""
    if call["verb"] == "export":
        return {"did": memory.export_file(home / "out.json")["form"]}
    if call["verb"] == "learn":
        none = Quality(0, 0, 0, 0, 0)
        result: Any = SimpleNamespace(examples=1, held_out=1, before=none, after=none)
        memory._verbs.tuner._keep(load_parameters(), result, False)
        return {"did": "learned"}
    if call["verb"] == "recall":
        memory.recall(call["content"], namespace=call["namespace"], session="s", all=True)
        return {"did": "recalled"}
    return carry_out(memory, call)
