"""train.py babi: train a Memory Network on the bAbI tasks, show one at work, or measure it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory.arguments.command_parser import CommandParser
from ntm_memory.cli import train_options
from ntm_memory.cli.interrupt import Interrupted, stop_on_interrupt
from ntm_memory.errors import BadValueError, NotFoundError
from ntm_memory.memn2n.babi import SETS, SPLITS
from ntm_memory.paths import expanded

if TYPE_CHECKING:
    from ntm_memory.memn2n.checkpoint import Reader

Answer = dict[str, Any]
_TRAINING = ("restarts", "epochs", "config", "out")
_READING = ("checkpoint", "split")
_EXAMPLES = """examples:
  python3 train.py babi --data tasks_1-20_v1-2 --task 5 --restarts 3      train on one task
  python3 train.py babi --data tasks_1-20_v1-2 --task joint               one network for all tasks
  python3 train.py eval babi --data tasks_1-20_v1-2 --split valid         measure the shipped networks
  python3 train.py show babi --data tasks_1-20_v1-2 --task 2                  watch one
"""


def parser() -> CommandParser:
    """The arguments of train.py babi."""
    parser = train_options.parser(
        "babi",
        "--data DIR [options]",
        "Train a Memory Network on the bAbI tasks, show what its hops look at, or measure it.",
        _EXAMPLES,
    )
    parser.add_argument("--data", required=True, metavar="DIR", help="the bAbI archive's folder, with en and en-10k")
    parser.add_argument("--task", metavar="N|joint", help="1 to 20, or joint (default: all 20, a network each)")
    parser.add_argument("--set", choices=SETS, dest="chosen", help="default: en-10k, or what the network learned from")
    parser.add_argument("--restarts", type=int, metavar="N", help="at most 10, the best validated is kept (default 1)")
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the training part")
    parser.add_argument("--split", choices=SPLITS, help="show or measure on this part (default valid)")
    return parser


def answer(arguments: argparse.Namespace) -> Answer:
    """Do what the arguments ask for."""
    action = train_options.action_of(arguments, "babi", _TRAINING, _READING)
    return {None: _train, "show": _show, "eval": _evaluate}[action](arguments, _tasks(arguments.task))


def _tasks(named: str | None) -> list[int]:
    """The tasks meant: all for none and for `joint`."""
    if named in (None, "joint"):
        return list(range(1, 21))
    if not str(named).isdecimal() or not 1 <= int(str(named)) <= 20:
        raise BadValueError(f"--task must be from 1 to 20, or joint, not {named!r}")
    return [int(str(named))]


def _train(arguments: argparse.Namespace, tasks: list[int]) -> Answer:
    chosen = arguments.chosen or "en-10k"
    folder = train_options.training_folder(arguments, "babi", chosen)
    if arguments.task == "joint":
        return _train_one(arguments, tasks, folder)
    done = [_train_one(arguments, [task], folder) for task in tasks]
    if len(done) == 1:
        return done[0]
    return {"set": chosen, "tasks": done, "mean_error": _mean([one["valid_error"] for one in done])}


def _train_one(arguments: argparse.Namespace, tasks: list[int], folder: Path) -> Answer:
    from ntm_memory.cli.progress import BabiProgress
    from ntm_memory.memn2n.babi_training import train_reader
    from ntm_memory.memn2n.checkpoint import core_name, save_reader

    name: int | str = "joint" if arguments.task == "joint" else tasks[0]
    file = folder / f"{core_name(name)}.npz"
    words = ["babi", "--data", "DIR", "--task", str(name), "--set", arguments.chosen or "en-10k"]
    progress = BabiProgress(sys.stderr, f"task {name}")
    with stop_on_interrupt() as stopped:
        reader, early = train_reader(
            expanded(arguments.data),
            tasks,
            arguments.chosen or "en-10k",
            _changes(arguments),
            restarts=1 if arguments.restarts is None else arguments.restarts,
            seed=arguments.seed or 0,
            command=train_options.recorded(words, arguments, ("restarts", "seed", "epochs", "config")),
            report=progress,
            stop=lambda: bool(stopped),
        )
    progress.close()
    save_reader(file, reader)
    if early:
        message = f"stopped while learning task {name}; the best network so far is in {file}"
        raise Interrupted(message, "the same command begins this task again")
    return {"task": name, "set": reader.chosen, **reader.metrics, "checkpoint": str(file)}


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    changes = train_options.settings_in(arguments.config)
    return changes if arguments.epochs is None else {**changes, "epochs": arguments.epochs}


def _given(arguments: argparse.Namespace) -> Reader | None:
    """The network of --checkpoint."""
    from ntm_memory.memn2n.checkpoint import load_reader

    return load_reader(expanded(arguments.checkpoint)) if arguments.checkpoint else None


def _evaluate(arguments: argparse.Namespace, tasks: list[int]) -> Answer:
    from ntm_memory.memn2n.babi_training import measure
    from ntm_memory.memn2n.checkpoint import shipped_reader

    data, split = expanded(arguments.data), arguments.split or "valid"
    source, given = arguments.checkpoint or "shipped", _given(arguments)
    if given is not None and len(tasks) > 1:
        tasks = list(given.tasks)
    scores = [measure(given or shipped_reader(task), data, task, split, arguments.chosen) for task in tasks]
    if len(scores) == 1:
        return {**scores[0], "checkpoint": source}
    return {
        "split": split,
        "checkpoint": source,
        "mean_error": _mean([score["error"] for score in scores]),
        "above_5": [score["task"] for score in scores if score["error"] > 5],
        "tasks": scores,
    }


def _show(arguments: argparse.Namespace, tasks: list[int]) -> Answer:
    from ntm_memory.memn2n.checkpoint import shipped_reader
    from ntm_memory.memn2n.example import show_story

    if len(tasks) > 1:
        raise BadValueError("which task shall be shown?", "--task 1 to 20")
    data, split = expanded(arguments.data), arguments.split or "valid"
    reader = _given(arguments) or shipped_reader(tasks[0])
    return show_story(reader, data, tasks[0], split, arguments.seed or 0, arguments.chosen)


def _mean(values: list[float]) -> float:
    if not values:
        raise NotFoundError("there is nothing to average", "was the network trained on any task?")
    return round(sum(values) / len(values), 3)


def text(answer: Answer) -> str:
    """An answer for people."""
    if "story" in answer:
        return _story(answer)
    lines = [_line(score) for score in answer.get("tasks", [answer])]
    if "mean_error" in answer:
        lines.append(f"mean     {answer['mean_error']:6.2f} % wrong")
    return "\n".join(lines)


def _line(score: Answer) -> str:
    if "error" in score:
        part = f"{score['questions']} ({score['set']}, {score['split']})"
        return f"task {score['task']:<3} {score['error']:6.2f} % wrong of {part}"
    wrong = f"valid {score['valid_error']:.2f} %, check {score['check_error']:.2f} % wrong"
    return f"task {score['task']:<3} {wrong} ({score['set']}): {score['checkpoint']}"


def _story(answer: Answer) -> str:
    """The story with a column of attention for every hop, as in the paper's figure 2."""
    width = max([len(line["sentence"]) for line in answer["story"]] + [8])
    hops = len(answer["story"][0]["attention"]) if answer["story"] else 0
    lines = ["  " + "story".ljust(width) + "  " + "  ".join(f"hop {hop + 1}" for hop in range(hops))]
    for line in answer["story"]:
        cells = "  ".join(f"{weight:5.2f}" if weight >= 0.005 else "    ·" for weight in line["attention"])
        lines.append(f"{'*' if line['support'] else ' '} {line['sentence'].ljust(width)}  {cells}")
    verdict = "right" if answer["right"] else f"wrong: {answer['answer']}"
    lines.append(f"{answer['question']}?  {answer['prediction']} ({answer['probability']:.0%}, {verdict})")
    return "\n".join([*lines, "* what the answer follows from"])
