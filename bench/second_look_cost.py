"""What each memory that is read earns, and what it costs.

    python -m bench.second_look_cost [--plot FILE.png] [--json]

Of the stores held back from the reader (bench/pairs): right first of what can be answered, as many memories of a
question being read as a row says, all of them or until one has everything. Milliseconds are CPU time of one process for
the reader alone, the median of its pairs times their number. The defaults in ntm_memory/reader/second_look.py are
chosen from this.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.data_roles import find_data, with_role
from bench.dataset import fixed_clock
from bench.plots import CostPoint, draw_cost
from bench.reader_lessons import written_stores
from bench.second_look_cases import UNREAD, Case, Met, ask_stores, meet, read_likeliest
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.reader.joining import judge
from ntm_memory.reader.pair_reader import PairReader
from ntm_memory.reader.parameters import SecondLookParameters, load_parameters
from ntm_memory.reader.second_look import as_read, read_until_sure
from ntm_memory.recall.parameters import load_parameters as load_first_look

READ, AT_ONCE = (0, 2, 3, 4, 6, 8, 12), (0, 2, 3, 4)
"""Memories of a question that are read at most, and how many at a time; 0: all at once."""
TIMED = 60
"""Questions whose reading is timed."""


def quality_by_cost(cases: Sequence[Case], p: SecondLookParameters, ms: float) -> list[CostPoint]:
    """A point for each number of memories that are read, and how many at a time.

    Args:
        cases: questions with what the reader says of at least `max(READ)` memories, the likeliest first.
        p: how both looks are joined.
        ms: what one memory costs.
    """
    answerable = [case for case in cases if case.gold.any()]
    found = []
    for most in READ:
        for at_once in (count for count in AT_ONCE if count < most or not count):
            read = [read_of(case, p, most, at_once or most) for case in answerable]
            right = np.mean([case.gold[order[0]] for case, (order, _) in zip(answerable, read, strict=True)])
            mean = float(np.mean([count for _, count in read]))
            found.append(CostPoint(most, at_once, float(right), mean * ms))
    return found


def read_of(case: Case, p: SecondLookParameters, most: int, at_once: int) -> tuple[np.ndarray, int]:
    """(places of a case's memories, the likeliest first; how many of them were read)."""
    if not most:
        return judge(case.first, p).order, 0
    said = case.read
    assert said is not None
    judged, read = read_until_sure(case.first[:most], lambda part: said[part], p, at_once)
    return judged.order, len(read)


def gather_held(embedder: E5Embedder, p: SecondLookParameters) -> tuple[list[Case], float]:
    """The questions of the stores held back, and the milliseconds of reading one memory."""
    reader, (_, held) = PairReader(embedder), written_stores(with_role(find_data([]), "read"))
    with (
        tempfile.TemporaryDirectory() as home,
        NTMMemoryManager(home, config=UNREAD, embedder=embedder, clock=fixed_clock) as manager,
    ):
        asked = [each for each in ask_stores(manager, held) if each.source == "stores"]
        met = list(meet(manager, load_first_look(), asked))
        chosen = [judge(each.case.first, p).order[: max(READ)] for each in met]
        cases = [read_likeliest(each, reader, places) for each, places in zip(met, chosen, strict=True)]
        times = [_time_reading(each, reader, places) for each, places in zip(met[:TIMED], chosen, strict=False)]
    return cases, float(np.median(times))


def _time_reading(met: Met, reader: PairReader, chosen: np.ndarray) -> float:
    places = met.places[chosen]
    memories = [memory for memory in met.corpus.memories(places) if memory is not None]
    texts = as_read(met.corpus, met.order, places, memories, met.query)
    start = time.process_time()
    reader.relevance(met.query.text, texts)
    return (time.process_time() - start) / len(texts) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    args = parser.parse_args()
    p = load_parameters()
    cases, ms = gather_held(E5Embedder(), p)
    points = quality_by_cost(cases, p, ms)
    for each in points:
        line = each._asdict()
        print(json.dumps(line) if args.json else "  ".join(f"{name} {value:.3g}" for name, value in line.items()))
    if args.plot is not None:
        draw_cost(points, args.plot)


if __name__ == "__main__":
    main()
