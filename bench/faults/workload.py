"""Verbs as plain data: drawn, carried out on a memory and on the model, and told by a process that is killed."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.faults.home import open_home
from bench.faults.model import Known, Model, Refusal
from ntm_memory import NTMMemoryManager
from ntm_memory.errors import NTMMemoryError

Call = dict[str, Any]
Answer = dict[str, Any]
VERBS = ("memorize", "memorize", "memorize", "keyed", "bulk", "update", "weaken", "erase", "restore", "purge")
NEVER_ACKNOWLEDGED_IN_TIME = "NTM_FAULTS_EARLY"
"""The control: acknowledge inside a transaction that is committed some verbs later."""


def draw_call(draw: random.Random, namespace: str, ids: Sequence[str], verbs: Sequence[str] = VERBS) -> Call:
    """A verb with its arguments; each text has a word of its own, so that it can be looked for."""
    verb = draw.choice(verbs)
    if verb in ("update", "weaken", "erase", "restore", "purge") and not ids:
        verb = "memorize"
    call: Call = {"verb": verb, "namespace": namespace}
    if verb in ("memorize", "keyed", "update", "recall"):
        call["content"] = f"word{draw.getrandbits(60):x} " + " ".join(draw.choices(("tea", "milk", "Oslo"), k=3))
    if verb == "keyed":
        call["key"] = draw.choice(("k1", "k2", "k3"))
    if verb == "bulk":
        call["contents"] = [f"word{draw.getrandbits(60):x} note" for _ in range(draw.randint(2, 30))]
    if verb in ("update", "weaken", "erase", "restore", "purge"):
        call["name"] = draw.choice(ids)
    return call


def carry_out(memory: NTMMemoryManager, call: Call) -> Answer:
    """What the memory did: the ids it names and what it calls it, or the code of its error."""
    space = call["namespace"]
    try:
        if call["verb"] in ("memorize", "keyed"):
            told = memory.memorize(call["content"], key=call.get("key"), namespace=space)
            return {"did": told.action, "ids": [told.memory.id]}
        if call["verb"] == "bulk":
            done = memory.memorize_many([{"content": each, "namespace": space} for each in call["contents"]])
            return {"did": [done.created, done.unchanged, done.updated], "ids": list(done.ids)}
        if call["verb"] == "update":
            changed = memory.update(call["name"], content=call["content"], namespace=space)
            return {"did": "updated", "ids": [changed.memory.id]}
        if call["verb"] == "restore":
            return {"did": "restored", "ids": [memory.restore(call["name"], space).id]}
        if call["verb"] == "recall":
            found = memory.recall(call["content"], namespace=space, all=True, top_k=1000)
            return {"did": sorted({each.content for each in found.memories}), "ids": []}  # equal texts are shown once
        strength, purge = 0.5 if call["verb"] == "weaken" else 1.0, call["verb"] == "purge"
        erased = memory.erase([call["name"]], strength=strength, purge=purge, namespace=space)
        return {"did": "erased", "ids": [each.id for each in erased.erased]}
    except NTMMemoryError as error:
        return {"error": error.code}


def replay(model: Model, call: Call, ids: Sequence[str | None]) -> Answer:
    """The same on the model; new memories get the ids that the memory gave them."""
    space = call["namespace"]
    try:
        if call["verb"] in ("memorize", "keyed"):
            told = {"content": call["content"], "key": call.get("key"), "namespace": space}
            did, id = model.memorize(told, ids[0] or "", _nobody)
            return {"did": did, "ids": [id]}
        if call["verb"] == "bulk":
            told_all = [{"content": each, "namespace": space} for each in call["contents"]]
            done = [model.memorize(told, id or "", _nobody) for told, id in zip(told_all, ids, strict=True)]
            counts = [sum(did == name for did, _ in done) for name in ("created", "unchanged", "updated")]
            return {"did": counts, "ids": [id for _, id in done]}
        if call["verb"] == "update":
            return {"did": "updated", "ids": [model.update(call["name"], space, {"content": call["content"]})]}
        if call["verb"] == "restore":
            return {"did": "restored", "ids": [model.restore(call["name"], space, _nobody)]}
        if call["verb"] == "recall":
            return {"did": sorted({each.content for each in model.live(space)}), "ids": []}
        strength, purge = 0.5 if call["verb"] == "weaken" else 1.0, call["verb"] == "purge"
        return {"did": "erased", "ids": model.erase([call["name"]], space, strength, purge=purge)}
    except Refusal as refusal:
        return {"error": refusal.code}


def new_ids(call: Call, number: int) -> list[str]:
    """Stand-ins for the ids of a verb that was not answered."""
    return [f"unknown-{number}-{i}" for i in range(len(call.get("contents", [1])))]


def _nobody(candidates: Sequence[Known]) -> Known:
    raise AssertionError("nothing is archived here")


def speak(line: Any) -> None:
    """One line for whoever listens, at once."""
    os.write(1, (json.dumps(line) + "\n").encode())


def work(home: Path, namespace: str, number: int, known: Sequence[str], calls: int = 10**6) -> None:
    """Carry out verbs until somebody kills us; each is told before it begins and when it is done."""
    draw, ids = random.Random(number), list(known)
    memory = open_home(home)
    together = 8 if os.environ.get(NEVER_ACKNOWLEDGED_IN_TIME) else 1
    for _ in range(calls // together):
        with ExitStack() as held:
            if together > 1:
                held.enter_context(memory.store.transaction())
            for _ in range(together):
                call = draw_call(draw, namespace, ids)
                speak({"begin": call})
                answer = carry_out(memory, call)
                speak({"done": answer})
                ids = list(dict.fromkeys([*ids, *answer.get("ids", ())]))[-40:]
    memory.close()


def work_as_told(arguments: Sequence[str]) -> None:
    """The same from a command line: home, namespace, seed, known ids, perhaps how many verbs."""
    home, namespace, number, known, *calls = arguments
    work(Path(home), namespace, int(number), json.loads(known), *map(int, calls))
