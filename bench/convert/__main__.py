"""Convert a public data set from its publisher's files to memories.jsonl and queries.jsonl.

    python -m bench.convert NAME UPSTREAM OUT

UPSTREAM is the published file, or the folder that holds it; OUT is made. Name OUT as bench/data_roles.py does
(DIR/locomo/dev, …), and `python -m bench.fit --data DIR` knows what the set is for. A publisher's licence holds for the
converted files too: they do not belong into this repository. Data sets:
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.convert import (
    beam,
    cmrc2018,
    friendsqa,
    hotpot,
    lifebench,
    locomo,
    longmemeval,
    memdaily,
    memorybank,
    musique,
    realtalk,
    twowiki,
    xquad,
)
from bench.convert.form import ConvertedSet, write_set

MODULES = {
    "locomo": locomo,
    "realtalk": realtalk,
    "longmemeval": longmemeval,
    "beam": beam,
    "memdaily": memdaily,
    "lifebench": lifebench,
    "hotpot": hotpot,
    "2wiki": twowiki,
    "musique": musique,
    "cmrc2018": cmrc2018,
    "xquad": xquad,
    "friendsqa": friendsqa,
    "memorybank": memorybank,
}
CONVERTERS: dict[str, Callable[[Path], ConvertedSet]] = {name: each.convert for name, each in MODULES.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    heads = "\n".join(f"    {name:12s}{(each.__doc__ or '').splitlines()[0]}" for name, each in MODULES.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench.convert",
        description=f"{__doc__}{heads}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=list(CONVERTERS))
    parser.add_argument("upstream", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args(arguments)
    converted = CONVERTERS[args.name](args.upstream)
    write_set(args.out, converted)
    conversations = len({memory["conv"] for memory in converted.memories})
    counts = f"{conversations} conversations, {len(converted.memories)} memories, {len(converted.questions)} questions"
    print(f"{args.name}: {counts} in {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
