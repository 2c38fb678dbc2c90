"""Whether two runs rank alike: how many rankings differ, and the largest difference of a weight.

    python -m bench.same_rankings A.jsonl B.jsonl

The files are what `--run` of bench.recall_quality and bench.multi_hop writes. Exit code 1 where a ranking differs or a
question is missing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.runs import compare_runs, read_run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    args = parser.parse_args()
    found = compare_runs(read_run(args.one), read_run(args.other))
    print(f"{found.rankings} of {found.both} rankings differ; largest difference of a weight {found.largest:.2g}")
    if found.one_only:
        print(f"{found.one_only} questions are in one run only")
    return int(bool(found.rankings or found.one_only))


if __name__ == "__main__":
    sys.exit(main())
