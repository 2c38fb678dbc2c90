"""train.py table: the paper's five tasks on many seeds, as one table; what is there already is not run again."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ntm_memory.arguments.command_parser import CommandParser
from ntm_memory.cli import train_options
from ntm_memory.cli.interrupt import Interrupted, stop_on_interrupt
from ntm_memory.errors import BadValueError, whole_number

Answer = dict[str, Any]
_RESTARTS = {"copy": 5, "priority-sort": 5}
_EXAMPLES = """examples:
  python3 train.py table --seeds 10                       all tasks, ten seeds each: hours; Ctrl-C saves, again goes on
  python3 train.py table --tasks copy,ngram --seeds 3     some of it
  python3 train.py table --seeds 0                        the table of what is there
"""


def parser() -> CommandParser:
    """The arguments of train.py table."""
    parser = train_options.parser(
        "table", "[options]", "Train and measure the paper's five tasks on many seeds, and print the table.", _EXAMPLES
    )
    parser.add_argument("--seeds", type=int, default=10, metavar="N", help="so many, from --first on (default 10)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first seed (default 0)")
    parser.add_argument("--tasks", metavar="A,B", help="some of the tasks, in this order")
    parser.add_argument(
        "--restarts", type=int, metavar="N", help="most starts of a run (default: copy and sort 5, else 1)"
    )
    return parser


def answer(arguments: argparse.Namespace) -> Answer:
    """Do what the arguments ask for."""
    if train_options.action_of(arguments, "table", (), ("checkpoint", "seed")) is not None:
        raise BadValueError("table is neither shown nor measured", "train.py table --help")
    from ntm_memory.cli.progress import TrainingProgress
    from ntm_memory.training import table
    from ntm_memory.training.restarts import MOST_RESTARTS
    from ntm_memory.training.tasks import known_task

    tasks = arguments.tasks.split(",") if arguments.tasks else list(table.TABLE_TASKS)
    for task in tasks:
        known_task(task)
    whole_number("--seeds", arguments.seeds, 0, 1000)
    whole_number("--first", arguments.first, 0)
    restarts = _RESTARTS
    if arguments.restarts is not None:
        restarts = dict.fromkeys(tasks, whole_number("--restarts", arguments.restarts, 1, MOST_RESTARTS))
    folder = train_options.training_folder(arguments, "table")
    folder.mkdir(parents=True, exist_ok=True)
    progress = TrainingProgress(sys.stderr)
    with stop_on_interrupt() as stopped:
        done = table.fill(
            folder,
            tasks,
            range(arguments.first, arguments.first + arguments.seeds),
            restarts,
            changes=train_options.settings_in(arguments.config),
            report=progress,
            stop=lambda: bool(stopped),
        )
    progress.close()
    if not done:
        raise Interrupted(f"stopped; saved in {folder}", "go on with the same command")
    return {"folder": str(folder), "table": table.table(table.results(folder))}


def text(answer: Answer) -> str:
    """The table in Markdown."""
    lines = [
        "| task | sizes | locations | paper | seeds | median | worst (seed) | fewest perfect |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in answer["table"]:
        sizes = train_options.named_sizes(row["sizes"])
        above = "+" if row["task"] == "ngram" else ""
        figures = f"{above}{row['median']:g} | {above}{row['worst']:g} ({row['worst_seed']})"
        perfect = "" if above else f"{row['fewest_perfect']} of {row['sequences']}"
        what = f"| {row['task']} | {sizes} | {row['locations']} | {row['paper']}"
        lines.append(f"{what} | {row['seeds']} | {figures} | {perfect} |")
    return "\n".join([*lines, "", f"wrong bits a sequence; for ngram bits above the optimum. {answer['folder']}"])
