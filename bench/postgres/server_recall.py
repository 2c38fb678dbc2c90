"""Questions to a memory in a file and to the same on a server, by turns in one process: what a recall costs there."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ntm_memory.manager import NTMMemoryManager
from ntm_memory.moving import move
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query
from ntm_memory.recall.parameters import load_parameters
from ntm_memory.text.words import index_words

from .far_line import far_line
from .own_server import OwnServer, own_server

_CONFIG = {"recall": {"reader": "off"}, "store": {"backups": 0}}
_SHOWN = 10
_NOW = 1_790_000_000.0
_FAR = 0.01


@contextmanager
def two_homes(home: Path) -> Iterator[tuple[Path, Path, OwnServer, str]]:
    """(copies of a data folder whose memory is a file, and on a server; the server; its URL) while the block lasts."""
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        here, there, url = Path(folder) / "file", Path(folder) / "server", server.url("moved")
        for copy in (here, there):
            copy.mkdir()
            for file in home.iterdir():
                if file.name in ("memory.db", "matrix.bin") or file.name.startswith("e5-"):
                    shutil.copy(file, copy)
        move(there, url)
        server.sql("VACUUM ANALYZE")
        yield here, there, server, url


def run_recall(home: Path, rounds: int) -> dict[str, Any]:
    """Figures in milliseconds of the wall's clock, keys of questions ready.

    Args:
        home: a data folder as `bench.scale --homes` makes it, with questions.npz.
        rounds: how many questions.
    """
    with np.load(home / "questions.npz") as kept:
        asked = [
            Query(text, key, index_words(text), _NOW)
            for text, key in zip(kept["words"].tolist(), kept["keys"], strict=True)
        ]
    with two_homes(home) as (here, there, _, url):
        answer: dict[str, Any] = {"home": home.name}
        for name in ("without_copy_ms", "with_copy_ms"):  # closing writes the copy
            answer[f"first_recall_{name}"] = {
                where: _first(folder, asked[0], None) for where, folder in (("file", here), ("server", there))
            }
        with closing(NTMMemoryManager(here, config=_CONFIG)) as file, closing(NTMMemoryManager(there)) as server:
            spent: dict[str, list[float]] = {"file": [], "server": []}
            for query in [asked[n % len(asked)] for n in range(rounds + rounds // 5)]:
                for where, manager in (("file", file), ("server", server)):
                    spent[where].append(_asked(manager, query))
            for where, times in spent.items():
                warm = times[rounds // 5 :]
                answer[where] = {f"p{p}": round(float(np.percentile(warm, p)), 2) for p in (50, 95, 99)}
        with far_line(url, _FAR) as line:
            answer["server_at_20_ms"] = _first(there, asked[0], line.url(url), asked[1:20])
        return answer


def _first(home: Path, query: Query, url: str | None, more: list[Query] = []) -> Any:  # noqa: B006 - not changed
    """Milliseconds to open a memory and answer a question; with more, the median of these."""
    began = time.perf_counter()
    config = {**_CONFIG, **({} if url is None else {"store": {"url": url}})}
    with closing(NTMMemoryManager(home, config=config if url or (home / "memory.db").exists() else None)) as manager:
        _asked(manager, query)
        first = round(1000 * (time.perf_counter() - began))
        return (
            first if not more else {"first": first, "p50": round(float(np.median([_asked(manager, q) for q in more])))}
        )


def _asked(manager: NTMMemoryManager, query: Query) -> float:
    """Milliseconds of one question, the records of the likest, and the note that they were read."""
    began = time.perf_counter()
    context = manager._verbs.context
    with manager.store.snapshot():
        corpus = Corpus(manager.store, "default")
        reading = context.read(corpus, query, load_parameters())
        found = corpus.memories(reading.index[np.argsort(-reading.weights)[:_SHOWN]])
        corpus.saying_each([each.content for each in found if each is not None])
    manager.store.note_reads([each.address for each in found if each is not None and each.address is not None])
    return 1000 * (time.perf_counter() - began)
