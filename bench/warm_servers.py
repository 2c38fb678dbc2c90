"""What MCP servers cost that are warm, and how soon another process reads what one was told."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from bench.hook_cost import Server, prompts
from bench.script_costs import fresh_note

WARM_UP = 5


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """The 50th, 95th and 99th of a hundred."""
    return {f"p{share}_ms": round(float(np.percentile(milliseconds, share)), 1) for share in (50, 95, 99)}


def wall_of(run: Callable[[], object]) -> float:
    """Milliseconds that one waits."""
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1e3


def measure_servers(home: Path, rounds: int) -> dict[str, object]:
    """Wall milliseconds of each tool, CPU and memory of the process, and the lag between two processes.

    Args:
        home: a memory, which is changed.
        rounds: that count, of each tool.
    """
    number = int(time.time() * 1000) % 10**9  # what is told is new each time
    with ExitStack() as both:
        servers = [Server(home, home) for _ in range(2)]
        for server in servers:
            both.callback(server.close)
        one, other = servers
        asked = prompts(WARM_UP + rounds)
        tools: dict[str, Callable[[int], object]] = {
            "recall": lambda n: one.tool("recall", query=asked[n]),
            "memorize": lambda n: one.tool("memorize", content=fresh_note(number + n)),
            "list": lambda n: one.tool("list"),
        }
        found: dict[str, object] = {}
        for name, tool in tools.items():
            for n in range(WARM_UP):
                tool(n)
            cpu = one.cpu_ms()
            walls = [wall_of(lambda n=n, tool=tool: tool(n)) for n in range(WARM_UP, WARM_UP + rounds)]
            found[name] = percentiles(walls) | {"cpu_ms": round((one.cpu_ms() - cpu) / rounds, 1)}
        found["own_mb"] = round(one.memory() / 1e6)
        found["lag"] = _lag(one, other, rounds, number + 10**9)
    return found


def _lag(one: Server, other: Server, rounds: int, number: int) -> dict[str, object]:
    """How long telling takes, and then the other process's answer; how many answers had it at once."""
    told, read, at_once = [], [], 0
    for n in range(WARM_UP + rounds):
        telling = wall_of(lambda n=n: one.tool("memorize", content=fresh_note(number + n)))
        start = time.perf_counter()
        answer = other.tool("list", limit=1)
        if n >= WARM_UP:
            told.append(telling)
            read.append((time.perf_counter() - start) * 1e3)
            at_once += str(number + n) in answer
    return {"told": percentiles(told), "read": percentiles(read), "read_at_once": at_once, "of": rounds}
