"""Tables and a figure of what bench.scale and bench.latency have measured.

    python -m bench.scale --homes DIR --server --json >> FIGURES.jsonl
    python -m bench.latency --homes DIR --server --out FIGURES.jsonl
    python -m bench.scale_figures FIGURES.jsonl [--plot docs/figures/cost-over-size.png]

Of two lines about the same thing the later one holds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.plots import Costs, draw_costs

SAME = ("part", "store", "memories", "clients", "embedded")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
SHOWN_SCRIPTS = ("recall", "reason", "memorize", "list", "status", "hook: a prompt")
Line = Mapping[str, Any]


def read_figures(files: Iterable[Path]) -> list[Line]:
    """The lines of JSON of some files; the last of those about the same thing."""
    found: dict[tuple[Any, ...], Line] = {}
    for file in files:
        for text in file.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            found[tuple(line.get(name) for name in SAME)] = line
    return sorted(found.values(), key=lambda line: (line["memories"], line["store"] != "sqlite"))


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """In Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_shown, line))} |" for line in lines)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def scale_table(lines: Sequence[Line]) -> str:
    """What `bench.scale` measured, a line for each memory."""
    head = ["memories", "store", "open, ms", "first recall, CPU ms", "p50", "p95", "p99", "wall p50", "wall p95"]
    head += ["ten likest by key", "by words", "resident MB", "of files", "bytes a memory"]
    names = ("open_ms", "first_recall_ms", "p50_ms", "p95_ms", "p99_ms", "wall_p50_ms", "wall_p95_ms")
    names += ("recall_at_10_by_key", "recall_at_10_by_words")
    rows = []
    for line in _of("scale", lines):
        held = line["memory_mb"]
        told = [line.get(name, "–") for name in names]
        rows.append([line["memories"], NAMES[line["store"]], *told, held["resident"], held["of files"]])
        rows[-1].append(line["bytes_a_memory"])
    return markdown_table(head, rows)


def script_tables(lines: Sequence[Line]) -> str:
    """Whole processes: a table for each store, a column for each size."""
    tables = []
    for store in NAMES:
        some = [line for line in _of("scripts", lines) if line["store"] == store]
        if not some:
            continue
        head = ["script", *(f"{line['memories']:,}: wall, CPU ms, MB" for line in some)]
        rows = [
            [name, *(", ".join(f"{value:.0f}" for value in line["calls"][name].values()) for line in some)]
            for name in some[0]["calls"]
        ]
        tables.append(f"{NAMES[store]}:\n\n{markdown_table(head, rows)}")
    return "\n\n".join(tables)


def server_table(lines: Sequence[Line]) -> str:
    """Warm MCP servers."""
    head = ["memories", "store", "recall p50 / p95 / p99", "memorize", "list", "told, then read elsewhere, p50 + p50"]
    head += ["read at once", "own MB"]
    rows = []
    for line in _of("servers", lines):
        lag = line["lag"]
        walls = [three(line[tool]) for tool in ("recall", "memorize", "list")]
        both = f"{lag['told']['p50_ms']} + {lag['read']['p50_ms']}"
        at_once = f"{lag['read_at_once']} of {lag['of']}"
        rows.append([line["memories"], NAMES[line["store"]], *walls, both, at_once, line["own_mb"]])
    return markdown_table(head, rows)


def client_table(lines: Sequence[Line]) -> str:
    """Clients at once."""
    act = ["a second", "p50 / p95 / p99 ms", "CPU ms of the client"]
    head = ["memories", "store", "clients", "keys", f"memorize: {act[0]}", *act[1:], f"recall: {act[0]}", *act[1:]]
    rows = []
    for line in _of("clients", lines):
        keys = "embedded" if line["embedded"] else "ready"
        rows.append([line["memories"], NAMES[line["store"]], line["clients"], keys])
        for figures in (line["memorize"], line["recall"]):
            rows[-1] += [figures["a_second"], three(figures), figures["cpu_ms"]]
    return markdown_table(head, rows)


def three(figures: Mapping[str, float]) -> str:
    """50th, 95th and 99th of a hundred."""
    return " / ".join(str(figures[f"p{share}_ms"]) for share in (50, 95, 99))


def plotted(lines: Sequence[Line]) -> list[Costs]:
    """What the figure shows: cost over size."""
    asked = [
        (f"{NAMES[store]}, p{share}", [(line["memories"], line[f"p{share}_ms"]) for line in some])
        for store, some in _by_store("scale", lines)
        for share in (50, 95)
    ]
    written = [
        (f"{NAMES[store]}, {clients} at once", [(line["memories"], line["memorize"]["cpu_ms"]) for line in some])
        for store, all_of in _by_store("clients", lines)
        for clients in (1, 8)
        if (some := [line for line in all_of if line["clients"] == clients and not line["embedded"]])
    ]
    files = [line for line in _of("scripts", lines) if line["store"] == "sqlite"]
    scripts = [
        (name, [(line["memories"], line["calls"][name]["cpu_ms"]) for line in files if name in line["calls"]])
        for name in SHOWN_SCRIPTS
    ]
    room = [
        (
            NAMES[store],
            [(line["memories"], line["memory_mb"]["resident"] - line["memory_mb"]["of files"]) for line in some],
        )
        for store, some in _by_store("scale", lines)
    ]
    return [
        Costs("a warm recall, its key ready", "CPU ms of the client", asked),
        Costs("a write, its key ready (mean)", "CPU ms of the client", written),
        Costs("a script as a new process, SQLite", "CPU ms", [each for each in scripts if each[1]]),
        Costs("memory of a process, mapped files aside", "MB", room),
    ]


def _of(part: str, lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line["part"] == part]


def _by_store(part: str, lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    of_part = _of(part, lines)
    return [(store, some) for store in NAMES if (some := [line for line in of_part if line["store"] == store])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", type=Path, nargs="+", metavar="FIGURES.jsonl")
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    args = parser.parse_args()
    lines = read_figures(args.figures)
    tables = {"scale": scale_table, "scripts": script_tables, "servers": server_table, "clients": client_table}
    print("\n\n".join(made(lines) for part, made in tables.items() if _of(part, lines)))
    if args.plot is not None:
        draw_costs(plotted(lines), args.plot)


if __name__ == "__main__":
    main()
