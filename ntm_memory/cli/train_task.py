"""train.py TASK: train a core on one of the paper's tasks, show one at work, or measure it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ntm_memory.arguments.command_parser import CommandParser
from ntm_memory.cli import train_options
from ntm_memory.cli.interrupt import Interrupted, stop_on_interrupt
from ntm_memory.errors import BadValueError, whole_number
from ntm_memory.paths import expanded

if TYPE_CHECKING:
    from ntm_memory.training.checkpoint import Core
    from ntm_memory.training.experiment import Outcome
    from ntm_memory.training.settings import TrainingSettings

Answer = dict[str, Any]
TASK_NAMES = ("copy", "repeat-copy", "associative-recall", "ngram", "priority-sort")
_SIZES = ("length", "items", "repeats")
_TRAINING = ("config", "out", "resume", "no_plots", "restarts")
_READING = ("checkpoint", "memory_size", *_SIZES)
_EXAMPLES = """examples:
  python3 train.py copy                                    train on the copy task
  python3 train.py copy --resume                           go on after an interruption
  python3 train.py show associative-recall                 watch the shipped core answer a fresh sequence
  python3 train.py eval copy --length 120 --seed 7         measure it
  python3 train.py copy --restarts 3                       up to three starts, the best is kept
  python3 train.py table --help                            all tasks on many seeds, as one table
  python3 train.py babi --help                             the Memory Network on the bAbI tasks
"""


def parser() -> CommandParser:
    """The arguments of train.py TASK."""
    parser = train_options.parser(
        "TASK",
        "[options]",
        "Train the Neural Turing Machine on one of the paper's tasks, show a trained core, or measure it.",
        f"tasks: {', '.join(TASK_NAMES)}\n\n{_EXAMPLES}",
    )
    parser.add_argument("--sequences", type=int, metavar="N", help="to train on, or to measure on (then default 100)")
    parser.add_argument("--restarts", type=int, metavar="N", help="at most 10 starts, the best is kept (default 1)")
    parser.add_argument("--resume", action="store_true", help="go on with that run, to --sequences in all if given")
    parser.add_argument("--no-plots", action="store_true", help="draw no figures (they need matplotlib)")
    parser.add_argument("--memory-size", type=int, metavar="N", help="show or measure on so many locations")
    for size in _SIZES:
        parser.add_argument(f"--{size}", type=int, metavar="N", help=f"show or measure with so many: {size}")
    return parser


def answer(arguments: argparse.Namespace) -> Answer:
    """Do what the arguments ask for."""
    task = arguments.words[-1]
    if task not in TASK_NAMES:
        raise BadValueError(f"there is no task called {task!r}", f"tasks: {', '.join(TASK_NAMES)}")
    action = train_options.action_of(arguments, task, _TRAINING, _READING)
    return {None: _train, "show": _show, "eval": _evaluate}[action](arguments, task)


def _train(arguments: argparse.Namespace, task: str) -> Answer:
    from ntm_memory.cli.progress import TrainingProgress
    from ntm_memory.training import experiment

    folder = train_options.training_folder(arguments, task)
    progress = TrainingProgress(sys.stderr)
    with stop_on_interrupt() as stopped:
        how: dict[str, Any] = {"report": progress, "stop": lambda: bool(stopped), "figures": not arguments.no_plots}
        if arguments.restarts is not None and arguments.restarts != 1:
            outcome = _best_of(arguments, task, folder, how)
        elif arguments.resume:
            expected = _stated(arguments, task)
            outcome = experiment.resume(folder, expected=expected, longer=arguments.sequences, **how)
        else:
            command = train_options.recorded([task], arguments, ("config", "seed", "sequences"))
            outcome = experiment.train(_settings(arguments, task), folder, command=command, **how)
    progress.close()
    if not outcome.finished:
        message = f"stopped after {outcome.state.sequences} sequences; saved in {folder}"
        raise Interrupted(message, "go on with the same command and --resume")
    assert outcome.core is not None
    recent = outcome.state.history[-100:]
    return {
        "task": outcome.core.training.task,
        "seed": outcome.core.training.seed,
        **{name: outcome.core.metrics[name] for name in ("sequences", "converged_at", "chosen_at")},
        "loss": round(sum(row[3] for row in recent) / len(recent), 6),
        **({"starts": outcome.core.metrics["starts"]} if "starts" in outcome.core.metrics else {}),
        "generalisation": outcome.trials,
        "checkpoint": str(outcome.core_file),
        "plots": [str(figure) for figure in outcome.figures],
        **({"note": f"figures are left out: {outcome.undrawn}"} if outcome.undrawn else {}),
    }


def _best_of(arguments: argparse.Namespace, task: str, folder: Path, how: dict[str, Any]) -> Outcome:
    """Several starts; a call that was interrupted is gone on with by the same one."""
    from ntm_memory.training.restarts import MOST_RESTARTS, train_restarts

    whole_number("--restarts", arguments.restarts, 1, MOST_RESTARTS)
    command = train_options.recorded([task], arguments, ("config", "seed", "sequences", "restarts"))
    return train_restarts(_settings(arguments, task), folder, arguments.restarts, command=command, **how)


def _settings(arguments: argparse.Namespace, task: str) -> TrainingSettings:
    """The task's recipe, changed by config.json, by --config, by what the command says: the later wins."""
    from ntm_memory.training.recipes import task_recipe

    said = {name: getattr(arguments, name) for name in ("seed", "sequences")}
    said = {name: value for name, value in said.items() if value is not None}
    configured, given = train_options.configured(arguments.home), train_options.settings_in(arguments.config)
    return task_recipe(task, configured, given, said)


def _stated(arguments: argparse.Namespace, task: str) -> dict[str, Any]:
    """What the command says of the settings of the run it goes on with; how long is another matter."""
    if arguments.config is not None:
        stated = vars(_settings(arguments, task))
        return {name: value for name, value in stated.items() if name != "sequences"}
    return {"task": task} if arguments.seed is None else {"task": task, "seed": arguments.seed}


def _show(arguments: argparse.Namespace, task: str) -> Answer:
    from ntm_memory.training import experiment

    core = _core(arguments, task)
    return {"task": task, **experiment.show_sequence(core, _sizes(arguments), arguments.seed or 0)}


def _evaluate(arguments: argparse.Namespace, task: str) -> Answer:
    import numpy as np

    from ntm_memory.training.experiment import measured

    core, seed = _core(arguments, task), arguments.seed or 0
    sequences = 100 if arguments.sequences is None else arguments.sequences
    whole_number("--sequences", sequences, 1, 1_000_000)
    sizes = core.task.usual(_sizes(arguments))
    found = measured(core, sizes, sequences, np.random.default_rng(seed))
    source = arguments.checkpoint or "shipped"
    memory, rows = core.machine.settings.memory_size, core.task.rows_kept(sizes)
    answer = {"task": task, "checkpoint": source, "seed": seed, "sizes": sizes, "memory_size": memory, **found}
    if rows > memory:
        answer["note"] = f"{rows} rows do not fit {memory} locations: --memory-size {rows} or more"
    return answer


def _core(arguments: argparse.Namespace, task: str) -> Core:
    from ntm_memory.training.checkpoint import load_core, shipped_core

    core = load_core(expanded(arguments.checkpoint)) if arguments.checkpoint else shipped_core(task)
    if core.training.task != task:
        raise BadValueError(f"{arguments.checkpoint} was trained on {core.training.task}, not on {task}")
    return core if arguments.memory_size is None else core.with_memory(arguments.memory_size)


def _sizes(arguments: argparse.Namespace) -> dict[str, int]:
    return {name: getattr(arguments, name) for name in _SIZES if getattr(arguments, name) is not None}


def text(answer: Answer) -> str:
    """An answer for people."""
    if "generalisation" in answer:
        lines = [f"{answer['task']}: {answer['sequences']:,} sequences, converged at {answer['converged_at'] or '–'}"]
        lines += [_start_line(start) for start in answer.get("starts", ())]
        lines += [_score_line(trial["sizes"], trial) for trial in answer["generalisation"]]
        return "\n".join([*lines, f"core: {answer['checkpoint']}", *answer["plots"], *_note(answer)])
    if "outputs" not in answer:
        sizes = {**answer["sizes"], "locations": answer["memory_size"]}
        return "\n".join([_score_line(sizes, answer), *_by_distance(answer), *_note(answer)])
    lines = [f"{answer['task']} {train_options.named_sizes(answer['sizes'])}", "target      output"]
    for target, output in zip(answer["targets"], answer["outputs"], strict=True):
        lines.append(f"{_blocks(target)}  {_blocks(output)}{'' if target == output else '  ← differs'}")
    lines += [f"read head {n + 1} looks at  {_track(track)}" for n, track in enumerate(answer["read_locations"])]
    lines += [f"write head {n + 1} looks at {_track(track)}" for n, track in enumerate(answer["write_locations"])]
    if "wrong_bits" in answer:
        return "\n".join([*lines, f"{answer['wrong_bits']} wrong bits"])
    best = answer["optimal_bits_per_sequence"]
    return "\n".join([*lines, f"{answer['bits_per_sequence']:.2f} bits, the best estimator {best:.2f}"])


def _by_distance(answer: Answer) -> list[str]:
    """Of a priority sort: what it cannot tell apart is not the sorting's fault."""
    return [
        f"  priorities at least {row['apart']:g} apart: {row['perfect']} of {row['sequences']} perfect"
        for row in answer.get("by_distance", ())
    ]


def _note(answer: Answer) -> list[str]:
    return [f"note: {answer['note']}"] if "note" in answer else []


def _start_line(start: Answer) -> str:
    bits = f", {start['bits']:g} bits" if "bits" in start else ""
    return f"start with seed {start['seed']}: {start['sequences']:,} sequences{bits}, {start['fate']}"


def _score_line(sizes: dict[str, int], score: Answer) -> str:
    optimal = score.get("optimal_bits_per_sequence")
    against = "" if optimal is None else f" (optimal {optimal:.2f})"
    bits = f"{score['bits_per_sequence']:9.3f} bits{against} of {score['target_bits']}"
    return f"{train_options.named_sizes(sizes):28} {bits}, {score['perfect_sequences']} of {score['sequences']} perfect"


def _blocks(bits: str) -> str:
    return bits.replace("0", "·").replace("1", "█")


def _track(locations: list[int]) -> str:
    return " ".join(map(str, locations))
