"""One step of the machine's memory, forward and backward: dense, and sparse (K rows a head). CPU time, medians.

    python -m bench.ntm_sparse [--rounds 15] [--nearest 32]

Batch 1, one reading and one writing head, width 20, float32; both do the same turn by turn in one process. A dense step
leaves a whole memory on the tape; a sparse one only the rows it looked at.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from ntm_memory.machine import MachineSettings
from ntm_memory.machine import memory as mem
from ntm_memory.machine.focus import address, address_backward
from ntm_memory.machine.interface import HeadParameters, Interface
from ntm_memory.machine.sparse import Looked, SparseMemory

SIZES = (1_000, 10_000, 100_000)
DIM = 20


def dense_step(made: MachineSettings, head: HeadParameters, memory: np.ndarray, previous: np.ndarray) -> int:
    """Forward and backward; returns the bytes of its tape."""
    batched = HeadParameters(*[block[None] for block in head])
    focus = address(made, batched, memory, previous)
    written = mem.write(memory, focus.weights[:, 1:], batched.erase, batched.add)
    mem.read(memory, focus.weights[:, :1])
    grad = np.ones_like(written)
    d_memory, d_writing, _, _ = mem.write_backward(memory, focus.weights[:, 1:], batched.erase, batched.add, grad)
    by_read, d_reading = mem.read_backward(memory, focus.weights[:, :1], np.ones((1, 1, DIM), memory.dtype))
    d_memory += by_read
    d_head = HeadParameters(*[np.empty_like(block) for block in batched])
    d_weights = np.concatenate((d_reading, d_writing), axis=1)
    by_content, _ = address_backward(made, batched, memory, previous, focus, d_weights, d_head)
    d_memory += by_content
    return written.nbytes + sum(array.nbytes for array in focus[1:])


def sparse_step(memory: SparseMemory, head: HeadParameters, first: Looked, d_rows: np.ndarray) -> int:
    """The same; `d_rows` gathers the gradient of the memory."""
    read, _, tape = memory.step(head, first)
    memory.step_backward(tape, np.ones_like(read), None, d_rows)
    return sum(array.nbytes for array in tape if isinstance(array, np.ndarray))


def compare_steps(size: int, rounds: int, nearest: int) -> str:
    rng = np.random.default_rng(0)
    made = MachineSettings(1, 1, size, DIM)
    raw = rng.normal(size=(1, Interface(made).size)).astype(np.float32)
    Interface(made).squash(raw)
    (head,) = Interface(made).split(raw).steps()
    rows = rng.normal(size=(size, DIM)).astype(np.float32)
    columns, previous = np.ascontiguousarray(rows.T)[None], np.zeros((1, 2, size), np.float32)
    previous[..., 0] = 1
    memory, first = SparseMemory(rows, 1, nearest), Looked(np.array([0]), np.ones((2, 1), np.float32))
    d_rows = np.ones_like(rows)
    runs = {
        "dense": lambda: dense_step(made, head, columns, previous),
        "sparse": lambda: sparse_step(memory, head, first, d_rows),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    tapes = {}
    for _ in range(rounds + 2):
        for name, run in runs.items():
            start = time.process_time()
            tapes[name] = run()
            times[name].append((time.process_time() - start) * 1e3)
    told = {name: statistics.median(each[2:]) for name, each in times.items()}
    figures = ", ".join(f"{name} {told[name]:.2f} ms, tape {tapes[name] / 1e3:,.0f} kB" for name in runs)
    return f"N {size:7,}: {figures}; {told['dense'] / told['sparse']:.1f} times"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--nearest", type=int, default=32)
    chosen = parser.parse_args()
    for size in SIZES:
        print(compare_steps(size, chosen.rounds, chosen.nearest))


if __name__ == "__main__":
    main()
