"""How the codes find a question's nearest keys, beside usearch and faiss: share of the ten nearest found, and CPU time.

    pip install usearch faiss-cpu
    python -m bench.scale --sizes 100000 --homes DIR --keys FILE && python -m bench.scale_peers DIR/100000 [--json]

All search the same centred keys, one thread, for the same questions. Ours gives 32 memories compared exactly, the peers
ten. A graph has another setting for each share that is found; several are tried.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.scale import CONFIG, NOW, QUESTIONS
from ntm_memory import NTMMemoryManager
from ntm_memory.large_memory.found import likest_by_key
from ntm_memory.large_memory.large_view import LargeView
from ntm_memory.large_memory.look import directions_of
from ntm_memory.recall.corpus import Corpus
from ntm_memory.recall.first_look import Query
from ntm_memory.text.words import index_words

Search = Callable[[np.ndarray], np.ndarray]
ROUNDS = 200


def peers(keys: np.ndarray) -> dict[str, tuple[float, dict[str, Search]]]:
    """Name → (CPU seconds to build, setting → search): what is installed of them."""
    found: dict[str, tuple[float, dict[str, Search]]] = {}
    try:
        import faiss

        faiss.omp_set_num_threads(1)
        width = keys.shape[1]
        flat = faiss.IndexFlatIP(width)
        found["faiss exact"] = _built(lambda: flat.add(keys)), {"": _of_faiss(flat)}
        quantiser = faiss.IndexFlatIP(width)
        inverted = faiss.IndexIVFFlat(quantiser, width, int(4 * len(keys) ** 0.5), faiss.METRIC_INNER_PRODUCT)
        took = _built(lambda: (inverted.train(keys[:: max(len(keys) // 50_000, 1)]), inverted.add(keys)))
        found["faiss IVF"] = took, {f"nprobe {n}": _of_faiss(inverted, nprobe=n) for n in (32, 128, 512)}
        graph = faiss.IndexHNSWFlat(width, 16, faiss.METRIC_INNER_PRODUCT)
        took = _built(lambda: graph.add(keys))
        found["faiss HNSW"] = took, {f"efSearch {n}": _of_faiss(graph, hnsw_ef=n) for n in (64, 256, 1024)}
    except ImportError:
        pass
    try:
        from usearch.index import Index

        index = Index(ndim=keys.shape[1], metric="ip", dtype="i8")
        took = _built(lambda: index.add(np.arange(len(keys)), keys, threads=1))
        found["usearch i8"] = took, {f"expansion {n}": _of_usearch(index, n) for n in (64, 256, 1024)}
    except ImportError:
        pass
    return found


def _built(build: Callable[[], object]) -> float:
    start = time.process_time()
    build()
    return time.process_time() - start


def _of_faiss(index, nprobe: int = 0, hnsw_ef: int = 0) -> Search:
    def search(direction: np.ndarray) -> np.ndarray:
        if nprobe:
            index.nprobe = nprobe
        if hnsw_ef:
            index.hnsw.efSearch = hnsw_ef
        return index.search(direction[None], 10)[1][0]

    return search


def _of_usearch(index, expansion: int) -> Search:
    def search(direction: np.ndarray) -> np.ndarray:
        index.expansion_search = expansion
        return index.search(direction, 10, threads=1).keys

    return search


def measured_search(search: Callable, asked: list, exact: np.ndarray) -> dict[str, float]:
    """Milliseconds (median, 95th of a hundred) and share of the ten nearest found."""
    took, shares = [], []
    for each, best in zip(asked, exact, strict=True):
        start = time.process_time()
        found = search(each)
        took.append((time.process_time() - start) * 1e3)
        shares.append(np.isin(best, found).mean())
    return {
        "p50_ms": round(float(np.median(took)), 2),
        "p95_ms": round(float(np.percentile(took, 95)), 2),
        "recall_at_10": round(float(np.mean(shares)), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with np.load(args.home / QUESTIONS) as kept:
        words, keys = kept["words"].tolist()[:ROUNDS], kept["keys"][:ROUNDS]
    queries = [Query(text, key, index_words(text), NOW) for text, key in zip(words, keys, strict=True)]
    with NTMMemoryManager(args.home, config=CONFIG) as manager:
        context, known = manager._verbs.context, Corpus(manager.store, "default")
        context.read(known, queries[0], context.parameters)
        view = context.view(known)
        assert isinstance(view, LargeView), "a home of more than 20,000 memories is needed"
        centred = np.concatenate([view.centred(some) for some in np.array_split(np.arange(len(view.slots)), 50)])
        directions = [directions_of(view, query)[0] for query in queries]
        exact = np.array([np.argpartition(centred @ each, -10)[-10:] for each in directions])
        pairs = list(zip(directions, queries, strict=True))
        told = {"ours": measured_search(lambda pair: likest_by_key(view, *pair), pairs, exact)}
        for name, (took, settings) in peers(centred).items():
            for setting, search in settings.items():
                told[f"{name} {setting}".strip()] = measured_search(search, directions, exact) | {
                    "build_s": round(took, 1)
                }
        print(json.dumps({"memories": len(centred), **told}, indent=None if args.json else 1))


if __name__ == "__main__":
    main()
