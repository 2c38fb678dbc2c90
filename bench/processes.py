"""What a whole process costs: wall and CPU milliseconds, and the most memory that it had.

python -m bench.processes COMMAND… starts one and prints its cost as JSON. It is a small process itself: what a program
has before it becomes another counts as that one's memory, and whoever measures may be large.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class ProcessCost(NamedTuple):
    """Wall and CPU (user + system) milliseconds, and megabytes of memory at most."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float


def cost_of_process(command: Sequence[str], variables: Mapping[str, str], told: bytes = b"") -> ProcessCost:
    """The cost of one process, which starts, does its work and ends; what it prints is left out.

    Args:
        command: the program and its arguments.
        variables: all of its environment variables.
        told: what it reads.

    Raises:
        SystemExit: it ended with another exit code than 0, or printed an error.
    """
    with tempfile.TemporaryFile() as standard_input:
        standard_input.write(told)
        standard_input.seek(0)
        small = [sys.executable, "-S", "-E", str(Path(__file__).resolve()), *command]
        done = subprocess.run(small, stdin=standard_input, capture_output=True, text=True, env=dict(variables))
    if done.returncode:
        raise SystemExit(f"a measured process failed: {' '.join(map(str, command))[:300]}\n{done.stderr[-1000:]}")
    return ProcessCost(*json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    """Start the program that the arguments name."""
    if sys.argv[1:] in (["--help"], []):
        print(__doc__)
        return 0
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(json.dumps([wall * 1e3, (usage.ru_utime + usage.ru_stime) * 1e3, peak]))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
