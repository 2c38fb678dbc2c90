"""Writers and readers at once on one server, which may be killed meanwhile: what was acknowledged is there, once."""

from __future__ import annotations

import collections
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.errors import StoreError
from ntm_memory.postgres import open_server_store
from ntm_memory.store.records import Encoding, MemoryInput

from .own_server import OwnServer, own_server

_DIM = 8
_EMBEDDER = {"name": "load", "revision": "1", "dim": _DIM}
_PAUSE = 0.05
_RESTART_AFTER = 1.0


def run_load(seconds: float, writers: int, readers: int, kills: int) -> dict[str, Any]:
    """Load a server of our own; see `load`."""
    with own_server() as server:
        return load(server, "load", seconds, writers, readers, kills)


def load(server: OwnServer, schema: str, seconds: float, writers: int, readers: int, kills: int) -> dict[str, Any]:
    """Processes that tell, change, erase and look at the same memory for some seconds.

    Args:
        server: the server.
        schema: of the store; it must be new.
        seconds: how long the server is there; until it is back is not counted.
        writers: processes that write, each its own texts; what failed is told again.
        readers: processes that look at matrix, words and records in one snapshot, which must agree.
        kills: how often the server is killed and started again meanwhile.

    Returns:
        counts of what was done; each kind of error and how often, 0 of them where the server is not killed.

    Raises:
        AssertionError: something was lost, doubled, or not one state of the store.
    """
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    with tempfile.TemporaryDirectory() as folder:
        home, url = Path(folder), server.url(schema)
        with closing(open_server_store(url, home)) as store:
            store.set_embedder(_EMBEDDER)
        begin, over = context.Barrier(writers + readers + 1), context.Event()
        roles = [(_write, each) for each in range(writers)] + [(_read, each) for each in range(readers)]
        processes = [context.Process(target=role, args=(url, home, each, (begin, over), told)) for role, each in roles]
        for process in processes:
            process.start()
        begin.wait(timeout=300)
        _kill(server, kills, seconds / (kills + 1))
        time.sleep(seconds / (kills + 1))
        over.set()
        answers = [told.get(timeout=seconds + 120) for _ in processes]
        for process in processes:
            process.join()
        return _judged(url, home, answers, kills)


def _kill(server: OwnServer, times: int, each: float) -> None:
    for _ in range(times):
        time.sleep(each)
        server.stop_at_once()
        time.sleep(_RESTART_AFTER)
        server.start()


def _judged(url: str, home: Path, answers: list[dict[str, Any]], kills: int) -> dict[str, Any]:
    wrong = [line for answer in answers for line in answer["wrong"]]
    assert not wrong, wrong[:3]
    with closing(open_server_store(url, home)) as store:
        found = collections.Counter(memory.content for memory in store.memories())
        faults = store.check()
    acknowledged = {text for answer in answers for text in answer.get("said", ())}
    in_doubt = {text for answer in answers for text in answer.get("doubt", ())}
    lost = acknowledged - set(found) - in_doubt
    # told again after an error that said that it may be written all the same
    doubled = [text for text, count in found.items() if count > 1 and text not in in_doubt]
    strange = set(found) - acknowledged - in_doubt
    assert not (lost or doubled or strange or faults), (sorted(lost)[:3], doubled[:3], sorted(strange)[:3], faults[:3])
    errors: collections.Counter[str] = sum(
        (collections.Counter(answer["errors"]) for answer in answers), start=collections.Counter()
    )
    assert kills or not errors, errors
    return {
        "acknowledged": sum(answer.get("writes", 0) for answer in answers),
        "read": sum(answer.get("reads", 0) for answer in answers),
        "memories": len(found),
        "in_doubt": len(in_doubt),
        "lost": 0,
        "doubled": 0,
        "kills": kills,
        "errors": dict(errors),
    }


def _write(url: str, home: Path, number: int, how_long: tuple[Any, Any], told: Any) -> None:
    answer: dict[str, Any] = {"said": set(), "doubt": set(), "errors": {}, "wrong": [], "writes": 0}
    mine: list[tuple[str, str]] = []
    count = 0
    with closing(open_server_store(url, home / f"w{number}")) as store:
        for _ in _while_it_lasts(*how_long):
            text = f"writer {number} says {count}"
            old = mine[-1] if count % 5 == 4 and mine else None
            try:
                if old is not None:
                    store.rewrite(old[0], MemoryInput(text), _encoding(text))
                    mine[-1] = (old[0], text)
                    answer["said"].discard(old[1])
                else:
                    mine.append((store.add(MemoryInput(text), _encoding(text)).id, text))
                answer["said"].add(text)
                answer["writes"] += 1
                count += 1
            except StoreError as error:
                _note(answer, error)
                if "may be written" in error.hint:
                    answer["doubt"] |= {text, *([] if old is None else [old[1]])}
                time.sleep(_PAUSE)
    told.put(answer)


def _read(url: str, home: Path, number: int, how_long: tuple[Any, Any], told: Any) -> None:
    answer: dict[str, Any] = {"errors": {}, "wrong": [], "reads": 0}
    with closing(open_server_store(url, home / f"r{number}")) as store:
        for _ in _while_it_lasts(*how_long):
            try:
                with store.snapshot():
                    slots = store.memory_matrix("default")
                    held = store.postings("default", ["writer"]).address.get("writer", np.empty(0, dtype=np.int64))
                    some = store.get_many(slots.address[-20:].tolist())
                if sorted(held.tolist()) != sorted(slots.address.tolist()):
                    answer["wrong"].append(f"{len(slots)} memories, {len(held)} hold a word of all")
                if [memory.address for memory in some] != slots.address[-20:].tolist():
                    answer["wrong"].append("records of other slots than the matrix")
                answer["reads"] += 1
            except StoreError as error:
                _note(answer, error)
                time.sleep(_PAUSE)
    told.put(answer)


def _while_it_lasts(begin: Any, over: Any) -> Iterator[None]:
    begin.wait(timeout=300)
    while not over.is_set():
        yield


def _note(answer: dict[str, Any], error: StoreError) -> None:
    kind = type(error).__name__
    answer["errors"][kind] = answer["errors"].get(kind, 0) + 1
    if error.exit_code != 5 or not error.hint:
        answer["wrong"].append(f"not a clear error: {error}")


def _encoding(text: str) -> Encoding:
    row = np.zeros((1, _DIM), dtype=np.float32)
    row[0, hash(text) % _DIM] = 1.0
    return Encoding(row, tuple(text.split()), cjk=False)
