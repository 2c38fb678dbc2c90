"""What each memory that is skimmed and each that is read to the end earns, and what it costs.

    python -m bench.second_look_cost [--plot FILE.png] [--json]

Of the stores held back from the reader (bench/pairs): right first of what can be answered, as many memories of a
question being skimmed, and as many of these read to the end, as a row says. Milliseconds are CPU time of one process
for the reader alone, the median of its pairs times their number. The defaults in ntm_memory/reader/second_look.py are
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
from bench.fit_second_look import judged_in_full
from bench.plots import CostPoint, draw_cost
from bench.reader_lessons import written_stores
from bench.second_look_cases import UNREAD, Case, Met, ask_stores, meet, read_likeliest
from ntm_memory import NTMMemoryManager
from ntm_memory.embedding.e5 import E5Embedder
from ntm_memory.reader.joining import judge
from ntm_memory.reader.pair_reader import PairReader
from ntm_memory.reader.parameters import SecondLookParameters, load_parameters
from ntm_memory.reader.second_look import as_read
from ntm_memory.recall.parameters import load_parameters as load_first_look

SKIMMED, READ = (0, 2, 4, 6, 8, 12), (0, 1, 2, 3, 4, 6)
TIMED = 60
"""Questions whose reading is timed."""


def quality_by_cost(
    cases: Sequence[Case], p: SecondLookParameters, skim_ms: float, deepen_ms: float
) -> list[CostPoint]:
    """A point for each number of memories that are skimmed, and of those that are read to the end.

    Args:
        cases: questions with what the reader says of at least `max(SKIMMED)` memories, the likeliest first.
        p: how both looks are joined.
        skim_ms, deepen_ms: what one memory costs.
    """
    answerable = [case for case in cases if case.gold.any()]
    found = []
    for skimmed in SKIMMED:
        for read in (count for count in READ if count <= skimmed):
            right = [_is_right(case, p, skimmed, read) for case in answerable]
            found.append(CostPoint(skimmed, read, float(np.mean(right)), skimmed * skim_ms + read * deepen_ms))
    return found


def _is_right(case: Case, p: SecondLookParameters, skimmed: int, read: int) -> bool:
    if not skimmed:
        return bool(case.gold[judge(case.first, p).order[0]])
    some = case.of(slice(0, skimmed))
    return bool(some.gold[judged_in_full(some, p, read)[1][0]])


def gather_held(embedder: E5Embedder, p: SecondLookParameters) -> tuple[list[Case], float, float]:
    """The questions of the stores held back, and the milliseconds of skimming and of reading on, each of one memory."""
    reader, (_, held) = PairReader(embedder), written_stores(with_role(find_data([]), "read"))
    with (
        tempfile.TemporaryDirectory() as home,
        NTMMemoryManager(home, config=UNREAD, embedder=embedder, clock=fixed_clock) as manager,
    ):
        asked = [each for each in ask_stores(manager, held) if each.source == "stores"]
        met = list(meet(manager, load_first_look(), asked))
        chosen = [judge(each.case.first, p).order[: max(SKIMMED)] for each in met]
        cases = [read_likeliest(each, reader, places) for each, places in zip(met, chosen, strict=True)]
        times = [_time_reading(each, reader, places) for each, places in zip(met[:TIMED], chosen, strict=False)]
    skim, deepen = np.median(times, axis=0)
    return cases, float(skim), float(deepen)


def _time_reading(met: Met, reader: PairReader, chosen: np.ndarray) -> tuple[float, float]:
    places = met.places[chosen]
    memories = [memory for memory in met.corpus.memories(places) if memory is not None]
    texts = as_read(met.corpus, met.order, places, memories, met.query)
    start = time.process_time()
    skimmed = reader.skim(met.query.text, texts)
    between = time.process_time()
    reader.deepen(skimmed)
    end = time.process_time()
    return (between - start) / len(texts) * 1e3, (end - between) / len(texts) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    args = parser.parse_args()
    p = load_parameters()
    cases, skim_ms, deepen_ms = gather_held(E5Embedder(), p)
    points = quality_by_cost(cases, p, skim_ms, deepen_ms)
    for each in points:
        line = each._asdict()
        print(json.dumps(line) if args.json else "  ".join(f"{name} {value:.3g}" for name, value in line.items()))
    if args.plot is not None:
        draw_cost(points, args.plot)


if __name__ == "__main__":
    main()
